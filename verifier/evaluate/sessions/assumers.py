"""Who might assume a role, by whom its trust policy names (E2, E2w, F3).

In: the estate, a role. Out: callers, for each of whom the decision is still to be made.
Guarantee: every caller whom the trust policy could admit is among them, or a stranger of the same kind stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verifier.evaluate.callers import inventory_of
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Effect, Principal, PrincipalType
from verifier.model.request import Caller, CallerKind

ORDINARY = "example"
"""The name of a session that may have any."""
NOBODY = "999999999999"
"""An account for callers of any that is not listed."""


@dataclass(frozen=True)
class Assumer:
    """A caller. One that is a `stranger` stands for all of its kind and account: its name is none, nor, where nothing
    names the account, that."""

    caller: Caller
    stranger: bool = False


def assumers(estate: Estate, role: Identity) -> tuple[Assumer, ...]:
    """The callers."""
    found: dict[Assumer, None] = {}
    for statement in role.trust.statements if role.trust is not None else ():
        if statement.effect is not Effect.ALLOW:
            continue
        if statement.principals is None or statement.not_principal or statement.doubt is not None:
            found |= dict.fromkeys(_anybody(estate, role))
        for principal in statement.principals or ():
            found |= dict.fromkeys(_named(estate, role, principal))
    return tuple(found)


def _named(estate: Estate, role: Identity, principal: Principal) -> Iterator[Assumer]:
    text, account = principal.value, principal.account
    match principal.type:
        case PrincipalType.ANYONE | PrincipalType.ANY_AWS:
            yield from _anybody(estate, role)
        case PrincipalType.ACCOUNT:
            assert account is not None
            yield from _of_account(estate, role.arn.split(":")[1], account, directly=False)
        case PrincipalType.USER:
            yield Assumer(Caller(CallerKind.USER, text, account))
        case PrincipalType.ROLE:
            yield Assumer(Caller(CallerKind.ROLE, text, account, session=ORDINARY))
        case PrincipalType.SESSION:
            yield from _sessions(estate, principal)
        case PrincipalType.SERVICE:
            yield Assumer(Caller(CallerKind.SERVICE, text))
        case PrincipalType.FEDERATED:
            yield Assumer(Caller(CallerKind.WEB, text))


def _sessions(estate: Estate, principal: Principal) -> Iterator[Assumer]:
    """The session of the roles of that name: the listed ones, or, where none is, of one that is not."""
    _, name, session = principal.value.split("/", 2)
    inventory = inventory_of(estate, principal.account)
    roles = (
        [role.arn for role in inventory.roles if role.arn.rsplit("/", 1)[1] == name] if inventory is not None else []
    )
    for arn in roles or [f"arn:{principal.partition}:iam::{principal.account}:role/{name}"]:
        yield Assumer(Caller(CallerKind.ROLE, arn, principal.account, session=session))


def _of_account(estate: Estate, partition: str, account: str, *, directly: bool) -> Iterator[Assumer]:
    """The callers of an account. Where a complete inventory does not list them they have no identity policies (U1), so
    that they can do only what is allowed `directly`."""
    inventory = inventory_of(estate, account)
    if inventory is not None:
        yield from (Assumer(Caller(CallerKind.USER, user.arn, account)) for user in inventory.users)
        yield from (Assumer(Caller(CallerKind.ROLE, role.arn, account, session=ORDINARY)) for role in inventory.roles)
    if directly or inventory is None or not inventory.complete:
        start = f"arn:{partition}:iam::{account}:"
        yield Assumer(Caller(CallerKind.USER, f"{start}user/stranger", account), stranger=True)
        for role in ("stranger", "aws-service-role/example.amazonaws.com/AWSServiceRoleForExample"):
            yield Assumer(Caller(CallerKind.ROLE, f"{start}role/{role}", account, session=ORDINARY), stranger=True)


def _anybody(estate: Estate, role: Identity) -> Iterator[Assumer]:
    partition = role.arn.split(":")[1]
    for account in (*(account.id for account in estate.accounts), NOBODY):
        yield from _of_account(estate, partition, account, directly=True)
        for kind in ("saml-provider/example", "oidc-provider/example.com"):
            yield Assumer(Caller(CallerKind.WEB, f"arn:{partition}:iam::{account}:{kind}"))
    yield Assumer(Caller(CallerKind.SERVICE, "ec2.amazonaws.com"), stranger=True)
