"""Findings: what callers outside a zone of trust can do with a key, as a minimal set.

In: an estate, keys, a zone of trust. Out: `FindingsReport`.
Guarantee: the findings of a key together hold exactly the requests from outside the zone that are allowed, whatever
identity policies the callers' accounts write (U1); none of them is held by the others together. Each has a request,
replayed. What could not be settled is a reason (S1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from verifier.ask.answers import Unknown
from verifier.ask.loop import refined
from verifier.frozen import Frozen
from verifier.language.invariants.names import ACCOUNT, ORGANIZATION
from verifier.model import invariant as model
from verifier.model.caller_sets import with_named_accounts
from verifier.model.choices import Progress, Zone
from verifier.model.estate import Estate, Key
from verifier.model.policy import Text, arn_account
from verifier.model.reference import data_version
from verifier.model.request import CallerKind
from verifier.model.results.access import ExternalAccess, FindingsReport, KeyFindings
from verifier.model.results.verdict import Assumption, Reason
from verifier.model.symbols import OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW, SymbolValues
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.diagrams.diagram import DiagramNode
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import key_target
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief
from verifier.verify.access.external import Cubes, External
from verifier.verify.assumptions import as_of_data, given, summary
from verifier.verify.limits import each_key, within_limits
from verifier.verify.named import keys_named
from verifier.verify.partition import beyond_known_actions
from verifier.verify.preparation import free_readings, held_readings, not_known

THEIRS = Assumption("U1", "the identity policies of callers outside the zone of trust allow: they are theirs to write")
_THEIR_LEAVE: SymbolValues = {OUTSIDE_ALLOW: True, OUTSIDE_DENY: False, SESSION_ALLOW: True}
"""The values of free facts under which most is allowed: each only ever allows more."""
_SERVICES = model.OfKind(CallerKind.SERVICE)


def external_access(
    estate: Estate,
    *,
    keys: Sequence[str] = (),
    zone: Zone = Zone.ACCOUNT,
    trusted: Sequence[str] = (),
    count_services: bool = False,
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
    progress: Progress | None = None,
) -> FindingsReport:
    """The external access that some keys (every key, if none is named) allow.

    `zone` is whom the key trusts anyway, `trusted` are accounts and organizations in it besides. Access of service
    principals is told apart; `count_services` says whether it counts. `readings` fixes readings (label → value); the
    others are left open. `timeout` is in seconds, for one key; what takes longer is not complete.
    Raises `InputError` for what does not exist, and where there is nothing to ask about (S3).
    """
    held = held_readings(readings)

    def on_key(key: Key) -> KeyFindings:
        return _on_key(estate, key, zone_of(estate, key, zone, trusted), held, timeout)

    return FindingsReport(
        each_key(keys_named(estate, keys), on_key, progress),
        zone,
        tuple(trusted),
        count_services,
        tuple(account.id for account in estate.accounts),
        data_version(),
        estate.warnings,
        estate.inputs,
        free_readings(held),
    )


def _on_key(estate: Estate, key: Key, zone: _ZoneOfTrust, held: SymbolValues, timeout: float | None) -> KeyFindings:
    target, about = key_target(key), summary(estate, key)
    reason = not_known(target)
    if reason is not None:
        return KeyFindings(about, reasons=(reason,))
    inside = seen_from_inside(estate, zone.accounts)
    assumptions = (THEIRS, *given(inside, target), as_of_data())

    def question() -> list[Cubes]:
        scopes = [outside_zone(zone), _invariant_about(_SERVICES), strangers(zone, estate, key)]
        joint = join([QuestionSide(inside, target)], scopes)
        joint.hold({**_THEIR_LEAVE, **held})
        return [_on_requests_of(joint, scope) for scope in joint.scopes[:2]]

    found = within_limits(timeout, "the policies tell apart too much to list external access", question)
    if isinstance(found, Reason):
        return KeyFindings(about, reasons=(found,), assumptions=assumptions)
    from_outside, of_services = found
    reasons = tuple(dict.fromkeys((*from_outside.reasons, *of_services.reasons)))
    exact = from_outside.exact and of_services.exact
    outside, services = _ordered(from_outside), _ordered(of_services)
    return KeyFindings(about, reasons, exact, assumptions, findings=outside, services=services)


def _on_requests_of(joint: Joint, scope: DiagramNode) -> Cubes:
    """The findings on the requests of a scope. That a request is of the scope goes without saying, as a fact does."""
    external = External(replace(joint, definitions=[*joint.definitions, scope]), joint.scopes[2])
    found = refined(external.joint, external.found)
    if isinstance(found, Unknown):
        return Cubes((), (found.reason,), False)
    return replace(found, reasons=(*found.reasons, *beyond_known_actions(external.joint, joint.sides[0].allowed)))


def _ordered(found: Cubes) -> tuple[ExternalAccess, ...]:
    """Public ones first, then by account and name."""
    return tuple(
        sorted(
            found.findings,
            key=lambda f: (not f.public, f.region.callers.accounts, f.region.callers.text, f.region.actions.text),
        )
    )


class _ZoneOfTrust(Frozen):
    """Who is inside, and the accounts that are known to be. Service principals are in no account, so in no zone; they
    are asked about by themselves."""

    inside: model.CallerSet
    accounts: frozenset[str]


def zone_of(estate: Estate, key: Key, zone: Zone, trusted: Sequence[str]) -> _ZoneOfTrust:
    """The zone of trust around a key. Raises `InputError` for a trusted name that is neither an account nor an
    organization, and where the organization of the key's account is not known."""
    inside: list[model.CallerSet] = [model.KeyAccount()]
    accounts = {key.account}
    organizations = [_organization_of(estate, key)] if zone is Zone.ORGANIZATION else []
    for name in trusted:
        if ACCOUNT.fullmatch(name):
            inside.append(model.InAccount(name))
            accounts.add(name)
        elif ORGANIZATION.fullmatch(name):
            organizations.append(name)
        else:
            raise InputError.of(f"{brief(name)!r} is neither an account (twelve digits) nor an organization (`o-…`)")
    for organization in dict.fromkeys(organizations):
        inside.append(model.InOrganization(organization))
        if estate.organization is not None and estate.organization.id == organization:
            accounts.update(account for account, _ in estate.organization.accounts)
    return _ZoneOfTrust(model.CallersOr(tuple(inside)), frozenset(accounts))


def _organization_of(estate: Estate, key: Key) -> str:
    organization = estate.organization
    if organization is None or key.account not in organization.members:
        raise InputError.of(
            f"the input does not say which organization {key.account} is in, so there is no zone of trust",
            hint="give the organization with the snapshot, or use --zone account with --trust o-…",
            rule="S3",
        )
    return organization.id


def outside_zone(zone: _ZoneOfTrust) -> model.Invariant:
    """The requests of callers outside the zone, services aside."""
    return _invariant_about(model.CallersNot(model.CallersOr((zone.inside, _SERVICES))))


def strangers(zone: _ZoneOfTrust, estate: Estate, key: Key) -> model.Invariant:
    """The requests of callers whom neither the zone nor the input names (as in `no-public-access`)."""
    whom = model.CallersAnd((outside_zone(zone).callers, model.CallersNot(model.NamedAccount())))
    return with_named_accounts(_invariant_about(whom), estate, key)


def _invariant_about(callers: model.CallerSet) -> model.Invariant:
    return model.Invariant("", model.Expectation.REFUSED, callers, (Text("kms:*"),), None)


def seen_from_inside(estate: Estate, accounts: Iterable[str]) -> Estate:
    """The estate without what is known of identity policies in other accounts: those who write them can write
    others. A grant for somebody in another account (what may allow and cannot refuse) is kept."""
    kept = frozenset(accounts)

    def counts(thing: Unmodelled) -> bool:
        known = thing.principal is None or arn_account(thing.principal) in kept
        return known or thing.influence is Influence.MAY_ALLOW

    inside = tuple(account for account in estate.accounts if account.id in kept)
    return replace(estate, accounts=inside, unmodelled=tuple(filter(counts, estate.unmodelled)))
