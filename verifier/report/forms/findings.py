"""The forms of access from outside.

In: the result, and what it is shown with. Out: its `Forms`. Guarantee: pure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from verifier.model.results.external_access import FindingsReport
from verifier.report.evidence import Evidence
from verifier.report.formats import Forms
from verifier.report.notices.findings import notices_of_findings
from verifier.report.pages.findings import findings_document
from verifier.report.tables import findings_table
from verifier.report.wire.answers import findings_to_json


def findings_forms(report: FindingsReport, evidence: Callable[[], Evidence], *, in_full: bool) -> Forms:
    """Those of `verifier findings`."""
    return Forms(
        partial(findings_document, report, in_full=in_full),
        partial(findings_to_json, report),
        lambda: notices_of_findings(report, evidence()),
        partial(findings_table, report),
    )
