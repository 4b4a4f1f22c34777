"""Small estates and requests for the tests of `evaluate`: policies as Python dictionaries, read as policies are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from verifier.evaluate import decision_to_json, evaluate, request_from_json
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Endpoint, Estate, Identity, Key
from verifier.model.grant import Grant
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Fault, Policy, PolicyKind, Principal, PrincipalType, principal_named
from verifier.model.request import Decision
from verifier.model.unmodelled import Unmodelled
from verifier.syntax.source import Source

HOME, PARTNER, MANAGEMENT = "111122223333", "444455556666", "999988887777"
KEY = f"arn:aws:kms:us-west-2:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ALIAS = f"arn:aws:kms:us-west-2:{HOME}:alias/payments"
ALICE = f"arn:aws:iam::{HOME}:user/Alice"
REPORTS = f"arn:aws:iam::{HOME}:role/app/reports"
REPORTS_SESSION = f"arn:aws:sts::{HOME}:assumed-role/reports/nightly"
ROOT = f"arn:aws:iam::{HOME}:root"
PARTNER_ROOT = f"arn:aws:iam::{PARTNER}:root"
PARTNER_SESSION = f"arn:aws:sts::{PARTNER}:assumed-role/batch/run"
PARTNER_ROLE = f"arn:aws:iam::{PARTNER}:role/batch"
SAM = f"arn:aws:sts::{HOME}:federated-user/Sam"
S3, DYNAMODB = "s3.amazonaws.com", "dynamodb.us-west-2.amazonaws.com"

Statement = Mapping[str, Any]


def allow(principal: Any = "*", action: Any = "kms:*", **rest: Any) -> dict[str, Any]:
    """An Allow statement of a key policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **rest}


def deny(principal: Any = "*", action: Any = "kms:*", **rest: Any) -> dict[str, Any]:
    """A Deny statement of a key policy."""
    return {**allow(principal, action, **rest), "Effect": "Deny"}


def aws(*arns: str) -> dict[str, Any]:
    """A `Principal` of AWS principals."""
    return {"AWS": list(arns)}


def document(*statements: Statement, version: str = "2012-10-17") -> dict[str, Any]:
    """A policy document of these statements."""
    return {"Version": version, "Statement": list(statements)}


def policy(
    *statements: Statement,
    kind: PolicyKind = PolicyKind.KEY,
    identity: str = f"{KEY}#default",
    version: str = "2012-10-17",
) -> Policy:
    """A policy with these statements."""
    text = json.dumps(document(*statements, version=version))
    return read_policy(Source("policy.json", text), kind, identity=identity, name=identity.split("#")[-1])


def own(action: Any = "kms:*", resource: Any = "*", effect: str = "Allow", **rest: Any) -> dict[str, Any]:
    """A statement of an identity policy."""
    return {"Effect": effect, "Action": action, "Resource": resource, **rest}


def identity(arn: str, *statements: Statement, version: str = "2012-10-17", **facts: Any) -> Identity:
    """A user or role with one inline policy."""
    policies = (
        (policy(*statements, kind=PolicyKind.IDENTITY, identity=f"{arn}#inline", version=version),)
        if statements
        else ()
    )
    return Identity(arn, policies, **facts)


def untagged(arn: str, *statements: Statement, **facts: Any) -> Identity:
    """A role of EC2's, whose sessions have no session tags (F3)."""
    admitted = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return identity(arn, *statements, trust=policy(admitted, kind=PolicyKind.TRUST, identity=f"{arn}#trust"), **facts)


def bounded(arn: str, *statements: Statement) -> Identity:
    """A user or role that its own policies allow everything, within a boundary, named `edge`, of these statements."""
    return identity(
        arn, own(), bounded=True, boundary=policy(*statements, kind=PolicyKind.BOUNDARY, identity=f"{arn}#edge")
    )


def home(*identities: Identity, account: str = HOME) -> Account:
    """The inventory of an account."""
    users = tuple(known for known in identities if ":user/" in known.arn)
    return Account(account, users, tuple(known for known in identities if known not in users))


FACTS: dict[str, Any] = {
    "spec": "SYMMETRIC_DEFAULT",
    "usage": "ENCRYPT_DECRYPT",
    "origin": "AWS_KMS",
    "multi_region": False,
    "aliases": ("alias/payments",),
    "tags": (("team", "red"),),
}


def estate(
    *statements: Statement,
    accounts: tuple[Account, ...] | None = None,
    version: str = "2012-10-17",
    unmodelled: tuple[Unmodelled, ...] = (),
    **facts: Any,
) -> Estate:
    """An estate of one key with these statements; the inventory of the key's account has Alice alone, unless said
    otherwise, without a policy but for the tags of her federated sessions (F3)."""
    key = Key(KEY, "payments", (policy(*statements, version=version),), **{**FACTS, **facts})
    return Estate(
        (key,),
        (home(identity(ALICE, own(["sts:GetFederationToken", "sts:TagSession"]))),) if accounts is None else accounts,
        None,
        unmodelled,
    )


def level(name: str, *statements: Statement, kind: PolicyKind = PolicyKind.SCP) -> Level:
    """A level of control policies; without statements none is attached there."""
    return Level(name, (policy(*statements, kind=kind, identity=f"{name}#{kind.value}"),) if statements else ())


def organization(*controls: Controls) -> Organization:
    """An organization of the key's account and a management account."""
    return Organization("o-a1b2c3d4e5", MANAGEMENT, ((MANAGEMENT, None), (HOME, None)), controls)


def managing(found: Estate) -> Estate:
    """The same estate, the key's account being the management account of its organization."""
    assert found.organization is not None
    return replace(found, organization=replace(found.organization, management_account=HOME))


def endpoint(*statements: Statement, id: str = "vpce-1", region: str = "us-west-2", **facts: Any) -> Endpoint:
    """A VPC endpoint; without statements its policy is not known."""
    through = policy(*statements, kind=PolicyKind.ENDPOINT, identity=f"{id}#policy") if statements else None
    return Endpoint(id, region, policy=through, **facts)


def grant(grantee: str, *operations: str, id: str = "g1", **rest: Any) -> Grant:
    """A grant to whom a text names: an ARN, or a service. `retiring` is such a text as well."""
    if "retiring" in rest:
        rest["retiring"] = named(rest["retiring"])
    return Grant(id, named(grantee), tuple(f"kms:{operation}" for operation in operations), **rest)


def named(text: str) -> Principal:
    """The principal that a text names."""
    found = principal_named(text)
    return Principal(PrincipalType.SERVICE, text) if isinstance(found, Fault) else found


NOBODY = allow(aws(f"arn:aws:iam::{HOME}:user/Nobody"), "kms:ListGrants")
"""A key policy that gives nothing to those whom the tests are about."""
STAFF = (home(identity(ALICE), identity(REPORTS)), home(identity(PARTNER_ROLE), account=PARTNER))
"""Inventories of both accounts, whose identities have no policies."""


def granted(
    *grants: Grant, statement: Statement = NOBODY, accounts: tuple[Account, ...] = STAFF, **facts: Any
) -> Estate:
    """A key with these grants, which are all that may give access unless said otherwise."""
    return estate(statement, accounts=accounts, grants=grants, **facts)


def without_policy(found: Estate) -> Estate:
    """The same estate, the key's policy not known (U3)."""
    return replace(found, keys=(replace(found.keys[0], policies=None),))


def decide(
    found: Estate, principal: str = ALICE, action: str = "kms:Decrypt", resource: Any = KEY, **rest: Any
) -> Decision:
    """The decision on a request; `context`, `issuer` and `readings` as in the JSON form."""
    return evaluate(
        found, request_from_json(found, {"principal": principal, "action": action, "resource": resource, **rest})
    )


def outcome(
    found: Estate, principal: str = ALICE, action: str = "kms:Decrypt", resource: Any = KEY, **rest: Any
) -> str:
    """`allow`, `deny`, or `depends` with the symbols, such as `depends P5 U1:deny`."""
    decision = decide(found, principal, action, resource, **rest)
    return " ".join([decision.outcome.value, *decision.depends_on])


def labels(
    found: Estate, principal: str = ALICE, action: str = "kms:Decrypt", resource: Any = KEY, **rest: Any
) -> list[str]:
    """The rules that the warnings name, in order."""
    return [warning.split(":")[0] for warning in decide(found, principal, action, resource, **rest).warnings]


def answer(found: Estate, data: Mapping[str, object], trace: bool = False) -> dict[str, Any]:
    """The answer of `verifier evaluate`."""
    return decision_to_json(evaluate(found, request_from_json(found, data)), trace)
