"""The policies that chains are about: those that there are, and those that a caller writes who may write any; nothing
gives it more.

In: an estate, and whom its policies are about; whom a written one is to let in. Out: policies, of which those that are
written stand in no file.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from verifier.language.policies.documents import read_policy
from verifier.model.estate import Estate, ManagedPolicy
from verifier.model.policy import Condition, Policy, PolicyKind
from verifier.syntax.source import Source

SID = "Escalation"
_ASSUMING = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "SetSourceIdentity", "TagSession"]
"""What a trust policy can allow. AWS refuses others in it; no page says that it takes a pattern."""


def key_policy(key: str, principals: Iterable[str]) -> Policy:
    """A key policy that allows everything to everyone, and to some principals by name (D4)."""
    return _read(_open(["kms:*"], principals, resource=True), PolicyKind.KEY, f"{key}#default", "default")


def delegating_key_policy(key: str, accounts: Iterable[str]) -> Policy:
    """A key policy that leaves it to the policies of some accounts, as the default one does to those of its own."""
    whole = {"Sid": SID, "Effect": "Allow", "Principal": {"AWS": sorted(accounts)}, "Action": "kms:*", "Resource": "*"}
    return _read({"Version": "2012-10-17", "Statement": [whole]}, PolicyKind.KEY, f"{key}#default", "default")


def trust_policy(role: str, principals: Iterable[str]) -> Policy:
    """A trust policy that lets everyone assume a role, and some principals by name."""
    document = _open([f"sts:{name}" for name in _ASSUMING], principals, resource=False)
    return _read(document, PolicyKind.TRUST, f"{role}#trust", "trust")


def identity_policy(identity: str, name: str) -> Policy:
    """An identity policy that allows everything."""
    whole = {"Sid": SID, "Effect": "Allow", "Action": "*", "Resource": "*"}
    return _read({"Version": "2012-10-17", "Statement": [whole]}, PolicyKind.IDENTITY, identity, name)


def _open(actions: list[str], principals: Iterable[str], *, resource: bool) -> dict[str, object]:
    whole: dict[str, object] = {
        "Sid": SID,
        "Effect": "Allow",
        "Principal": "*",
        "Action": actions if len(actions) > 1 else actions[0],
    }
    if resource:
        whole["Resource"] = "*"
    arns = sorted({arn for arn in principals if arn.startswith("arn:")})
    named = {**whole, "Sid": f"{SID}ByName", "Condition": {"ArnEquals": {"aws:PrincipalArn": arns}}}
    return {"Version": "2012-10-17", "Statement": [whole, named] if arns else [whole]}


def _read(document: dict[str, object], kind: PolicyKind, identity: str, name: str) -> Policy:
    source = Source(f"(written by the caller: {name})", json.dumps(document))
    return read_policy(source, kind, identity=identity, name=name)


def conditions_of(estate: Estate, whom: Container[str] | None = None) -> Iterator[Condition]:
    """The conditions of these policies."""
    return (condition for policy in policies_of(estate, whom) for condition in policy.conditions)


def policies_of(estate: Estate, whom: Container[str] | None = None) -> Iterator[Policy]:
    """The policies of an estate; of users and roles, those of some, by ARN, or of all, first."""
    for identity in estate.identities:
        if whom is None or identity.arn in whom:
            yield from identity.documents if identity.trust is None else (identity.trust, *identity.documents)
    for key in estate.keys:
        yield from key.policies or ()
    for account in estate.accounts:
        yield from account.shared_policies()
    yield from estate.surrounding_policies()


# -- managed policies --


def administrator(partition: str) -> str:
    """AWS's managed policy that allows everything."""
    return f"arn:{partition}:iam::aws:policy/AdministratorAccess"


def in_force(estate: Estate, arn: str) -> Policy | None:
    """The document of a managed policy: of AWS's that allows everything, or of the input; `None` if not known."""
    if arn == administrator(arn.split(":")[1]):
        return identity_policy(arn, "AdministratorAccess")
    found = managed_policy(estate, arn)
    return found.in_force if found is not None else None


def managed_policy(estate: Estate, arn: str) -> ManagedPolicy | None:
    return next((one for one in estate.managed if one.arn == arn), None)


def as_boundary(policy: Policy) -> Policy:
    """A managed policy as a permissions boundary."""
    return replace(policy, kind=PolicyKind.BOUNDARY, identity=f"{policy.identity}#boundary")
