"""With a bound, a chain is counted by its steps: those that could be taken at once are taken one after another (E0)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, ROOT, allow, aws, organization, own
from tests.evaluate.reaching import LAMBDA, OTHER, TARGET, admits, trusting
from tests.evaluate.steps.worlds import BASE, BOB, document, state
from tests.reach.telling import PROVED, told
from verifier.model.estate import ManagedPolicy
from verifier.model.steps.chains import State

FREE: dict[str, Any] = {"facts": {"grants": ()}}
MAKES = state(own(["iam:CreateRole", "iam:PutRolePolicy"]), key=allow(aws(BOB), "kms:Encrypt"), **FREE)
"""A role that is made, may do anything, is assumed, and shares the key, of which no story is told (L5a). The two in the
middle are both open after the first step."""
TAGGED = own("kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
TAGS = state(others=(trusting(admits(aws(ALICE), ["sts:AssumeRole", "sts:TagSession"]), own=(TAGGED,)),), **FREE)
"""A session and its tags are had by one step."""
GRANTS = state(
    own(["kms:CreateGrant", "kms:ListGrants"]), others=(trusting(admits(aws(f"arn:aws:iam::{HOME}:root"))),), **FREE
)
"""So is a grant of whatever operations."""
RUNS = trusting(admits({"Service": LAMBDA}), own=(own("kms:Decrypt"),))
ENTERS = trusting(
    admits(aws(ALICE)), arn=OTHER, own=(own("lambda:UpdateFunctionCode"), own("iam:PutRolePolicy", TARGET))
)
IN_DOUBT = state(own("sts:AssumeRole", OTHER), others=(ENTERS, RUNS), **FREE)
OUTSIDE = admits("*", Condition={"StringNotEquals": {"aws:PrincipalAccount": HOME}})
WRITES = own("iam:PutRolePolicy", OTHER)
GIVES = (
    own("iam:PutUserPolicy", ALICE),
    own("iam:AttachUserPolicy", ALICE, Condition={"ArnEquals": {"iam:PolicyARN": BASE}}),
    own("iam:CreatePolicyVersion", BASE),
)
ANOTHER = state(
    own("sts:AssumeRole", OTHER),
    others=(trusting(admits(aws(ALICE)), arn=OTHER, own=GIVES),),
    key=allow(aws(ROOT), "kms:ReEncryptFrom"),
    managed=(ManagedPolicy(BASE, (("v1", document(own("s3:Get*"), arn=BASE)),), "v1"),),
    **FREE,
)
"""Whom the role gives every permission shares the key, of which no story is told, and re-encrypts from it as well."""
MEMBER: dict[str, Any] = {"key": allow(aws(BOB), "kms:Encrypt"), "organization": organization()}
FROM_OUTSIDE = state(WRITES, others=(trusting(OUTSIDE, arn=OTHER),), **MEMBER, **FREE)
"""A role that is assumed from an account of the caller's own shares the key, once its policy was written. What that
account may do in an organization is no step in this one."""


@pytest.mark.parametrize(
    ("before", "steps", "expected"),
    [
        (ANOTHER, 2, PROVED),
        (ANOTHER, 3, ("assume role", "put inline policy", "re-encrypt")),
        (ANOTHER, 4, ("assume role", "put inline policy", "re-encrypt")),
        (ANOTHER, None, ("assume role", "put inline policy", "re-encrypt")),
        (FROM_OUTSIDE, 3, PROVED),
        (FROM_OUTSIDE, 4, ("unknown", "L5a")),
        (MAKES, 3, PROVED),
        (MAKES, 4, ("unknown", "L5a")),
        (TAGS, 1, ("assume role",)),
        (GRANTS, 1, ("create grant",)),
        (IN_DOUBT, 1, PROVED),
        (IN_DOUBT, 2, ("unknown", "W1")),
    ],
)
def test_steps_are_taken_one_after_another(before: State, steps: int | None, expected: tuple[str, ...]) -> None:
    assert told(before, steps=steps) == expected
