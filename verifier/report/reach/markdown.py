"""What is within reach → Markdown: a table a key, and the chains folded away.

In: a `ReachReport`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; no text of the input is read as markup; what finds no room in a
comment is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent

from verifier.model.results.reach_report import KeyReach, ReachReport, ReachRow
from verifier.report.naming import key_name
from verifier.report.reach.names import Names, names_of
from verifier.report.reach.story import story_lines
from verifier.report.reach.told import told_steps
from verifier.report.reach.words import beyond_words, conclusion, distance, longer_words, of_row, question_words, reach_exit_code, rows_told
from verifier.report.render.markdown_texts import details, escaped, table_head, table_row
from verifier.report.render.room import Part, fitted
from verifier.report.style import Style
from verifier.report.supposed import of_all, supposed_end, supposed_items


def render_reach_markdown(report: ReachReport, *, in_full: bool = False) -> str:
    """The whole answer, with a final newline."""
    question = question_words(report)
    keys = [key.key for key in report.keys]
    blocks = [block for key in report.keys for block in _key(report, key, names_of(keys, key.key.arn), in_full)]
    supposed = of_all(report.keys)
    blocks.append(Part([*details("what this supposes", supposed_items(supposed)), ""], [""]))
    end = [*supposed_end(supposed), f"<sub>{escaped(report.data_version)} · exit code {reach_exit_code(report):d}</sub>"]
    return fitted([f"## {escaped(question[0].upper() + question[1:])}", ""], blocks, end)


def _key(report: ReachReport, key: KeyReach, names: Names, in_full: bool) -> Iterator[Part]:
    yield Part([f"### {escaped(key_name(key.key))}", "", *_conclusion(report, key), ""])
    rows = rows_told(key, names, in_full=in_full)
    head = table_head(["how far", "what" if report.caller is not None else "who", "how"])
    for row in rows:
        yield Part([*head, table_row(_cells(report, key, row, names, in_full))], [])
        head = []
    if rows:
        yield Part([""], counts=0)
    for label, text in beyond_words(key, names, in_full=in_full):
        yield Part([f"{label.capitalize()}: {escaped(text)}", ""])
    for row in rows:
        if row.story is not None and (row.steps or in_full):
            yield Part(list(_folded(report, key, row, names)), [])


def _conclusion(report: ReachReport, key: KeyReach) -> Iterator[str]:
    yield f"{'✅' if key.complete else '❓'} {escaped(conclusion(report, key))}"
    yield from (f"- {escaped(reason.text)} ({escaped(reason.rule)})" for reason in key.reasons)
    longer = longer_words(key)
    if longer is not None:
        yield f"- {escaped(longer)}"


def _cells(report: ReachReport, key: KeyReach, row: ReachRow, names: Names, in_full: bool) -> tuple[str, str, str]:
    steps = list(told_steps(row.story)) if row.story is not None and row.story.steps else []
    how = "<br>".join(escaped(f"{one.label}: {one.text(names, target=key.key.arn)}") for one in steps)
    if row.reason is not None:
        how = escaped(f"{row.reason.text} ({row.reason.rule})")
    return escaped(distance(row)), escaped(of_row(report, row, names, in_full=in_full)), how


def _folded(report: ReachReport, key: KeyReach, row: ReachRow, names: Names) -> Iterator[str]:
    """A chain with what lets each of its requests happen, and the commands."""
    assert row.story is not None
    text = dedent("\n".join(line.rstrip() for line in story_lines(row.story, names, key.key.arn, Style(False))))
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    title = escaped(f"{distance(row)}: {of_row(report, row, names, in_full=False)}")
    yield from (f"<details><summary>{title}</summary>", "", f"{fence}text", text, fence, "", "</details>", "")
