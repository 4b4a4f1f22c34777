"""Who can: the complete list of who may do something with a key, under which conditions, and through what.

In: an estate, actions, keys. Out: `WhoCan`, rows for each key.
Guarantee: the rows of a key are disjoint, and together hold every request that is allowed, under some reading and with
some outside policies or other (S2, U1: a row that needs one says so); what could not be settled is a reason (S1). A key
whose policy is not known has one (U3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from verifier.ask.answers import Unknown
from verifier.ask.loop import refined
from verifier.language.invariants.absent_callers import absent_callers
from verifier.language.invariants.callers import read_caller_set
from verifier.model.caller_sets import both, is_empty
from verifier.model.choices import Progress
from verifier.model.estate import Estate, Key
from verifier.model.invariant import AnyCaller, CallerSet, CallersNot, CallersOr, Expectation, Invariant
from verifier.model.policy import Text
from verifier.model.reference import data_version
from verifier.model.results.access import KeyAccess, WhoCan
from verifier.model.results.verdict import Reason
from verifier.model.symbols import SymbolValues
from verifier.problem.diagrams.joint import join
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import key_target
from verifier.syntax.diagnostic import InputError
from verifier.verify.access.access_rows import FoundRows, Rows
from verifier.verify.assumptions import as_of_data, given, summary
from verifier.verify.limits import each_key, within_limits
from verifier.verify.named import actions_named, keys_named
from verifier.verify.partition import beyond_known_actions
from verifier.verify.preparation import free_readings, held_readings, not_known

_EVERY_ACTION = ("kms:*",)


def list_who_can(
    estate: Estate,
    actions: Sequence[str] = (),
    *,
    keys: Sequence[str] = (),
    caller: str | None = None,
    excluding: Sequence[str] = (),
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
    witnesses: bool = False,
    progress: Progress | None = None,
) -> WhoCan:
    """Lists who can do some actions (all, if none is given) with some keys (every key, if none is named).

    `actions` are names or patterns such as `kms:Decrypt`, `kms:ReEncrypt*`. `keys` are names, aliases, ARNs or key IDs.
    `caller` asks about some callers only, `excluding` leaves some out; both are texts as in invariants (`role/reports`,
    `callers in 444455556666`), or an ARN, an account, an organization, a service. `readings` fixes readings (label →
    value); the others are left open. `timeout` is in seconds, for one key; what takes longer is not complete. With
    `witnesses` each row has a request, replayed.
    Raises `InputError` for what does not exist, and where there is nothing to ask about (S3).
    """
    held = held_readings(readings)
    actions = tuple(actions) or _EVERY_ACTION
    names = actions_named(actions)
    callers = _callers(caller, excluding)
    scope = Invariant("who can", Expectation.REFUSED, callers, tuple(map(Text, actions)), None)

    def on_key(key: Key) -> KeyAccess:
        return _on_key(estate, key, scope, held, witnesses, timeout)

    return WhoCan(
        each_key(keys_named(estate, keys), on_key, progress),
        actions,
        names,
        caller,
        tuple(excluding),
        tuple(account.id for account in estate.accounts),
        data_version(),
        (*estate.warnings, *absent_callers(estate, (callers,))),
        estate.inputs,
        free_readings(held),
    )


def _callers(caller: str | None, excluding: Sequence[str]) -> CallerSet:
    whom = AnyCaller() if caller is None else read_caller_set(caller, "--transpose")
    without = tuple(read_caller_set(text, "--except") for text in excluding)
    found = both((whom, CallersNot(CallersOr(without)))) if without else whom
    if is_empty(found):
        raise InputError.of("no caller is left after --except, so there is nothing to ask about", rule="S3")
    return found


def _on_key(
    estate: Estate, key: Key, scope: Invariant, held: SymbolValues, witnesses: bool, timeout: float | None
) -> KeyAccess:
    target, about = key_target(key), summary(estate, key)
    reason = not_known(target)
    if reason is not None:
        return KeyAccess(about, reasons=(reason,))
    assumptions = (*given(estate, target), as_of_data())

    def question() -> FoundRows:
        joint = join([QuestionSide(estate, target)], [scope])
        joint.hold(held)
        node = joint.diagrams.both(joint.sides[0].allowed, joint.scopes[0])
        rows = Rows(joint, estate, key, witnesses)
        found = refined(joint, lambda: rows.found(node))
        if isinstance(found, Unknown):
            return FoundRows((), (found.reason,), False)
        return replace(found, reasons=(*found.reasons, *beyond_known_actions(joint, node)))

    found = within_limits(timeout, "the policies tell apart too much to list who can", question)
    if isinstance(found, Reason):
        return KeyAccess(about, reasons=(found,), assumptions=assumptions)
    return KeyAccess(about, found.reasons, found.exact, assumptions, rows=found.rows)
