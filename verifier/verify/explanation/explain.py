"""Explain: why a request is decided as it is, and the smallest changes that would decide it otherwise.

In: an estate and a request. Out: `Explanation`. Guarantee: the decision and its trace are `evaluate`'s own; every
change that is shown was replayed through it. Of the found request what is idle is taken back, which changes neither the
decision nor whether it could be sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from verifier.ask.answers import Refuted, Unknown
from verifier.ask.replay import leading_away, may_limit_sending
from verifier.evaluate import evaluate
from verifier.evaluate.requests.reading import GivenRequest
from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.request import Decision, Outcome, Request, Value, strings_of
from verifier.model.results.explanation import ChangeKind, Explanation, Flip, NotFound, RequestChange
from verifier.model.symbols import SymbolName, SymbolValues
from verifier.syntax.diagnostic import InputError
from verifier.verify.assumptions import where_it_is
from verifier.verify.edits.policy_change import policy_changes
from verifier.verify.explanation.nearest import Near, Neighbourhood, WantedDecision
from verifier.verify.explanation.point import follows_caller, is_about_names, lists_names, names_pair, part_of, point_of
from verifier.verify.explanation.symbolic_values import Undetermined
from verifier.verify.preparation import held_readings
from verifier.witness.command import request_command

OPPOSITE = {
    Outcome.ALLOW: (Outcome.DENY,),
    Outcome.DENY: (Outcome.ALLOW,),
    Outcome.DEPENDS: (Outcome.ALLOW, Outcome.DENY),
}
"""What to look for besides the decision that there is."""
_PAIRS = "kms:encryptioncontext:"


def explain_request(
    estate: Estate, request: Request, *, readings: Mapping[str, bool] | None = None, timeout: float | None = None
) -> Explanation:
    """Explains one request. `readings` fixes readings (label → value), beside those of a `GivenRequest`; `timeout` is
    in seconds, for each query. Raises `InputError` as `evaluate` does."""
    held = {**(dict(request.readings) if isinstance(request, GivenRequest) else {}), **held_readings(readings)}
    decision = evaluate(estate, request, held)
    flips = tuple(_flips(estate, request, decision, held, timeout))
    wanted = OPPOSITE[decision.outcome]
    changed = tuple(found for one in wanted for found in policy_changes(estate, request, one, held))
    cases = tuple(_cases(estate, request, decision, held))
    return Explanation(request, decision, cases, flips, changed, where_it_is(estate))


def _cases(
    estate: Estate, request: Request, decision: Decision, held: SymbolValues
) -> Iterator[tuple[Outcome, tuple[tuple[SymbolName, bool], ...]]]:
    """For a decision that depends: what leads to each outcome."""
    if decision.outcome is Outcome.DEPENDS:
        for outcome, other in ((Outcome.ALLOW, Outcome.DENY), (Outcome.DENY, Outcome.ALLOW)):
            assignment = leading_away(estate, request, held, other)
            yield outcome, tuple((name, value) for name, value in sorted(assignment.items()) if name not in held)


def _flips(
    estate: Estate, request: Request, decision: Decision, held: SymbolValues, timeout: float | None
) -> Iterator[Flip | NotFound]:
    wanted = OPPOSITE[decision.outcome]
    if request.session_policies is not None:
        text = "the smallest change is not looked for where a request has session policies"
        yield from (NotFound(goal, "U2", text) for goal in wanted)
        return
    try:
        around = Neighbourhood(point_of(estate, request), held, timeout)
    except Undetermined as reason:
        text = f"the smallest change is not looked for: no request that could be sent has {reason}"
        yield from (NotFound(goal, "R1", text) for goal in wanted)
        return
    for outcome in wanted:
        yield from _towards(around, decision, outcome)


def _towards(around: Neighbourhood, decision: Decision, outcome: Outcome) -> Iterator[Flip | NotFound]:
    """The nearest request that may be decided so, and if that depends, the nearest that certainly is; then the same for
    the same caller and action, where those are not kept already. That there is none is told as well."""
    shown: set[Request] = set()
    certainties: tuple[bool, ...] = (False, True) if decision.outcome is not Outcome.DEPENDS else (True,)
    for same_call in (False, True):
        for certain in certainties:
            goal = WantedDecision(outcome, certain, same_call)
            found = around.find(goal)
            if isinstance(found, Refuted):
                flip = _flip(around, found.shown, outcome, same_call)
                if flip.request not in shown:
                    yield flip
                shown.add(flip.request)
                if flip.decision.outcome is not Outcome.DEPENDS:
                    break
            elif isinstance(found, Unknown):
                yield NotFound(outcome, found.reason.rule, found.reason.text)
                return
            else:
                yield NotFound(outcome, "R6", _none(goal))
                if not certain:
                    return
                certainties = certainties[:-1]  # nor is there one of the same caller for the same action
        explained = around.point.request
        if any((request.caller.arn, request.action) == (explained.caller.arn, explained.action) for request in shown):
            return


def _none(goal: WantedDecision) -> str:
    whose = " by the same caller for the same action" if goal.same_call else ""
    what = "allowed" if goal.outcome is Outcome.ALLOW else "refused"
    extent = " under every reading and whatever is not known" if goal.certain else ""
    return f"no request on this resource{whose} is {what}{extent}"


def _flip(around: Neighbourhood, near: Near, outcome: Outcome, same_call: bool) -> Flip:
    estate, given = around.point.question.space.estate, around.point.request
    request, decision = tidied(estate, given, near.request, around.held, near.parts)
    found = changes(estate, given, request, around.held, around.open_parts)
    readings = tuple(one for one in near.readings if may_limit_sending(estate, request, *one))
    return Flip(outcome, request, decision, found, len(near.parts), same_call, readings, request_command(request, ()))


# -- what differs, and which of it matters --


class _Difference(Frozen):
    """One difference, and how to take it back."""

    subject: str
    before: Value | None
    after: Value | None
    without: Callable[[Request], Request]


def _differences(given: Request, found: Request) -> Iterator[_Difference]:
    """Every difference between two requests: the caller, the action, the resource, each key of the context."""
    if given.caller != found.caller:
        yield _Difference("caller", given.caller.arn, found.caller.arn, lambda one: replace(one, caller=given.caller))
    if given.action != found.action:
        yield _Difference("action", given.action, found.action, lambda one: replace(one, action=given.action))
    if given.resource != found.resource:
        yield _Difference("resource", given.resource, found.resource, lambda one: replace(one, resource=given.resource))
    before, after = _by_key(given), _by_key(found)
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old is None or new is None or {*strings_of(old[1])} != {*strings_of(new[1])}:
            name = (old or new or ("", ""))[0]
            yield _Difference(name, old and old[1], new and new[1], _restored(key, old))


def _by_key(request: Request) -> dict[str, tuple[str, Value]]:
    """The context by key, in lower case but for the names of pairs (F7)."""
    return {folded(name): (name, value) for name, value in request.context if value != ()}


def folded(name: str) -> str:
    return _PAIRS + name[len(_PAIRS) :] if name.lower().startswith(_PAIRS) else name.lower()


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
