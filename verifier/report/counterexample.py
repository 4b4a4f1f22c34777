"""A counterexample → text: the request, why it is allowed or refused statement by statement, and the command that sends it.

All of it is read from the replay's trace (`Decision.trace`), never recomputed: what a reader sees is what `evaluate` did.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile

from verifier.model import reference
from verifier.model.free_facts import free_fact
from verifier.model.grant import Grant, grant_id
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Effect, StatementRef
from verifier.model.readings import reading_of
from verifier.model.request import CallerKind, Request, Step
from verifier.model.results.verdict import Counterexample, Verdict
from verifier.report.calls import further_permissions, origin_of_tags
from verifier.report.grants import grant_parts
from verifier.report.naming import Places, rule_label, value_text
from verifier.report.style import Style, flow, pad, sentence, width_of
from verifier.syntax.text import printable

MARGIN = " " * 12
LABEL = 13
"""Columns of the labels `allowed by`, `not stopped`, `to see it`."""

MOST_SHOWN = 8
"""How many statements or grants of one sort the text shows; JSON has all of them."""

_ENCRYPTION_CONTEXT = "kms:encryptioncontext"


@dataclass(frozen=True)
class StatementTrace:
    """What the replay found out about one statement: whether it matched, and each of its elements."""

    statement: StatementRef
    matched: bool
    elements: tuple[Step, ...]

    @property
    def failed(self) -> Step | None:
        """The first element that did not hold."""
        return next((step for step in self.elements if not step.holds), None)


def counterexample_lines(verdict: Verdict, style: Style) -> list[str]:
    """The lines below `✘ refuted …`; none for a verdict without a counterexample."""
    found = verdict.counterexample
    if found is None:
        return []
    lines = request_lines(found.request, verdict.target, style)
    lines += [f"{MARGIN}  with no encryption context at all"] if _lacks_encryption_context(found, verdict) else []
    refuted = verdict.invariant
    expectation = refuted.expectation if isinstance(refuted, Invariant) else Expectation.REFUSED
    lines += ["", *reason_lines(found, expectation, style)]
    lines += supposition_lines(found.readings, found.free)
    lines += whole_call_lines(found)
    if found.command:
        lines.append(labelled("to see it") + style.bold(printable(found.command)))
    return lines


def labelled(label: str) -> str:
    """A label in its columns."""
    return MARGIN + pad(label, LABEL)


# --- the request ---------------------------------------------------------------------------------------------------------


def request_lines(request: Request, target: str | None, style: Style, lead: str = MARGIN) -> list[str]:
    """Who calls what, with which context; `lead` begins the first line. A request on the target does not say what it is on."""
    call = [f"{style.bold(printable(request.caller.arn))}  calls  {style.bold(printable(request.action))}"]
    call += [f"on {printable(request.resource)}"] if request.resource is not None and request.resource != target else []
    lines = flow(call, lead, between="  ", indent=len(MARGIN) + 2)
    if request.caller.kind is CallerKind.ROLE and request.caller.principal_arn.count("/") > 1:
        lines.append(f"{MARGIN}  a session of {printable(request.caller.principal_arn)}")
    if request.caller.issuer:
        lines.append(f"{MARGIN}  a session issued by {printable(request.caller.issuer)}")
    return lines + [line for key, value in request.context for line in flow([value_text(value)], f"{MARGIN}  with {printable(key)} = ")]


def _lacks_encryption_context(found: Counterexample, verdict: Verdict) -> bool:
    """Whether it is worth saying that there is no encryption context: the question or a statement speaks of one."""
    request = found.request
    action = reference.action(request.action)
    if action is None or not action.encryption_context or any(_ENCRYPTION_CONTEXT in key.lower() for key, _ in request.context):
        return False
    return any(_ENCRYPTION_CONTEXT in text.lower() for text in (verdict.invariant.text, *(step.text for step in found.decision.trace)))


# --- why -------------------------------------------------------------------------------------------------------------------


def statement_traces(trace: Sequence[Step]) -> Iterator[StatementTrace]:
    """The statements of a trace (depth 1), each with its elements (depth 2)."""
    for position, step in enumerate(trace):
        if step.depth == 1 and step.statement:
            elements = takewhile(lambda below: below.depth > 1, trace[position + 1 :])
            yield StatementTrace(step.statement, step.holds, tuple(elements))


def reason_lines(found: Counterexample, expectation: Expectation, style: Style, places: Places | None = None) -> list[str]:
    """Why a request was decided as it was. `places` write where the statements are.

    Allowed: the Allows that matched, and the Denies that did not. Refused: the Denies that matched or else the Allows that did not.
    """
    places = places or Places()
    traces = list(statement_traces(found.decision.trace))
    allows = [trace for trace in traces if trace.statement.effect is Effect.ALLOW]
    denies = [trace for trace in traces if trace.statement.effect is Effect.DENY]
    if expectation is Expectation.REFUSED:
        return [*_matched("allowed by", allows, found.grants, places, style), *_unmatched("not stopped", denies, places)]
    stopped = _matched("refused by", denies, (), places, style)
    return stopped or [*_unmatched("not allowed", allows, places), *_closed_gates(found.decision.trace, style)]


def _matched(label: str, traces: Sequence[StatementTrace], grants: Sequence[Grant], places: Places, style: Style) -> list[str]:
    lines = []
    matched = [trace for trace in traces if trace.matched]
    for trace in matched[:MOST_SHOWN]:
        lines += _matched_statement(labelled(label), trace, places, style)
        lines += _grant_lines(trace.statement, grants)
        label = ""
    return lines + _and_more(matched)


def _and_more(traces: Sequence[StatementTrace]) -> list[str]:
    left = len(traces) - MOST_SHOWN
    return [f"{labelled('')}and {left:,} more (`--output json` has them all)"] if left > 0 else []


def _grant_lines(statement: StatementRef, grants: Sequence[Grant]) -> list[str]:
    """What the grant says that a matched Allow stands for."""
    wanted = grant_id(statement)
    grant = next((grant for grant in grants if grant.id == wanted), None)
    lead = f"{labelled('')}  "
    return [line for part in grant_parts(grant) for line in sentence(part, lead)] if grant else []


def _matched_statement(lead: str, trace: StatementTrace, places: Places, style: Style) -> list[str]:
    """The statement with a tick an element: what it names beside it, what it excludes and its conditions below it."""
    beside, below = [], []
    for step in trace.elements:
        tick = style.good("✔") if step.holds else style.bad("✘")
        short = _short(step.text)
        if short:
            beside.append(f"{short} {tick}")
        else:
            below.append((printable(step.text), step.rule, tick))
    beside.sort(key=lambda element: not element.startswith("Principal"))
    lines = flow([places.statement(trace.statement), *beside], lead, between="   ", indent=width_of(labelled("")))
    for text, rule, tick in below:
        lines += sentence(text, f"{labelled('')}└ ", f"{tick} {style.dim(rule_label(rule))}")
    return lines


def _short(text: str) -> str | None:
    """`Action`, `Resource`, or `Principal` with how it names the caller: the request above has the rest. `None` for other elements."""
    element = re.match(r"(Action|Resource|Principal)\b", text)
    if element is None:
        return None
    way = re.match(r"Principal names \S+ (by [^:,]+)", text)
    return f"{element[0]} {way[1]}" if way else element[0]


def _unmatched(label: str, traces: Sequence[StatementTrace], places: Places) -> list[str]:
    """Each statement with the first of its elements that did not hold."""
    lines = []
    unmatched = [trace for trace in traces if not trace.matched and trace.failed is not None]
    for trace in unmatched[:MOST_SHOWN]:
        assert trace.failed is not None
        lead = labelled(label) + places.statement(trace.statement) + "   "
        lines += sentence(printable(trace.failed.text), lead, rule_label(trace.failed.rule), indent=width_of(labelled("")) + 2)
        label = ""
    return lines + _and_more(unmatched)


def _closed_gates(trace: Sequence[Step], style: Style) -> list[str]:
    """The conditions of D1 to D9 that the request did not meet."""
    gates = [step for step in trace if step.depth == 0 and step.statement is None and not step.holds]
    lines = []
    for position, gate in enumerate(gates):
        lead = f"{labelled('' if position else 'because')}{style.bad('✘')} "
        lines += sentence(printable(gate.text), lead, rule_label(gate.rule))
    return lines


# --- what it supposes ------------------------------------------------------------------------------------------------------


def supposition_lines(readings: Sequence[tuple[str, bool]], free: Sequence[tuple[str, bool]]) -> list[str]:
    """The readings and the free facts that it holds with."""
    lines = []
    for label, value in readings:
        lines += sentence(_reading(label, value), labelled("only if"), f"[{printable(label)}={'yes' if value else 'no'}]")
    for position, (symbol, value) in enumerate(free):
        lines += sentence(
            printable(free_fact(symbol, value)), labelled("" if position else "supposing"), rule_label(symbol.split(":", 1)[0])
        )
    return lines


def whole_call_lines(found: Counterexample) -> list[str]:
    """R8, F3: an invariant is about one permission; what else it takes to make the call succeed, and how the session came by its tags."""
    further, origin = further_permissions(found.decision), origin_of_tags(found.decision)
    lines = sentence(printable(origin), labelled("session"), rule_label("F3")) if origin else []
    return [*lines, *(sentence(printable(further), labelled("note"), rule_label("R8")) if further else [])]


def _reading(label: str, value: bool) -> str:
    reading = reading_of(label)
    if reading is None:
        return printable(label)
    return f"{reading.yes if value else reading.no}, where AWS leaves open: {reading.question}"
