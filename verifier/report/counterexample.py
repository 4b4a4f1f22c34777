"""A counterexample → parts of a document: the request, why it is allowed or refused statement by statement, and the
command that sends it.

All of it is read from the replay's trace (`Decision.trace`), never recomputed: what a reader sees is what `evaluate`
did.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from verifier.frozen import Frozen
from verifier.model import reference
from verifier.model.grant import Grant, grant_id
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Effect, Principal, StatementRef
from verifier.model.request import CallerKind, Decision, Outcome, Request, Step
from verifier.model.results.verdict import Counterexample, NamedByGrant, Verdict
from verifier.model.symbol_texts import free_fact
from verifier.model.symbols import Reading, SymbolName
from verifier.model.trust_keys import rule_of_unchecked_key
from verifier.report.document import GAP, LABEL, MARGIN, Apart, Block, Item, ItemList, Role, Said, Words
from verifier.report.naming import Places, pairs_text, rule_label, value_text
from verifier.syntax.text import printable

_MOST_SHOWN = 8
"""How many statements or grants of one sort the text shows; JSON has all of them."""

_ENCRYPTION_CONTEXT = "kms:encryptioncontext"
_MOST_GRANTS = 5
"""How many of the grants that break an invariant the text shows; JSON has all of them."""


class StatementTrace(Frozen):
    """What the replay found out about one statement: whether it matched, and each of its elements."""

    statement: StatementRef
    matched: bool
    elements: tuple[Step, ...]

    @property
    def failed(self) -> Step | None:
        """The first element that did not hold."""
        return next((step for step in self.elements if not step.holds), None)


def counterexample_blocks(verdict: Verdict) -> Iterator[Block]:
    """What stands below `✘ refuted …`; nothing for a verdict without a counterexample."""
    found = verdict.counterexample
    if found is None:
        return
    lacks = ["with no encryption context at all"] if _lacks_encryption_context(found, verdict) else []
    yield request_items(found.request, verdict.target, *lacks)
    yield GAP
    refuted = verdict.invariant
    yield from decision_reasons(found, refuted.expectation if isinstance(refuted, Invariant) else Expectation.REFUSED)
    yield supposition_items(found.readings, found.free)
    yield ItemList((*whole_call(found), *command_items([found.command] if found.command else [])), MARGIN, LABEL)


# --- the request ------------------------------------------------------------------------------------------------------


def request_items(
    request: Request, target: str | None, *more: str, label: str = "", below: Sequence[Block] = ()
) -> ItemList:
    """Who calls what, with which context, what `more` there is to say, what stands below. A request on the target does
    not say so."""
    caller = request.caller
    call: list[Words] = [(Said(caller.arn, Role.NAME), "  calls  ", Said(request.action, Role.NAME))]
    if request.resource is not None and request.resource != target:
        call.append(f"on {request.resource}")
    with_path = caller.kind is CallerKind.ROLE and caller.principal_arn.count("/") > 1
    sessions = [f"a session of {caller.principal_arn}"] if with_path else []
    if caller.issuer:
        sessions.append(f"a session issued by {caller.issuer}")
    context = [Item(Apart((f"with {key} = {value_text(value)}",))) for key, value in request.context]
    about = ItemList((*map(Item, sessions), *context, *map(Item, more)), MARGIN + 2)
    return ItemList(
        (Item(Apart(tuple(call), "  "), f"{label:>10}", below=(about, *below)),), columns=MARGIN, hang=MARGIN + 2
    )


def command_items(commands: Iterable[str], label: str = "to see it") -> Iterator[Item]:
    for number, command in enumerate(commands):
        yield Item(Said(command, Role.COMMAND), "" if number else label)


def _lacks_encryption_context(found: Counterexample, verdict: Verdict) -> bool:
    """True iff it is worth saying that there is no encryption context: the question or a statement speaks of one."""
    request = found.request
    action = reference.action(request.action)
    if action is None or not action.encryption_context:
        return False
    texts = (verdict.invariant.text, *(step.text for step in found.decision.trace))
    given = any(_ENCRYPTION_CONTEXT in key.lower() for key, _ in request.context)
    return not given and any(_ENCRYPTION_CONTEXT in text.lower() for text in texts)


# --- why --------------------------------------------------------------------------------------------------------------


def statement_traces(trace: Sequence[Step]) -> Iterator[StatementTrace]:
    """The statements of a trace (depth 1), each with its elements (depth 2)."""
    for position, step in enumerate(trace):
        if step.depth == 1 and step.statement:
            elements = takewhile(lambda below: below.depth > 1, trace[position + 1 :])
            yield StatementTrace(step.statement, step.holds, tuple(elements))


def decision_reasons(
    found: Counterexample, expectation: Expectation, places: Places | None = None
) -> Iterator[ItemList]:
    """Why a request was decided as it was. `places` write where the statements are.

    Allowed: the Allows that matched, and the Denies that did not. Refused: the Denies that matched or else the Allows
    that did not.
    """
    places = places or Places()
    traces = list(statement_traces(found.decision.trace))
    allows = [trace for trace in traces if trace.statement.effect is Effect.ALLOW]
    denies = [trace for trace in traces if trace.statement.effect is Effect.DENY]
    if expectation is Expectation.REFUSED:
        yield _matched("allowed by", allows, found.grants, places)
        yield _unmatched("not stopped", denies, places)
    elif any(trace.matched for trace in denies):
        yield _matched("refused by", denies, (), places)
    else:
        yield _unmatched("not allowed", allows, places)
        gates = [step for step in found.decision.trace if step.depth == 0 and step.statement is None and not step.holds]
        items = (Item(g.text, "" if n else "because", rule_label(g.rule), Role.BAD) for n, g in enumerate(gates))
        yield ItemList(tuple(items), MARGIN, LABEL)


def _matched(label: str, traces: Sequence[StatementTrace], grants: Sequence[Grant], places: Places) -> ItemList:
    matched = [trace for trace in traces if trace.matched]
    items = [
        _matched_statement("" if n else label, trace, grants, places) for n, trace in enumerate(matched[:_MOST_SHOWN])
    ]
    return ItemList((*items, *_and_more(matched)), MARGIN, LABEL)


def _and_more(traces: Sequence[StatementTrace]) -> list[Item]:
    left = len(traces) - _MOST_SHOWN
    return [Item(f"and {left:,} more (`--output json` has them all)")] if left > 0 else []


def _matched_statement(label: str, trace: StatementTrace, grants: Sequence[Grant], places: Places) -> Item:
    """The statement with a tick an element: what it names beside it, its conditions and its grant below it."""
    beside: list[tuple[bool, Words]] = []
    below: list[Item] = []
    for step in trace.elements:
        tick = Said("✔", Role.GOOD) if step.holds else Said("✘", Role.BAD)
        short = _short(step.text)
        if short:
            beside.append((not short.startswith("Principal"), (f"{short} ", tick)))
        else:
            below.append(Item(step.text, "└", f"{tick.text} {rule_label(step.rule)}"))
    beside.sort(key=lambda element: element[0])
    wanted = grant_id(trace.statement)
    grant = next((grant for grant in grants if grant.id == wanted), None)
    parts = tuple(map(Item, _grant_parts(grant))) if grant else ()
    pieces = (places.statement(trace.statement), *(words for _, words in beside))
    inner = MARGIN + LABEL
    return Item(Apart(pieces), label, below=(ItemList(tuple(below), inner, 2), ItemList(parts, inner + 2)))


def _short(text: str) -> str | None:
    """`Action`, `Resource`, or `Principal` with how it names the caller; `None` for other elements."""
    element = re.match(r"(Action|Resource|Principal)\b", text)
    if element is None:
        return None
    way = re.match(r"Principal names \S+ (by [^:,]+)", text)
    return f"{element[0]} {way[1]}" if way else element[0]


def _unmatched(label: str, traces: Sequence[StatementTrace], places: Places) -> ItemList:
    """Each statement with the first of its elements that did not hold."""
    unmatched = [trace for trace in traces if not trace.matched]
    near = [(trace, trace.failed) for trace in unmatched if trace.failed is not None]
    items = [
        Item((places.statement(trace.statement), "   ", failed.text), "" if number else label, rule_label(failed.rule))
        for number, (trace, failed) in enumerate(near[:_MOST_SHOWN])
    ]
    return ItemList((*items, *_and_more([trace for trace, _ in near])), MARGIN, LABEL, hang=MARGIN + LABEL + 2)


# --- what it supposes -------------------------------------------------------------------------------------------------


def supposition_items(readings: Sequence[tuple[SymbolName, bool]], free: Sequence[tuple[SymbolName, bool]]) -> ItemList:
    """The readings and the free facts that it holds with."""
    needed = [
        Item(_reading(label, value), "only if", f"[{label}={'yes' if value else 'no'}]") for label, value in readings
    ]
    supposed = [
        Item(free_fact(symbol, value), "" if position else "supposing", rule_label(symbol.rule))
        for position, (symbol, value) in enumerate(free)
    ]
    return ItemList((*needed, *supposed), MARGIN, LABEL)


def whole_call(found: Counterexample) -> Iterator[Item]:
    """R8, F3, F6: an invariant is about one permission; what else it takes to make the call succeed, how the session
    came by its tags, and what it has by conditions that no rule follows."""
    further, origin = further_permissions_line(found.decision), origin_of_tags(found.decision)
    if origin:
        yield Item(origin, "session", rule_label("F3"))
    unchecked = {key: rule for key, _ in found.request.context if (rule := rule_of_unchecked_key(key.lower()))}
    if unchecked and found.request.caller.kind is CallerKind.ROLE:
        text = f"the conditions of its role's trust policy, which are not checked, allow this {' and '.join(unchecked)}"
        yield Item(text, "supposing", rule_label(next(iter(unchecked.values()))))
    if further:
        yield Item(further, "note", rule_label("R8"))


def _reading(label: SymbolName, value: bool) -> str:
    if not isinstance(label, Reading):
        return label
    return f"{label.yes if value else label.no}, where AWS leaves open: {label.question}"


def named_grant_items(found: Sequence[NamedByGrant], key: str, margin: int, columns: int) -> Iterator[ItemList]:
    """The grants that break an invariant about listed grants, and the command that shows the first one."""
    places = Places()
    items = [_named(named, margin, places) for named in found[:_MOST_GRANTS]]
    left = len(found) - _MOST_GRANTS
    more = [Item(f"and {left} more (`--output json` has them all)")] if left > 0 else []
    yield ItemList((*items, *more), margin, hang=margin + 2)
    if found:
        words = ["aws", "kms", "list-grants", "--key-id", key, "--grant-id", found[0].grant.id]
        yield ItemList((Item(Said(shlex.join(words), Role.COMMAND), "to see it"),), margin, columns)


def _named(named: NamedByGrant, margin: int, places: Places) -> Item:
    grant = named.grant
    name = f' "{grant.name}"' if grant.name else ""
    names = "names  ", Said(named.principal.value, Role.NAME), f"  as {named.role.value}"
    pieces = (Said(f"grant {grant.id}{name}", Role.NAME), names, places.place(grant.span))
    parts = ItemList(tuple(map(Item, _grant_parts(grant, named=named.principal))), margin + 2, hang=margin + 4)
    return Item(Apart(tuple(filter(None, pieces)), "  "), below=(parts,))


def _grant_parts(grant: Grant, *, named: Principal | None = None) -> list[str]:
    """What there is to say of a grant, a line each: operations, grantee, constraints, retiring principal, issue date;
    but for the principal `named` already."""
    operations = ", ".join(printable(operation.removeprefix("kms:")) for operation in grant.operations)
    to_whom = f" to {printable(grant.grantee.value)}" if grant.grantee is not named else ""
    parts = [f"allows {operations}{to_whom}"]
    if grant.grantee_hidden:
        parts.append("and maybe to a user, role or account that the listing does not show [G2]")
    if grant.context_equals is not None:
        only = f"with the encryption context {pairs_text(grant.context_equals)} and nothing else"
        parts.append(only if grant.context_equals else "with no encryption context at all")
    if grant.context_subset is not None:
        parts.append(f"with an encryption context that has {pairs_text(grant.context_subset)}")
    if grant.source_arn is not None:
        parts.append(f"for {printable(grant.source_arn)} (SourceArn)")
    if grant.retiring is not None and grant.retiring is not named:
        parts.append(f"retiring principal {printable(grant.retiring.value)}")
    issued = [grant.created] if grant.created else []
    if grant.issuing_account:
        issued.append(f"by {grant.issuing_account}")
    return [*parts, printable(f"issued {' '.join(issued)}")] if issued else parts


def further_permissions_line(decision: Decision) -> str | None:
    """What the whole call needs besides."""
    if decision.outcome is not Outcome.ALLOW:
        return None
    return next((step.text for step in decision.trace if step.rule == "R8"), None)


def origin_of_tags(decision: Decision) -> str | None:
    """By which request the session of the caller was given its session tags; `None` where it has none."""
    return next((step.text for step in decision.trace if step.rule == "F3" and step.depth == 0), None)
