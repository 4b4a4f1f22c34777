"""A report on invariants as JUnit's test suites: one for each key, a test case for each verdict.

In: a `Report`. Out: XML. Guarantee: refuted is a failure, unknown an error (never a pass, S1), excused a skipped test with its reason.
"""

from __future__ import annotations

from verifier.model.results.verdict import Report, Status, Verdict
from verifier.report.naming import target_name
from verifier.report.notices.junit_document import Case, Outcome, Suite, junit_document
from verifier.report.pages.prove import verdict_text
from verifier.report.supposed import conclusions
from verifier.report.words.verdicts import place_of, proved_words, verdict_sentence
from verifier.syntax.text import printable


def render_junit(report: Report) -> str:
    """The document, with a final newline."""
    targets = dict.fromkeys(verdict.target for verdict in report.verdicts)
    return junit_document([_suite(report, target) for target in targets])


def _suite(report: Report, target: str) -> Suite:
    cases = tuple(_case(report, verdict) for verdict in report.verdicts if verdict.target == target)
    return Suite(target_name(report, target), target, cases)


def _case(report: Report, verdict: Verdict) -> Case:
    name, span, elapsed = verdict.invariant.name, place_of(verdict), verdict.elapsed
    if verdict.status is Status.PROVED:
        said = [proved_words(verdict)] if verdict.bound is not None else []
        said += [f"supposed: {sentence}" for sentence in conclusions(verdict.assumptions)]
        return Case(name, text="\n".join(map(printable, said)), span=span, elapsed=elapsed)
    if verdict.excuse is not None:
        reason = f"{verdict.excuse.kind.value}: {verdict.excuse.text}"
        return Case(name, Outcome.SKIPPED, message=reason, span=span, elapsed=elapsed)
    outcome = Outcome.FAILURE if verdict.status is Status.REFUTED else Outcome.ERROR
    return Case(name, outcome, verdict.status.value, verdict_sentence(verdict, report.keys), verdict_text(report, verdict), span, elapsed)
