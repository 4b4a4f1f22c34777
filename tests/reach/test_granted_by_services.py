"""Grants that services make in the name of whoever gives them a role and a key, to that role (W1, E4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, PARTNER, Statement, allow, aws, identity, own
from tests.evaluate.reaching import LAMBDA, TARGET, admits, caller, trusting
from tests.evaluate.steps.worlds import BOB, state, with_account
from tests.reach.telling import verdict
from tests.report.rendered import render_reach
from verifier.language.invariants.files import suppose
from verifier.model.estate import Identity, Workload
from verifier.model.results.verdict import Status
from verifier.model.steps.chains import State
from verifier.verify.reach.reach import reach_to

FREE: dict[str, Any] = {"facts": {"grants": ()}}
GRANT, VIA = "kms:CreateGrant", "kms:ViaService"
RUNS = trusting(admits({"Service": LAMBDA}))
ASSUMED = trusting(admits({"Service": LAMBDA}), admits(aws(ALICE)))
MAKES = own(["lambda:CreateFunction", "lambda:InvokeFunction"])
PASSES = own("iam:PassRole")
FOR_RESOURCES = own(GRANT, KEY, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})


def by(service: str, effect: str = "Allow") -> Statement:
    """Grants are allowed by way of a service."""
    return own(GRANT, KEY, effect, Condition={"StringLike": {VIA: f"{service}.*"}})


def world(*mine: Statement, role: Identity = RUNS, **facts: Any) -> State:
    return state(*mine, others=(role,), **{**FREE, **facts})


@pytest.mark.parametrize(
    "granting", [by("lambda"), FOR_RESOURCES, own(GRANT, KEY, Condition={"Bool": {"aws:ViaAWSService": "true"}})]
)
@pytest.mark.parametrize(
    "running, role",
    [
        ((PASSES, MAKES), RUNS),
        ((PASSES, own("lambda:CreateFunction")), RUNS),
        ((PASSES, own("lambda:CreateFunction"), own("sts:AssumeRole")), ASSUMED),
        ((own("lambda:UpdateFunctionConfiguration"),), RUNS),
        ((own("lambda:*"),), RUNS),
    ],
)
def test_w1_a_role_of_a_function_may_have_a_grant(
    granting: Statement, running: tuple[Statement, ...], role: Identity
) -> None:
    found = verdict(world(granting, *running, role=role))
    assert found.status is Status.UNKNOWN and found.reason is not None
    assert f"by a grant that AWS Lambda may make in its name to {TARGET}" in found.reason.text
    assert "allowed by statement 1 of inline" in found.reason.text
    assert "suppose `nobody calls kms:CreateGrant`, or deny it where kms:ViaService is lambda.*" in found.reason.text


def test_w1_the_role_of_a_listed_function_may_have_a_grant() -> None:
    arn = f"arn:aws:lambda:us-west-2:{HOME}:function:intake"
    before = with_account(
        world(by("lambda"), own("lambda:UpdateFunctionConfiguration")),
        workloads=(Workload("functions", arn, (TARGET,)),),
        all_workloads=("functions",),
    )
    assert verdict(before).status is Status.UNKNOWN


def test_w1_the_role_of_a_cluster_may_have_a_grant() -> None:
    """The guide of Amazon EKS does not say whom the grant names that it makes when a cluster is created."""
    of_cluster = trusting(admits({"Service": "eks.amazonaws.com"}), admits(aws(ALICE)))
    creates, assumes = own("eks:CreateCluster"), own("sts:AssumeRole")
    found = verdict(world(by("eks"), PASSES, creates, assumes, role=of_cluster))
    assert found.status is Status.UNKNOWN and found.reason is not None
    assert f"by a grant that Amazon EKS may make in its name to {TARGET}" in found.reason.text
    assert "kms:ViaService is eks.*" in found.reason.text
    for others in ((by("lambda"), PASSES, creates, assumes), (by("eks"), creates, assumes), (PASSES, creates, assumes)):
        assert verdict(world(*others, role=of_cluster)).status is Status.PROVED


def test_w1_passing_the_role_and_having_the_grant_made_is_one_step() -> None:
    assert verdict(world(FOR_RESOURCES, PASSES, MAKES), steps=1).status is Status.UNKNOWN


def test_w1_callers_of_an_account_without_an_inventory_may_have_roles_there() -> None:
    for_resources = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    before, other = (
        state(key=allow(aws(PARTNER), GRANT, Condition=condition), **FREE)
        for condition in (for_resources, {"StringLike": {VIA: "ec2.*"}})
    )
    stranger = caller(f"arn:aws:iam::{PARTNER}:user/eve")
    assert verdict(State(before.estate, (stranger,))).status is Status.UNKNOWN
    assert verdict(State(other.estate, (stranger,))).status is Status.PROVED


def test_w1_what_the_reason_says_settles_it() -> None:
    before = world(FOR_RESOURCES, PASSES, MAKES)
    supposed = State(suppose(before.estate, f"nobody calls {GRANT}"), before.held)
    assert verdict(supposed).status is Status.PROVED
    assert verdict(world(FOR_RESOURCES, PASSES, MAKES, by("lambda", "Deny"))).status is Status.PROVED


CONSOLE = allow(aws(ALICE), GRANT, Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}})
NOT_TO_LAMBDA = own("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
NEEDED = ["Decrypt", "ReEncryptFrom"]


@pytest.mark.parametrize(
    "mine, role",
    [
        ((FOR_RESOURCES, MAKES), RUNS),
        ((FOR_RESOURCES, PASSES), RUNS),
        ((by("ec2"), PASSES, MAKES), RUNS),
        ((by("eks"), PASSES, MAKES), RUNS),
        ((by("lambda-of-others"), PASSES, MAKES), RUNS),
        (
            (by("lambda"), PASSES, own("cloudformation:UpdateStack")),
            trusting(admits({"Service": "cloudformation.amazonaws.com"})),
        ),
        ((FOR_RESOURCES, by("lambda", "Deny"), PASSES, MAKES), RUNS),
        ((FOR_RESOURCES, NOT_TO_LAMBDA, MAKES), RUNS),
        ((FOR_RESOURCES, PASSES, MAKES), trusting(admits({"Service": "ec2.amazonaws.com"}))),
        ((FOR_RESOURCES, PASSES, MAKES), trusting(admits({"Service": LAMBDA}), own=(own("kms:*", KEY, "Deny"),))),
        ((FOR_RESOURCES, own("sts:AssumeRole")), ASSUMED),
        (
            (
                own(GRANT, KEY, "Deny", Condition={"ForAnyValue:StringEquals": {"kms:GrantOperations": NEEDED}}),
                *(FOR_RESOURCES, PASSES, MAKES),
            ),
            RUNS,
        ),
    ],
)
def test_w1_near_misses_stay_proved(mine: tuple[Statement, ...], role: Identity) -> None:
    found = verdict(world(*mine, role=role))
    assert found.status is Status.PROVED, found.reason


def test_w1_key_users_of_the_default_key_policy_who_pass_no_roles_stay_proved() -> None:
    """Another user passes roles and writes functions, but may have no grant made."""
    others = (RUNS, identity(BOB, PASSES, MAKES))
    before = state(others=others, key=CONSOLE, **FREE)
    for who in (ALICE, BOB):
        (held,) = before.held
        assert verdict(State(before.estate, (type(held)(held.kind, who, held.account),))).status is Status.PROVED


def test_w1_who_may_have_such_a_grant_is_told_as_in_doubt() -> None:
    (key,) = reach_to(world(FOR_RESOURCES, PASSES, MAKES).estate, ["kms:Decrypt"], [KEY]).keys
    shown = " ".join(render_reach(reach_to(world(FOR_RESOURCES, PASSES, MAKES).estate, ["kms:Decrypt"], [KEY])).split())
    assert "maybe in 2 steps user/Alice" in shown and "a grant that AWS Lambda may make" in shown
    assert ALICE not in key.beyond
