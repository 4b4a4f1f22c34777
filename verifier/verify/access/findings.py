"""Findings: what callers outside a zone of trust can do with a key, as a minimal set.

In: an estate, keys, a zone of trust. Out: `FindingsReport`.
Guarantee: the findings of a key together hold exactly the requests from outside the zone that are allowed, whatever
identity policies the callers' accounts write (U1); none of them is held by the others together. Each has a request,
replayed. What could not be settled is a reason (S1).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from verifier.ask.answers import Unknown
from verifier.ask.loop import refined
from verifier.model.choices import Zone
from verifier.model.estate import Estate, Key
from verifier.model.reference import data_version
from verifier.model.results.external_access import ExternalAccess, FindingsReport, KeyFindings
from verifier.model.results.verdict import Assumption, Reason
from verifier.model.symbols import OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW, SymbolValues
from verifier.problem.diagrams.diagram import Node, TooLarge
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import key_target
from verifier.verify.access.external import Cubes, External
from verifier.verify.access.zones import ZoneOfTrust, outside, seen_from_inside, services, strangers, zone_of
from verifier.verify.assumptions import as_of_data, given, summary
from verifier.verify.named import keys_named
from verifier.verify.preparation import free_readings, held_readings, not_known

Progress = Callable[[int, int, str], None]
"""Called with (done, all, what) after each key."""
THEIRS = Assumption("U1", "the identity policies of callers outside the zone of trust allow: they are theirs to write")
_THEIR_LEAVE: SymbolValues = {OUTSIDE_ALLOW: True, OUTSIDE_DENY: False, SESSION_ALLOW: True}
"""The values of free facts under which most is allowed (each only ever allows more): with other values nothing else
is."""


def findings(
    estate: Estate,
    *,
    keys: Sequence[str] = (),
    zone: Zone = Zone.ACCOUNT,
    trusted: Sequence[str] = (),
    count_services: bool = False,
    readings: Mapping[str, bool] | None = None,
    progress: Progress | None = None,
) -> FindingsReport:
    """The external access that some keys (every key, if none is named) allow.

    `zone` is whom the key trusts anyway, `trusted` are accounts and organizations in it besides. Access of service
    principals is told apart; `count_services` says whether it counts. `readings` fixes readings (label → value); the
    others are left open.
    Raises `InputError` for what does not exist, and where there is nothing to ask about (S3).
    """
    held = held_readings(readings)
    selected = keys_named(estate, keys)
    found = []
    for done, key in enumerate(selected, start=1):
        started = time.perf_counter()
        on_key = _on_key(estate, key, zone_of(estate, key, zone, trusted), held)
        found.append(replace(on_key, elapsed=time.perf_counter() - started))
        if progress is not None:
            progress(done, len(selected), key.name or key.arn)
    return FindingsReport(
        tuple(found),
        zone,
        tuple(trusted),
        count_services,
        tuple(account.id for account in estate.accounts),
        data_version(),
        estate.warnings,
        estate.inputs,
        free_readings(held),
    )


def _on_key(estate: Estate, key: Key, zone: ZoneOfTrust, held: SymbolValues) -> KeyFindings:
    target, about = key_target(key), summary(estate, key)
    reason = not_known(target)
    if reason is not None:
        return KeyFindings(about, reasons=(reason,))
    inside = seen_from_inside(estate, zone.accounts)
    assumptions = (THEIRS, *given(inside, target), as_of_data())
    try:
        joint = join([QuestionSide(inside, target)], [outside(zone), services(), strangers(zone, estate, key)])
        joint.hold({**_THEIR_LEAVE, **held})
        from_outside, of_services = (_on_requests_of(joint, scope) for scope in joint.scopes[:2])
    except TooLarge as error:
        reason = Reason("budget", f"the policies tell apart too much to list external access: {error}")
        return KeyFindings(about, reasons=(reason,), assumptions=assumptions)
    reasons = tuple(dict.fromkeys((*from_outside.reasons, *of_services.reasons)))
    exact = from_outside.exact and of_services.exact
    return KeyFindings(about, _ordered(from_outside), _ordered(of_services), reasons, exact, assumptions)


def _on_requests_of(joint: Joint, scope: Node) -> Cubes:
    """The findings on the requests of a scope. That a request is of the scope goes without saying, as a fact does."""
    external = External(replace(joint, definitions=[*joint.definitions, scope]), joint.scopes[2])
    found = refined(external.joint, external.found)
    return Cubes((), (found.reason,), False) if isinstance(found, Unknown) else found


def _ordered(found: Cubes) -> tuple[ExternalAccess, ...]:
    """Public ones first, then by account and name."""
    return tuple(
        sorted(
            found.findings,
            key=lambda f: (not f.public, f.region.callers.accounts, f.region.callers.text, f.region.actions.text),
        )
    )
