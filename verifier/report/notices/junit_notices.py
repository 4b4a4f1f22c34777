"""Notices as JUnit's test suites: one for each key or policy that was looked at, a test case for each rule.

In: `Notices`. Out: XML. Guarantee: a rule with a notice that fails the run is a failure, one with something that is not known an error
(never a pass, S1); one whose notices do not count passes, and says them. Every notice is in a case, and every subject has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.results.verdict import Status
from verifier.report.notices.junit_document import Case, Outcome, Suite, junit_document
from verifier.report.notices.notices import Notice, Notices, Subject
from verifier.report.notices.places import place
from verifier.syntax.source import Span
from verifier.syntax.text import printable

_CLEAN = "nothing was found"
"""The case of a subject that no rule is listed for."""
_OTHERS = Subject("", "not about one of these")


def render_junit_notices(notices: Notices) -> str:
    """The document, with a final newline."""
    known = {subject.id for subject in notices.subjects}
    supposed = [printable(f"supposed: {text}") for text in notices.concluded]
    told = [(subject, [notice for notice in notices.notices if notice.subject == subject.id]) for subject in notices.subjects]
    others = [notice for notice in notices.notices if notice.subject not in known]
    told += [(_OTHERS, others)] if others else []
    return junit_document([_suite(subject, about, supposed) for subject, about in told])


def _suite(subject: Subject, notices: Sequence[Notice], supposed: Sequence[str]) -> Suite:
    rules = list(dict.fromkeys((*subject.rules, *(notice.rule for notice in notices))))
    cases = tuple(_case(rule, [notice for notice in notices if notice.rule == rule], supposed) for rule in rules or [_CLEAN])
    targets = [notice.target for notice in notices if notice.target]
    return Suite(subject.name, targets[0] if targets else subject.id or subject.name, cases)


def _case(rule: str, notices: Sequence[Notice], supposed: Sequence[str]) -> Case:
    text = "\n".join([*(line for notice in notices for line in _lines(notice)), *supposed])
    if not notices:
        return Case(rule, text=text)
    order = (Status.REFUTED, Status.UNKNOWN, Status.PROVED)
    first = min(notices, key=lambda notice: order.index(notice.counts_as))
    if first.counts_as is Status.PROVED:
        return Case(rule, text=text, span=first.span)
    more = f" (and {len(notices) - 1} more)" if len(notices) > 1 else ""
    outcome = Outcome.FAILURE if first.counts_as is Status.REFUTED else Outcome.ERROR
    return Case(rule, outcome, rule, printable(first.message) + more, text, first.span)


def _lines(notice: Notice) -> Iterator[str]:
    where = _place(notice.span)
    yield printable(f"{notice.title}. {notice.message}") + (f" ({where})" if where else "")
    for span, text in notice.related:
        yield f"  {printable(text)} ({_place(span)})"


def _place(span: Span) -> str:
    found = place(span)
    if found is None:
        return ""
    return printable(f"{found.path}#{found.name}" if found.name else f"{found.path}:{span.line}" if span.line else found.path)
