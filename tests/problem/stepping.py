"""Estates and requests for the tests of steps: a role, a user, a group and a managed policy of one account, and who may
change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.agreement.symbolic import decide_symbolically
from tests.evaluate.estates import ALICE, HOME, PARTNER_ROLE, document, home, identity, own, policy
from tests.problem.deciding import NO_READING, caller
from verifier.model.estate import Account, Estate, Identity
from verifier.model.organization import Organization
from verifier.model.policy import Policy, PolicyKind
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.symbols import SESSION_ALLOW
from verifier.model.unmodelled import Unmodelled

ROLE = f"arn:aws:iam::{HOME}:role/app/KeyAdmin"
GROUP = f"arn:aws:iam::{HOME}:group/keys"
MANAGED = f"arn:aws:iam::{HOME}:policy/keys"
OTHER_ROLE = f"arn:aws:iam::{HOME}:role/other"
BOB = f"arn:aws:iam::{HOME}:user/Bob"
PROVIDER = f"arn:aws:iam::{HOME}:oidc-provider/token.actions.githubusercontent.com"
SAML = f"arn:aws:iam::{HOME}:saml-provider/corporate"
SESSION = {"sts:RoleSessionName": "example"}


def trust(*statements: Mapping[str, Any]) -> Policy:
    """A trust policy of the role."""
    return policy(*statements, kind=PolicyKind.TRUST, identity=f"{ROLE}#trust")


def admit(principal: Any, action: Any = "sts:AssumeRole", effect: str = "Allow", **rest: Any) -> dict[str, Any]:
    """A statement of a trust policy."""
    return {"Effect": effect, "Principal": principal, "Action": action, **rest}


def role(*statements: Mapping[str, Any], arn: str = ROLE, **facts: Any) -> Identity:
    """The role whose trust policy has these statements; none given, it is not known."""
    return Identity(arn, trust=trust(*statements) if statements else None, **facts)


def world(
    *identities: Identity,
    partner: tuple[Identity, ...] = (),
    organization: Organization | None = None,
    unmodelled: tuple[Unmodelled, ...] = (),
) -> Estate:
    """An estate without keys: the identities of the account, and those of another one."""
    accounts: tuple[Account, ...] = (home(*identities), home(*partner, account=PARTNER_ROLE.split(":")[4]))
    return Estate((), accounts, organization, unmodelled)


def may(action: Any, resource: Any = "*", arn: str = ALICE, **rest: Any) -> Identity:
    """A user or role with one inline policy of one statement."""
    return identity(arn, own(action, resource, **rest))


def web(provider: str = PROVIDER) -> Caller:
    """An identity of a provider."""
    return Caller(CallerKind.WEB, provider)


def stepped(
    found: Estate,
    who: str | Caller,
    action: str,
    resource: str | None = ROLE,
    context: Mapping[str, Any] | None = None,
    issuer: str | None = None,
    session: bool = False,
    **readings: bool,
) -> str:
    """`allow`, `deny` or `depends`; readings that are not given are at no. `session` says whether a session policy
    allows it (U2)."""
    assignment = {
        **NO_READING,
        SESSION_ALLOW: session,
        **{name.replace("_", "-"): value for name, value in readings.items()},
    }
    asking = caller(who, issuer) if isinstance(who, str) else who
    request = Request(asking, action, resource, tuple((context or {}).items()))
    return decide_symbolically(found, request, assignment).value


__all__ = ["ALICE", "HOME", "PARTNER_ROLE", "document", "home", "identity", "own", "policy"]
