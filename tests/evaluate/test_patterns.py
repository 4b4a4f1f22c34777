"""L6, L7, C3: patterns and values by themselves."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from verifier.evaluate.statements.patterns import Variable, parse, substitute, text_matches, variables_of
from verifier.evaluate.statements.values import block, instant, number, truth


@settings(max_examples=many(300))
@given(st.text("ab*?", max_size=8), st.text("ab*?\n", max_size=8))
def test_l6_wildcards_agree_with_regular_expressions(pattern: str, value: str) -> None:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    assert text_matches(pattern, value) == (re.fullmatch(expression, value, re.DOTALL) is not None)


def test_l6_many_wildcards_stay_cheap() -> None:
    assert not text_matches("*a" * 500 + "b", "a" * 5000)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("${aws:username}", [Variable("aws:username", None)]),
        ("a${aws:PrincipalTag/my team, 'none'}b", [Variable("aws:PrincipalTag/my team", "none")]),
        ("${a:b}${c:d}", [Variable("a:b", None), Variable("c:d", None)]),
        ("${*}${?}${$}", []),
        ("${", []),
        ("$ {a:b}", []),
    ],
)
def test_l7_variables_are_found(text: str, variables: list[Variable]) -> None:
    assert list(variables_of(text, True)) == variables
    assert variables_of(text, False) == ()


def test_l7_an_unset_variable_gives_nothing() -> None:
    assert substitute(parse("a${x:y}", True), {}, wild=False) is None
    assert substitute(parse("a${X:Y}", True), {"x:y": "*"}, wild=False) == ("a", "*")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1970", 0), ("1970-01-01T00:01Z", 60), ("1970-01-01T01:00:00.25+01:00", 0.25), ("-5", -5), ("x", None)],
)
def test_c3_instants(text: str, seconds: float | None) -> None:
    found = instant(text)
    assert (None if found is None else float(found)) == seconds


def test_c3_other_values() -> None:
    assert (number("1e3"), number("0x10"), number("\u0661")) == (None, None, None)
    assert (truth("True"), truth("1")) == (True, None)
    assert block("fe80::1%eth0") is None
