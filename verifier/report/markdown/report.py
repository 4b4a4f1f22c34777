"""A report on invariants → Markdown that fits a comment on a pull request: a table, and what is refuted or unknown folded away.

In: a `Report`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; no text of the input is read as markup; at most `MOST` characters,
which is less than a comment may have, and what was left out is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.model.results.verdict import Report, Status, Verdict
from verifier.report.exit_codes import report_exit_code
from verifier.report.naming import target_name
from verifier.report.render.markdown_texts import escaped
from verifier.report.render.room import Part, fitted
from verifier.report.supposed import of_all, supposed_end
from verifier.report.text import verdict_text
from verifier.report.verdict_words import counts_sentence, proved_words, verdict_sentence
from verifier.syntax.text import brief

_MOST_ROWS = 200
_MOST_OF_ROWS = 30_000
"""Characters of the table."""
_MOST_OF_A_NAME = 100
_SIGNS = {Status.REFUTED: "❌ refuted", Status.UNKNOWN: "❓ unknown"}


def render_report_markdown(report: Report) -> str:
    """The whole report, with a final newline."""
    code = report_exit_code(report)
    head = ["## Access to KMS keys", "", "| | invariant | key |", "| --- | --- | --- |", *_rows(report), ""]
    end = [*supposed_end(of_all(report.verdicts)), f"<sub>{escaped(counts_sentence(report))} · exit code {code:d}</sub>"]
    blocks = [Part(list(_details(report, verdict))) for verdict in report.verdicts if verdict.status is not Status.PROVED]
    return fitted(head, blocks, end, "{} more verdicts are refuted or unknown; there is no room for them here.")


def _rows(report: Report) -> Iterator[str]:
    worst = [Status.REFUTED, Status.UNKNOWN, Status.PROVED]
    ordered = sorted(report.verdicts, key=lambda verdict: worst.index(verdict.counts_as))
    told, room = 0, _MOST_OF_ROWS
    for verdict in ordered[:_MOST_ROWS]:
        row = f"| {_sign(verdict)} | {_name(verdict.invariant.name)} | {_name(target_name(report, verdict.target))} |"
        room -= len(row)
        if room < 0:
            break
        told += 1
        yield row
    if len(ordered) > told:
        yield f"| | and {len(ordered) - told:,} more | |"


def _name(text: str) -> str:
    return escaped(brief(text, _MOST_OF_A_NAME))


def _sign(verdict: Verdict) -> str:
    if verdict.excuse is not None:
        return f"☑️ refuted, {verdict.excuse.kind.value}"
    return f"✅ {proved_words(verdict)}" if verdict.status is Status.PROVED else _SIGNS[verdict.status]


def _details(report: Report, verdict: Verdict) -> Iterator[str]:
    yield f"<details><summary>{_sign(verdict)}: {_name(verdict.invariant.name)} ({_name(target_name(report, verdict.target))})</summary>"
    yield ""
    yield escaped(verdict_sentence(verdict, report.keys))
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
