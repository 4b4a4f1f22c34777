"""Each result of a question in every form that it has.

In: a result of `verify`, and what it is shown with. Out: its `Forms`. Guarantee: pure; what one result needs is not
imported for another. The command line and the Python API write a result alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from verifier.report.evidence import Evidence
from verifier.report.formats import Forms

if TYPE_CHECKING:
    from verifier.model.choices import FailOn
    from verifier.model.results.access import WhoCan
    from verifier.model.results.comparison import Comparison
    from verifier.model.results.explanation import Explanation
    from verifier.model.results.external_access import FindingsReport
    from verifier.model.results.lint import LintReport, Severity
    from verifier.model.results.reach_report import ReachReport
    from verifier.model.results.suggestion import Suggestions

_Evidence = Callable[[], Evidence]


def comparison_forms(found: Comparison, fail_on: FailOn, texts: Mapping[str, str], *, in_full: bool) -> Forms:
    """Those of `verifier compare`; `texts` are those of the files, by the names that spans call them."""
    from verifier.report.notices.comparison import notices_of_comparison
    from verifier.report.pages.comparison import comparison_document
    from verifier.report.tables import comparison_table
    from verifier.report.wire.comparison import comparison_to_json

    return Forms(
        partial(comparison_document, found, fail_on, texts, in_full=in_full),
        partial(comparison_to_json, found, fail_on),
        partial(notices_of_comparison, found, fail_on),
        partial(comparison_table, found),
    )


def lint_forms(report: LintReport, fail_on: Severity | None, evidence: _Evidence, *, in_full: bool) -> Forms:
    """Those of `verifier lint`, which fails on findings that are as bad as `fail_on` (`None`: on none)."""
    from verifier.report.notices.lint import notices_of_lint
    from verifier.report.pages.lint import lint_document
    from verifier.report.tables import lint_table
    from verifier.report.wire.lint import lint_to_json

    return Forms(
        partial(lint_document, report, fail_on, in_full=in_full),
        partial(lint_to_json, report, fail_on),
        lambda: notices_of_lint(report, fail_on, evidence()),
        partial(lint_table, report),
    )


def findings_forms(report: FindingsReport, evidence: _Evidence, *, in_full: bool) -> Forms:
    """Those of `verifier findings`."""
    from verifier.report.notices.findings import notices_of_findings
    from verifier.report.pages.findings import findings_document
    from verifier.report.tables import findings_table
    from verifier.report.wire.answers import findings_to_json

    return Forms(
        partial(findings_document, report, in_full=in_full),
        partial(findings_to_json, report),
        lambda: notices_of_findings(report, evidence()),
        partial(findings_table, report),
    )


def who_can_forms(answer: WhoCan, *, in_full: bool) -> Forms:
    """Those of `verifier who-can`."""
    from verifier.report.notices.answers import notices_of_who_can
    from verifier.report.pages.who_can import who_can_document
    from verifier.report.tables import who_can_table
    from verifier.report.wire.answers import who_can_to_json

    return Forms(
        partial(who_can_document, answer, in_full=in_full),
        partial(who_can_to_json, answer),
        partial(notices_of_who_can, answer),
        partial(who_can_table, answer),
    )


def reach_forms(report: ReachReport, *, in_full: bool) -> Forms:
    """Those of `verifier reach`."""
    from verifier.report.notices.answers import notices_of_reach
    from verifier.report.pages.reach import reach_document
    from verifier.report.tables import reach_table
    from verifier.report.wire.answers import reach_to_json

    return Forms(
        partial(reach_document, report, in_full=in_full),
        partial(reach_to_json, report),
        partial(notices_of_reach, report),
        partial(reach_table, report),
    )


def explanation_forms(found: Explanation, *, in_full: bool) -> Forms:
    """Those of `verifier explain`."""
    from verifier.report.notices.answers import notices_of_explanation
    from verifier.report.pages.explanation import explanation_document
    from verifier.report.wire.edits import explanation_to_json

    document = partial(explanation_document, found, in_full=in_full)
    return Forms(document, partial(explanation_to_json, found), partial(notices_of_explanation, found))


def suggestions_forms(found: Suggestions) -> Forms:
    """Those of `verifier suggest`."""
    from verifier.report.notices.answers import notices_of_suggestions
    from verifier.report.pages.suggestions import suggestions_document
    from verifier.report.tables import suggestions_table
    from verifier.report.wire.edits import suggestions_to_json

    return Forms(
        partial(suggestions_document, found),
        partial(suggestions_to_json, found),
        partial(notices_of_suggestions, found),
        partial(suggestions_table, found),
    )
