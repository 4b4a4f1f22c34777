"""L1–L9: the policy language, as `evaluate` reads it. Expectations are argued from docs/semantics.md and the pages it
names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    ROOT,
    Statement,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    outcome,
    own,
    policy,
)
from verifier.model.estate import Estate

TENANT = {"kms:EncryptionContext:tenant": "blue"}


def with_own(*statements: Statement) -> Estate:
    """An estate whose key delegates to its account, where Alice has these statements."""
    return estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, *statements)),))


def when(operator: str, key: str, value: object) -> dict[str, object]:
    """A statement's `Condition` of one test."""
    return {"Condition": {operator: {key: value}}}


def test_l1_variables_only_in_the_2012_version() -> None:
    # reference_policies_variables: in an earlier version `${aws:username}` is a literal string.
    statement = allow(**when("StringEquals", "kms:EncryptionContext:tenant", "${aws:username}"))
    assert outcome(estate(statement), context={"kms:EncryptionContext:tenant": "Alice"}) == "allow"
    assert outcome(estate(statement, version="2008-10-17"), context={"kms:EncryptionContext:tenant": "Alice"}) == "deny"
    assert (
        outcome(estate(statement, version="2008-10-17"), context={"kms:EncryptionContext:tenant": "${aws:username}"})
        == "allow"
    )


def test_l2_booleans_and_numbers_are_condition_values() -> None:
    # key-policy examples write `true` where the documentation says `"true"`.
    assert outcome(estate(allow(**when("Bool", "aws:SecureTransport", True)))) == "allow"
    assert (
        outcome(
            estate(allow(**when("NumericLessThan", "aws:MultiFactorAuthAge", 300))),
            context={"aws:MultiFactorAuthAge": 20},
        )
        == "allow"
    )


@pytest.mark.parametrize("key", ["kms:encryptioncontext:TENANT", "KMS:EncryptionContext:tenant"])
def test_l3_condition_keys_do_not_differ_by_case(key: str) -> None:
    # conditions-kms: "the condition key is not case sensitive".
    assert outcome(estate(allow(**when("StringEquals", key, "blue"))), context=TENANT) == "allow"
    assert outcome(estate(allow(**when("StringEquals", key, "BLUE"))), context=TENANT) == "deny"


def test_l3_tag_names_do_not_differ_by_case() -> None:
    # condition keys, aws:PrincipalTag: tag keys in conditions are not case-sensitive.
    found = estate(
        allow(**when("StringEquals", "aws:PrincipalTag/TEAM", "red")),
        accounts=(home(identity(ALICE, tags=(("Team", "red"),))),),
    )
    assert outcome(found) == "allow"


def test_l3_action_patterns_do_not_differ_by_case() -> None:
    # reference_policies_elements_action: prefix and action name are not case-sensitive.
    assert outcome(estate(allow(action="KMS:decRYPT"))) == "allow"


def test_l3_principals_are_case_sensitive() -> None:
    # reference_policies_elements_principal: the user name in an ARN is case-sensitive.
    assert outcome(estate(allow(aws(ALICE))), f"arn:aws:iam::{HOME}:user/alice") == "deny"


@pytest.mark.parametrize("resource", ["*", KEY, "arn:aws:kms:*:*:key/*", KEY[:-4] + "????"])
def test_l5_a_key_policy_covers_its_own_key(resource: str) -> None:
    # key-policy-overview: `"Resource": "*"` in a key policy means the KMS key it is attached to.
    assert outcome(estate(allow(Resource=resource))) == "allow"


@pytest.mark.parametrize("resource", [KEY.replace("1234abcd", "0987dcba"), "arn:aws:kms:us-west-2", "alias/payments"])
def test_l5_another_resource_makes_the_statement_ineffective(resource: str) -> None:
    # key-policy-overview: a key policy governs its own key; the short form (L6) is for identity policies only.
    assert outcome(estate(allow(Resource=resource))) == "deny"


def test_l5_a_missing_resource_makes_the_statement_ineffective() -> None:
    # key-policy-overview: Resource is required, and a statement without it has no effect.
    statement = allow()
    del statement["Resource"]
    assert outcome(estate(statement)) == "deny"


def test_l5_not_resource_in_a_key_policy_is_open() -> None:
    # No page says what NotResource does in a key policy.
    statement = allow()
    del statement["Resource"]
    other = "arn:aws:kms:*:*:key/other"
    assert outcome(estate({**statement, "NotResource": other})) == f"depends L5:{KEY}#default:['{other}']"


def test_l5a_both_policies_of_a_key_count() -> None:
    # A key shared through RAM has a second policy; key-policy rules range over both.
    found = estate(allow(aws(ALICE)))
    shared = policy(deny(aws(ALICE), "kms:Decrypt"), identity=f"{KEY}#AWS_RAM")
    key = replace(found.keys[0], policies=(*(found.keys[0].policies or ()), shared))
    assert outcome(replace(found, keys=(key,))) == "deny"
    assert outcome(replace(found, keys=(key,)), action="kms:Encrypt") == "allow"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("arn:aws:kms:us-west-2:111122223333:key/*", "allow"),
        ("arn:aws:kms:*:111122223333:*", "allow"),
        ("arn:aws:kms", "allow"),
        ("arn:aws:kms:us-west-2", "allow"),
        ("arn:aws:s3", "deny"),
        ("arn:aws:kms:*key/*", "deny"),
        ("arn:aws:kms:*:key/*", "depends L6"),
        ("arn:aws:kms:us-east-*:key/*", "deny"),
        ("arn:aws:kms:us-east-1:*:key/*", "deny"),
        ("arn:aws:kms:us-west-2:111122223333:KEY/*", "deny"),
        ("arn:aws-cn:kms:us-west-2:111122223333:key/*", "deny"),
    ],
)
def test_l6_resource_is_matched_field_by_field(resource: str, expected: str) -> None:
    # reference_policies_elements_resource: a `*` at the end of a segment can cross the colon; shorter ARNs are
    # completed with `*`.
    assert outcome(with_own(own("kms:Decrypt", resource))) == expected


def test_l6_not_resource_covers_the_rest() -> None:
    # reference_policies_elements_notresource: everything but the listed.
    statement = {"Effect": "Allow", "Action": "kms:*", "NotResource": "arn:aws:kms:us-east-1:*:key/*"}
    assert outcome(with_own(statement)) == "allow"
    assert outcome(with_own({**statement, "NotResource": KEY})) == "deny"


def test_l6_not_action_covers_the_rest() -> None:
    # reference_policies_elements_notaction: everything but the listed.
    statement = allow()
    del statement["Action"]
    found = estate({**statement, "NotAction": ["kms:Decrypt", "kms:*Grant*"]})
    assert [outcome(found, action=f"kms:{name}") for name in ("Decrypt", "ListGrants", "Encrypt")] == [
        "deny",
        "deny",
        "allow",
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [("kms:*", "allow"), ("*", "allow"), ("kms:De?rypt", "allow"), ("kms:Decrypt?", "deny"), ("s3:*", "deny")],
)
def test_l6_action_wildcards(pattern: str, expected: str) -> None:
    # reference_policies_elements_action: `*` and `?`.
    assert outcome(estate(allow(action=pattern))) == expected


def test_l6_string_like_crosses_colons_and_arn_like_does_not() -> None:
    # condition operators: "There are certain cases when a string operator would match when an ARN operator would not".
    value = f"arn:aws:iam::{HOME}:role/a:b:role/c"
    pattern = "arn:*:role/c"
    context = {"aws:SourceArn": value}
    assert outcome(estate(allow(**when("StringLike", "aws:SourceArn", pattern))), context=context) == "allow"
    assert outcome(estate(allow(**when("ArnLike", "aws:SourceArn", pattern))), context=context) == "deny"


def test_l7_a_variable_is_the_requests_value() -> None:
    # reference_policies_variables: ${aws:username} in Resource and in conditions.
    mine = "arn:aws:kms:us-west-2:111122223333:alias/${aws:username}-*"
    alias = f"arn:aws:kms:us-west-2:{HOME}:alias/Alice-1"
    assert outcome(with_own(own("kms:CreateAlias", mine)), action="kms:CreateAlias", resource=alias) == "allow"
    other = alias.replace("Alice", "Bob")
    assert outcome(with_own(own("kms:CreateAlias", mine)), action="kms:CreateAlias", resource=other) == "deny"


def test_l7_variables_are_literal_before_the_fifth_colon() -> None:
    # reference_policies_variables: only in the resource portion of the ARN, after the fifth colon.
    assert outcome(with_own(own("kms:*", "arn:aws:kms:us-west-2:${aws:PrincipalAccount}:key/*"))) == "deny"


def test_l7_default_and_literal_characters() -> None:
    # reference_policies_variables: ${key, 'default'}, ${*}, ${?}, ${$}.
    default = estate(
        allow(**when("StringEquals", "kms:EncryptionContext:tenant", "${aws:PrincipalTag/tenant, 'blue'}"))
    )
    assert outcome(default, context=TENANT) == "allow"
    star = estate(allow(**when("StringLike", "kms:EncryptionContext:tenant", "b${*}${?}${$}*")))
    assert outcome(star, context={"kms:EncryptionContext:tenant": "b*?$x"}) == "allow"
    assert outcome(star, context=TENANT) == "deny"


def test_l7_wildcards_in_the_replacing_text_are_open() -> None:
    # reference_policies_variables does not say whether `*` in a value is a wildcard.
    found = estate(allow(**when("StringLike", "kms:EncryptionContext:tenant", "${aws:PrincipalTag/t}")))
    assert outcome(found, context={**TENANT, "aws:PrincipalTag/t": "b*"}) == "depends L7-wildcards"
    assert outcome(found, context={**TENANT, "aws:PrincipalTag/t": "b*"}, readings={"L7-wildcards": True}) == "allow"
    assert outcome(found, context={**TENANT, "aws:PrincipalTag/t": "blue"}) == "allow"


def test_l7_a_list_of_one_is_the_single_value() -> None:
    # A key that holds one value is given as a string or as a list of one.
    found = estate(allow(**when("StringEquals", "kms:EncryptionContext:tenant", "${aws:PrincipalTag/t}")))
    assert outcome(found, context={**TENANT, "aws:PrincipalTag/t": ["blue"]}) == "allow"


def test_l7_an_absent_key_matches_nothing_so_that_a_negated_operator_holds() -> None:
    # "Inverted condition operators do match against a null value".
    values = ["${aws:PrincipalTag/t}"]
    assert (
        outcome(estate(allow(**when("StringEquals", "kms:EncryptionContext:tenant", values))), context=TENANT) == "deny"
    )
    negated = estate(allow(**when("StringNotEquals", "kms:EncryptionContext:tenant", values)))
    assert outcome(negated, context=TENANT) == "allow"


def test_l7_variables_are_literal_for_other_operators() -> None:
    # reference_policies_variables: not with Numeric, Date, Bool, Binary, IP and Null operators. So this one does not
    # parse (C3).
    found = estate(allow(**when("NotIpAddress", "aws:SourceIp", "${aws:VpcSourceIp}")))
    assert outcome(found, context={"aws:SourceIp": "10.0.0.1", "aws:VpcSourceIp": "10.0.0.1"}) == "depends C3-address"


def test_l7_a_set_in_a_variable_matches_nothing() -> None:
    # reference_policies_variables: a multivalued key cannot be a variable; the reader refuses known ones.
    found = estate(allow(**when("StringEquals", "kms:EncryptionContext:tenant", "${example:names}")))
    assert outcome(found, context={**TENANT, "example:names": ["blue", "red"]}) == "deny"


def test_l8_a_unique_id_matches_nobody() -> None:
    # reference_policies_elements_principal: an ID stands for a deleted identity.
    found = estate(
        allow(aws("AIDACKCEVSQ6C2EXAMPLE")), accounts=(home(identity(ALICE, unique_id="AIDACKCEVSQ6C2EXAMPLE")),)
    )
    assert outcome(found) == "deny"


@pytest.mark.parametrize(
    "resource", [f"arn:aws:kms:us-west-2:{HOME}:alias/payments", KEY.rsplit("/", 1)[1], "alias/payments"]
)
def test_l9_a_key_matches_by_its_key_arn_only(resource: str) -> None:
    # cmks-in-iam-policies: use the key ARN; an alias in Resource is about the alias.
    assert outcome(with_own(own("kms:*", resource))) == "deny"
