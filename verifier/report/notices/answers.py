"""Answers that judge nothing, as notices: who can do something, what is within reach, edits, why a request is decided
as it is.

In: an answer. Out: `Notices`. Guarantee: what was found is a note, which fails no run; what is not known is of level
`warning`, and counts. A note stands at the first statement that it is due to, if it is due to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from verifier.model.digest import short_digest
from verifier.model.policy import StatementRef
from verifier.model.results.access import Access, WhoCan, statements_of
from verifier.model.results.explanation import Advice, Explanation, Suggestion, Suggestions
from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.model.results.verdict import Assumption, KeySummary, Reason, Status
from verifier.report.counterexample import statement_traces
from verifier.report.document import conclusions, of_all
from verifier.report.exit_codes import ExitCode
from verifier.report.naming import key_name, names_of, statement_name
from verifier.report.notices.notices import Notice, NoticeLevel, NoticeRule, Notices, NoticeSubject
from verifier.report.notices.verdicts import flow_of
from verifier.report.reach.words import distance, of_row, question_words, reach_exit_code
from verifier.report.words.access import question_text, when_text, who_can_exit_code
from verifier.report.words.explanation import OUTCOMES, kept_text, suggest_exit_code
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import counted

_ACCESS = NoticeRule("access", "access", "who can do what was asked about is listed", security=0.0)
_REACH = NoticeRule("within-reach", "within reach", "what callers can bring about is listed", "E0", 0.0)
_EDITS = NoticeRule("suggested-edits", "suggested edits", "a refuted invariant holds after these edits", security=0.0)
_DECISION = NoticeRule("decision", "decision", "a request is decided by the statements that apply to it", security=0.0)
_UNKNOWN = NoticeRule("not-known", "not known", "the whole answer is known", "S1", 5.0)
_INEXACT = Reason("S1", "some conditions are too many to say")
_Place = tuple[Span, str]


def notices_of_who_can(answer: WhoCan) -> Notices:
    """A note for each row of the list, and what is not known."""
    found = [_access(key.key, row) for key in answer.keys for row in key.rows]
    for key in answer.keys:
        reasons = key.reasons or (() if key.exact else (_INEXACT,))
        found += [_unknown(key.key.arn, key_name(key.key), reason) for reason in reasons]
    keys, assumptions = [key.key for key in answer.keys], of_all(answer.keys)
    return _notices(_ACCESS, found, question_text(answer), who_can_exit_code(answer), keys, assumptions, answer)


def _access(key: KeySummary, row: Access) -> Notice:
    message = f"{row.region.callers.text} can {row.region.actions.text}, {when_text(row.region, in_full=False)}"
    return _note(_ACCESS, key.arn, key_name(key), message, statements_of(row))


def notices_of_reach(report: ReachReport) -> Notices:
    """A note for each row, with the steps of its chain, and what is not known."""
    found = [_within_reach(report, key, row) for key in report.keys for row in key.rows]
    found += [_unknown(key.key.arn, key_name(key.key), reason) for key in report.keys for reason in key.reasons]
    keys, assumptions = [key.key for key in report.keys], of_all(report.keys)
    return _notices(_REACH, found, question_words(report), reach_exit_code(report), keys, assumptions, report)


def _within_reach(report: ReachReport, key: KeyReach, row: ReachRow) -> Notice:
    names = names_of((one.key for one in report.keys), key.key.arn)
    message = f"{of_row(report, row, names, in_full=False)}: {distance(row)}"
    if row.reason is not None:
        return _unknown(
            key.key.arn, key_name(key.key), Reason(row.reason.rule, f"{message}; {row.reason.text}", row.reason.span)
        )
    flow = flow_of(row.story, names, key.key.arn, NOWHERE) if row.story is not None else ()
    notice = _note(_REACH, key.key.arn, key_name(key.key), message, ())
    return replace(notice, span=next((span for span, _ in flow if span != NOWHERE), NOWHERE), flow=flow)


def notices_of_suggestions(found: Suggestions) -> Notices:
    """A note for each suggestion, and why an invariant has none."""
    notices = []
    for advice in found.advice:
        key = next((key_name(key) for key in found.keys if key.arn == advice.target), advice.target)
        notices += [_suggested(advice, key, one) for one in advice.suggestions]
        if advice.reason is not None:
            notices.append(_unknown(advice.target, key, advice.reason, advice.status))
    suggestions = sum(len(advice.suggestions) for advice in found.advice)
    summary = f"{counted(len(found.advice), 'invariant')}, {counted(suggestions, 'suggestion')}"
    return _notices(_EDITS, notices, summary, suggest_exit_code(found), found.keys, found.assumptions, found)


def _suggested(advice: Advice, key: str, suggestion: Suggestion) -> Notice:
    edits = " and ".join(edit.text for edit in suggestion.edits)
    message = f"{advice.invariant.name}: {edits}; then {kept_text(advice, suggestion)}"
    places = [(edit.span, edit.text) for edit in suggestion.edits if edit.span != NOWHERE]
    which = (
        advice.invariant.name,
        *(edit.before or "" for edit in suggestion.edits),
        *(edit.after or "" for edit in suggestion.edits),
    )
    return _note(_EDITS, advice.target, key, message, (), places, which)


def notices_of_explanation(found: Explanation) -> Notices:
    """One note: how the request is decided, at the statements that matched, or else at those that did not."""
    request, target = found.request, found.request.resource or ""
    traces = list(statement_traces(found.decision.trace))
    statements = tuple(dict.fromkeys(one.statement for one in [one for one in traces if one.matched] or traces))
    message = f"{request.caller.arn} calls {request.action}: {OUTCOMES[found.decision.outcome]}"
    notice = _note(_DECISION, target, target or request.action, message, statements)
    return Notices((_DECISION,), (notice,), message, ExitCode.PROVED, concluded=conclusions(found.assumptions))


def _note(
    rule: NoticeRule,
    target: str,
    key: str,
    message: str,
    statements: Sequence[StatementRef],
    places: Sequence[_Place] = (),
    which: Sequence[str] = (),
) -> Notice:
    """A note on a key, with its places; `which` names it from run to run, where its message does not."""
    shown = [*places, *((one.span, statement_name(one)) for one in statements if one.span != NOWHERE)]
    return Notice(
        rule.id,
        NoticeLevel.NOTE,
        f"{rule.name}: {key}",
        message,
        short_digest((rule.id, target, *(which or (message,)))),
        shown[0][0] if shown else NOWHERE,
        tuple(shown[1:]),
        target=target or None,
        counts_as=Status.PROVED,
        subject=target,
    )


def _unknown(target: str, key: str, reason: Reason, status: Status = Status.UNKNOWN) -> Notice:
    """What is not known; of a suggestion for what is refuted, that there is none."""
    places = [(reason.span, "")] if reason.span != NOWHERE else ()
    notice = _note(_UNKNOWN, target, key, f"{reason.text} [{reason.rule}]", (), places)
    return replace(notice, level=NoticeLevel.WARNING, counts_as=status)


def _notices(
    rule: NoticeRule,
    found: list[Notice],
    summary: str,
    code: ExitCode,
    keys: Iterable[KeySummary],
    assumptions: Iterable[Assumption],
    answer: WhoCan | ReachReport | Suggestions,
) -> Notices:
    subjects = tuple(NoticeSubject(key.arn, key_name(key)) for key in keys)
    concluded = conclusions(assumptions)
    return Notices((rule, _UNKNOWN), tuple(found), summary, code, answer.inputs, answer.warnings, subjects, concluded)
