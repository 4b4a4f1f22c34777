"""Explanation → a document: the decision gate by gate, the nearest request that is decided otherwise, the smallest
edits.

In: an `Explanation`. Out: a `Document`; all its `Forms`. Guarantee: the gates are those of the trace; what is cut short
says so, and `in_full` cuts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from verifier.model.request import CallerKind, Outcome, Request, Step
from verifier.model.results.explanation import Explanation, Flip, NotFound, PolicyChange
from verifier.report.counterexample import statement_traces
from verifier.report.document import (
    Block,
    Document,
    Folded,
    Item,
    ItemList,
    Para,
    Role,
    Said,
    Supposed,
    Words,
    block_group,
)
from verifier.report.forms import Forms
from verifier.report.naming import rule_label, value_text
from verifier.report.notices.answers import notices_of_explanation
from verifier.report.pages.suggestions import edits_items
from verifier.report.wire.comparison import explanation_to_json
from verifier.report.words import explanation as words
from verifier.syntax.text import counted

_MOST_STATEMENTS = 6
_OBVIOUS = ("Action", "Resource")
"""Elements of a statement that matched of which the request says enough."""
_MARKS = {Outcome.ALLOW: Role.GOOD, Outcome.DENY: Role.BAD, Outcome.DEPENDS: Role.DOUBT}


def explanation_document(explanation: Explanation, *, in_full: bool = False) -> Document:
    trace = explanation.decision.trace
    gates = ItemList(tuple(_steps(trace, 0)), margin=2)
    blocks: list[Block] = [_request(explanation.request), _outcome(explanation)]
    blocks.append(
        Folded(f"gate by gate: {counted(len(trace), 'step')}", (gates,), (ItemList(tuple(_in_short(trace)), margin=2),))
    )
    for wanted in dict.fromkeys(found.wanted for found in (*explanation.flips, *explanation.policy_changes)):
        blocks.append(_flips(wanted, [flip for flip in explanation.flips if flip.wanted is wanted]))
        blocks += _edits(wanted, [change for change in explanation.policy_changes if change.wanted is wanted])
    return Document(
        "Explanation of a request", (*blocks, Supposed(explanation.assumptions)), (), None, in_full, title_in_text=False
    )


# --- the request and its decision -------------------------------------------------------------------------------------


def _request(request: Request) -> Block:
    caller = request.caller
    items: list[Words] = []
    if caller.kind is CallerKind.ROLE and caller.principal_arn.count("/") > 1:
        items.append(f"a session of {caller.principal_arn}")
    if caller.issuer:
        items.append(f"a session issued by {caller.issuer}")
    if request.resource:
        items.append(("on ", Said(request.resource, Role.CODE)))
    items += [("with ", Said(f"{key} = {value_text(value)}", Role.CODE)) for key, value in request.context]
    call = Said(caller.arn, Role.NAME), "  calls  ", Said(request.action, Role.NAME)
    return block_group([Para(call), ItemList(tuple(map(Item, items)), margin=2)])


def _outcome(explanation: Explanation) -> Block:
    decision = explanation.decision
    on = f" on {words.symbols_text(decision.depends_on)}" if decision.depends_on else ""
    sign = {Outcome.ALLOW: "allowed", Outcome.DENY: "refused", Outcome.DEPENDS: "depends"}[decision.outcome]
    items = []
    for outcome, assignment in explanation.cases:
        for position, (symbol, value) in enumerate(assignment):
            label = f"{words.OUTCOMES[outcome]} if" if position == 0 else "      and"
            items.append(Item(words.assignment_text(symbol, value), label, f"[{symbol}={'yes' if value else 'no'}]"))
    items += [
        Item(warning, "impossible" if warning in decision.impossible else "note") for warning in decision.warnings
    ]
    first = Para(f"⛔ {words.CANNOT_BE_SENT}; by the policies:") if decision.impossible else None
    mark = _MARKS[decision.outcome]
    return block_group([first, Para((Said(sign, mark), on), mark), ItemList(tuple(items), 2, 11)])


# --- gate by gate -----------------------------------------------------------------------------------------------------


def _steps(trace: Sequence[Step], depth: int) -> Iterator[Item]:
    """The steps of a depth, each with what is below it."""
    starts = [position for position, step in enumerate(trace) if step.depth <= depth] + [len(trace)]
    for start, end in zip(starts, starts[1:], strict=False):
        below = tuple(_steps(trace[start + 1 : end], depth + 1))
        yield _step(trace[start], depth, below)


def _step(step: Step, depth: int, below: Sequence[Item]) -> Item:
    items = (ItemList(tuple(below), margin=2 + 4 * (depth + 1)),) if below else ()
    return Item(step.text, tail=rule_label(step.rule), mark=Role.GOOD if step.holds else Role.BAD, below=items)


def _in_short(trace: Sequence[Step]) -> Iterator[Item]:
    """Of each gate the statements that match or miss by a condition; the others are counted."""
    starts = [position for position, step in enumerate(trace) if step.depth == 0] + [len(trace)]
    for start, end in zip(starts, starts[1:], strict=False):
        yield _step(trace[start], 0, tuple(_statements(trace[start + 1 : end])))


def _statements(steps: Sequence[Step]) -> Iterator[Item]:
    traces = {id(trace.statement): trace for trace in statement_traces(steps)}
    statements = [step for step in steps if step.depth == 1]
    found = ((step, traces.get(id(step.statement))) for step in statements)
    near = [step for step, trace in found if step.holds or (trace is not None and trace.elements)]
    for step in near[:_MOST_STATEMENTS]:
        elements = traces[id(step.statement)].elements if step.holds and id(step.statement) in traces else ()
        yield _step(step, 1, [_step(element, 2, ()) for element in elements if not element.text.startswith(_OBVIOUS)])
    left = len(statements) - len(near[:_MOST_STATEMENTS])
    if left:
        yield Item(f"{counted(left, 'other statement' if near else 'statement')} (--verbose tells them)")


# --- what would change it ---------------------------------------------------------------------------------------------


def _flips(wanted: Outcome, flips: Sequence[Flip | NotFound]) -> Block:
    head = Para(Said(f"The smallest change of the request that makes it {words.OUTCOMES[wanted]}", Role.NAME))
    return block_group([head, *(_flip(flip) for flip in flips)])


def _flip(flip: Flip | NotFound) -> ItemList:
    if isinstance(flip, NotFound):
        return ItemList((Item(flip.text, "none", rule_label(flip.rule)),), 2, 11)
    items = [Item(words.request_change_text(change)) for change in flip.changes]
    items += [
        Item(f"if {words.assignment_text(label, value)}", tail=f"[{label}={'yes' if value else 'no'}]")
        for label, value in flip.readings
    ]
    items.append(Item(words.outcome_text(flip.decision)))
    if flip.command:
        items.append(Item(("to see it  ", Said(flip.command, Role.COMMAND))))
    return ItemList((Item(words.count_text(flip), below=(ItemList(tuple(items), margin=6),)),), margin=2)


def _edits(wanted: Outcome, changes: Sequence[PolicyChange | NotFound]) -> Iterator[Block]:
    found = [change for change in changes if isinstance(change, PolicyChange)]
    size = f": {words.edits_text(found)}" if found else ""
    head = Para(Said(f"The smallest change of the key policy that makes it {words.OUTCOMES[wanted]}{size}", Role.NAME))
    none = [ItemList((Item(c.text, "none", rule_label(c.rule)),), 2, 11) for c in changes if isinstance(c, NotFound)]
    yield block_group([head, *none, *(_alternative(number, change) for number, change in enumerate(found, start=1))])


def _alternative(number: int, change: PolicyChange) -> ItemList:
    outcome = ItemList((Item(words.outcome_text(change.decision)),), margin=5)
    depends = [outcome] if change.decision.outcome is Outcome.DEPENDS else []
    return edits_items(change.edits, number, *depends, margin=2)


def explanation_forms(found: Explanation, *, in_full: bool) -> Forms:
    document = partial(explanation_document, found, in_full=in_full)
    return Forms(document, partial(explanation_to_json, found), partial(notices_of_explanation, found))
