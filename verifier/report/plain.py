"""What the Python API gives of any result: text of a format, plain data, records.

In: a result of a question, or a decision. Out: text; JSON values; rows. Guarantee: what the command line writes of the
same result.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import assert_never

from verifier.evaluate import decision_to_json
from verifier.model.choices import FailOn
from verifier.model.estate import Estate
from verifier.model.request import Decision
from verifier.model.results.access import FindingsReport, WhoCan
from verifier.model.results.comparison import Comparison
from verifier.model.results.explanation import Explanation, Suggestions
from verifier.model.results.lint import LintReport, LintSeverity
from verifier.model.results.reach_report import ReachReport
from verifier.model.results.verdict import Report
from verifier.report.evidence import NO_EVIDENCE, Evidence, file_texts
from verifier.report.formats import written
from verifier.report.forms import Forms
from verifier.report.meanings import meanings_of
from verifier.report.pages.comparison import comparison_forms
from verifier.report.pages.explanation import explanation_forms
from verifier.report.pages.findings import findings_forms
from verifier.report.pages.lint import lint_forms
from verifier.report.pages.reach import reach_forms
from verifier.report.pages.suggestions import suggestions_forms
from verifier.report.pages.verdicts import report_forms
from verifier.report.pages.who_can import who_can_forms
from verifier.report.pictured import evidence_for
from verifier.report.wire.values import Json

Tabular = Report | Comparison | LintReport | WhoCan | FindingsReport | ReachReport | Suggestions
"""What has rows."""
Renderable = Tabular | Explanation
"""What a question is answered with."""
Cell = str | float | None


def render(
    result: Renderable,
    format: str = "text",
    *,
    estate: Estate | None = None,
    fail_on: FailOn | LintSeverity | None = None,
    in_full: bool = False,
    colour: bool = False,
    width: int | None = None,
) -> str:
    """The result as the command line writes it with `--output FORMAT`, with a final newline.

    With the `estate` that was asked about, HTML shows policies and a picture, and SARIF has fingerprints that outlive a
    moved statement. `fail_on` is what a comparison, or a linter's report, fails for; `in_full` is `--verbose`; `width`
    is in columns. Raises `ValueError` for a format that the result does not have.
    """
    forms = _forms(result, format, estate, fail_on, in_full)
    if format not in forms.formats:
        raise ValueError(
            f"{format!r} is no format of a {type(result).__name__}; its formats are {', '.join(forms.formats)}"
        )
    return written(forms, format, colour=colour, width=width)


def to_dict(result: Renderable | Decision) -> Json:
    """The result as plain data: dictionaries, lists, texts, numbers, as `schema` describes them."""
    return decision_to_json(result, trace=True) if isinstance(result, Decision) else _forms(result).json()


def records(result: Tabular) -> list[dict[str, Cell]]:
    """The rows of the result, each with every column; `None` for a cell without a value.
    `pandas.DataFrame(records(report))` is a data frame. What is not known has rows of its own, with the status
    `unknown`."""
    table = _forms(result).table
    assert table is not None
    columns, rows = table()
    return [{column: row.get(column) for column in columns} for row in rows]


def _forms(
    result: Renderable,
    format: str = "",
    estate: Estate | None = None,
    fail_on: FailOn | LintSeverity | None = None,
    in_full: bool = False,
) -> Forms:
    evidence: Callable[[], Evidence] = lambda: NO_EVIDENCE if estate is None else Evidence(meanings_of(estate))  # noqa: E731
    match result:
        case Report():
            return report_forms(result, NO_EVIDENCE if estate is None else evidence_for((format,), result, estate))
        case Comparison():
            texts = file_texts((*result.old.inputs, *result.new.inputs)) if format == "html" else {}
            return comparison_forms(
                result, fail_on if isinstance(fail_on, FailOn) else FailOn.MORE, texts, in_full=in_full
            )
        case LintReport():
            worst = fail_on if isinstance(fail_on, LintSeverity) else LintSeverity.WARNING
            return lint_forms(result, worst, evidence, in_full=in_full)
        case FindingsReport():
            return findings_forms(result, evidence, in_full=in_full)
        case WhoCan():
            return who_can_forms(result, in_full=in_full)
        case ReachReport():
            return reach_forms(result, in_full=in_full)
        case Explanation():
            return explanation_forms(result, in_full=in_full)
        case Suggestions():
            return suggestions_forms(result)
    assert_never(result)
