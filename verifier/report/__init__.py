"""Verdicts → what people and programs read.

In: a `Report` of `verifier.verify`, or the diagnostics of an input that was refused.
Out: text, JSON, an exit code. Guarantee: pure functions; every text of the input that reaches a terminal has passed through
`printable`; the JSON validates against `data/report.schema.json`; Unknown is never shown or counted as a pass (S1).
"""

from verifier.report.diagnostics import render_diagnostics, render_input_errors
from verifier.report.exit_codes import ExitCode, exit_code
from verifier.report.json_report import render_json, report_schema
from verifier.report.readings import readings_json, render_readings
from verifier.report.text import render_text

__all__ = [
    "ExitCode",
    "exit_code",
    "readings_json",
    "render_diagnostics",
    "render_input_errors",
    "render_json",
    "render_readings",
    "render_text",
    "report_schema",
]
