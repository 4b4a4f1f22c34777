"""The forms of a report on invariants.

In: a `Report`. Out: its `Forms`, or its text. Guarantee: pure.
"""

from __future__ import annotations

from functools import partial

from verifier.model.results.verdict import Report
from verifier.report.evidence import NO_EVIDENCE, Evidence
from verifier.report.forms import Forms
from verifier.report.notices.junit import render_junit
from verifier.report.notices.verdicts import notices_of
from verifier.report.pages.prove import report_document
from verifier.report.render.text import document_text
from verifier.report.tables import report_table
from verifier.report.wire.report import report_to_json


def report_forms(report: Report, evidence: Evidence = NO_EVIDENCE) -> Forms:
    """The forms of a report on invariants."""
    return Forms(
        partial(report_document, report, evidence),
        partial(report_to_json, report),
        partial(notices_of, report, evidence),
        partial(report_table, report),
        partial(render_junit, report),
    )


def render_text(report: Report, colour: bool) -> str:
    """The report as text for a terminal."""
    return document_text(report_document(report, NO_EVIDENCE), colour=colour)
