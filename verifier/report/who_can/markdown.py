"""Who can → Markdown: a table a key.

In: a `WhoCan`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; every row is there, or counted where a comment has no room for it;
no text of the input is read as markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.results.access import KeyAccess, WhoCan
from verifier.model.results.region import Region
from verifier.report.access_words import (
    callers_text,
    cases_in_full,
    places_of,
    question_text,
    reading_question,
    readings_needed,
    told,
    verdict_text,
    ways_text,
    when_text,
    who_can_exit_code,
)
from verifier.report.markdown.room import Block, fitted
from verifier.report.markdown.texts import code, details, escaped, table_head, table_row
from verifier.report.naming import key_name
from verifier.report.region_words import INEXACT
from verifier.report.supposed import of_all, supposed_end, supposed_items


def render_who_can_markdown(answer: WhoCan, *, in_full: bool = False) -> str:
    """The whole answer, with a final newline."""
    question = question_text(answer)
    head = [f"## {escaped(question[0].upper() + question[1:])}", ""]
    blocks = [block for key in answer.keys for block in _key(answer, key, in_full)]
    blocks += [*_readings(answer), _folded("what this supposes", supposed_items(of_all(answer.keys)))]
    end = [*supposed_end(of_all(answer.keys)), f"<sub>{escaped(answer.data_version)} · exit code {who_can_exit_code(answer):d}</sub>"]
    return fitted(head, blocks, end, "{} more rows and remarks, for which there is no room here.")


def _key(answer: WhoCan, key: KeyAccess, in_full: bool) -> Iterator[Block]:
    groups = told(key.rows, in_full=in_full)
    rows = sum(len(group.first) for group in groups)
    sign = "✅" if key.complete else "❓"
    count = f" ({rows} row{'' if rows == 1 else 's'})" if rows else ""
    yield Block([f"### {escaped(key_name(key.key))}", "", f"{sign} {escaped(verdict_text(answer, key))}{count}"])
    yield from (Block([f"- {escaped(reason.text)} ({escaped(reason.rule)})"]) for reason in key.reasons)
    if not key.exact and not key.reasons:
        yield Block([f"- {INEXACT}"])
    yield Block([""], counts=0)
    several = len(answer.names) > 1
    head = table_head(["who", *(["actions"] if several else []), "when", "through"])
    for group in groups:
        for row in group.first:
            actions = [code(row.region.actions.text)] if several else []
            ways = ways_text(row, in_full=in_full, together=group.together)
            yield Block([*head, table_row([escaped(callers_text(group)), *actions, _when(row.region, in_full), escaped(ways)])], [])
            head = []
    yield _folded("statements", [escaped(place) for place in places_of(groups)])


def _when(region: Region, in_full: bool) -> str:
    cases = cases_in_full(region) if in_full else []
    return "<br>".join(escaped(text) for text in (cases or [when_text(region, in_full=in_full)]))


def _readings(answer: WhoCan) -> Iterator[Block]:
    needed = readings_needed(row.region for key in answer.keys for row in key.rows)
    if needed:
        yield Block(["Some rows depend on what AWS's documentation leaves open:", ""])
        yield from (Block([f"- {escaped(label)}: {escaped(reading_question(label))}"]) for label in needed)
        yield Block([""], counts=0)


def _folded(title: str, items: Sequence[str]) -> Block:
    return Block([*details(title, items), ""], [""])
