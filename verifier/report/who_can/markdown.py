"""Who can → Markdown: a table a key.

In: a `WhoCan`. Out: Markdown (GitHub's, GitLab's). Guarantee: pure; every row is there; no text of the input is read as markup.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.model.access import KeyAccess, WhoCan
from verifier.model.region import Region
from verifier.model.verdict import Assumption
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
from verifier.report.markdown import code, details, escaped, table_head, table_row
from verifier.report.naming import key_name


def render_who_can_markdown(answer: WhoCan, *, in_full: bool = False) -> str:
    """The whole answer, with a final newline."""
    question = question_text(answer)
    lines = [f"## {escaped(question[0].upper() + question[1:])}", ""]
    for key in answer.keys:
        lines += [*_key(answer, key, in_full), ""]
    lines += _readings(answer)
    lines += _assumptions(answer)
    lines.append(f"<sub>{escaped(answer.data_version)} · exit code {who_can_exit_code(answer):d}</sub>")
    return "\n".join(lines) + "\n"


def _key(answer: WhoCan, key: KeyAccess, in_full: bool) -> Iterator[str]:
    yield f"### {escaped(key_name(key.key))}"
    yield ""
    groups = told(key.rows, in_full=in_full)
    several = len(answer.names) > 1
    if groups:
        yield from table_head(["who", *(["actions"] if several else []), "when", "through"])
        for group in groups:
            for row in group.first:
                actions = [code(row.region.actions.text)] if several else []
                ways = ways_text(row, in_full=in_full, together=group.together)
                yield table_row([escaped(callers_text(group)), *actions, _when(row.region, in_full), escaped(ways)])
        yield ""
    sign = "✅" if key.complete else "❓"
    yield f"{sign} {escaped(verdict_text(answer, key))}"
    yield from (f"- {escaped(reason.text)} ({escaped(reason.rule)})" for reason in key.reasons)
    if not key.exact and not key.reasons:
        yield "- some conditions are too many to list; the callers and actions are all there"
    yield from details("statements", [escaped(place) for place in places_of(groups)])


def _when(region: Region, in_full: bool) -> str:
    cases = cases_in_full(region) if in_full else []
    return "<br>".join(escaped(text) for text in (cases or [when_text(region, in_full=in_full)]))


def _readings(answer: WhoCan) -> Iterator[str]:
    needed = readings_needed(row.region for key in answer.keys for row in key.rows)
    if needed:
        yield "Some rows depend on what AWS's documentation leaves open:"
        yield ""
        yield from (f"- {escaped(label)}: {escaped(reading_question(label))}" for label in needed)
        yield ""


def _assumptions(answer: WhoCan) -> Iterator[str]:
    found: dict[Assumption, None] = dict.fromkeys(a for key in answer.keys for a in key.assumptions)
    yield from details("what this supposes", [f"{escaped(a.text)} ({escaped(a.rule)})" for a in found])
    yield ""
