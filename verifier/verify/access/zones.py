"""Zones of trust: who is inside, and what is left of an estate for those outside.

In: an estate, a key, the kind of zone, accounts and organizations that are trusted besides. Out: caller sets; an
estate.
Guarantee: service principals are in no account, so in no zone; they are asked about by themselves. Of callers outside
the zone nothing is taken for granted: their accounts' policies are theirs to write (U1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from verifier.language.invariants.names import ACCOUNT, ORGANIZATION
from verifier.model.choices import Zone
from verifier.model.estate import Estate, Key
from verifier.model.invariant import (
    CallersAnd,
    CallerSet,
    CallersNot,
    CallersOr,
    Expectation,
    InAccount,
    InOrganization,
    Invariant,
    KeyAccount,
    NamedAccount,
    OfKind,
)
from verifier.model.named_accounts import with_named_accounts
from verifier.model.policy import Text
from verifier.model.request import CallerKind
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief

_SERVICES = OfKind(CallerKind.SERVICE)


@dataclass(frozen=True)
class ZoneOfTrust:
    """Who is inside, and the accounts that are known to be."""

    inside: CallerSet
    accounts: frozenset[str]


def zone_of(estate: Estate, key: Key, zone: Zone, trusted: Sequence[str]) -> ZoneOfTrust:
    """The zone of trust around a key. Raises `InputError` for a trusted name that is neither an account nor an
    organization, and where the organization of the key's account is not known."""
    inside: list[CallerSet] = [KeyAccount()]
    accounts = {key.account}
    organizations = [_organization_of(estate, key)] if zone is Zone.ORGANIZATION else []
    for name in trusted:
        if ACCOUNT.fullmatch(name):
            inside.append(InAccount(name))
            accounts.add(name)
        elif ORGANIZATION.fullmatch(name):
            organizations.append(name)
        else:
            raise InputError.of(f"{brief(name)!r} is neither an account (twelve digits) nor an organization (`o-…`)")
    for organization in dict.fromkeys(organizations):
        inside.append(InOrganization(organization))
        if estate.organization is not None and estate.organization.id == organization:
            accounts.update(account for account, _ in estate.organization.accounts)
    return ZoneOfTrust(CallersOr(tuple(inside)), frozenset(accounts))


def _organization_of(estate: Estate, key: Key) -> str:
    organization = estate.organization
    if organization is None or key.account not in organization.members:
        raise InputError.of(
            f"the input does not say which organization {key.account} is in, so there is no zone of trust",
            hint="give the organization with the snapshot, or use --zone account with --trust o-…",
            rule="S3",
        )
    return organization.id


def outside(zone: ZoneOfTrust) -> Invariant:
    """The requests of callers outside the zone, services aside."""
    return _invariant_about(CallersNot(CallersOr((zone.inside, _SERVICES))))


def services() -> Invariant:
    """The requests of service principals."""
    return _invariant_about(_SERVICES)


def strangers(zone: ZoneOfTrust, estate: Estate, key: Key) -> Invariant:
    """The requests of callers whom nothing names: neither the zone nor the input (as the built-in
    `no-public-access`)."""
    whom = CallersAnd((CallersNot(CallersOr((zone.inside, _SERVICES))), CallersNot(NamedAccount())))
    return with_named_accounts(_invariant_about(whom), estate, key)


def _invariant_about(callers: CallerSet) -> Invariant:
    return Invariant("", Expectation.REFUSED, callers, (Text("kms:*"),), None)


def seen_from_inside(estate: Estate, accounts: Iterable[str]) -> Estate:
    """The estate without what is known of identity policies in other accounts: those who write them can write
    others."""
    kept = frozenset(accounts)
    things = tuple(t for t in estate.unmodelled if t.principal is None or t.principal.split(":")[4] in kept)
    return replace(
        estate, accounts=tuple(account for account in estate.accounts if account.id in kept), unmodelled=things
    )
