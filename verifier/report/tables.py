"""Answers as tables, for spreadsheets: a row for each verdict, each who and what, each finding.

In: a report, a comparison, diagnostics. Out: a `CsvTable`. Guarantee: what is not known has rows of its own, with the
status `unknown`, and what was concluded (S4) with `supposed`; a key of which there is nothing to say has one too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.model.policy import StatementRef
from verifier.model.results.access import Access, FindingsReport, Region, WhoCan
from verifier.model.results.comparison import Comparison, TargetComparison
from verifier.model.results.explanation import Suggestions
from verifier.model.results.lint import LintReport
from verifier.model.results.reach_report import ReachReport
from verifier.model.results.verdict import Assumption, KeySummary, Reason, Report, Verdict
from verifier.report.document import conclusions, of_all
from verifier.report.naming import key_name, names_of, shown_target, statement_name
from verifier.report.reach.shown_steps import shown_steps
from verifier.report.words.access import as_row, completeness_text, ways_text
from verifier.report.words.comparison import target_text as compared_name
from verifier.report.words.comparison import unknown_actions_text
from verifier.report.words.lint import undecided_text
from verifier.report.words.regions import INEXACT, TOO_MANY, case_text, change_text, witness_text
from verifier.report.words.verdicts import place_of, verdict_sentence
from verifier.syntax.csv_text import CsvRow, CsvTable
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import counted

_PLACE = ("file", "line")
_ACCESS = ("status", "key", "arn", "callers", "actions", "when", "through", "says")


def report_table(report: Report) -> CsvTable:
    """A row for each verdict that is listed."""
    columns = ("status", "invariant", "key", "arn", "says", "excuse", *_PLACE)
    rows = [_verdict(report, verdict) for verdict in report.listed]
    left = len(report.verdicts) - len(report.listed)
    if left:
        rows.append({"status": "not listed", "says": left})
    return CsvTable(columns, [*rows, *_supposed(of_all(report.verdicts))])


def _verdict(report: Report, verdict: Verdict) -> CsvRow:
    about = {"invariant": verdict.invariant.name, "key": shown_target(report, verdict.target), "arn": verdict.target}
    excuse = {} if verdict.excuse is None else {"excuse": f"{verdict.excuse.kind.value}: {verdict.excuse.text}"}
    says = verdict_sentence(verdict, report.keys)
    return {"status": verdict.status.value, **about, "says": says, **excuse, **_place(place_of(verdict))}


def who_can_table(answer: WhoCan) -> CsvTable:
    """A row for each caller or region of callers, with what they can do and under which conditions."""
    rows: list[CsvRow] = []
    for key in answer.keys:
        rows += [{"status": "can", **_of_key(key.key), **_access(row)} for row in key.rows]
        if key.complete and not key.rows:
            rows.append({"status": "none", **_of_key(key.key), "says": completeness_text(answer, key)})
        rows += _doubts(key.key, key.reasons, key.exact)
    return CsvTable(_ACCESS, [*rows, *_supposed(of_all(answer.keys))])


def reach_table(report: ReachReport) -> CsvTable:
    """A row for each caller, or what one can bring about: how many steps away it is, and by which."""
    rows: list[CsvRow] = []
    for key in report.keys:
        names = names_of((one.key for one in report.keys), key.key.arn)
        for row in key.rows:
            steps = shown_steps(row.story) if row.story is not None else ()
            sentences = "; ".join(step.text(names, target=key.key.arn) for step in steps)
            says = sentences if row.reason is None else row.reason.text
            about: CsvRow = {"callers": ", ".join(row.callers), "actions": ", ".join(row.actions), "steps": row.steps}
            rows.append(
                {"status": "unknown" if row.reason is not None else "can", **_of_key(key.key), **about, "says": says}
            )
        of_whom = "callers" if report.caller is None else "actions"
        rows += [{"status": "out of reach", **_of_key(key.key), of_whom: one} for one in key.beyond]
        rows += _doubts(key.key, key.reasons, True)
    return CsvTable(
        ("status", "key", "arn", "callers", "actions", "steps", "says"), [*rows, *_supposed(of_all(report.keys))]
    )


def suggestions_table(found: Suggestions) -> CsvTable:
    """A row for each edit, and for each invariant that has none."""
    rows: list[CsvRow] = []
    for advice in found.advice:
        about = {"status": advice.status.value, "invariant": advice.invariant.name, "arn": advice.target}
        for number, suggestion in enumerate(advice.suggestions, start=1):
            rows += [
                {**about, "suggestion": number, "says": edit.text, **_place(edit.span)} for edit in suggestion.edits
            ]
        if not advice.suggestions:
            rows.append({**about, "says": advice.reason.text if advice.reason is not None else ""})
    columns = ("status", "invariant", "arn", "suggestion", "says", *_PLACE)
    return CsvTable(columns, [*rows, *_supposed(found.assumptions)])


def findings_table(report: FindingsReport) -> CsvTable:
    rows: list[CsvRow] = []
    for key in report.keys:
        found = [("public" if finding.public else "external", finding) for finding in key.findings]
        found += [("service", finding) for finding in key.services]
        rows += [{"status": status, **_of_key(key.key), **_access(as_row(finding))} for status, finding in found]
        if key.complete and not found:
            rows.append({"status": "none", **_of_key(key.key)})
        rows += _doubts(key.key, key.reasons, key.exact)
    return CsvTable(_ACCESS, [*rows, *_supposed(of_all(report.keys))])


def comparison_table(comparison: Comparison) -> CsvTable:
    """A row for each region that was gained, lost, or gained as intended, with the changes that it is due to."""
    rows = [row for target in comparison.targets for row in _compared(target)]
    return CsvTable(_ACCESS, [*rows, *_supposed(of_all(comparison.targets))])


def _compared(target: TargetComparison) -> Iterator[CsvRow]:
    about = {"key": compared_name(target), "arn": target.target}
    for status, changes in (("gained", target.gained), ("intended", target.intended), ("lost", target.lost)):
        for change in changes:
            through = "; ".join(map(change_text, change.because))
            yield {"status": status, **about, **_region(change.region), "through": through}
    doubts = [f"{reason.text} [{reason.rule}]" for reason in target.reasons]
    doubts += [f"{text} [U4]" for text in unknown_actions_text(target)] + ([] if target.exact else [INEXACT])
    yield from ({"status": "unknown", **about, "says": text} for text in doubts)
    if not (doubts or target.gained or target.intended or target.lost):
        yield {"status": "equivalent", **about}


def lint_table(report: LintReport) -> CsvTable:
    """A row for each finding of the linter, and for each question that it did not decide."""
    columns = ("status", "rule", "policy", "kind", "statement", "says", *_PLACE)
    rows: list[CsvRow] = []
    for found in report.findings:
        about = {"rule": found.rule.id, "policy": found.policy, "kind": found.policy_kind.value}
        statement = {} if found.statement is None else {"statement": statement_name(found.statement)}
        rows.append({"status": found.severity.value, **about, **statement, "says": found.message, **_place(found.span)})
    for open_ in report.undecided:
        subject = statement_name(open_.subject) if isinstance(open_.subject, StatementRef) else open_.subject
        rule = {} if open_.rule is None else {"rule": open_.rule.id}
        says = f"{undecided_text(open_)} [{open_.label}]"
        rows.append({"status": "unknown", **rule, "statement": subject, "says": says, **_place(open_.span)})
    rows += [{"status": "skipped", "says": text} for text in report.skipped]
    if report.left_out:
        rows.append({"status": "not listed", "says": f"{counted(report.left_out, 'note')} (--all)"})
    return CsvTable(columns, [*rows, *_supposed(report.assumptions)])


def diagnostics_table(diagnostics: Iterable[Diagnostic]) -> CsvTable:
    """A row for each error, where there is no answer."""
    return CsvTable(("status", "rule", "says", "remedy", *_PLACE), [*map(_diagnostic, diagnostics)])


def _diagnostic(found: Diagnostic) -> CsvRow:
    about = {"rule": found.rule or "", "says": found.message, "remedy": found.hint or ""}
    return {"status": found.severity.value, **about, **_place(found.span or NOWHERE)}


def _place(span: Span) -> CsvRow:
    return {} if span == NOWHERE else {"file": span.file, "line": span.line or ""}


def _of_key(key: KeySummary) -> CsvRow:
    return {"key": key_name(key), "arn": key.arn}


def _access(row: Access) -> CsvRow:
    return {**_region(row.region), "through": ways_text(row, in_full=True)}


def _region(region: Region) -> CsvRow:
    """Who, what, when, and an example."""
    others = ["actions that the reference data does not know"] if region.actions.others else []
    when = "always" if region.always else "if " + ", or if ".join(map(case_text, region.when))
    who = {"callers": region.callers.text, "actions": ", ".join([*region.actions.names, *others])}
    example = {} if region.witness is None else {"says": f"for example {witness_text(region, in_full=True)}"}
    return {**who, "when": when if region.exact else TOO_MANY, **example}


def _doubts(key: KeySummary, reasons: Iterable[Reason], exact: bool) -> Iterator[CsvRow]:
    texts = [f"{reason.text} [{reason.rule}]" for reason in reasons]
    yield from ({"status": "unknown", **_of_key(key), "says": text} for text in texts or ([] if exact else [INEXACT]))


def _supposed(assumptions: Iterable[Assumption]) -> Iterator[CsvRow]:
    yield from ({"status": "supposed", "says": text} for text in conclusions(assumptions))
