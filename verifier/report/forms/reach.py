"""The forms of what callers can bring about.

In: the result, and what it is shown with. Out: its `Forms`. Guarantee: pure.
"""

from __future__ import annotations

from functools import partial

from verifier.model.results.reach_report import ReachReport
from verifier.report.formats import Forms
from verifier.report.notices.answers import notices_of_reach
from verifier.report.pages.reach import reach_document
from verifier.report.tables import reach_table
from verifier.report.wire.answers import reach_to_json


def reach_forms(report: ReachReport, *, in_full: bool) -> Forms:
    """Those of `verifier reach`."""
    return Forms(
        partial(reach_document, report, in_full=in_full),
        partial(reach_to_json, report),
        partial(notices_of_reach, report),
        partial(reach_table, report),
    )
