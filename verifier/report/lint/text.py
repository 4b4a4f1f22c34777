"""The linter's report → text for a terminal: each finding with its proof or its request, and the rewrite that was checked.

In: a `LintReport`, what makes it fail. Out: text. Guarantee: pure; notes take one line each unless everything is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from verifier.model.results.lint import Finding, LintReport, Severity, Undecided
from verifier.report.lint.words import (
    because_text,
    by_policy,
    counts_text,
    lint_exit_code,
    place,
    policy_title,
    request_text,
    rewrite_claim,
    subject_name,
    undecided_text,
)
from verifier.report.naming import rule_label
from verifier.report.style import Style, flow, pad, page, sentence
from verifier.report.supposed import supposed_lines
from verifier.syntax.text import printable

MARGIN = 9
LABEL = 13
MOST_FINDINGS, MOST_NOTES = 20, 8
"""How many findings, and how many notes, are shown in short."""


def render_lint(report: LintReport, fail_on: Severity | None = Severity.WARNING, *, colour: bool = False, in_full: bool = False) -> str:
    """The whole report, with a final newline."""
    style = Style(colour)
    lines: list[str] = []
    shown = _shown(report, in_full)
    for policy, findings in by_policy(report):
        told = [finding for finding in findings if id(finding) in shown]
        if told:
            name, what = policy_title(policy)
            lines.append(f"{style.bold(name)}  {style.dim(what)}")
            lines += [line for finding in told for line in _finding(finding, style, in_full)]
            lines.append("")
    lines += [line for undecided in report.undecided for line in _undecided(undecided, style)]
    lines += [""] if report.undecided else []
    supposed = supposed_lines(report.assumptions)
    lines += [*supposed, ""] if supposed else []
    lines += _ending(report, fail_on, len(report.findings) - len(shown), style)
    return page(lines)


def _shown(report: LintReport, in_full: bool) -> set[int]:
    """The findings that are shown: in short the worst ones, and a few notes."""
    if in_full:
        return {id(finding) for finding in report.findings}
    notes = [finding for finding in report.findings if finding.severity is Severity.NOTE]
    worse = sorted((f for f in report.findings if f.severity is not Severity.NOTE), key=lambda finding: finding.severity.rank)
    return {id(finding) for finding in (*worse[:MOST_FINDINGS], *notes[:MOST_NOTES])}


def _finding(finding: Finding, style: Style, in_full: bool) -> Iterator[str]:
    paint = {Severity.ERROR: style.bad, Severity.WARNING: style.doubt, Severity.NOTE: style.dim}[finding.severity]
    where = place(finding.span)
    lead = pad(paint(finding.severity.value), MARGIN)
    subject = style.bold(subject_name(finding)) + (f" ({where})" if where else "")
    rule = style.dim(f"[{finding.rule.label} {finding.rule.id}]")
    yield from sentence(f"{subject} {printable(finding.message)}", lead, rule, indent=MARGIN)
    if in_full or finding.severity is not Severity.NOTE:
        yield from _evidence(finding, in_full)
        yield from _rewrite(finding, in_full)


def _labelled(label: str, text: str, tail: str = "") -> list[str]:
    return sentence(text, " " * MARGIN + pad(label, LABEL), tail)


def _evidence(finding: Finding, in_full: bool) -> Iterator[str]:
    if finding.proof is not None:
        yield from _labelled("proved", printable(finding.proof.text))
        if finding.proof.because:
            yield from _labelled("rests on", because_text(finding.proof.because))
    if finding.witness is not None:
        witness = finding.witness
        yield from _labelled("for example", f"{request_text(witness, in_full=in_full)}: {printable(finding.shows)}")
        for label, value in witness.readings:
            yield from _labelled("", f"if the reading {printable(label)} is {'yes' if value else 'no'}")
        if witness.command and in_full:
            yield from flow([printable(witness.command)], " " * MARGIN + pad("to see it", LABEL))


def _rewrite(finding: Finding, in_full: bool) -> Iterator[str]:
    if finding.rewrite is None:
        return
    yield from _labelled("rewrite", printable(finding.rewrite.text), f"({rewrite_claim(finding)}, checked over all requests)")
    if in_full:
        for line in json.dumps(finding.rewrite.statement, indent=2).splitlines():
            yield " " * (MARGIN + LABEL) + line


def _undecided(undecided: Undecided, style: Style) -> list[str]:
    where = place(undecided.span)
    text = undecided_text(undecided) + (f" ({where})" if where else "")
    return sentence(text, pad(style.doubt("unknown"), MARGIN), style.dim(rule_label(undecided.label)), indent=MARGIN)


def _ending(report: LintReport, fail_on: Severity | None, left_out: int, style: Style) -> Sequence[str]:
    code = f"exit {lint_exit_code(report, fail_on):d}"
    parts = [counts_text(report), *([f"{left_out} not shown: --verbose"] if left_out else []), code]
    lines = flow(parts, "", between=" " * 6, indent=0)
    return [*(style.dim(f"skipped  {printable(text)}") for text in report.skipped), *lines]
