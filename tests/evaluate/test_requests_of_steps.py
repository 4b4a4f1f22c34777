"""Requests of steps as JSON objects (E1–E4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, answer, aws, identity, own
from tests.evaluate.reaching import GITHUB, OTHER, TARGET, admits, trusting, world
from verifier.evaluate import request_from_json
from verifier.model.request import CallerKind
from verifier.syntax.diagnostic import InputError

WEB = "sts:AssumeRoleWithWebIdentity"
ROLE = trusting(
    admits(aws(OTHER), Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
    admits({"Federated": [GITHUB, "cognito-identity.amazonaws.com"]}, WEB),
)
WORLD = world(identity(ALICE, own("iam:*")), identity(OTHER), ROLE)
SESSION = f"arn:aws:sts::{HOME}:assumed-role/other/s"


def decided(**members: Any) -> str:
    """The answer on a request on the role."""
    return str(answer(WORLD, {"resource": TARGET, **members})["decision"])


def test_actions_of_steps_are_read() -> None:
    assert decided(principal=ALICE, action="iam:putrolepolicy") == "allow"
    assert (
        request_from_json(WORLD, {"principal": ALICE, "action": "IAM:PutRolePolicy", "resource": TARGET}).action
        == "iam:PutRolePolicy"
    )
    assert decided(principal=ALICE, action="ram:CreateResourceShare", resource=None) == "deny"


def test_session_tags_are_read() -> None:
    assert decided(principal=SESSION, action="sts:AssumeRole") == "deny"
    assert decided(principal=SESSION, action="sts:AssumeRole", session_tags={"team": "blue"}) == "allow"
    assert decided(principal=SESSION, action="sts:AssumeRole", session_tags=None) == "deny"


def test_identities_of_providers_are_read() -> None:
    assert decided(principal=GITHUB, action=WEB) == "allow"
    assert decided(principal=GITHUB, action="iam:PutRolePolicy") == "deny"
    cognito = "cognito-identity.amazonaws.com"
    assert decided(principal=cognito, action=WEB) == "allow"
    # By its name, for another action, it is the service.
    request = request_from_json(WORLD, {"principal": cognito, "action": "sts:AssumeRole", "resource": TARGET})
    assert request.caller.kind is CallerKind.SERVICE


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        ({"action": "iam:DeleteRole"}, "nor one of a step"),
        ({"action": "sts:AssumeRole", "resource": 7}, "must be an ARN, or null"),
        ({"action": "sts:AssumeRole", "resource": KEY}, "is on a role"),
        ({"action": "sts:AssumeRole", "session_tags": {"a": "b"}}, "goes with a session only"),
        ({"action": "sts:AssumeRole", "principal": SESSION, "session_tags": ["a"]}, "must be an object"),
        ({"action": "sts:AssumeRole", "principal": SESSION, "session_tags": {"a": 1}}, "must be an object"),
        ({"action": "sts:AssumeRole", "principal": SESSION, "session_tags": {"a": "1", "A": "2"}}, "a tag twice"),
        ({"action": "sts:AssumeRole", "principal": SESSION, "sessions_tags": {}}, "unknown member"),
    ],
)
def test_what_is_not_understood_is_an_error(members: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        answer(WORLD, {"principal": ALICE, "resource": TARGET, **members})
