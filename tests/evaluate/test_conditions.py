"""C and C1–C5: conditions. Expectations are argued from reference_policies_elements_condition_operators and its
sisters."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, allow, estate, home, identity, outcome, own

PAIR = "kms:EncryptionContext:tenant"


def when(operator: str, key: str, value: Any, context: Any = None, **rest: Any) -> str:
    """The decision where one condition guards the only Allow."""
    return outcome(estate(allow(Condition={operator: {key: value}})), context=context, **rest)


@pytest.mark.parametrize(
    ("operator", "absent", "same", "other"),
    [
        ("StringEquals", "deny", "allow", "deny"),
        ("StringNotEquals", "allow", "deny", "allow"),
        ("StringEqualsIfExists", "allow", "allow", "deny"),
        ("StringNotEqualsIfExists", "allow", "deny", "allow"),
        ("StringLike", "deny", "allow", "deny"),
        ("StringNotLike", "allow", "deny", "allow"),
        ("StringEqualsIgnoreCase", "deny", "allow", "deny"),
        ("StringNotEqualsIgnoreCase", "allow", "deny", "allow"),
        ("ForAllValues:StringEquals", "allow", "allow", "deny"),
        ("ForAnyValue:StringEquals", "deny", "allow", "deny"),
        ("ForAllValues:StringNotEquals", "allow", "deny", "allow"),
        ("ForAnyValue:StringNotEquals", "deny", "deny", "allow"),
        ("ForAllValues:StringEqualsIfExists", "allow", "allow", "deny"),
        ("ForAnyValue:StringEqualsIfExists", "depends C1", "allow", "deny"),
    ],
)
def test_c1_table(operator: str, absent: str, same: str, other: str) -> None:
    # Rule C: an absent key, a value that is listed, one that is not.
    assert [when(operator, PAIR, "a", context) for context in ({}, {PAIR: "a"}, {PAIR: "b"})] == [absent, same, other]


def test_c_strings_with_and_without_regard_to_case() -> None:
    # StringEquals: "Exact matching, case sensitive"; …IgnoreCase: "ignoring case".
    for operator, expected in (("StringEquals", "deny"), ("StringLike", "deny"), ("StringEqualsIgnoreCase", "allow")):
        assert when(operator, PAIR, "Ab", {PAIR: "aB"}) == expected


def test_c1_values_are_a_disjunction_and_conditions_a_conjunction() -> None:
    # reference_policies_multi-value-conditions: OR of values (negated: none of them), AND of keys and operators.
    assert when("StringEquals", PAIR, ["a", "b"], {PAIR: "b"}) == "allow"
    assert when("StringNotEquals", PAIR, ["a", "b"], {PAIR: "b"}) == "deny"
    both = estate(allow(Condition={"StringEquals": {PAIR: "a", "aws:SourceIp": "x"}, "Null": {PAIR: "false"}}))
    assert outcome(both, context={PAIR: "a"}) == "deny"


@pytest.mark.parametrize(
    ("value", "absent", "present"),
    [
        ("true", "allow", "deny"),
        ("false", "deny", "allow"),
        (True, "allow", "deny"),
        (["true", "false"], "allow", "allow"),
    ],
)
def test_c1_null(value: Any, absent: str, present: str) -> None:
    # "Use either true (the key doesn't exist) or false (the key exists)"; a list is a disjunction.
    assert [when("Null", PAIR, value, context) for context in ({}, {PAIR: "a"})] == [absent, present]


def test_c1_sets() -> None:
    # reference_policies_multi-value-conditions: subset, and at least one.
    keys = {"aws:TagKeys": ["a", "b"]}
    request: dict[str, Any] = {"action": "kms:TagResource"}
    assert when("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b", "c"], keys, **request) == "allow"
    assert when("ForAllValues:StringEquals", "aws:TagKeys", ["a", "c"], keys, **request) == "deny"
    assert when("ForAnyValue:StringEquals", "aws:TagKeys", ["b", "c"], keys, **request) == "allow"
    assert when("ForAnyValue:StringEquals", "aws:TagKeys", ["c"], keys, **request) == "deny"
    assert when("ForAnyValue:StringNotEquals", "aws:TagKeys", ["a"], keys, **request) == "allow"
    assert when("ForAllValues:StringNotEquals", "aws:TagKeys", ["a"], keys, **request) == "deny"


def test_c1_an_empty_set_is_absent() -> None:
    # "or if the key values resolve to a null data set".
    assert when("Null", "aws:TagKeys", "true", {"aws:TagKeys": []}, action="kms:TagResource") == "allow"
    assert (
        when("ForAllValues:StringEquals", "aws:TagKeys", "a", {"aws:TagKeys": []}, action="kms:TagResource") == "allow"
    )


def test_c2_a_set_without_set_operator_is_open() -> None:
    # "Multivalued condition keys require a set operator"; what happens without is not said.
    found = {"aws:TagKeys": ["a", "b"]}
    assert when("StringEquals", "aws:TagKeys", "b", found, action="kms:TagResource") == "depends C2"
    assert when("StringEquals", "aws:TagKeys", "c", found, action="kms:TagResource") == "deny"
    readings = {"C2-not": True, "C2-negation": False}
    assert when("StringNotEquals", "aws:TagKeys", "a", found, action="kms:TagResource", readings=readings) == "allow"
    assert when("StringEquals", "aws:TagKeys", "a", {}, action="kms:TagResource") == "deny"


def test_c2_the_data_says_which_keys_hold_sets() -> None:
    # One value of a multi-valued key is still a set.
    assert when("StringEquals", "aws:TagKeys", "a", {"aws:TagKeys": "a"}, action="kms:TagResource") == "depends C2"


@pytest.mark.parametrize(
    ("operator", "listed", "value", "expected"),
    [
        ("NumericEquals", "5", "5.0", "allow"),
        ("NumericNotEquals", "5", "5.0", "deny"),
        ("NumericLessThan", "0.3", "0.29999999999999999999", "allow"),
        ("NumericLessThan", "9", "9", "deny"),
        ("NumericGreaterThan", "9", "9", "deny"),
        ("NumericLessThanEquals", "10", "9", "allow"),
        ("NumericGreaterThan", "10", "9", "deny"),
        ("NumericGreaterThanEquals", "10", "10", "allow"),
        ("NumericEquals", "five", "5", "deny"),
        ("NumericNotEquals", "five", "5", "depends C3-number"),
    ],
)
def test_c3_numbers(operator: str, listed: str, value: str, expected: str) -> None:
    # Numbers are decimals; what does not parse matches nothing.
    assert when(operator, "aws:MultiFactorAuthAge", listed, {"aws:MultiFactorAuthAge": value}) == expected


@pytest.mark.parametrize(
    ("operator", "listed", "value", "expected"),
    [
        ("DateEquals", "2026-01-01T00:00:00Z", "1767225600", "allow"),
        ("DateEquals", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00Z", "allow"),
        ("DateLessThan", "2026-01", "2025-12-31T23:59:59.5Z", "allow"),
        ("DateGreaterThan", "2026", "2025-12-31", "depends C3-year"),
        ("DateGreaterThanEquals", "1767225600", "2026-01-01", "allow"),
        ("DateNotEquals", "2026-13-01", "2026-01-01", "depends C3-date"),
        ("DateLessThanEquals", "tomorrow", "2026-01-01", "deny"),
    ],
)
def test_c3_dates(operator: str, listed: str, value: str, expected: str) -> None:
    # "W3C implementations of the ISO 8601 date formats or epoch (UNIX) time".
    assert when(operator, "aws:TokenIssueTime", listed, {"aws:TokenIssueTime": value}) == expected


def test_c3_numeric_operators_read_epoch_keys() -> None:
    # aws:EpochTime works with date and numeric operators.
    assert (
        when("NumericLessThan", "aws:EpochTime", "1767225601", {"aws:CurrentTime": "2026-01-01T00:00:00Z"}) == "allow"
    )


@pytest.mark.parametrize(
    ("listed", "value", "expected"),
    [
        ("203.0.113.0/24", "203.0.113.7", "allow"),
        ("203.0.113.0/24", "203.0.114.7", "deny"),
        ("203.0.113.7", "203.0.113.7", "allow"),
        ("2001:DB8::/32", "2001:db8:1::1", "allow"),
        ("::/0", "203.0.113.7", "deny"),
        ("0.0.0.0/0", "2001:db8::1", "deny"),
        ("::ffff:203.0.113.0/120", "203.0.113.7", "deny"),
    ],
)
def test_c3_addresses(listed: str, value: str, expected: str) -> None:
    # CIDR blocks; an address without a prefix is a host; IPv4 never matches an IPv6 block.
    assert when("IpAddress", "aws:SourceIp", listed, {"aws:SourceIp": value}) == expected
    assert (
        when("NotIpAddress", "aws:SourceIp", listed, {"aws:SourceIp": value})
        == {"allow": "deny", "deny": "allow"}[expected]
    )


@pytest.mark.parametrize("listed", ["203.0.113.300", "203.0.113.0/255.255.255.0"])
def test_c3_what_is_no_block_matches_nothing_or_voids_the_statement(listed: str) -> None:
    assert when("IpAddress", "aws:SourceIp", listed, {"aws:SourceIp": "203.0.113.7"}) == "deny"
    assert when("NotIpAddress", "aws:SourceIp", listed, {"aws:SourceIp": "203.0.113.7"}) == "depends C3-address"


def test_c3_truth_values_in_any_case() -> None:
    # Bool accepts true and false in any case; anything else matches nothing.
    assert when("Bool", "aws:MultiFactorAuthPresent", "TRUE", {"aws:MultiFactorAuthPresent": "true"}) == "allow"
    assert when("Bool", "aws:MultiFactorAuthPresent", "yes", {"aws:MultiFactorAuthPresent": "true"}) == "deny"


def test_c3_binary_compares_bytes() -> None:
    # "compares … byte for byte against a base-64 encoded representation".
    assert when("BinaryEquals", "example:key", "QmluYXJ5", {"example:key": "QmluYXJ5"}) == "allow"
    assert when("BinaryEquals", "example:key", "QmluYXJ5", {"example:key": "QmluYXJ6"}) == "deny"
    assert when("BinaryEquals", "example:key", "%%%", {"example:key": "%%%"}) == "deny"


def test_c3_strings_compare_the_text_of_other_types() -> None:
    # A String operator on a key of another type compares its text.
    assert when("StringEquals", "aws:SecureTransport", "true") == "allow"
    assert when("StringEquals", "aws:SecureTransport", "True") == "deny"


@pytest.mark.parametrize("operator", ["ArnEquals", "ArnLike"])
def test_c4_both_arn_operators_take_wildcards(operator: str) -> None:
    # "ArnEquals and ArnLike behave identically"; six fields, case-sensitive.
    assert when(operator, "aws:PrincipalArn", "arn:aws:iam::*:user/A*") == "allow"
    assert when(operator, "aws:PrincipalArn", "arn:aws:iam::*:user/a*") == "deny"
    assert when(operator, "aws:PrincipalArn", "*") == "depends L6-arn"
    assert when(operator, "aws:PrincipalArn", "arn:aws:iam") == "deny"
    assert when(operator.replace("Arn", "ArnNot"), "aws:PrincipalArn", "arn:aws:iam::*:user/A*") == "deny"


def test_c4_a_variable_may_stand_for_several_fields() -> None:
    # ${aws:PrincipalArn} is replaced before the six fields are compared.
    assert when("ArnEquals", "aws:PrincipalArn", "${aws:PrincipalArn}") == "allow"
    assert when("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}") == "allow"


def test_c5_the_type_of_a_key_does_not_keep_an_operator_from_reading_its_text() -> None:
    # An account is text of twelve digits, so a Numeric operator reads it as a number.
    assert when("NumericEquals", "aws:PrincipalAccount", "111122223333") == "allow"


def test_c_ifexists_hole_and_explicit_deny() -> None:
    # conditions-kms: a Deny with a negated operator refuses a request without the key as well.
    guarded = estate(allow(), {**allow(Condition={"StringNotEquals": {PAIR: "a"}}), "Effect": "Deny"})
    assert [outcome(guarded, context=context) for context in ({}, {PAIR: "a"}, {PAIR: "b"})] == [
        "deny",
        "allow",
        "deny",
    ]


def test_c_conditions_of_identity_policies() -> None:
    # The same operators in an identity policy (P7).
    found = estate(
        allow({"AWS": "111122223333"}),
        accounts=(home(identity(ALICE, own(Condition={"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}))),),
    )
    assert outcome(found) == "allow"
