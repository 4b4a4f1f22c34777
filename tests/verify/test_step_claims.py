"""Requests of steps as claims (E1–E3): a witness is found, can be sent, and replays in `evaluate`; what is not known is
Unknown."""

from __future__ import annotations

import pytest

from tests.problem.stepping import ALICE, GROUP, HOME, MANAGED, PROVIDER, ROLE, admit, identity, may, role, world
from tests.verify.stepping import answer
from verifier.ask.answers import Proved, Refuted, Unknown
from verifier.model.request import CallerKind, Outcome

SUB = "token.actions.githubusercontent.com:sub"
ACCOUNT = f"arn:aws:iam::{HOME}:root"
OPEN = world(
    may(
        ["sts:*", "iam:*", "lambda:*", "ram:*"],
        Condition={
            "StringLikeIfExists": {"iam:PassedToService": "lam*"},
            "StringNotEquals": {"aws:PrincipalType": "Account"},
        },
    ),
    role(
        admit(
            {"AWS": ACCOUNT},
            "sts:*",
            Condition={"StringEquals": {"sts:ExternalId": "1234", "aws:RequestedRegion": "eu-west-1"}},
        ),
        admit({"Federated": PROVIDER}, "sts:AssumeRoleWithWebIdentity", Condition={"StringLike": {SUB: "repo:a/*"}}),
    ),
)


CASES = [
    *(
        (ROLE, name)
        for name in ("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRoleWithWebIdentity")
    ),
    *(
        (ROLE, name)
        for name in ("iam:PassRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy")
    ),
    *((GROUP, name) for name in ("iam:PutGroupPolicy", "iam:AttachGroupPolicy", "iam:AddUserToGroup")),
    *(
        (ALICE, name)
        for name in ("iam:CreateAccessKey", "iam:PutUserPolicy", "iam:AttachUserPolicy", "iam:UpdateLoginProfile")
    ),
    *((MANAGED, name) for name in ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")),
    *((ACCOUNT, name) for name in ("lambda:CreateFunction", "ram:CreateResourceShare", "ram:AssociateResourceShare")),
]


@pytest.mark.parametrize(("arn", "action"), CASES)
def test_a_witness_replays_and_can_be_sent(arn: str, action: str) -> None:
    found = answer(OPEN, arn, action)
    assert isinstance(found, Refuted)
    counterexample = found.shown
    assert counterexample.decision.outcome is Outcome.ALLOW and counterexample.decision.warnings == ()
    assert counterexample.request.action == action
    if arn != ACCOUNT:
        assert counterexample.request.resource == arn
    if action.endswith("WebIdentity"):
        assert counterexample.request.caller.kind is CallerKind.WEB
        assert dict(counterexample.request.context)[SUB] == "repo:a/example"


def test_what_nobody_may_do_is_proved() -> None:
    assert isinstance(answer(OPEN, ROLE, "sts:AssumeRoleWithSAML"), Proved)
    shut = world(identity(ALICE), role(admit({"AWS": ACCOUNT})))
    assert isinstance(answer(shut, ROLE, "sts:AssumeRole"), Proved)


def test_e2_a_trust_policy_that_is_not_given_makes_it_unknown() -> None:
    found = answer(world(identity(ALICE), role()), ROLE, "sts:AssumeRole")
    assert isinstance(found, Unknown) and found.reason.rule == "E2" and ROLE in found.reason.text
