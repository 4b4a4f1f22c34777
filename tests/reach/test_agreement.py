"""The closure and the exhaustive search agree: what one proves the other does not bring about, and what one refutes the other does."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, own
from tests.evaluate.steps.worlds import ADMINS, BASE, document, state
from tests.reach.agreement import FOUND, STEPS, ReachCounts, check_reach, verdict
from tests.reach.estates import Question
from tests.reach.exhaustive import can_eventually
from verifier.model.estate import Group, ManagedPolicy
from verifier.model.reach import State
from verifier.model.verdict import Status


@pytest.mark.parametrize("seed", [10, 42, 54, 83, 118, 258, 327, *range(300, 305)])
def test_on_random_estates(seed: int) -> None:
    check_reach(seed, ReachCounts())


NOTHING = document(own("s3:*"), arn=BASE)
MANAGED = ManagedPolicy(BASE, (("v1", NOTHING),), "v1")
JOIN, VERSION = own("iam:AddUserToGroup"), own("iam:CreatePolicyVersion")
ONLY_BASE = {"ArnEquals": {"iam:PolicyARN": BASE}}


def in_group(*statements: object, attached: bool = False) -> State:
    """Alice, and a group that has a managed policy or nothing."""
    group = Group(ADMINS, (NOTHING,) if attached else ())
    return state(*statements, groups=(group,), managed=(MANAGED,), facts={"grants": ()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (in_group(JOIN), Status.PROVED),
        (in_group(own("iam:PutGroupPolicy")), Status.PROVED),
        (in_group(JOIN, own("iam:PutGroupPolicy")), Status.REFUTED),
        (in_group(JOIN, own("iam:AttachGroupPolicy")), Status.REFUTED),
        (in_group(JOIN, own("iam:AttachGroupPolicy", Condition=ONLY_BASE)), Status.PROVED),
        (in_group(JOIN, VERSION), Status.PROVED),
        (in_group(JOIN, VERSION, attached=True), Status.REFUTED),
        (in_group(JOIN, VERSION, own("iam:AttachGroupPolicy", Condition=ONLY_BASE)), Status.REFUTED),
        (in_group(VERSION, own("iam:AttachUserPolicy", Condition=ONLY_BASE)), Status.REFUTED),
        (in_group(own("iam:AttachUserPolicy", Condition=ONLY_BASE)), Status.PROVED),
    ],
)
def test_what_is_written_to_a_group_or_a_managed_policy_counts_for_who_has_it_afterwards(before: State, expected: Status) -> None:
    (caller,) = before.held
    question = Question(before.estate, caller)
    assert caller.principal_arn == ALICE
    assert verdict(question).status is expected
    assert can_eventually(before.estate, caller, "kms:Decrypt", before.estate.keys[0].arn, STEPS) in FOUND[expected]
