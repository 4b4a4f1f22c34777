"""Checks → text, JSON: pass, fail or unknown, and what stands behind it.

In: a comparison, or a report on one invariant. Out: `Check`, text, JSON as `verifier schema check` describes it.
Guarantee: unknown is never a pass (S1).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from verifier import __version__
from verifier.model.results.comparison import Comparison, FailOn
from verifier.model.results.verdict import Report
from verifier.report.comparison.json import comparison_schema, comparison_to_json
from verifier.report.comparison.text import render_comparison
from verifier.report.comparison.words import comparison_exit_code
from verifier.report.exit_codes import ExitCode, exit_code
from verifier.report.json_report import report_schema, report_to_json
from verifier.report.json_values import Json
from verifier.report.style import Style, pad
from verifier.report.supposed import concluded, of_all, supposed_lines
from verifier.report.text import render_text

FORMAT = "kms-verifier/check"
FORMAT_VERSION = 1
_RESULTS = {ExitCode.PROVED: "pass", ExitCode.REFUTED: "fail", ExitCode.UNKNOWN: "unknown"}
_MESSAGES = {
    "no-new-access": ("nothing was gained", "NEW allows what OLD does not", "whether anything was gained is not known"),
    "access-not-granted": ("proved: nobody is granted it", "somebody is granted it", "whether it is granted is not known"),
    "no-public-access": (
        "proved: no arbitrary account can use a key",
        "an arbitrary account can use a key",
        "whether an arbitrary account can use a key is not known",
    ),
}


@dataclass(frozen=True)
class Check:
    """The answer of a check; `exit_code` is 0 for pass, 1 for fail, 3 for unknown."""

    name: str
    exit_code: ExitCode
    behind: Comparison | Report

    @property
    def result(self) -> str:
        """`pass`, `fail` or `unknown`."""
        return _RESULTS[self.exit_code]

    @property
    def message(self) -> str:
        """The answer in a sentence."""
        return _MESSAGES[self.name][("pass", "fail", "unknown").index(self.result)]


def check_of_comparison(comparison: Comparison) -> Check:
    """`check-no-new-access`."""
    return Check("no-new-access", comparison_exit_code(comparison, FailOn.MORE), comparison)


def check_of_report(name: str, report: Report) -> Check:
    """A check that an invariant decides."""
    return Check(name, exit_code(verdict.counts_as for verdict in report.verdicts), report)


def render_check(check: Check, colour: bool) -> str:
    """A line, with what was concluded about where the keys are (S4); unless it passes the whole comparison or report."""
    style = Style(colour)
    paint = {"pass": style.good, "fail": style.bad, "unknown": style.doubt}[check.result]
    head = f"{pad(paint(check.result.upper()), 9)}{pad(check.name, 20)}{check.message}\n"
    if check.result == "pass":
        answers = check.behind.targets if isinstance(check.behind, Comparison) else check.behind.verdicts
        return head + "".join(f"{line}\n" for line in supposed_lines(concluded(of_all(answers)), columns=9))
    if isinstance(check.behind, Comparison):
        return f"{head}\n{render_comparison(check.behind, FailOn.MORE, colour=colour)}"
    return f"{head}\n{render_text(check.behind, colour)}"


def render_check_json(check: Check) -> str:
    """The answer as one JSON document, without a final newline."""
    return json.dumps(
        {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "verifier": __version__,
            "check": check.name,
            "result": check.result,
            "message": check.message,
            "exit_code": int(check.exit_code),
            "comparison": comparison_to_json(check.behind, FailOn.MORE) if isinstance(check.behind, Comparison) else None,
            "report": report_to_json(check.behind) if isinstance(check.behind, Report) else None,
        },
        indent=2,
    )


def check_schema() -> Json:
    """The JSON Schema of `render_check_json`'s documents; those of the comparison and the report are embedded."""
    comparison, report = comparison_schema(), report_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://kms-verifier.invalid/check.schema.json",
        "title": "kms-verifier check",
        "description": "What `verifier check-… --output json` writes. Later versions may add members; readers should ignore others.",
        "type": "object",
        "required": ["format", "format_version", "verifier", "check", "result", "message", "exit_code", "comparison", "report"],
        "properties": {
            "format": {"const": FORMAT},
            "format_version": {"const": FORMAT_VERSION, "description": "Raised when a member changes its name or meaning."},
            "verifier": {"type": "string", "description": "The version of the program."},
            "check": {"enum": list(_MESSAGES)},
            "result": {"enum": ["pass", "fail", "unknown"]},
            "message": {"type": "string"},
            "exit_code": {"enum": [0, 1, 3]},
            "comparison": {"anyOf": [{"$ref": comparison["$id"]}, {"type": "null"}], "description": "For no-new-access."},
            "report": {"anyOf": [{"$ref": report["$id"]}, {"type": "null"}], "description": "For the others."},
        },
        "$defs": {"comparison": comparison, "report": report},
    }
