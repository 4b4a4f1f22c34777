"""What differs between the given request and one that is decided otherwise, and which of it matters.

In: both requests. Out: the found one without what is idle, and its differences by kind. Guarantee: what is taken back
changes neither the decision nor whether the request could be sent, by `evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from verifier.evaluate import evaluate
from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.request import Decision, Request, Value, strings_of
from verifier.model.results.explanation import ChangeKind, RequestChange
from verifier.model.symbols import SymbolValues
from verifier.syntax.diagnostic import InputError
from verifier.verify.explanation.point import follows_caller, is_about_names, lists_names, names_pair, part_of

PAIRS = "kms:encryptioncontext:"


class _Difference(Frozen):
    """One difference, and how to take it back."""

    subject: str
    before: Value | None
    after: Value | None
    without: Callable[[Request], Request]


def _differences(given: Request, found: Request) -> Iterator[_Difference]:
    """Every difference between two requests: the caller, the action, the resource, each key of the context."""
    if given.caller != found.caller:
        yield _Difference(
            "caller", given.caller.arn, found.caller.arn, lambda request: replace(request, caller=given.caller)
        )
    if given.action != found.action:
        yield _Difference("action", given.action, found.action, lambda request: replace(request, action=given.action))
    if given.resource != found.resource:
        yield _Difference(
            "resource", given.resource, found.resource, lambda request: replace(request, resource=given.resource)
        )
    before, after = _by_key(given), _by_key(found)
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old is None or new is None or _members(old[1]) != _members(new[1]):
            name = (old or new or ("", ""))[0]
            yield _Difference(name, old and old[1], new and new[1], _restored(key, old))


def _by_key(request: Request) -> dict[str, tuple[str, Value]]:
    """The context by key, in lower case but for the names of pairs (F7)."""
    return {folded(name): (name, value) for name, value in request.context if value != ()}


def folded(name: str) -> str:
    return PAIRS + name[len(PAIRS) :] if name.lower().startswith(PAIRS) else name.lower()


def _members(value: Value) -> frozenset[str]:
    return frozenset(strings_of(value))


def _restored(key: str, old: tuple[str, Value] | None) -> Callable[[Request], Request]:
    def restore(request: Request) -> Request:
        kept = tuple((name, value) for name, value in request.context if folded(name) != key)
        return replace(request, context=(*kept, old) if old is not None else kept)

    return restore


def tidied(
    estate: Estate, given: Request, found: Request, held: SymbolValues, parts: Collection[str]
) -> tuple[Request, Decision]:
    """The found request, with every difference taken back that is in none of the changed parts and that neither its
    decision nor its being sent needs; and its decision."""
    decision = evaluate(estate, found, held)
    for difference in list(_differences(given, found)):
        if not _belongs(difference.subject, parts):
            trial = difference.without(found)
            again = _decided(estate, trial, held)
            if again is not None and _same(decision, again) and set(again.warnings) <= set(decision.warnings):
                found, decision = trial, again
    return found, decision


def _belongs(subject: str, parts: Collection[str]) -> bool:
    key = folded(subject)
    return part_of(key) in parts or any(is_about_names(part, key) for part in parts)


def changes(
    estate: Estate, given: Request, found: Request, held: SymbolValues, left_out: Collection[str]
) -> tuple[RequestChange, ...]:
    """The differences by kind. `left_out` are the parts that the given request lacks and every real one has."""
    decision, listed = evaluate(estate, found, held), list(_differences(given, found))
    subjects = [difference.subject.lower() for difference in listed]

    def kind(difference: _Difference) -> ChangeKind:
        if _belongs(difference.subject, left_out):
            return ChangeKind.SUPPOSED
        if given.caller != found.caller and follows_caller(difference.subject):
            return ChangeKind.FOLLOWS
        if lists_names(difference.subject) and any(names_pair(difference.subject, other) for other in subjects):
            return ChangeKind.FOLLOWS
        again = _decided(estate, difference.without(found), held)
        return ChangeKind.SENDABLE if again is not None and _same(decision, again) else ChangeKind.NEEDED

    return tuple(RequestChange(one.subject, one.before, one.after, kind(one)) for one in listed)


def _decided(estate: Estate, request: Request, held: SymbolValues) -> Decision | None:
    """The decision; `None` for what is no request, such as one about the grants of another account's principal (R4)."""
    try:
        return evaluate(estate, request, held)
    except InputError:
        return None


def _same(one: Decision, other: Decision) -> bool:
    return one.outcome is other.outcome and one.depends_on == other.depends_on
