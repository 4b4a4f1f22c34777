"""Explanation → text for a terminal: the decision gate by gate, the nearest request that is decided otherwise, the smallest edits.

In: an `Explanation`. Out: text. Guarantee: pure; the gates are those of the trace; what is cut short says so, and `in_full` cuts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.request import CallerKind, Outcome, Request, Step
from verifier.model.results.explanation import Explanation, Flip, NotFound, PolicyChange
from verifier.report.counterexample import statement_traces
from verifier.report.explanation.words import (
    CANNOT_BE_SENT,
    OUTCOMES,
    assignment_text,
    change_text,
    count_text,
    edit_lines,
    edits_text,
    outcome_text,
    symbols_text,
)
from verifier.report.naming import rule_label, value_text
from verifier.report.style import Style, flow, pad, page, sentence
from verifier.report.supposed import supposed_lines
from verifier.syntax.text import printable

_MARGIN = "  "
_LABEL = 11
_MOST_STATEMENTS = 6
_OBVIOUS = ("Action", "Resource")
"""Elements of a statement that matched of which the request says enough."""
_MARKS = {Outcome.ALLOW: "✔ allowed", Outcome.DENY: "✘ refused", Outcome.DEPENDS: "? depends"}


def render_explanation(explanation: Explanation, *, colour: bool = False, in_full: bool = False) -> str:
    """The whole explanation, with a final newline."""
    style = Style(colour)
    lines = [*_request(explanation.request, style), "", *_outcome(explanation, style), ""]
    lines += [*_gates(explanation.decision.trace, style, in_full), ""]
    for wanted in dict.fromkeys(found.wanted for found in (*explanation.flips, *explanation.policy_changes)):
        lines += [*_flips(wanted, [flip for flip in explanation.flips if flip.wanted is wanted], style), ""]
        lines += [*_edits(wanted, [change for change in explanation.policy_changes if change.wanted is wanted], style), ""]
    supposed = supposed_lines(explanation.assumptions)
    return page([*lines, *supposed] if supposed else lines[:-1])


# --- the request and its decision ----------------------------------------------------------------------------------------------


def _request(request: Request, style: Style) -> Iterator[str]:
    yield f"{style.bold(printable(request.caller.arn))}  calls  {style.bold(printable(request.action))}"
    if request.caller.kind is CallerKind.ROLE and request.caller.principal_arn.count("/") > 1:
        yield f"{_MARGIN}a session of {printable(request.caller.principal_arn)}"
    if request.caller.issuer:
        yield f"{_MARGIN}a session issued by {printable(request.caller.issuer)}"
    if request.resource:
        yield f"{_MARGIN}on {printable(request.resource)}"
    for key, value in request.context:
        yield from flow([value_text(value)], f"{_MARGIN}with {printable(key)} = ")


def _outcome(explanation: Explanation, style: Style) -> Iterator[str]:
    decision = explanation.decision
    if decision.impossible:
        yield from sentence(f"⛔ {CANNOT_BE_SENT}; by the policies:", "")
    paint = {Outcome.ALLOW: style.good, Outcome.DENY: style.bad, Outcome.DEPENDS: style.doubt}[decision.outcome]
    on = f" on {symbols_text(decision.depends_on)}" if decision.depends_on else ""
    yield from sentence(f"{_MARKS[decision.outcome]}{on}", "") if not style.colour else [paint(_MARKS[decision.outcome]) + on]
    for outcome, chosen in explanation.cases:
        for position, (symbol, value) in enumerate(chosen):
            lead = _lead(f"{OUTCOMES[outcome]} if" if position == 0 else "      and")
            yield from sentence(assignment_text(symbol, value), lead, f"[{printable(symbol)}={'yes' if value else 'no'}]")
    for warning in decision.warnings:
        yield from sentence(printable(warning), _lead("impossible" if warning in decision.impossible else "note"))


def _lead(label: str) -> str:
    return _MARGIN + pad(label, _LABEL)


# --- gate by gate ----------------------------------------------------------------------------------------------------------------


def _gates(trace: Sequence[Step], style: Style, in_full: bool) -> Iterator[str]:
    starts = [position for position, step in enumerate(trace) if step.depth == 0] + [len(trace)]
    for start, end in zip(starts, starts[1:], strict=False):
        yield from _step(trace[start], _MARGIN, style)
        yield from _statements(trace[start + 1 : end], style, in_full)


def _step(step: Step, margin: str, style: Style) -> list[str]:
    mark = style.good("✔") if step.holds else style.bad("✘")
    return sentence(printable(step.text), f"{margin}{mark} ", style.dim(rule_label(step.rule)))


def _statements(steps: Sequence[Step], style: Style, in_full: bool) -> Iterator[str]:
    """The statements of a gate: those that match or miss by a condition; the others are counted."""
    shown = left = 0
    told = {id(trace.statement) for trace in statement_traces(steps) if trace.elements}
    for position, step in enumerate(steps):
        if step.depth != 1:
            continue
        elements = _elements(steps[position + 1 :])
        if not in_full and (shown == _MOST_STATEMENTS or not (step.holds or id(step.statement) in told)):
            left += 1
            continue
        shown += 1
        yield from _step(step, f"{_MARGIN}    ", style)
        for element in elements if in_full or step.holds else ():
            if in_full or not element.text.startswith(_OBVIOUS):
                yield from _step(element, f"{_MARGIN}        ", style)
    if left:
        yield f"{_MARGIN}    {left} {'other ' if shown else ''}statement{'' if left == 1 else 's'} (--verbose tells them)"


def _elements(following: Sequence[Step]) -> list[Step]:
    found = []
    for step in following:
        if step.depth < 2:
            break
        found.append(step)
    return found


# --- what would change it ---------------------------------------------------------------------------------------------------------


def _flips(wanted: Outcome, flips: Sequence[Flip | NotFound], style: Style) -> Iterator[str]:
    yield style.bold(f"The smallest change of the request that makes it {OUTCOMES[wanted]}")
    for flip in flips:
        if isinstance(flip, NotFound):
            yield from sentence(printable(flip.text), _lead("none"), rule_label(flip.rule))
            continue
        yield _MARGIN + count_text(flip)
        for change in flip.changes:
            yield from flow([change_text(change)], f"{_MARGIN}    ")
        for label, value in flip.readings:
            yield from sentence(assignment_text(label, value), f"{_MARGIN}    if ", f"[{printable(label)}={'yes' if value else 'no'}]")
        yield f"{_MARGIN}    {outcome_text(flip.decision)}"
        if flip.command:
            yield f"{_MARGIN}    to see it  {style.bold(printable(flip.command))}"


def _edits(wanted: Outcome, changes: Sequence[PolicyChange | NotFound], style: Style) -> Iterator[str]:
    found = [change for change in changes if isinstance(change, PolicyChange)]
    size = f": {edits_text(found)}" if found else ""
    yield style.bold(f"The smallest change of the key policy that makes it {OUTCOMES[wanted]}{size}")
    for change in changes:
        if isinstance(change, NotFound):
            yield from sentence(printable(change.text), _lead("none"), rule_label(change.rule))
    for number, change in enumerate(found, start=1):
        for position, edit in enumerate(change.edits):
            lead = f"{_MARGIN}{number}. " if position == 0 else f"{_MARGIN}   and "
            yield from sentence(printable(edit.text), lead, indent=len(_MARGIN) + 3)
            yield from (f"{_MARGIN}      {line}" for line in edit_lines(edit))
        if change.decision.outcome is Outcome.DEPENDS:
            yield f"{_MARGIN}   {outcome_text(change.decision)}"
