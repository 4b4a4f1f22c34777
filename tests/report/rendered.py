"""Answers as commands write them: a page made of each, and rendered."""

from __future__ import annotations

from verifier.model.choices import FailOn
from verifier.model.results.access import FindingsReport, WhoCan
from verifier.model.results.comparison import Comparison
from verifier.model.results.explanation import Explanation, Suggestions
from verifier.model.results.lint import LintReport, LintSeverity
from verifier.model.results.reach_report import ReachReport
from verifier.model.results.verdict import Report
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.report.formats import render_document, written
from verifier.report.pages.comparison import comparison_document
from verifier.report.pages.explanation import explanation_document
from verifier.report.pages.findings import findings_document
from verifier.report.pages.lint import lint_document
from verifier.report.pages.reach import reach_document
from verifier.report.pages.suggestions import suggestions_document
from verifier.report.pages.verdicts import report_forms
from verifier.report.pages.who_can import who_can_document


def render_who_can(answer: WhoCan, *, colour: bool = False, in_full: bool = False) -> str:
    return render_document(who_can_document(answer, in_full=in_full), colour=colour)


def render_who_can_markdown(answer: WhoCan, *, in_full: bool = False) -> str:
    return render_document(who_can_document(answer, in_full=in_full), "markdown")


def render_findings(report: FindingsReport, *, colour: bool = False, in_full: bool = False) -> str:
    return render_document(findings_document(report, in_full=in_full), colour=colour)


def render_findings_markdown(report: FindingsReport, *, in_full: bool = False) -> str:
    return render_document(findings_document(report, in_full=in_full), "markdown")


def render_lint(
    report: LintReport,
    fail_on: LintSeverity | None = LintSeverity.WARNING,
    *,
    colour: bool = False,
    in_full: bool = False,
) -> str:
    return render_document(lint_document(report, fail_on, in_full=in_full), colour=colour)


def render_lint_markdown(report: LintReport, fail_on: LintSeverity | None = LintSeverity.WARNING) -> str:
    return render_document(lint_document(report, fail_on), "markdown")


def render_explanation(explanation: Explanation, *, colour: bool = False, in_full: bool = False) -> str:
    return render_document(explanation_document(explanation, in_full=in_full), colour=colour)


def render_explanation_markdown(explanation: Explanation) -> str:
    return render_document(explanation_document(explanation), "markdown")


def render_suggestions(suggestions: Suggestions, *, colour: bool = False) -> str:
    return render_document(suggestions_document(suggestions), colour=colour)


def render_suggestions_markdown(suggestions: Suggestions) -> str:
    return render_document(suggestions_document(suggestions), "markdown")


def render_comparison_markdown(comparison: Comparison, fail_on: FailOn = FailOn.MORE) -> str:
    return render_document(comparison_document(comparison, fail_on), "markdown")


def render_reach(report: ReachReport, *, colour: bool = False, in_full: bool = False) -> str:
    return render_document(reach_document(report, in_full=in_full), colour=colour)


def render_reach_markdown(report: ReachReport, *, in_full: bool = False) -> str:
    return render_document(reach_document(report, in_full=in_full), "markdown")


def render_report(report: Report, name: str, evidence: Evidence = NO_EVIDENCE) -> str:
    return written(report_forms(report, evidence), name)


def render_html(report: Report, evidence: Evidence = NO_EVIDENCE) -> str:
    return render_report(report, "html", evidence)
