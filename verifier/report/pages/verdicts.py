"""The forms of a report on invariants.

In: a `Report`, its estate. Out: `Evidence`; the report's `Forms`, or its text. Guarantee: what text does not need is
not imported for it.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from verifier.model.estate import Estate
from verifier.model.results.verdict import Report
from verifier.report.evidence import NO_EVIDENCE, Evidence, texts_of
from verifier.report.formats import Forms
from verifier.report.pages.prove import report_document

if TYPE_CHECKING:
    from verifier.report.notices.notices import Notices
    from verifier.report.wire.values import Json
    from verifier.syntax.csv_text import Table


NEEDING = frozenset(("sarif", "github", "html"))
"""The formats that need anything beside the report."""


def evidence_for(formats: Collection[str], report: Report, estate: Estate) -> Evidence:
    """What some formats need beside the report, and nothing that they do not."""
    if NEEDING.isdisjoint(formats):
        return NO_EVIDENCE
    from verifier.report.meanings import meanings_of, policies_of
    from verifier.report.pictured import pictured

    if "html" in formats:
        return Evidence(meanings_of(estate), texts_of(report.inputs), pictured(report, estate), policies_of(estate))
    return Evidence(meanings_of(estate))


def report_forms(report: Report, evidence: Evidence = NO_EVIDENCE) -> Forms:
    """The forms of a report on invariants."""

    def json() -> Json:
        from verifier.report.wire.report import report_to_json

        return report_to_json(report)

    def notices() -> Notices:
        from verifier.report.notices.verdicts import notices_of

        return notices_of(report, evidence)

    def table() -> Table:
        from verifier.report.tables import report_table

        return report_table(report)

    def junit() -> str:
        from verifier.report.notices.junit import render_junit

        return render_junit(report)

    return Forms(partial(report_document, report, evidence), json, notices, table, junit)


def render_text(report: Report, colour: bool) -> str:
    """The report as text for a terminal."""
    return report_forms(report).render("text", colour)
