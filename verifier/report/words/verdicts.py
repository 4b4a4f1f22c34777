"""A verdict in one sentence, and where it is: for annotations, SARIF, JUnit, Markdown, HTML.

In: a `Verdict`. Out: texts without markup, with no character that acts on a terminal; places.
Guarantee: pure; the place of a refuted verdict is that of a statement of its counterexample where there is one, else
the invariant's.
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Effect, StatementRef
from verifier.model.request import Request
from verifier.model.results.verdict import Counterexample, KeySummary, Report, Status, Verdict
from verifier.report.counterexample import statement_traces
from verifier.report.exit_codes import ExitCode
from verifier.report.naming import names_of, readings_text, statement_name, status_counts
from verifier.report.reach.shown_steps import shown_steps
from verifier.report.reach.story import bound_words, story_sentence
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import counted, printable

_MOST_NAMED = 3


def verdict_sentence(verdict: Verdict, keys: Iterable[KeySummary] = ()) -> str:
    """What the verdict says, in one line. `keys` are those whose names a story uses."""
    if verdict.status is Status.PROVED:
        return proved_words(verdict) if verdict.bound is not None else "proved over all requests"
    if verdict.status is Status.UNKNOWN:
        reason = verdict.reason
        return f"unknown: {printable(reason.text)} [{printable(reason.rule)}]" if reason else "unknown"
    if verdict.story is not None:
        return story_sentence(verdict.story, names_of(keys, verdict.target), verdict.target)
    if verdict.counterexample is not None:
        return _refuted(verdict, verdict.counterexample)
    named = [
        f"grant {printable(found.grant.id)} names {printable(found.principal.value)} as {found.role.value}"
        for found in verdict.grants[:_MOST_NAMED]
    ]
    more = len(verdict.grants) - len(named)
    return "; ".join(named) + (f"; and {more} more" if more > 0 else "")


def proved_words(verdict: Verdict) -> str:
    """`proved`, and how far a proof about what callers can eventually do goes."""
    return "proved" if verdict.bound is None else f"proved for {bound_words(verdict.bound)}"


def _refuted(verdict: Verdict, found: Counterexample) -> str:
    refused = isinstance(verdict.invariant, Invariant) and verdict.invariant.expectation is Expectation.ALLOWED
    how = "cannot call" if refused else "can call"
    places = involved(verdict)
    names = ", ".join(statement_name(statement) for statement in places[:_MOST_NAMED])
    denied = any(statement.effect is Effect.DENY for statement in places)
    why = f", {'refused' if refused else 'allowed'} by {names}" if names and (denied or not refused) else ""
    readings = readings_text(found.readings)
    only = f", only in the reading {readings}" if readings else ""
    return printable(f"{request_sentence(found.request, how)}{why}{only}")


def request_sentence(request: Request, how: str) -> str:
    """`arn:…/example can call kms:Decrypt with kms:ViaService = s3.us-west-2.amazonaws.com`."""
    context = ", ".join(
        f"{key} = {value if isinstance(value, str) else '[' + ', '.join(value) + ']'}"
        for key, value in request.context[:_MOST_NAMED]
    )
    more = len(request.context) - _MOST_NAMED
    if more > 0:
        context += f" and {counted(more, 'further key')}"
    return printable(f"{request.caller.arn} {how} {request.action}" + (f" with {context}" if context else ""))


def involved(verdict: Verdict) -> tuple[StatementRef, ...]:
    """The statements and grants that a verdict is due to: those that allow what must be refused, those that refuse what
    must be allowed, or else those that nearly allow it; what a proof rests on."""
    if verdict.story is not None:
        return tuple(dict.fromkeys(statement for step in shown_steps(verdict.story) for statement in step.of_the_input))
    found = verdict.counterexample
    if found is None:
        return verdict.rests_on
    refused = isinstance(verdict.invariant, Invariant) and verdict.invariant.expectation is Expectation.ALLOWED
    wanted = Effect.DENY if refused else Effect.ALLOW
    matched = tuple(statement for statement in found.statements if statement.effect is wanted)
    if matched or not refused:
        return matched
    return tuple(
        trace.statement for trace in statement_traces(found.decision.trace) if trace.statement.effect is Effect.ALLOW
    )


def place_of(verdict: Verdict) -> Span:
    """Where to point at."""
    spans = [statement.span for statement in involved(verdict)] if verdict.status is Status.REFUTED else []
    spans += [named.grant.span for named in verdict.grants]
    if verdict.reason:
        spans.append(verdict.reason.span)
    return next((span for span in (*spans, verdict.invariant.span) if span != NOWHERE), NOWHERE)


def counts_sentence(report: Report) -> str:
    """`3 verdicts: 1 proved, 1 refuted, 1 unknown`, and how many of the refuted are excused."""
    statuses = [verdict.status for verdict in report.verdicts]
    excused = sum(verdict.excuse is not None for verdict in report.verdicts)
    counts = status_counts(statuses) or "nothing was checked"
    return f"{counted(len(statuses), 'verdict')}: {counts}" + (f" ({excused} of them excused)" if excused else "")


def report_exit_code(report: Report) -> ExitCode:
    return exit_code(verdict.counts_as for verdict in report.verdicts)


def exit_code(statuses: Iterable[Status], *, input_error: bool = False, internal_error: bool = False) -> ExitCode:
    """The first of 4, 2, 1, 3 that holds; 0 only when there is at least one verdict and every one is Proved.

    No verdict at all is an input error (S3). Unknown is never 0 (S1).
    """
    found = set(statuses)
    if internal_error:
        return ExitCode.INTERNAL_ERROR
    if input_error or not found:
        return ExitCode.INPUT_ERROR
    if Status.REFUTED in found:
        return ExitCode.REFUTED
    return ExitCode.PROVED if found == {Status.PROVED} else ExitCode.UNKNOWN
