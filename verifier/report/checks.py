"""Checks → text, JSON: pass, fail or unknown, and what stands behind it.

In: a comparison, or a report on one invariant. Out: `Check`, text, JSON as `verifier schema check` describes it.
Guarantee: unknown is never a pass (S1).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from verifier.frozen import Frozen
from verifier.model.choices import FailOn
from verifier.model.results.comparison import Comparison
from verifier.model.results.verdict import Report
from verifier.report.document import Supposed, concluded, of_all
from verifier.report.exit_codes import ExitCode
from verifier.report.forms import Forms
from verifier.report.pages.comparison import comparison_forms
from verifier.report.pages.verdicts import report_forms
from verifier.report.render.text import block_lines, document_text
from verifier.report.style import WIDTH, Style, pad, page_text
from verifier.report.wire.comparison import comparison_to_json
from verifier.report.wire.report import report_to_json
from verifier.report.wire.values import Json, heading
from verifier.report.words.comparison import comparison_exit_code
from verifier.report.words.verdicts import report_exit_code

_RESULTS = {ExitCode.PROVED: "pass", ExitCode.REFUTED: "fail", ExitCode.UNKNOWN: "unknown"}
_MESSAGES = {
    "no-new-access": ("nothing was gained", "NEW allows what OLD does not", "whether anything was gained is not known"),
    "access-not-granted": (
        "proved: nobody is granted it",
        "somebody is granted it",
        "whether it is granted is not known",
    ),
    "no-public-access": (
        "proved: no arbitrary account can use a key",
        "an arbitrary account can use a key",
        "whether an arbitrary account can use a key is not known",
    ),
}


class Check(Frozen):
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
        compared = self.behind if isinstance(self.behind, Comparison) and self.result == "pass" else None
        if compared is not None and not (compared.old.keys or compared.new.keys):
            return "nothing was gained: neither side holds a key"
        return _MESSAGES[self.name][("pass", "fail", "unknown").index(self.result)]


def check_of_comparison(comparison: Comparison) -> Check:
    """`check-no-new-access`."""
    return Check("no-new-access", comparison_exit_code(comparison, FailOn.MORE), comparison)


def check_of_report(name: str, report: Report) -> Check:
    """A check that an invariant decides."""
    return Check(name, report_exit_code(report), report)


def render_check(check: Check, colour: bool, width: int | None = None) -> str:
    """A line, with what was concluded about the keys' places (S4); unless it passes, the whole comparison or report."""
    style = Style(colour, width or WIDTH)
    paint = {"pass": style.good, "fail": style.bad, "unknown": style.doubt}[check.result]
    head = style.prose(check.message, f"{pad(paint(check.result.upper()), 9)}{pad(check.name, 20)}")
    if check.result == "pass":
        answers = check.behind.targets if isinstance(check.behind, Comparison) else check.behind.verdicts
        return page_text([*head, *block_lines([Supposed(tuple(concluded(of_all(answers))), columns=9)], style)])
    return page_text([*head, ""]) + document_text(_behind(check).document(), colour=colour, width=width)


def check_forms(check: Check) -> Forms:
    """Those of the check: of what stands behind it, but for text and JSON."""
    return replace(_behind(check), json=partial(check_to_json, check), text=partial(render_check, check))


def _behind(check: Check) -> Forms:
    if isinstance(check.behind, Comparison):
        return comparison_forms(check.behind, FailOn.MORE, {}, in_full=False)
    return report_forms(check.behind)


def check_to_json(check: Check) -> Json:
    return {
        **heading("check"),
        "check": check.name,
        "result": check.result,
        "message": check.message,
        "exit_code": int(check.exit_code),
        "comparison": comparison_to_json(check.behind, FailOn.MORE) if isinstance(check.behind, Comparison) else None,
        "report": report_to_json(check.behind) if isinstance(check.behind, Report) else None,
    }
