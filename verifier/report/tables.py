"""Answers as tables, for spreadsheets: a row for each verdict, each who and what, each finding.

In: a report, a comparison, diagnostics. Out: CSV. Guarantee: what is not known has rows of its own, with the status `unknown`, and what
was concluded (S4) with `supposed`; a key of which there is nothing to say has one too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.model.policy import StatementRef
from verifier.model.results.access import Access, WhoCan
from verifier.model.results.comparison import Comparison, TargetComparison
from verifier.model.results.external_access import FindingsReport
from verifier.model.results.lint import LintReport
from verifier.model.results.region import Region
from verifier.model.results.verdict import Assumption, KeySummary, Reason, Report
from verifier.report.naming import key_name, statement_name, target_name
from verifier.report.supposed import conclusions, of_all
from verifier.report.words.access import TOO_MANY, verdict_text, ways_text
from verifier.report.words.comparison import target_name as compared_name
from verifier.report.words.comparison import unknown_actions_text
from verifier.report.words.findings import as_row
from verifier.report.words.lint import undecided_text
from verifier.report.words.regions import INEXACT, case_text, change_text, witness_text
from verifier.report.words.verdicts import place_of, verdict_sentence
from verifier.syntax.csv_text import Row, csv_text
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span

_PLACE = ("file", "line")
_ACCESS = ("status", "key", "arn", "callers", "actions", "when", "through", "says")


def report_csv(report: Report) -> str:
    """A row for each verdict that is listed."""
    columns = ("status", "invariant", "key", "arn", "says", "excuse", *_PLACE)
    rows: list[Row] = []
    for verdict in report.listed:
        says, excuse = verdict_sentence(verdict, report.keys), verdict.excuse
        about = verdict.invariant.name, target_name(report, verdict.target), verdict.target
        excused = f"{excuse.kind.value}: {excuse.text}" if excuse is not None else ""
        rows.append((verdict.status.value, *about, says, excused, *_place(place_of(verdict))))
    left = len(report.verdicts) - len(report.listed)
    rows += [("not listed", "", "", "", str(left), "", "", "")] if left else []
    rows += [("supposed", "", "", "", text, "", "", "") for text in conclusions(of_all(report.verdicts))]
    return csv_text(columns, rows)


def who_can_csv(answer: WhoCan) -> str:
    """A row for each caller or region of callers, with what they can do and under which conditions."""
    rows: list[Row] = []
    for key in answer.keys:
        rows += [("can", *_of_key(key.key), *_access(row)) for row in key.rows]
        rows += [("none", *_of_key(key.key), "", "", "", "", verdict_text(answer, key))] if key.complete and not key.rows else []
        rows += _doubts(key.key, key.reasons, key.exact)
    return csv_text(_ACCESS, [*rows, *_supposed(of_all(answer.keys))])


def findings_csv(report: FindingsReport) -> str:
    """A row for each finding."""
    rows: list[Row] = []
    for key in report.keys:
        rows += [("public" if found.public else "external", *_of_key(key.key), *_access(as_row(found))) for found in key.findings]
        rows += [("service", *_of_key(key.key), *_access(as_row(found))) for found in key.services]
        rows += [("none", *_of_key(key.key), "", "", "", "", "")] if key.complete and not (key.findings or key.services) else []
        rows += _doubts(key.key, key.reasons, key.exact)
    return csv_text(_ACCESS, [*rows, *_supposed(of_all(report.keys))])


def comparison_csv(comparison: Comparison) -> str:
    """A row for each region that was gained, lost, or gained as intended; `through` are the changes that it is due to."""
    rows = [row for target in comparison.targets for row in _compared(target)]
    return csv_text(_ACCESS, [*rows, *_supposed(of_all(comparison.targets))])


def _compared(target: TargetComparison) -> Iterator[Row]:
    about = compared_name(target), target.target
    for status, changes in (("gained", target.gained), ("intended", target.intended), ("lost", target.lost)):
        for change in changes:
            yield (status, *about, *_region(change.region), "; ".join(map(change_text, change.because)), _example(change.region))
    doubts = [f"{reason.text} [{reason.rule}]" for reason in target.reasons]
    doubts += [f"{text} [U4]" for text in unknown_actions_text(target)] + ([] if target.exact else [INEXACT])
    yield from (("unknown", *about, "", "", "", "", text) for text in doubts)
    if not (doubts or target.gained or target.intended or target.lost):
        yield ("equivalent", *about, "", "", "", "", "")


def lint_csv(report: LintReport) -> str:
    """A row for each finding of the linter, and for each question that it did not decide."""
    columns = ("status", "rule", "policy", "kind", "statement", "says", *_PLACE)
    rows: list[Row] = []
    for found in report.findings:
        statement = statement_name(found.statement) if found.statement is not None else ""
        about = found.rule.id, found.policy, found.policy_kind.value, statement
        rows.append((found.severity.value, *about, found.message, *_place(found.span)))
    for open_ in report.undecided:
        subject = statement_name(open_.subject) if isinstance(open_.subject, StatementRef) else open_.subject
        rule = open_.rule.id if open_.rule is not None else ""
        rows.append(("unknown", rule, "", "", subject, f"{undecided_text(open_)} [{open_.label}]", *_place(open_.span)))
    rows += [("skipped", "", "", "", "", text, "", "") for text in report.skipped]
    rows += [("not listed", "", "", "", "", f"{report.left_out} notes (--all)", "", "")] if report.left_out else []
    rows += [("supposed", "", "", "", "", text, "", "") for text in conclusions(report.assumptions)]
    return csv_text(columns, rows)


def diagnostics_csv(diagnostics: Iterable[Diagnostic]) -> str:
    """A row for each error, where there is no answer."""
    rows = [
        (found.severity.value, found.rule or "", found.message, found.hint or "", *_place(found.span or NOWHERE)) for found in diagnostics
    ]
    return csv_text(("status", "rule", "says", "remedy", *_PLACE), rows)


def _place(span: Span) -> Row:
    return ("", "") if span == NOWHERE else (span.file, span.line or "")


def _of_key(key: KeySummary) -> tuple[str, str]:
    return key_name(key), key.arn


def _access(row: Access) -> Row:
    return (*_region(row.region), ways_text(row, in_full=True), _example(row.region))


def _region(region: Region) -> Row:
    """Who, what, when."""
    others = ["actions that the reference data does not know"] if region.actions.others else []
    when = "always" if region.always else "if " + ", or if ".join(map(case_text, region.when))
    return region.callers.text, ", ".join([*region.actions.names, *others]), when if region.exact else TOO_MANY


def _example(region: Region) -> str:
    return f"for example {witness_text(region, in_full=True)}" if region.witness is not None else ""


def _doubts(key: KeySummary, reasons: Iterable[Reason], exact: bool) -> Iterator[Row]:
    texts = [f"{reason.text} [{reason.rule}]" for reason in reasons]
    yield from (("unknown", *_of_key(key), "", "", "", "", text) for text in texts or ([] if exact else [INEXACT]))


def _supposed(assumptions: Iterable[Assumption]) -> Iterator[Row]:
    yield from (("supposed", "", "", "", "", "", "", text) for text in conclusions(assumptions))
