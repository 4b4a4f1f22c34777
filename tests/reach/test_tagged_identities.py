"""Tags of users and roles in chains: what may be set, beside what policies read (E1, F3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, Statement, allow, aws, own
from tests.evaluate.reaching import TARGET, admits, trusting
from tests.evaluate.steps.worlds import state
from tests.reach.telling import PROVED, told

FACTS: dict[str, Any] = {"facts": {"grants": ()}}
TAGS, UNTAGS = ("tag a user or role",), ("untag a user or role",)
TAGGED, REQUESTED = "aws:PrincipalTag/team", "aws:RequestTag/team"


def uses(operator: str = "StringEquals", value: str = "blue", key: str = TAGGED) -> Statement:
    """Alice may decrypt if her tag is so."""
    return own("kms:Decrypt", Condition={operator: {key: value}})


def tags(action: str = "iam:TagUser", /, **condition: Any) -> Statement:
    """She may tag, under a condition or none."""
    rest: dict[str, Any] = {"Condition": condition} if condition else {}
    return own(action, **rest)


@pytest.mark.parametrize(
    ("asked", "mine", "steps"),
    [
        (uses(), (tags(),), TAGS),
        (uses(), (tags(StringEquals={REQUESTED: "blue"}),), TAGS),
        (uses(), (tags(StringLike={REQUESTED: "b*"}),), TAGS),
        (uses(), (tags(StringEquals={REQUESTED: "red"}),), PROVED),
        (uses(), (tags(StringLike={REQUESTED: "r*"}),), PROVED),
        (uses(), (tags(StringNotEquals={REQUESTED: "blue"}),), PROVED),
        (uses(), (tags(StringNotEquals={REQUESTED: "Blue"}),), TAGS),
        (uses(), (tags(Null={REQUESTED: "true"}),), PROVED),
        (uses(), (tags(StringEqualsIfExists={REQUESTED: "red"}),), PROVED),
        (uses(), (tags(), {**tags(StringEquals={REQUESTED: "blue"}), "Effect": "Deny"}), PROVED),
        (uses(), (tags(), {**tags(StringEquals={REQUESTED: "Blue"}), "Effect": "Deny"}), TAGS),
        (uses(), (tags(**{"ForAllValues:StringEquals": {"aws:TagKeys": ["cost"]}}),), PROVED),
        (uses(), (tags(**{"ForAllValues:StringEquals": {"aws:TagKeys": ["cost", "team"]}}),), TAGS),
        (uses(), (tags(**{"ForAnyValue:StringEquals": {"aws:TagKeys": ["cost"]}}),), TAGS),
        (
            uses(),
            (tags(**{"ForAnyValue:StringLike": {"aws:TagKeys": ["c*"]}, "StringEquals": {REQUESTED: "red"}}),),
            PROVED,
        ),
        (uses(), (tags(StringLike={"aws:RequestTag/cost": "1?", "aws:RequestTag/for": "*"}),), TAGS),
        (uses("StringLike", "b*"), (tags(StringEquals={REQUESTED: "black"}),), TAGS),
        (uses("StringLike", "b*"), (tags(StringLike={REQUESTED: "*k"}),), TAGS),
        (uses("StringLike", "b*"), (tags(StringLike={REQUESTED: "r*k"}),), PROVED),
        (
            uses("StringLike", "*b?"),
            (tags(StringLike={REQUESTED: "?k*"}, StringNotLike={REQUESTED: ["*bb", "rk*"]}),),
            TAGS,
        ),
        (uses("StringEqualsIgnoreCase", "BLUE"), (tags(StringEquals={REQUESTED: "blue"}),), TAGS),
        (uses(), (tags("iam:UntagUser"),), PROVED),
        # One that is not met by having another value, or none, is met so.
        (uses("StringNotEquals", "red"), (tags(StringEquals={REQUESTED: "green"}),), TAGS),
        (uses("StringNotEquals", "red"), (tags("iam:UntagUser"),), UNTAGS),
        (uses("Null", "true"), (tags("iam:UntagUser"),), UNTAGS),
        (uses("StringEqualsIfExists"), (tags("iam:UntagUser"),), UNTAGS),
    ],
)
def test_f3_what_may_be_set_beside_what_is_read(
    asked: Statement, mine: tuple[Statement, ...], steps: tuple[str, ...]
) -> None:
    assert told(state(asked, *mine, alice={"tags": (("team", "red"),)}, **FACTS)) == steps


def test_f3_what_a_deny_reads_may_be_taken_away_or_set_otherwise() -> None:
    denied = {**uses(value="red"), "Effect": "Deny"}
    red: dict[str, Any] = {"alice": {"tags": (("team", "red"),)}}
    assert told(state(own("kms:Decrypt"), denied, tags("iam:UntagUser"), **red, **FACTS)) == UNTAGS
    assert told(state(own("kms:Decrypt"), denied, tags(StringEquals={REQUESTED: "green"}), **red, **FACTS)) == TAGS


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "iam:ResourceTag/team"])
def test_e1_tags_of_what_a_request_is_on_are_read_too(key: str) -> None:
    # Alice may write to who is tagged red.
    writes = own("iam:PutUserPolicy", ALICE, Condition={"StringEquals": {key: "red"}})
    red = tags(StringEquals={REQUESTED: "red"})
    assert told(state(uses(), writes, red, **FACTS)) == (*TAGS, "put inline policy")
    assert told(state(uses(), red, **FACTS)) == PROVED
    # The tags of keys are others: what is about KMS alone reads none of hers.
    of_keys = own("kms:Encrypt", Condition={"StringEquals": {"aws:ResourceTag/team": "red"}})
    assert told(state(uses(), of_keys, red, **FACTS)) == PROVED


def test_f3_sessions_have_the_tags_of_their_role() -> None:
    role = trusting(admits(aws(ALICE)), own=(uses(),))
    for value, steps in (("red", PROVED), ("blue", (*TAGS, "assume role"))):
        found = told(
            state(
                tags("iam:TagRole", StringEquals={REQUESTED: value}),
                own("sts:AssumeRole", TARGET),
                others=(role,),
                **FACTS,
            )
        )
        assert sorted(found) == sorted(steps)


def test_f3_of_two_tags_each_counts() -> None:
    both = own("kms:Decrypt", Condition={"StringEquals": {TAGGED: "blue", "aws:PrincipalTag/cost": "7"}})
    cost = {"aws:RequestTag/cost": "7"}
    has: dict[str, Any] = {"alice": {"tags": (("team", "blue"),)}}
    assert told(state(both, tags(StringEquals=cost, Null={REQUESTED: "true"}), **has, **FACTS)) == TAGS
    assert (
        told(state(both, tags(StringEquals={"aws:RequestTag/cost": "8"}, Null={REQUESTED: "true"}), **has, **FACTS))
        == PROVED
    )


WHOEVER_IS_BLUE = allow("*", "kms:Decrypt", Condition={"StringEquals": {TAGGED: "blue", "aws:PrincipalAccount": HOME}})


@pytest.mark.parametrize(
    "required", [{"ForAnyValue:StringLike": {"aws:TagKeys": ["c*"]}}, {"StringLike": {"aws:RequestTag/cost": "1?"}}]
)
def test_e1_what_a_request_must_set_besides_it_sets(required: dict[str, Any]) -> None:
    """A session, a federated session and a role that is made have the further tag, too."""
    both = ["sts:AssumeRole", "sts:TagSession"]
    role = trusting(admits(aws(ALICE), both, Condition=required), own=(uses(),))
    assert told(state(own(both, TARGET), others=(role,), **FACTS)) == ("assume role",)
    federating = own(["sts:GetFederationToken", "sts:TagSession"], "*", Condition=required)
    assert told(state(uses(), federating, **FACTS)) == ("get federation token",)
    made = own(["iam:CreateRole", "iam:TagRole"], "*", Condition=required)
    assert told(state(made, key=WHOEVER_IS_BLUE, **FACTS)) == ("make an identity or policy", "assume role")


@pytest.mark.parametrize(
    "condition",
    [
        {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}},
        {"ForAnyValue:StringLike": {"aws:TagKeys": "?eam"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team", "Team", "TEAM"]}},
    ],
)
def test_l3_a_deny_of_a_name_of_a_tag_does_not_cover_it_in_another_case(condition: dict[str, Any]) -> None:
    """Names of tags of users and roles have no case, nor have condition keys; the values of `aws:TagKeys` have one,
    which no page excepts from what StringEquals says [IAM: id_tags, Case sensitivity; access_tags, Controlling access
    based on tag keys]."""
    denied = own(["iam:TagUser", "sts:TagSession", "kms:TagResource"], effect="Deny", Condition=condition)
    for has in ((), (("team", "red"),)):
        assert told(state(uses(), tags(), denied, alice={"tags": has}, **FACTS)) == TAGS
    role = trusting(admits(aws(ALICE), ["sts:AssumeRole", "sts:TagSession"]), own=(uses(),))
    assert told(state(own(["sts:AssumeRole", "sts:TagSession"]), denied, others=(role,), **FACTS)) == ("assume role",)
    federating = own(["sts:GetFederationToken", "sts:TagSession"])
    assert told(state(uses(), federating, denied, **FACTS)) == ("get federation token",)
    # A key may have a tag in each case: which of them a condition reads is not known then (F8).
    reads = own("kms:Decrypt", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
    for of_key, steps in (((), ("tag key",)), ((("team", "red"),), ("unknown", "U3"))):
        assert told(state(reads, own("kms:TagResource"), denied, facts={"grants": (), "tags": of_key})) == steps
    # A Deny by the tag itself, or an Allow of names that do not have it, covers it.
    for guard in (
        tags(Null={REQUESTED: "true"}),
        tags(**{"ForAllValues:StringEqualsIgnoreCase": {"aws:TagKeys": "cost"}}),
    ):
        assert told(state(uses(), guard, **FACTS)) == PROVED


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, ("unknown", "W1")),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "cost"]}}, PROVED),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "Team"]}}, ("unknown", "W1")),
        ({"ForAllValues:StringEqualsIgnoreCase": {"aws:TagKeys": ["team"]}}, ("unknown", "W1")),
    ],
)
def test_f8_a_request_may_set_two_tags_of_a_key_whose_names_differ_in_case(
    condition: dict[str, Any], expected: tuple[str, ...]
) -> None:
    """What conditions read of `Team` = red and `team` = blue, on the request and then on the key, no page says:
    `aws:TagKeys` keeps such from keys [IAM: access_tags, Controlling access based on tag keys]. Users and roles have no
    two such tags."""
    reads = own("kms:Decrypt", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
    sets = {"StringEquals": {REQUESTED: "red"}, **condition}
    assert told(state(reads, own("kms:TagResource", Condition=sets), facts={"grants": (), "tags": ()})) == expected
    assert told(state(uses(), tags(**sets), **FACTS)) == PROVED
