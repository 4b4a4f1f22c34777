"""The linter's report → Markdown that fits a comment on a pull request.

In: a `LintReport`, what makes it fail. Out: Markdown (GitHub's, GitLab's).
Guarantee: pure; no text of the input is read as markup; what finds no room is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from verifier.model.results.lint import Finding, Linted, LintReport, Severity
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
from verifier.report.markdown.room import Block, fitted
from verifier.report.markdown.texts import code, escaped
from verifier.report.supposed import supposed_end

_SIGNS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.NOTE: "💬"}


def render_lint_markdown(report: LintReport, fail_on: Severity | None = Severity.WARNING) -> str:
    """The whole report, with a final newline."""
    blocks = [block for policy, findings in by_policy(report) for block in _policy(policy, findings)]
    open_ = [f"- ❓ **unknown** {marked(undecided_text(undecided))} ({escaped(undecided.label)})" for undecided in report.undecided]
    blocks += [*(Block([line]) for line in open_), Block([""] if open_ else [], counts=0)]
    end = [*supposed_end(report.assumptions), f"<sub>{escaped(counts_text(report))} · exit code {lint_exit_code(report, fail_on):d}</sub>"]
    return fitted(
        ["## KMS policies: what is provably wrong", ""], blocks, end, "{} more findings and open questions; there is no room for them here."
    )


def _policy(policy: Linted, findings: Sequence[Finding]) -> Iterator[Block]:
    """A heading, each finding, and the notes folded away, or counted where there is no room."""
    name, what = policy_title(policy)
    yield Block([f"### {escaped(name)}: {escaped(what)}", ""], counts=0)
    notes = [finding for finding in findings if finding.severity is Severity.NOTE]
    yield from (Block(list(_finding(finding))) for finding in findings if finding.severity is not Severity.NOTE)
    if notes:
        yield Block(
            list(_folded(notes)), ["", f"{len(notes)} note{'' if len(notes) == 1 else 's'}, for which there is no room here"], len(notes)
        )
    yield Block([""], counts=0)


def _finding(finding: Finding) -> Iterator[str]:
    where = place(finding.span)
    head = f"- {_SIGNS[finding.severity]} **{finding.severity.value}** {escaped(subject_name(finding))}"
    yield f"{head}{f' ({code(where)})' if where else ''} {marked(finding.message)} ({code(finding.rule.id)}, {finding.rule.label})"
    if finding.proof is not None:
        rests = f"; rests on {escaped(because_text(finding.proof.because))}" if finding.proof.because else ""
        yield f"  - proved: {marked(finding.proof.text)}{rests}"
    if finding.witness is not None:
        yield f"  - for example {escaped(request_text(finding.witness))}: {marked(finding.shows)}"
    if finding.rewrite is not None:
        yield f"  - rewrite ({escaped(rewrite_claim(finding))}, checked over all requests): {escaped(finding.rewrite.text)}"
        yield f"    {code(json.dumps(finding.rewrite.statement))}"


def marked(text: str) -> str:
    """A text of the linter, what stands between backticks as code spans; whatever the input put there, nothing of it is markup."""
    return "".join(code(part) if number % 2 and part else escaped(part) for number, part in enumerate(text.split("`")))


def _folded(notes: list[Finding]) -> Iterator[str]:
    if notes:
        yield ""
        yield f"<details><summary>{len(notes)} note{'' if len(notes) == 1 else 's'}</summary>"
        yield ""
        for note in notes:
            yield from _finding(note)
        yield ""
        yield "</details>"
