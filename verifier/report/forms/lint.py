"""The forms of what the linter found.

In: the result, and what it is shown with. Out: its `Forms`. Guarantee: pure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from verifier.model.results.lint import LintReport, Severity
from verifier.report.evidence import Evidence
from verifier.report.formats import Forms
from verifier.report.notices.lint import notices_of_lint
from verifier.report.pages.lint import lint_document
from verifier.report.tables import lint_table
from verifier.report.wire.lint import lint_to_json


def lint_forms(
    report: LintReport, fail_on: Severity | None, evidence: Callable[[], Evidence], *, in_full: bool
) -> Forms:
    """Those of `verifier lint`, which fails on findings that are as bad as `fail_on` (`None`: on none)."""
    return Forms(
        partial(lint_document, report, fail_on, in_full=in_full),
        partial(lint_to_json, report, fail_on),
        lambda: notices_of_lint(report, fail_on, evidence()),
        partial(lint_table, report),
    )
