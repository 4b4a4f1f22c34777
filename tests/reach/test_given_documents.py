"""What a document that a step gives denies itself: it is there as a whole, or as a step wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import Statement, own
from tests.evaluate.steps.worlds import ADMINS, BASE, document, state
from tests.reach.telling import PROVED, told
from verifier.model.estate import Group, ManagedPolicy

FACTS: dict[str, Any] = {"facts": {"grants": ()}}
USES = own("kms:Decrypt")
JOINS = own("iam:AddUserToGroup")


def group(*documents: tuple[Statement, ...]) -> Group:
    """A group with these inline policies."""
    return Group(ADMINS, tuple(document(*one, arn=f"{ADMINS}#p{number}") for number, one in enumerate(documents)))


def refuses(action: Any = "kms:Decrypt", **condition: Any) -> Statement:
    """A Deny."""
    return own(action, effect="Deny", **({"Condition": condition} if condition else {}))


@pytest.mark.parametrize(
    ("documents", "mine", "steps"),
    [
        (((USES,),), (), ("add user to group",)),
        (((USES, refuses()),), (), PROVED),
        (((USES, refuses("kms:*")),), (), PROVED),
        (((USES, refuses("kms:Encrypt")),), (), ("add user to group",)),
        (((USES, refuses(Bool={"aws:SecureTransport": "false"})),), (), ("add user to group",)),
        (((USES, refuses(Bool={"aws:SecureTransport": "true"})),), (), PROVED),
        (((USES, refuses(StringEquals={"aws:ResourceTag/team": "red"})),), (), PROVED),
        (
            ((USES, refuses(StringEquals={"aws:ResourceTag/team": "red"})),),
            (own("kms:UntagResource"),),
            ("add user to group", "untag key"),
        ),
        # What is deleted allows nothing any more; what is written may allow all.
        (((USES, refuses()),), (own("iam:DeleteGroupPolicy"),), PROVED),
        (((USES, refuses()),), (own("iam:PutGroupPolicy"),), ("put inline policy", "add user to group")),
        # Documents are looked at one by one: what another one denies may be taken away.
        (((USES,), (refuses(),)), (own("iam:DeleteGroupPolicy"),), ("unknown", "E0")),
    ],
)
def test_e1_what_a_group_allows_and_denies(
    documents: tuple[tuple[Statement, ...], ...], mine: tuple[Statement, ...], steps: tuple[str, ...]
) -> None:
    found = told(state(JOINS, *mine, groups=(group(*documents),), **FACTS))
    assert found == steps or sorted(found) == sorted(steps)


def managed(*versions: tuple[Statement, ...]) -> ManagedPolicy:
    """A managed policy of which the first version is in force."""
    read = tuple((f"v{number}", document(*one, arn=BASE)) for number, one in enumerate(versions, 1))
    return ManagedPolicy(BASE, read, "v1")


ATTACHES = own("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": BASE}})


@pytest.mark.parametrize(
    ("policy", "mine", "steps"),
    [
        (managed((USES,)), (ATTACHES,), ("attach policy",)),
        (managed((USES, refuses())), (ATTACHES,), PROVED),
        (managed((USES, refuses(Bool={"aws:SecureTransport": "true"}))), (ATTACHES,), PROVED),
        (managed((USES, refuses(Null={"aws:MultiFactorAuthPresent": "true"}))), (ATTACHES,), ("attach policy",)),
        (
            managed((USES, refuses())),
            (ATTACHES, own("iam:CreatePolicyVersion")),
            ("attach policy", "new policy version"),
        ),
        # Another version of it.
        (
            managed((refuses(),), (USES,)),
            (ATTACHES, own("iam:SetDefaultPolicyVersion")),
            ("attach policy", "set default policy version"),
        ),
        (managed((USES, refuses()), (USES, refuses("kms:*"))), (ATTACHES, own("iam:SetDefaultPolicyVersion")), PROVED),
    ],
)
def test_e1_what_a_managed_policy_allows_and_denies(
    policy: ManagedPolicy, mine: tuple[Statement, ...], steps: tuple[str, ...]
) -> None:
    found = told(state(*mine, managed=(policy,), **FACTS))
    assert found == steps or sorted(found) == sorted(steps)
