"""Estates and requests for the tests of operations and steps beside those of KMS (E0–E4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.evaluate.estates import HOME, PARTNER, Statement, identity, policy
from verifier.evaluate import evaluate
from verifier.model.estate import Account, Estate, Identity
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, CallerKind, Decision, Request, Value

TARGET = f"arn:aws:iam::{HOME}:role/app/target"
OTHER = f"arn:aws:iam::{HOME}:role/other"
PARTNER_TARGET = f"arn:aws:iam::{PARTNER}:role/target"
GITHUB = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
OKTA = f"arn:aws:iam::{HOME}:saml-provider/Okta"
LAMBDA = "lambda.amazonaws.com"


def caller(arn: str, session: str = "s", tags: tuple[tuple[str, str], ...] = ()) -> Caller:
    """The caller of an IAM ARN: a user, the root user, or a session of a role; a provider's identity; a service."""
    fields = arn.split(":")
    if len(fields) < 6:
        return Caller(
            CallerKind.WEB if arn in ("accounts.google.com", "cognito-identity.amazonaws.com") else CallerKind.SERVICE,
            arn,
        )
    name = fields[5]
    if name.startswith(("oidc-provider/", "saml-provider/")):
        return Caller(CallerKind.WEB, arn)
    if name.startswith("role/"):
        return Caller(CallerKind.ROLE, arn, fields[4], session, session_tags=tags)
    if name.startswith("federated-user/"):
        return Caller(CallerKind.FEDERATED, arn, fields[4], issuer=f"arn:aws:iam::{fields[4]}:root")
    return Caller(CallerKind.ROOT if name == "root" else CallerKind.USER, arn, fields[4])


def trusting(*statements: Statement, arn: str = TARGET, own: tuple[Statement, ...] = (), **facts: Any) -> Identity:
    """A role whose trust policy has these statements."""
    trust = policy(*statements, kind=PolicyKind.TRUST, identity=f"{arn}#trust")
    return replace(identity(arn, *own, **facts), trust=trust)


def admits(principal: Any, action: Any = "sts:AssumeRole", **rest: Any) -> dict[str, Any]:
    """An Allow statement of a trust policy."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, **rest}


def bars(principal: Any, action: Any = "sts:*", **rest: Any) -> dict[str, Any]:
    """A Deny statement of a trust policy."""
    return {**admits(principal, action, **rest), "Effect": "Deny"}


def world(*identities: Identity, partner: tuple[Identity, ...] | None = None, **facts: Any) -> Estate:
    """An estate without keys, of the inventory of one account, or two."""
    accounts = [inventory(HOME, *identities)]
    if partner is not None:
        accounts.append(inventory(PARTNER, *partner))
    return Estate((), tuple(accounts), **facts)


def inventory(account: str, *identities: Identity, **facts: Any) -> Account:
    """The complete inventory of an account."""
    users = tuple(known for known in identities if ":user/" in known.arn)
    return Account(account, users, tuple(known for known in identities if known not in users), **facts)


def ask(
    found: Estate,
    who: str | Caller,
    action: str,
    resource: str | None = TARGET,
    context: Mapping[str, Value] | None = None,
) -> Decision:
    """The decision on a request."""
    by = caller(who) if isinstance(who, str) else who
    return evaluate(found, Request(by, action, resource, tuple((context or {}).items())))


def told(
    found: Estate,
    who: str | Caller,
    action: str,
    resource: str | None = TARGET,
    context: Mapping[str, Value] | None = None,
) -> str:
    """`allow`, `deny`, or `depends` with the symbols."""
    decision = ask(found, who, action, resource, context)
    return " ".join([decision.outcome.value, *decision.depends_on])
