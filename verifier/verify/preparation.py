"""What has to be known, and resolved, before anything is asked about a target.

In: the estate, a target, readings, invariants. Out: the reason why there is no verdict; invariants that speak of this
key alone.
Guarantee: a target whose policy is not known has no verdict but Unknown (U3).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from verifier.language.invariants.grantees import with_grantees
from verifier.model.caller_sets import with_named_accounts
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import Allowance, AnyInvariant, is_eventual
from verifier.model.readings import READINGS
from verifier.model.results.verdict import Reason
from verifier.model.symbols import SymbolValues
from verifier.problem.semantics.targets import Target, consistent
from verifier.syntax.diagnostic import Diagnostic, InputError


def held_readings(readings: Mapping[str, bool] | SymbolValues | None) -> SymbolValues:
    """The readings of some labels, with their values. Raises `InputError` for a label that is no reading's."""
    known = {reading.label: reading for reading in READINGS}
    for label in readings or ():
        if label not in known:
            raise InputError.of(f"there is no reading `{label}`; the readings are {', '.join(READINGS)}", rule="S2")
    return {known[label]: value for label, value in (readings or {}).items()}


def not_known(target: Target) -> Reason | None:
    """What the input lacks for any verdict about a target."""
    if target.key is None:
        return None
    if target.key.policies is None:
        text = target.key.unread or f"the key policy of {target.resource} is not in the input"
        return Reason("U3", text, target.key.span)
    if not consistent(target.key):
        text = f"the reference data knows no key with the spec, usage and origin of {target.resource}"
        return Reason("U4", text, target.key.span)
    return None


def resolved_invariant(estate: Estate, target: Target, invariant: Invariant) -> Invariant:
    """The invariant with everything resolved that depends on the key and the estate."""
    return with_grantees(_named(estate, target, invariant), target.key, estate)


def resolved_allowance(estate: Estate, target: Target, allowance: Allowance) -> Invariant:
    """The scope of an allowance in the same way; a request that is in it only perhaps is not."""
    return with_grantees(_named(estate, target, allowance.scope), target.key, estate, certainly=True)


def _named(estate: Estate, target: Target, invariant: Invariant) -> Invariant:
    return with_named_accounts(invariant, estate, target.key) if target.key is not None else invariant


def free_readings(held: Container[str]) -> tuple[str, ...]:
    """The labels of the readings that are left open: all but those that are held."""
    return tuple(reading.label for reading in READINGS if reading not in held)


def check_direct(invariants: Iterable[AnyInvariant]) -> None:
    """Raises `InputError` for each invariant that asks what callers can bring about: `suggest` takes none of these."""
    errors: list[Diagnostic] = []
    for invariant in filter(is_eventual, invariants):
        message = f"`suggest` takes no invariant that says `can eventually`: {invariant.name!r}"
        errors += InputError.of(message, invariant.span, hint="`verifier prove` decides it").diagnostics
    if errors:
        raise InputError(errors)
