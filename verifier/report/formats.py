"""The formats of a report on invariants, by name.

In: a `Report` and `Evidence`. Out: text of the format, with a final newline. Guarantee: pure; what one format needs is not imported for
another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.report.evidence import NO_EVIDENCE, Evidence

if TYPE_CHECKING:
    from verifier.model.results.verdict import Report

FORMATS = ("text", "json", "sarif", "junit", "markdown", "github", "html")
"""The names that `--output` takes."""


def render_report(report: Report, name: str, evidence: Evidence = NO_EVIDENCE, *, colour: bool = False) -> str:
    """The report in a format of `FORMATS`. Raises `ValueError` for another name."""
    match name:
        case "text":
            from verifier.report.text import render_text

            return render_text(report, colour)
        case "json":
            from verifier.report.json_report import render_json

            return render_json(report) + "\n"
        case "sarif" | "github":
            from verifier.report.notices.formats import render_notices
            from verifier.report.notices.verdict_notices import notices_of

            return render_notices(notices_of(report, evidence), name)
        case "junit":
            from verifier.report.notices.junit import render_junit

            return render_junit(report)
        case "markdown":
            from verifier.report.markdown.report import render_report_markdown

            return render_report_markdown(report)
        case "html":
            from verifier.report.html.report import render_html

            return render_html(report, evidence)
    raise ValueError(name)
