"""The linter's report → a document: each finding with its place, its proof or its request, and the rewrite that was
checked.

In: a `LintReport`, what makes it fail. Out: a `Document`; all its `Forms`. Guarantee: in short the worst findings and a
few notes are shown and the others counted; `in_full` has all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

from verifier.model.results.lint import Finding, LintReport, LintSeverity, UndecidedQuestion
from verifier.report import document as doc
from verifier.report.evidence import Evidence
from verifier.report.forms import Forms
from verifier.report.naming import rule_label
from verifier.report.notices.lint import notices_of_lint
from verifier.report.tables import lint_table
from verifier.report.wire.lint import lint_to_json
from verifier.report.words import lint as words
from verifier.syntax.text import counted

MOST_FINDINGS, MOST_NOTES = 20, 8
"""How many findings, and how many notes, are shown in short."""
_MARGIN, _LABEL = 9, 13
_ROLES = {LintSeverity.ERROR: doc.Role.BAD, LintSeverity.WARNING: doc.Role.DOUBT, LintSeverity.NOTE: doc.Role.DIM}


def lint_document(
    report: LintReport, fail_on: LintSeverity | None = LintSeverity.WARNING, *, in_full: bool = False
) -> doc.Document:
    shown = {id(finding) for finding in (report.findings if in_full else _in_short(report))}
    blocks: list[doc.Block] = []
    for policy, findings in words.by_policy(report):
        items = tuple(_finding(finding, in_full) for finding in findings if id(finding) in shown)
        left = tuple(_finding(finding, in_full) for finding in findings if id(finding) not in shown)
        name, what = words.policy_title(policy)
        parts: list[doc.Block] = [doc.ItemList(items, columns=_MARGIN)] if items else []
        if left:
            parts.append(doc.Folded(counted(len(left), "more finding"), (doc.ItemList(left, columns=_MARGIN),)))
        heading = doc.Heading((doc.Said(name, doc.Role.NAME), "  ", doc.Said(what, doc.Role.DIM)))
        blocks += [doc.BlockGroup((heading, *parts))] if items else parts
    blocks.append(doc.ItemList(tuple(map(_undecided, report.undecided)), columns=_MARGIN))
    blocks.append(doc.Supposed(report.assumptions))
    skipped = doc.Said("skipped", doc.Role.DIM)
    blocks.append(doc.ItemList(tuple(doc.Item(text, skipped) for text in report.skipped), columns=_MARGIN))
    left_out = len(report.findings) - len(shown)
    more: list[doc.Words] = [doc.Said(f"{left_out} not shown: --verbose", doc.Role.DIM)] if left_out else []
    title, counts = "KMS policies: what is provably wrong", (words.lint_counts(report), *more)
    code, number = words.lint_exit_code(report, fail_on), len(report.policies)
    return doc.Document(title, tuple(blocks), counts, code, in_full, title_in_text=False, number=number)


def _in_short(report: LintReport) -> list[Finding]:
    """The worst findings, and a few notes."""
    notes = [finding for finding in report.findings if finding.severity is LintSeverity.NOTE]
    others = [finding for finding in report.findings if finding.severity is not LintSeverity.NOTE]
    worst = sorted(others, key=lambda finding: finding.severity.rank)[:MOST_FINDINGS]
    return [*worst, *notes[:MOST_NOTES]]


def _finding(finding: Finding, in_full: bool) -> doc.Item:
    where = words.place_text(finding.span)
    subject = doc.Said(words.subject_name(finding), doc.Role.NAME), f" ({where}) " if where else " "
    evidence, more = doc.ItemList(tuple(_evidence(finding, in_full)), _MARGIN, _LABEL), tuple(_rest(finding))
    is_note = finding.severity is LintSeverity.NOTE
    folded = (evidence, *more) if is_note else more
    below = (*(() if is_note else (evidence,)), *((doc.Folded("more", folded),) if folded else ()))
    label = doc.Said(finding.severity.value, _ROLES[finding.severity])
    return doc.Item(
        (subject, _quoted(finding.message)), label, f"[{finding.rule.label} {finding.rule.id}]", below=below
    )


def _evidence(finding: Finding, in_full: bool) -> Iterator[doc.Item]:
    if finding.proof is not None:
        yield doc.Item(_quoted(finding.proof.text), "proved")
        if finding.proof.because:
            yield doc.Item(words.because_text(finding.proof.because), "rests on")
    if finding.witness is not None:
        yield doc.Item(
            (f"{words.witness_request_text(finding.witness, in_full=in_full)}: ", _quoted(finding.shows)), "for example"
        )
        for label, value in finding.witness.readings:
            yield doc.Item(f"if the reading {label} is {'yes' if value else 'no'}")
    if finding.rewrite is not None:
        yield doc.Item(finding.rewrite.text, "rewrite", f"({words.rewrite_claim(finding)}, checked over all requests)")


def _rest(finding: Finding) -> Iterator[doc.Block]:
    if finding.rewrite is not None:
        yield doc.Lines(tuple(json.dumps(finding.rewrite.statement, indent=2).splitlines()), "json", _MARGIN + _LABEL)
    if finding.witness is not None and finding.witness.command:
        yield doc.ItemList(
            (doc.Item(doc.Said(finding.witness.command, doc.Role.COMMAND), "to see it"),), _MARGIN, _LABEL
        )


def _quoted(text: str) -> doc.Words:
    """A text of the linter, in which code stands between backticks."""
    return tuple(doc.Said(part, doc.Role.QUOTED) if number % 2 else part for number, part in enumerate(text.split("`")))


def _undecided(undecided: UndecidedQuestion) -> doc.Item:
    where = words.place_text(undecided.span)
    text = _quoted(words.undecided_text(undecided) + (f" ({where})" if where else ""))
    return doc.Item(text, doc.Said("unknown", doc.Role.DOUBT), rule_label(undecided.label))


def lint_forms(
    report: LintReport, fail_on: LintSeverity | None, evidence: Callable[[], Evidence], *, in_full: bool
) -> Forms:
    """Those of `verifier lint`, which fails on findings that are as bad as `fail_on` (`None`: on none)."""
    return Forms(
        partial(lint_document, report, fail_on, in_full=in_full),
        partial(lint_to_json, report, fail_on),
        lambda: notices_of_lint(report, fail_on, evidence()),
        partial(lint_table, report),
    )
