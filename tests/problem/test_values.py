"""Listed values: what L1, L6, L7 and C3 say of each text, written down by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from verifier.model.operators import OPERATORS, Sign
from verifier.problem.classes.readable import parse_instant, parse_network, parse_number
from verifier.problem.semantics.values import Fixed, Variable, shape, template, text_predicate, typed_predicate


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain*", (Fixed("plain*", True),)),
        ("${aws:username}", (Variable("aws:username", None),)),
        ("a-${aws:username}-*", (Fixed("a-", True), Variable("aws:username", None), Fixed("-*", True))),
        ("${aws:PrincipalTag/team, 'none'}", (Variable("aws:PrincipalTag/team", "none"),)),
        ("${aws:PrincipalTag/team, ''}", (Variable("aws:PrincipalTag/team", ""),)),
        ("${*}${?}${$}", (Fixed("*", False), Fixed("?", False), Fixed("$", False))),
        ("${", (Fixed("${", True),)),
        ("$", (Fixed("$", True),)),
    ],
)
def test_l7_templates(text: str, pieces: tuple[object, ...]) -> None:
    assert template(text, True) == pieces


def test_l1_without_variables_everything_is_literal_but_wildcards() -> None:
    assert template("${aws:username}*", False) == (Fixed("${aws:username}*", True),)


@pytest.mark.parametrize(
    ("mode", "text", "value", "matches"),
    [
        (Sign.EQUAL, "a*", "a*", True),
        (Sign.EQUAL, "a*", "ab", False),
        (Sign.EQUAL, "A", "a", False),
        (Sign.EQUAL_BUT_CASE, "A", "a", True),
        (Sign.EQUAL_BUT_CASE, "a*", "Ab", False),
        (Sign.LIKE, "a*", "ab:c", True),
        (Sign.LIKE, "a${*}", "a*", True),
        (Sign.LIKE, "a${*}", "ab", False),
        (Sign.LIKE, "a${?}?", "a?x", True),
        (Sign.LIKE, "A*", "ab", False),
        (Sign.LIKE_ARN, "arn:*:s3:::b*", "arn:aws:s3:::bucket:x", True),
        (Sign.LIKE_ARN, "arn:*:b*", "arn:aws:s3:::bucket", False),
        (Sign.LIKE_ARN, "*", "arn:aws:s3:::bucket", False),
        (Sign.LIKE_ARN, "arn:aws:iam::1:role/*", "arn:aws:iam:x:1:role/r", False),
    ],
)
def test_l6_l7_a_listed_text(mode: Sign, text: str, value: str, matches: bool) -> None:
    pieces = [piece for piece in template(text, True) if isinstance(piece, Fixed)]
    predicate = text_predicate(mode, pieces)
    assert (predicate is not None and predicate.matches(value)) == matches


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", "7"),
        ("-1.50", "-1.5"),
        ("+3", "3"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", None),
        ("", None),
        ("seven", None),
        ("0x10", None),
        ("1,0", None),
        ("٣", None),
    ],
)
def test_c3_numbers(text: str, number: str | None) -> None:
    assert parse_number(text) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", "0"),
        ("1970-01-02", "86400"),
        ("1970-01", "0"),
        ("1971", "31536000"),
        ("86400", "86400"),
        ("1970-01-01T01:00:00+01:00", "0"),
        ("1970-01-01T00:00:00.5Z", "0.5"),
        ("1969-12-31T23:59:59.500Z", "-0.5"),
        ("1970-13-01", None),
        ("yesterday", None),
        ("1970-01-01 00:00:00", None),
    ],
)
def test_c3_instants(text: str, seconds: str | None) -> None:
    assert parse_instant(text) == (None if seconds is None else Decimal(seconds))


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255"], ["11.0.0.0", "9.255.255.255", "::ffff:10.0.0.1"]),
        ("203.0.113.10", ["203.0.113.10"], ["203.0.113.11"]),
        ("10.0.0.1/24", ["10.0.0.0"], ["10.0.1.0"]),
        ("2001:db8::/32", ["2001:db8::1"], ["2001:db9::1", "32.1.13.184"]),
        ("2001:DB8::1", ["2001:db8:0::1"], ["2001:db8::2"]),
    ],
)
def test_c3_networks(text: str, inside: list[str], outside: list[str]) -> None:
    predicate = parse_network(text)
    assert predicate is not None
    assert [a for a in inside if not predicate.matches(a)] == [a for a in outside if predicate.matches(a)] == []


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0", "*", "", "10.0.0.0/8/8"])
def test_c3_what_is_no_network_matches_nothing(text: str) -> None:
    assert parse_network(text) is None


@pytest.mark.parametrize(
    ("base", "text", "value", "matches"),
    [
        ("NumericLessThan", "5", "5", False),
        ("NumericLessThanEquals", "5", "5", True),
        ("NumericGreaterThan", "5", "5.1", True),
        ("NumericEquals", "5", "5.0", True),
        ("DateGreaterThanEquals", "1970-01-02", "86400", True),
        ("DateLessThan", "1970-01-02", "86400", False),
        ("Bool", "TRUE", "true", True),
        ("Bool", "true", "false", False),
        ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
        ("BinaryEquals", "QmluYXJ5", "qmluyxj5", False),
    ],
)
def test_c3_typed_values(base: str, text: str, value: str, matches: bool) -> None:
    predicate = typed_predicate(OPERATORS[base], text)
    assert predicate is not None and predicate.matches(value) == matches


@pytest.mark.parametrize(
    ("base", "text"),
    [("Bool", "yes"), ("NumericEquals", "x"), ("DateEquals", "x"), ("IpAddress", "x"), ("BinaryEquals", "é")],
)
def test_c3_a_listed_value_that_does_not_parse_matches_nothing(base: str, text: str) -> None:
    assert typed_predicate(OPERATORS[base], text) is None


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        (Sign.LIKE, "pre-${a:x}-?"),
        (Sign.EQUAL, "pre-${a:x}"),
        (Sign.EQUAL_BUT_CASE, "Pre-${a:x}"),
        (Sign.LIKE_ARN, "arn:aws:s3:::${a:x}/*"),
    ],
)
def test_l7_the_shape_of_a_template_holds_every_string_that_it_can_match(mode: Sign, text: str) -> None:
    pieces = template(text, True)
    for value in ("", "v", "a:b", "*", "?x"):
        for wild in (False, True):
            replaced = [piece if isinstance(piece, Fixed) else Fixed(value, wild) for piece in pieces]
            predicate = text_predicate(mode, replaced)
            for subject in (
                "pre-v-x",
                "pre-v",
                "PRE-V",
                "pre-",
                "pre-*-*",
                "arn:aws:s3:::a:b/c",
                "arn:aws:s3:::v/",
                "pre-?x",
                "pre-aax",
            ):
                if predicate is not None and predicate.matches(subject):
                    assert shape(mode, pieces).matches(subject), (value, subject)


def test_l7_the_shape_of_a_template_keeps_its_fixed_text() -> None:
    pieces = template("pre-${a:x}-?", True)
    assert not shape(Sign.LIKE, pieces).matches("other")
    assert not shape(Sign.EQUAL, pieces).matches("pre-v-x")
