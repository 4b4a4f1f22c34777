"""JUnit's test suites. A report on invariants has one for each key, with a test case for each verdict; notices have one
for each key or policy that was looked at, with a test case for each rule.

In: a `Report`, or `Notices`. Out: XML. Guarantee: each case is counted as what it is: refuted, or a rule with a notice
that fails the run, is a failure; what is not known is an error (never a pass, S1); excused is a skipped test with its
reason; a rule whose notices do not count passes, and says them. Every notice is in a case, and every subject has one.
No character that XML cannot hold is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from verifier.frozen import Frozen
from verifier.model.results.verdict import Report, Status, Verdict
from verifier.report.document import conclusions
from verifier.report.naming import shown_target
from verifier.report.notices.notices import Notice, Notices, NoticeSubject, place
from verifier.report.pages.prove import verdict_text
from verifier.report.words.verdicts import place_of, proved_words, verdict_sentence
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable


class _Outcome(Enum):
    """What became of a test case: the element that says so, none where it passed."""

    PASSED = ""
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


class Case(Frozen):
    """A test case. `type` and `message` are attributes of what went wrong, `text` its content; of a case that passed,
    `text` is what it says all the same. `elapsed` is in seconds, `None` where it was not measured."""

    name: str
    outcome: _Outcome = _Outcome.PASSED
    type: str = ""
    message: str = ""
    text: str = ""
    span: Span = NOWHERE
    elapsed: float | None = None


class Suite(Frozen):
    """The cases of one thing: `name` is what people call it, `target` names it in full."""

    name: str
    target: str
    cases: tuple[Case, ...]


def render_junit(report: Report) -> str:
    """The document, with a final newline."""
    targets = dict.fromkeys(verdict.target for verdict in report.verdicts)
    return junit_document([_verdict_suite(report, target) for target in targets])


def _verdict_suite(report: Report, target: str) -> Suite:
    cases = tuple(_verdict_case(report, verdict) for verdict in report.verdicts if verdict.target == target)
    return Suite(shown_target(report, target), target, cases)


def _verdict_case(report: Report, verdict: Verdict) -> Case:
    name, span, elapsed = verdict.invariant.name, place_of(verdict), verdict.elapsed
    if verdict.status is Status.PROVED:
        said = [proved_words(verdict)] if verdict.bound is not None else []
        said += [f"supposed: {sentence}" for sentence in conclusions(verdict.assumptions)]
        return Case(name, text="\n".join(map(printable, said)), span=span, elapsed=elapsed)
    if verdict.excuse is not None:
        reason = f"{verdict.excuse.kind.value}: {verdict.excuse.text}"
        return Case(name, _Outcome.SKIPPED, message=reason, span=span, elapsed=elapsed)
    outcome = _Outcome.FAILURE if verdict.status is Status.REFUTED else _Outcome.ERROR
    sentence, text = verdict_sentence(verdict, report.keys), verdict_text(report, verdict)
    return Case(name, outcome, verdict.status.value, sentence, text, span, elapsed)


def junit_document(suites: Sequence[Suite]) -> str:
    """The document, with a final newline."""
    root = Element("testsuites", {"name": "kms-verifier", **_counts(case for suite in suites for case in suite.cases)})
    for suite in suites:
        found = SubElement(root, "testsuite", {"name": printable(suite.name), **_counts(suite.cases)})
        properties = SubElement(found, "properties")
        SubElement(properties, "property", {"name": "target", "value": printable(suite.target)})
        for case in suite.cases:
            _case(found, suite, case)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _counts(cases: Iterable[Case]) -> dict[str, str]:
    listed = list(cases)
    outcomes = [case.outcome for case in listed]
    return {
        "tests": str(len(listed)),
        "failures": str(outcomes.count(_Outcome.FAILURE)),
        "errors": str(outcomes.count(_Outcome.ERROR)),
        "skipped": str(outcomes.count(_Outcome.SKIPPED)),
        **_time([case.elapsed for case in listed if case.elapsed is not None]),
    }


def _time(seconds: Sequence[float]) -> dict[str, str]:
    return {"time": f"{sum(seconds):.3f}"} if seconds else {}


def _case(parent: Element, suite: Suite, case: Case) -> None:
    about = {"name": printable(case.name), "classname": printable(f"kms-verifier.{suite.name}")}
    about |= _time([] if case.elapsed is None else [case.elapsed])
    if case.span != NOWHERE:
        about |= {"file": printable(case.span.file), "line": str(case.span.line)}
    written = SubElement(parent, "testcase", about)
    if case.outcome is _Outcome.PASSED:
        if case.text:
            SubElement(written, "system-out").text = case.text
        return
    attributes = {"type": case.type} if case.type else {}
    found = SubElement(written, case.outcome.value, {**attributes, "message": printable(case.message)})
    if case.text:
        found.text = case.text


_CLEAN = "nothing was found"
"""The case of a subject that no rule is listed for."""
_OTHERS = NoticeSubject("", "not about one of these")


def render_junit_notices(notices: Notices) -> str:
    """The document, with a final newline."""
    known = {subject.id for subject in notices.subjects}
    supposed = [printable(f"supposed: {text}") for text in notices.concluded]
    found = notices.notices
    suites = [(one, [notice for notice in found if notice.subject == one.id]) for one in notices.subjects]
    others = [notice for notice in notices.notices if notice.subject not in known]
    if others:
        suites.append((_OTHERS, others))
    return junit_document([_subject_suite(subject, about, supposed) for subject, about in suites])


def _subject_suite(subject: NoticeSubject, notices: Sequence[Notice], supposed: Sequence[str]) -> Suite:
    rules = list(dict.fromkeys((*subject.rules, *(notice.rule for notice in notices))))
    cases = tuple(
        _rule_case(rule, [notice for notice in notices if notice.rule == rule], supposed) for rule in rules or [_CLEAN]
    )
    targets = [notice.target for notice in notices if notice.target]
    return Suite(subject.name, targets[0] if targets else subject.id or subject.name, cases)


def _rule_case(rule: str, notices: Sequence[Notice], supposed: Sequence[str]) -> Case:
    text = "\n".join([*(line for notice in notices for line in _lines(notice)), *supposed])
    if not notices:
        return Case(rule, text=text)
    order = (Status.REFUTED, Status.UNKNOWN, Status.PROVED)
    first = min(notices, key=lambda notice: order.index(notice.counts_as))
    if first.counts_as is Status.PROVED:
        return Case(rule, text=text, span=first.span)
    more = f" (and {len(notices) - 1} more)" if len(notices) > 1 else ""
    outcome = _Outcome.FAILURE if first.counts_as is Status.REFUTED else _Outcome.ERROR
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
    inside = f"#{found.name}" if found.name else f":{span.line}" if span.line else ""
    return printable(f"{found.path}{inside}")
