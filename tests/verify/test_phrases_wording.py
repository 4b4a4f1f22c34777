"""How regions read: typical conditions, callers, actions and symbols, word for word."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    ROOT,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
)
from verifier.model.estate import Estate
from verifier.model.request import CallerKind
from verifier.model.results.access import Alternative, LimitKind, Region
from verifier.model.symbols import ThingEffect
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.diagrams.joint import join
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import key_target
from verifier.verify.phrases.regions import Phrases
from verifier.verify.regions import Describer


def regions(found: Estate, action: str = "kms:Decrypt") -> list[Region]:
    """Who can, under which conditions."""
    joint = join([QuestionSide(found, key_target(found.keys[0]))])
    index = joint.finite.tables["action"].class_of(action.lower())
    assert index is not None
    node = joint.diagrams.both(joint.sides[0].allowed, joint.diagrams.literal("action", 1 << index))
    return [part.region for part in Describer(joint, 0).describe(node).found]


def sentences(alternative: Alternative) -> str:
    return "; ".join(
        f"{limit.subject} {limit.text}" if limit.kind is LimitKind.CONDITION else limit.text for limit in alternative
    )


def when(block: dict[str, Any], action: str = "kms:Decrypt", whom: str = PARTNER_ROLE, **facts: Any) -> list[str]:
    """What a condition says of somebody of a partner, whose own policies are left aside."""
    found = estate(allow(aws(whom), action, Condition=block), **facts)
    (region,) = (region for region in regions(found, action) if region.callers.names == (whom,))
    return [
        sentences(tuple(limit for limit in alternative if limit.kind is not LimitKind.FREE))
        for alternative in region.when
    ]


VIA, S3, EC2 = "kms:ViaService", "s3.us-west-2.amazonaws.com", "ec2.us-west-2.amazonaws.com"
RDS = "rds.us-west-2.amazonaws.com"
TEAM, AGENT = "aws:PrincipalTag/team", "aws:UserAgent"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"StringEquals": {VIA: S3}}, f"{VIA} is {S3}"),
        ({"StringEquals": {VIA: [S3, EC2]}}, f"{VIA} is {EC2} or {S3}"),
        ({"StringEquals": {VIA: [S3, EC2, RDS]}}, f"{VIA} is one of {EC2}, {RDS}, {S3}"),
        ({"StringNotEquals": {VIA: S3}}, f"{VIA} is absent, or is not {S3}"),
        ({"StringNotEquals": {VIA: [S3, EC2]}}, f"{VIA} is absent, or is none of {EC2}, {S3}"),
        ({"StringNotEquals": {VIA: S3}, "Null": {VIA: "false"}}, f"{VIA} is present, and is not {S3}"),
        ({"Null": {VIA: "true"}}, f"{VIA} is absent"),
        ({"Null": {VIA: "false"}}, f"{VIA} is present"),
        ({"StringLike": {TEAM: ["team-*", "ops"]}}, f"{TEAM} is ops, or matches team-*"),
        (
            {"StringLike": {TEAM: "team-*"}, "StringNotEquals": {TEAM: "team-x"}},
            f"{TEAM} matches team-*, but is not team-x",
        ),
        (
            {"StringLike": {TEAM: "a*"}, "StringNotLike": {TEAM: ["*b", "*c"]}},
            f"{TEAM} matches a*, but matches none of *b, *c",
        ),
        ({"StringEqualsIgnoreCase": {TEAM: "Red"}}, f"{TEAM} is red in any case"),
        ({"StringEquals": {TEAM: ["", "or", "a b"]}}, f'{TEAM} is one of "", "a b", "or"'),
        ({"StringEquals": {TEAM: ["a*", "b"]}}, f"{TEAM} is b"),  # no tag has an asterisk
        ({"StringEquals": {AGENT: ["a*", "b"]}}, f'{AGENT} is "a*" or b'),
        ({"StringLike": {AGENT: "${*}*"}}, f"{AGENT} matches ${{*}}*"),
        (
            {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "203.0.113.7"]}},
            "aws:SourceIp is in 10.0.0.0/8 or 203.0.113.7",
        ),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, "aws:SourceIp is absent, or is not in 10.0.0.0/8"),
        ({"DateLessThan": {"aws:CurrentTime": "2026-01-01"}}, "aws:CurrentTime is before 2026-01-01T00:00:00Z"),
        (
            {"DateGreaterThanEquals": {"aws:CurrentTime": "2026-01-01"}},
            "aws:CurrentTime is at 2026-01-01T00:00:00Z or later",
        ),
        ({"DateNotEquals": {"aws:CurrentTime": "2026-01-01"}}, "aws:CurrentTime is not 2026-01-01T00:00:00Z"),
        ({"DateLessThan": {"aws:EpochTime": "1767225600"}}, "aws:EpochTime is before 2026-01-01T00:00:00Z"),
        ({"NumericLessThanEquals": {"aws:MultiFactorAuthAge": "3600"}}, "aws:MultiFactorAuthAge is at most 3600"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "aws:MultiFactorAuthPresent is true"),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}, "aws:MultiFactorAuthPresent is absent, or is true"),
        (
            {"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:*:vpc/vpc-1*"}},
            "aws:SourceVpcArn matches arn:aws:ec2:*:*:vpc/vpc-1*",
        ),
    ],
)
def test_conditions(block: dict[str, Any], expected: str) -> None:
    assert when(block) == [expected]


@pytest.mark.parametrize("listed", [["203.0.113.0/24"], ["203.0.113.0/24", "10.0.0.0/8"]])
def test_f4_private_addresses_go_unsaid_where_nobody_sends_from_them(listed: list[str]) -> None:
    block = {"IpAddress": {"aws:SourceIp": listed}, "Bool": {"aws:ViaAWSService": "false"}}
    said = when(block, whom="arn:aws:iam::444455556666:user/Bob")
    assert said == ["aws:SourceIp is in 203.0.113.0/24; aws:ViaAWSService is false"]


KEYS = "kms:EncryptionContextKeys"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            {"ForAllValues:StringEquals": {KEYS: ["tenant", "env"]}},
            f"{KEYS} is absent, or has no value but env and tenant",
        ),
        ({"ForAllValues:StringNotEquals": {KEYS: "tenant"}}, f"{KEYS} has no value tenant"),
        ({"ForAnyValue:StringEquals": {KEYS: "tenant"}}, f"{KEYS} has the value tenant"),
        ({"ForAnyValue:StringEquals": {KEYS: ["tenant", "env"]}}, f"{KEYS} has a value that is env or tenant"),
        ({"ForAnyValue:StringLike": {KEYS: "t*"}}, f"{KEYS} has a value that matches t*"),
        ({"ForAnyValue:StringNotLike": {KEYS: "t*"}}, f"{KEYS} has a value that does not match t*"),
        ({"Null": {KEYS: "true"}}, f"{KEYS} is absent"),
        ({"Null": {KEYS: "false"}}, f"{KEYS} is present"),
        (
            {"ForAllValues:StringEquals": {KEYS: ["a", "b"]}, "ForAnyValue:StringEquals": {KEYS: "a"}},
            f"{KEYS} has the value a, and has no value but a and b",
        ),
    ],
)
def test_multi_valued_keys(block: dict[str, Any], expected: str) -> None:
    assert when(block) == [expected]


@pytest.mark.parametrize(
    ("block", "action", "facts", "expected"),
    [
        (
            {"StringEquals": {"kms:KeyUsage": "SIGN_VERIFY"}},
            "kms:DescribeKey",
            ("spec", "usage"),
            "kms:KeyUsage is SIGN_VERIFY",
        ),
        ({"StringLike": {"kms:KeySpec": "RSA_*"}}, "kms:DescribeKey", ("spec", "usage"), "kms:KeySpec matches RSA_*"),
        (
            {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Encrypt", "Decrypt"]}},
            "kms:CreateGrant",
            (),
            "kms:GrantOperations has no value but Decrypt and Encrypt",
        ),
        (
            {"NumericGreaterThanEquals": {"kms:ScheduleKeyDeletionPendingWindowInDays": "14"}},
            "kms:ScheduleKeyDeletion",
            (),
            "kms:ScheduleKeyDeletionPendingWindowInDays is at least 14",
        ),
    ],
)
def test_keys_of_operations_and_facts(
    block: dict[str, Any], action: str, facts: tuple[str, ...], expected: str
) -> None:
    unknown: dict[str, Any] = dict.fromkeys(facts)
    found = estate(allow(aws(REPORTS), action, Condition=block), accounts=(home(identity(REPORTS)),), **unknown)
    (region,) = (region for region in regions(found, action) if region.callers.names == (REPORTS,))
    assert [sentences(alternative).replace("is absent, or ", "") for alternative in region.when] == [expected]


def test_the_same_text_under_two_operators_is_told_apart() -> None:
    """`*` crosses a colon in `StringLike` (L6)."""
    assert when({"StringLike": {"aws:UserAgent": "arn:a*:b:c:d:e"}}) == [
        "aws:UserAgent matches arn:a*:b:c:d:e (as text)"
    ]
    assert when({"ArnLike": {"aws:UserAgent": "arn:a*:b:c:d:e"}}) == ["aws:UserAgent matches arn:a*:b:c:d:e"]
    assert when({"ArnLike": {"aws:UserAgent": "a*:b:c:d:e:f"}}) == ["aws:UserAgent matches a*:b:c:d:e:f (as an ARN)"]
    assert when({"StringLike": {"aws:UserAgent": "a*:b:c:d:e:f"}}) == ["aws:UserAgent matches a*:b:c:d:e:f"]


# -- the encryption context, policy variables, readings --


def test_a_pair_is_what_conditions_read_under_its_name_in_whatever_case() -> None:
    assert when({"StringEquals": {"kms:EncryptionContext:tenant": "acme"}}) == ["kms:EncryptionContext:tenant is acme"]


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", VIA, "${aws:PrincipalTag/via}", f"{VIA} = ${{aws:PrincipalTag/via}}"),
        ("StringEqualsIgnoreCase", VIA, "${aws:PrincipalTag/via}", f"{VIA} = ${{aws:PrincipalTag/via}} in any case"),
        ("StringLike", VIA, "${aws:PrincipalTag/via}.*", f"{VIA} matches ${{aws:PrincipalTag/via}}.*"),
        (
            "StringNotLike",
            VIA,
            "${aws:PrincipalTag/via}.*",
            f"{VIA} does not match ${{aws:PrincipalTag/via}}.*, or {VIA} or aws:PrincipalTag/via is absent",
        ),
    ],
)
def test_policy_variables(operator: str, key: str, value: str, expected: str) -> None:
    assert expected in [part for sentence in when({operator: {key: value}}) for part in sentence.split("; ")]


def test_a_reading_is_a_question_and_its_answer() -> None:
    """Everyone but Alice is denied; her account is not listed with her."""
    denied = {"Effect": "Deny", "NotPrincipal": aws(ALICE), "Action": "kms:*", "Resource": "*"}
    (region, *_) = regions(estate(allow(aws(ALICE)), denied, accounts=(home(identity(ALICE)),)))
    limits = [limit for alternative in region.when for limit in alternative if limit.kind is LimitKind.READING]
    assert [(limit.subject, limit.rule) for limit in limits] == [("P5-account", "P5")]
    assert limits[0].text.endswith('is "the caller is spared"')


def test_free_facts_stand_in_one_order() -> None:
    (region,) = (
        region for region in regions(estate(allow(aws(PARTNER_ROLE)))) if region.callers.names == (PARTNER_ROLE,)
    )
    (alternative,) = region.when
    assert not region.callers.known
    assert [(limit.kind, limit.rule, limit.text) for limit in alternative] == [
        (LimitKind.FREE, "U1", "its own account's policies allow it"),
        (LimitKind.FREE, "U1", "its own account's policies do not deny it"),
    ]


def test_what_is_not_modelled_is_named() -> None:
    thing = Unmodelled(
        "lost", "U4", Influence.EITHER, "policy lost is attached to role/ops, its document is not in the snapshot"
    )
    joint = join([QuestionSide(found := estate(allow(), unmodelled=(thing,)), key_target(found.keys[0]))])
    space, finite = joint.sides[0].question.space, joint.finite
    phrases = Phrases(space, finite)
    ((limit,),) = phrases.alternatives([({}, {ThingEffect("lost", "refuse"): True})])
    assert (limit.kind, limit.subject, limit.rule) == (LimitKind.UNMODELLED, "lost", "U4")
    assert limit.text == f"what is not modelled refuses it: {thing.description}"
    ((limit,),) = phrases.alternatives([({}, {ThingEffect("lost", "allow"): False})])
    assert limit.text.startswith("what is not modelled does not allow it: ")


# -- callers --

INVENTORY = (home(identity(ALICE)),)
ANY_ROLE = f"arn:aws:iam::{HOME}:role/"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([allow(aws(ALICE, PARTNER_ROLE))], ["user/Alice", f"role/batch of {PARTNER}"]),
        ([allow(aws(ROOT))], [f"root of {HOME}"]),
        ([allow(aws(PARTNER_ROOT))], [f"root of {PARTNER}", f"every role and user of {PARTNER}"]),
        ([allow({"Service": "s3.amazonaws.com"})], ["s3.amazonaws.com"]),
        (
            [allow()],
            [
                f"every role and user of {HOME}, and every root user and AWS service",
                f"every role and user of an account other than {HOME}",
            ],
        ),
        ([allow(aws(PARTNER_SESSION))], [f"every role of {PARTNER} named batch"]),
        (
            [allow(), deny(aws(PARTNER_ROLE))],
            [
                f"every role and user of {HOME}, and every root user and AWS service",
                f"every role and user of an account other than {HOME} except role/batch of {PARTNER}",
            ],
        ),
        (
            [
                allow(
                    Condition={
                        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app-*"},
                        "Bool": {"aws:PrincipalIsAWSService": "false"},
                    }
                )
            ],
            [
                f"every caller of {HOME} matching arn:aws:iam::*:role/app-*",
                f"every caller of an account other than {HOME} matching arn:aws:iam::*:role/app-*",
            ],
        ),
    ],
)
def test_callers(statements: list[dict[str, Any]], expected: list[str]) -> None:
    described = [region.callers for region in regions(estate(*statements, accounts=INVENTORY))]
    found = [callers.text for callers in described]
    assert [callers.text for callers in described if callers.known] == [
        text for text in expected if text == "user/Alice"
    ]
    assert [text for text in found if not text.startswith("every federated-user session")] == expected


def test_many_names_are_counted_and_listed() -> None:
    roles = [f"{ANY_ROLE}r{number}" for number in range(12)]
    found = regions(
        estate(allow(aws(*roles, PARTNER_ROOT)), accounts=(home(*map(identity, roles)), home(account=PARTNER)))
    )
    callers = found[0].callers
    assert callers.text == f"root of {PARTNER}, and 12 roles of {HOME}"
    assert set(callers.names) == {*roles, PARTNER_ROOT} and not callers.known and callers.accounts == (HOME, PARTNER)
    assert callers.kinds == (CallerKind.ROLE, CallerKind.ROOT)


def test_names_that_are_excluded_are_all_listed() -> None:
    roles = [f"{ANY_ROLE}r{number}" for number in range(9)]
    found = regions(estate(allow(aws(ROOT)), deny(aws(*roles)), accounts=()))
    callers = next(region.callers for region in found if " except " in region.callers.text)
    assert callers.text == f"every role and user of {HOME} except 9 roles of {HOME}"
    assert callers.excluded == tuple(sorted(roles)) and callers.names == () and callers.accounts == (HOME,)


# -- actions --


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["kms:*"], "every action"),
        (["kms:Decrypt", "kms:Encrypt"], "kms:Decrypt, kms:Encrypt"),
        (["kms:GenerateDataKey*"], "kms:GenerateDataKey*"),
        (
            ["kms:GenerateDataKey", "kms:GenerateDataKeyPair", "kms:GenerateDataKeyWithoutPlaintext"],
            "kms:GenerateDataKey, kms:GenerateDataKeyPair, kms:GenerateDataKeyWithoutPlaintext",
        ),
        (["kms:D*", "kms:E*", "kms:G*", "kms:L*"], "kms:Decrypt, kms:Encrypt, kms:GenerateDataKey* and 13 more"),
        (
            ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:DescribeKey"],
            "kms:Decrypt, kms:DescribeKey, kms:Encrypt, kms:ReEncrypt*",
        ),
    ],
)
def test_actions(patterns: list[str], expected: str) -> None:
    found = estate(allow(aws(ALICE), patterns), accounts=INVENTORY)
    joint = join([QuestionSide(found, key_target(found.keys[0]))])
    (region,) = (
        part.region
        for part in Describer(joint, 0).describe(joint.sides[0].allowed).found
        if part.region.callers.names == (ALICE,)
    )
    if patterns == ["kms:*"]:  # `kms:RetireGrant` is not a key policy's to allow (G5)
        expected = "every action but kms:RetireGrant"
    assert region.actions.text == expected and not region.actions.others


def test_the_root_user_of_an_account_can_do_everything_that_the_policy_delegates() -> None:
    found = estate(allow(aws(ROOT)), accounts=INVENTORY)
    joint = join([QuestionSide(found, key_target(found.keys[0]))])
    (region, *_) = (part.region for part in Describer(joint, 0).describe(joint.sides[0].allowed).found)
    assert (region.callers.text, region.actions.text) == (f"root of {HOME}", "every action")
    assert "kms:Sign" not in region.actions.names, "the key is symmetric (R3)"
