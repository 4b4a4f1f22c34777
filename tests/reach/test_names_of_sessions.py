"""Chains in which only sessions can come about: what no session as things are may do to the key, changes nothing (E0,
F3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, Statement, allow, aws, own
from tests.evaluate.reaching import TARGET, admits, trusting
from tests.evaluate.steps.worlds import state
from tests.reach.telling import PROVED, told
from verifier.model.estate import Identity
from verifier.model.steps.chains import State

OTHER = f"arn:aws:iam::{HOME}:role/other"
MINE, LIKE_MINE = "${aws:username}", "${aws:username}*"
NAME = "sts:RoleSessionName"
LISTS = own("s3:ListAllMyBuckets")


def session(name: str) -> str:
    """The ARN of a session of the role."""
    return f"arn:aws:sts::{HOME}:assumed-role/{TARGET.rsplit('/', 1)[1]}/{name}"


def role(operator: str = "StringEquals", value: str = MINE) -> Identity:
    """A role that lets Alice in under names that meet a condition."""
    return trusting(admits(aws(ALICE), Condition={operator: {NAME: value}}), own=(LISTS,))


def world(key: Statement, mine: Statement = LISTS, others: tuple[Identity, ...] = ()) -> State:
    """Alice, the role, and a key with a statement."""
    return state(mine, key=key, others=others or (role(),), facts={"grants": ()})


STEPS: dict[Any, tuple[str, ...]] = {
    "kms:Decrypt": (),
    "kms:PutKeyPolicy": ("put key policy",),
    "kms:CreateGrant": ("create grant",),
    "kms:ReEncryptFrom": ("re-encrypt",),
    "kms:*": (),
}


@pytest.mark.parametrize("action", STEPS)
def test_f3_a_session_under_a_name_that_its_trust_policy_refuses(action: str) -> None:
    assert told(world(allow(aws(session("Bob")), action))) == PROVED
    assert told(world(allow(aws(session("Alice")), action))) == ("assume role", *STEPS[action])


@pytest.mark.parametrize(
    ("name", "trusted", "expected"),
    [
        ("Alice-2", role("StringLike", LIKE_MINE), ("assume role", "create grant")),
        ("Bob", role("StringNotEquals", "Bob"), PROVED),
        ("Bob", trusting(admits(aws(ALICE))), ("assume role", "create grant")),
    ],
)
def test_f3_a_trust_policy_that_asks_otherwise(name: str, trusted: Identity, expected: object) -> None:
    assert told(world(allow(aws(session(name)), "kms:CreateGrant"), others=(trusted,))) == expected


def test_f3_the_name_at_the_end_of_a_user_id() -> None:
    for name, steps in (("Bob", PROVED), ("Alice", ("assume role", "put key policy"))):
        assert (
            told(world(allow("*", "kms:PutKeyPolicy", Condition={"StringLike": {"aws:userid": f"*:{name}"}}))) == steps
        )


def test_e0_what_changes_who_may_have_a_name_is_not_left_out() -> None:
    named = allow(aws(session("Bob")), "kms:PutKeyPolicy")
    assert told(world(named, mine=own("iam:UpdateAssumeRolePolicy", TARGET)))[0] != "proved"
    # Another role that may: who it is called matters to nobody.
    both = allow(aws(session("Bob"), OTHER), "kms:PutKeyPolicy")
    others = (role(), trusting(admits(aws(ALICE)), arn=OTHER))
    assert told(world(both, others=others)) == ("assume role", "put key policy")
    assert told(world(named, others=others)) == PROVED
    # One that lets the role in under any name, by a chain.
    chained = (role(), trusting(admits(aws(TARGET)), arn=OTHER))
    assert told(world(both, others=chained)) == ("assume role", "assume role", "put key policy")
    assert told(world(named, others=chained)) == PROVED
    # A role that a service acts as, whose sessions the service names.
    by_service = trusting(
        admits(aws(ALICE), Condition={"StringEquals": {NAME: MINE}}), admits({"Service": "lambda.amazonaws.com"})
    )
    passes = own(["iam:PassRole", "lambda:*"])
    assert told(world(named, mine=passes, others=(by_service,)))[0] != "proved"
