"""Requests decided by `problem` alone, for tests: what it makes of a rule, whatever `evaluate` makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.agreement.symbolic import decide_symbolically
from tests.evaluate import estates
from tests.evaluate.estates import HOME, KEY, policy
from verifier.model.estate import Estate, Identity
from verifier.model.grant import Grant
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Policy, PolicyKind
from verifier.model.readings import READINGS
from verifier.model.request import Caller, CallerKind, Request

MANAGEMENT = "999999999999"
SERVICE = "s3.amazonaws.com"
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ONLY_ENCRYPT = {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*"}
NO_DECRYPT = {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}
LIMIT = policy(ONLY_ENCRYPT, kind=PolicyKind.BOUNDARY, identity="limit")
"""A boundary that lets its identity encrypt and nothing else."""
NO_READING: Mapping[str, bool] = {reading.label: False for reading in READINGS}
"""Every reading at no."""


def caller(arn: str, issuer: str | None = None) -> Caller:
    """The caller with this ARN, as `get-caller-identity` shows it (a role session as of a role without path), or of a
    service."""
    if not arn.startswith("arn:"):
        return Caller(CallerKind.SERVICE, arn)
    _, partition, _, _, account, resource = arn.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind == "assumed-role":
        role, session = rest.split("/")
        return Caller(CallerKind.ROLE, f"arn:{partition}:iam::{account}:role/{role}", account, session)
    if kind == "role":
        return Caller(CallerKind.ROLE, arn, account, "session")
    kinds = {"user": CallerKind.USER, "root": CallerKind.ROOT, "federated-user": CallerKind.FEDERATED}
    return Caller(kinds[kind], arn, account, issuer=issuer)


def decided(
    found: Estate,
    arn: str,
    action: str = "kms:Decrypt",
    context: Mapping[str, Any] | None = None,
    *,
    resource: str | None = KEY,
    issuer: str | None = None,
    **readings: bool,
) -> str:
    """`allow`, `deny` or `depends`; the readings that are not given (`G3_names=True`) are at no."""
    assignment = {**NO_READING, **{name.replace("_", "-"): value for name, value in readings.items()}}
    request = Request(caller(arn, issuer), action, resource, tuple((context or {}).items()))
    return decide_symbolically(found, request, assignment).value


def open_readings(
    found: Estate, arn: str, action: str = "kms:Decrypt", context: Mapping[str, Any] | None = None
) -> str:
    """The outcome with every reading open."""
    return decide_symbolically(found, Request(caller(arn), action, KEY, tuple((context or {}).items()))).value


def grant(grantee: str, *operations: str, **rest: Any) -> Grant:
    """A grant of some operations, by their names in the API: of decrypting unless said otherwise."""
    return estates.grant(grantee, *(operations or ("Decrypt",)), **rest)


def control(*statements: Mapping[str, Any], kind: PolicyKind = PolicyKind.SCP, name: str = "p-1") -> Policy:
    """A control policy; an RCP's statements are about everyone."""
    named = [{"Principal": "*", **s} if kind is PolicyKind.RCP else s for s in statements]
    return policy(*named, kind=kind, identity=name)


def organization(
    service: Any = None, resource: Any = None, accounts: tuple[str, ...] = (HOME,), management: str = MANAGEMENT
) -> Organization:
    """An organization whose accounts have these levels of policies over them."""

    def levels(given: Any) -> tuple[Level, ...] | None:
        return (
            None if given is None else tuple(Level(f"level-{n}", tuple(policies)) for n, policies in enumerate(given))
        )

    controls = tuple(Controls(account, levels(service), levels(resource)) for account in accounts)
    members = tuple((account, None) for account in dict.fromkeys((*accounts, MANAGEMENT)))
    return Organization("o-exampleorg", management, members, controls)


def bounded(arn: str, own: Any, limit: Policy) -> Identity:
    """A user or role with one inline policy and a permissions boundary."""
    mine = policy(own, kind=PolicyKind.IDENTITY, identity=f"{arn}#inline")
    return Identity(arn, (mine,), bounded=True, boundary=limit)
