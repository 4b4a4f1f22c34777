"""A report on invariants → Markdown that fits a comment on a pull request: a table, and what is refuted or unknown folded away.

In: a `Report`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; no text of the input is read as markup; at most `MOST` characters,
which is less than a comment may have, and what was left out is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.model.verdict import Report, Status, Verdict
from verifier.report.exit_codes import exit_code
from verifier.report.markdown import escaped
from verifier.report.naming import target_name
from verifier.report.text import verdict_text
from verifier.report.verdict_words import counts_sentence, verdict_sentence
from verifier.syntax.text import brief

MOST = 60_000
_MOST_ROWS = 200
_MOST_OF_A_NAME = 100
_SIGNS = {Status.PROVED: "✅ proved", Status.REFUTED: "❌ refuted", Status.UNKNOWN: "❓ unknown"}


def render_report_markdown(report: Report) -> str:
    """The whole report, with a final newline."""
    code = exit_code(verdict.counts_as for verdict in report.verdicts)
    head = ["## Access to KMS keys", "", "| | invariant | key |", "| --- | --- | --- |", *_rows(report), ""]
    end = [f"<sub>{escaped(counts_sentence(report))} · exit code {code:d}</sub>"]
    room = MOST - sum(len(line) + 1 for line in (*head, *end)) - 200
    return "\n".join([*head, *_folded(report, room), *end]) + "\n"


def _rows(report: Report) -> Iterator[str]:
    worst = [Status.REFUTED, Status.UNKNOWN, Status.PROVED]
    ordered = sorted(report.verdicts, key=lambda verdict: worst.index(verdict.counts_as))
    for verdict in ordered[:_MOST_ROWS]:
        yield f"| {_sign(verdict)} | {_name(verdict.invariant.name)} | {_name(target_name(report, verdict.target))} |"
    if len(ordered) > _MOST_ROWS:
        yield f"| | and {len(ordered) - _MOST_ROWS:,} more | |"


def _name(text: str) -> str:
    return escaped(brief(text, _MOST_OF_A_NAME))


def _sign(verdict: Verdict) -> str:
    return f"☑️ refuted, {verdict.excuse.kind.value}" if verdict.excuse is not None else _SIGNS[verdict.status]


def _folded(report: Report, room: int) -> Iterator[str]:
    left = 0
    for verdict in report.verdicts:
        if verdict.status is Status.PROVED:
            continue
        block = list(_details(report, verdict))
        room -= sum(len(line) + 1 for line in block)
        if room < 0:
            left += 1
        else:
            yield from block
    if left:
        yield f"{left:,} more verdicts are refuted or unknown; there is no room for them here."
        yield ""


def _details(report: Report, verdict: Verdict) -> Iterator[str]:
    yield f"<details><summary>{_sign(verdict)}: {_name(verdict.invariant.name)} ({_name(target_name(report, verdict.target))})</summary>"
    yield ""
    yield escaped(verdict_sentence(verdict))
    yield ""
    if verdict.excuse is not None:
        yield escaped(f"{verdict.excuse.kind.value}: {verdict.excuse.text}")
        yield ""
    text = verdict_text(report, verdict)
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    yield f"{fence}text"
    yield text
    yield fence
    yield ""
    yield "</details>"
    yield ""
