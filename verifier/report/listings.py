"""What the program knows → text or JSON, for `verifier rule`, `readings`, `builtins` and `actions`: the rules of
docs/semantics.md, the open questions of AWS's documentation (◇, S2), the built-in invariants, the catalogue of
actions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from verifier.model.readings import READINGS
from verifier.model.rules import Rule, rules
from verifier.model.steps.catalogue import ActionEffect, Head, Judgement, catalogue_version
from verifier.report.style import Style, flow, pad
from verifier.report.wire.values import Shapes, json_shape, json_text, wire
from verifier.syntax.csv_text import csv_text
from verifier.syntax.text import counted

if TYPE_CHECKING:
    from verifier.language.builtins.catalogue import Builtin

_MARGIN, _HEADS = 6, 16


def as_csv(listing: str) -> str:
    """A list of what the program knows as a table, by its JSON: a row for each object, a column for each member."""
    found = json.loads(listing)
    rows = found.get("actions", [found]) if isinstance(found, dict) else found
    columns = list(rows[0]) if rows else ()
    return csv_text(columns, [{name: _cell(value) for name, value in row.items()} for row in rows])


def _cell(value: object) -> str:
    listed = value if isinstance(value, list) else [value or ""]
    texts = [one["text"] if isinstance(one, dict) else one for one in listed]
    return " ".join("; ".join(map(str, texts)).split())  # of a text of several lines, one


def render_rules(style: Style) -> str:
    """A line for each rule: its label and what it is about."""
    shown = (style.prose(_plain(rule.title), pad(style.bold(rule.label), _MARGIN)) for rule in rules().values())
    lines = [line for of_rule in shown for line in of_rule]
    return "\n".join(lines) + "\n"


def render_rule(rule: Rule, style: Style) -> str:
    """One rule: what it says, where AWS says so, what tests it, and the questions about it that are open."""
    lines, lead = [], pad(style.bold(rule.label), _MARGIN)
    for paragraph in re.split(r"\n\n|\n(?=- )", rule.text):
        lines += style.prose(_plain(paragraph.removeprefix("- ")), lead + "- " * paragraph.startswith("- "))
        lead = " " * _MARGIN
    lines.append("")
    lines += _rows(style, "source", (f"{source.text} {style.dim(source.url or '')}" for source in rule.sources))
    questions = (f"{reading.label}: {reading.question}" for reading in READINGS if reading.rule == rule.label)
    lines += _rows(style, "open question", questions)
    lines += _rows(style, "tests", rule.tests)
    return "\n".join(lines) + "\n"


def _rows(style: Style, head: str, texts: Iterable[str]) -> list[str]:
    lines = [line for text in texts for line in style.prose(text, " " * (_MARGIN + _HEADS))]
    return [" " * _MARGIN + pad(head, _HEADS) + lines[0].lstrip(), *lines[1:]] if lines else []


def _plain(text: str) -> str:
    """Markdown without its emphasis and links; code keeps its backticks."""
    return re.sub(r"\*\*(.+?)\*\*|(?<![\w*`:])\*(\w[^*`]*)\*|\[([^]]+)\]\([^)]+\)", r"\1\2\3", text, flags=re.S)


def rules_json(rule: Rule | None) -> str:
    """One rule as a JSON object, or a list of all."""
    return json_text([_rule_json(one) for one in rules().values()] if rule is None else _rule_json(rule))


def _rule_json(rule: Rule) -> dict[str, object]:
    return {**asdict(rule), "readings": [reading.label for reading in READINGS if reading.rule == rule.label]}


def render_readings(style: Style) -> str:
    """Every reading: its label, the question, what yes and no mean, and the page that leaves it open."""
    lines, margin = [], max(len(reading.label) for reading in READINGS) + 2
    for reading in READINGS:
        lines += style.prose(reading.question, pad(style.bold(reading.label), margin))
        lines += style.prose(reading.yes, " " * margin + "yes  ")
        lines += style.prose(reading.no, " " * margin + "no   ")
        lines += [style.dim(line) for line in style.prose(f"rule {reading.rule}; {reading.source}", " " * margin)]
        lines.append("")
    lines += style.prose("Each is tried both ways unless `--reading LABEL=yes` or `--reading LABEL=no` settles it.", "")
    return "\n".join(lines) + "\n"


_OF_READING = ("label", "rule", "question", "yes", "no", "source")


def readings_json() -> str:
    """The same as a JSON list."""
    return json_text([{name: getattr(reading, name) for name in _OF_READING} for reading in READINGS])


def render_builtins(found: Sequence[Builtin], style: Style) -> str:
    """Each: how it is written, and what it demands."""
    lines: list[str] = []
    for one in found:
        usage = style.bold(one.name) + style.dim(one.usage.removeprefix(one.name))
        lines += [usage, *style.prose(one.help, " " * 6), ""]
    return "\n".join(lines[:-1]) + "\n"


def builtins_json(found: Sequence[Builtin]) -> str:
    """The same as a JSON list."""
    listed = [{"name": one.name, "usage": one.usage, "demands": one.help} for one in found]
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def render_actions(entries: Iterable[Judgement], style: Style, *, wrapped: bool) -> str:
    """For each action its head, what it can bring about at most, and why: in one line, unless it is `wrapped`."""
    found = list(entries)
    width = max((len(entry.name) for entry in found), default=0) + 2
    lines = list[str]()
    for entry in found:
        lead, why = f"{pad(entry.name, width)}{pad(style.bold(entry.head.value), 10)}", _effect(entry) + entry.reason
        lines += flow(why.split(), lead, indent=6, width=style.width) if wrapped else [lead + why]
    heads = Counter(entry.head for entry in found)
    said = ", ".join(f"{heads[head]} {head.value}" for head in Head if heads[head]) or "none"
    counts = f"{counted(len(found), 'action')}: {said} ({catalogue_version()})"
    return "\n".join((*lines, *map(style.dim, style.prose(counts, "") if wrapped else [counts]))) + "\n"


def _effect(entry: Judgement) -> str:
    if entry.effect is None:
        return ""
    services = f" ({', '.join(entry.services)})" if entry.services else ""
    running = f", {ActionEffect.RUN.value} ({', '.join(entry.running)})" if entry.running else ""
    return f"{entry.effect.value}{services}{running}: "


def actions_json(entries: Iterable[Judgement]) -> str:
    """The same as a JSON object: `sources`, and `actions`, whose `effect` may be null."""
    shapes: Shapes = {Judgement: json_shape("name head reason effect services running")}
    return json_text({"sources": catalogue_version(), "actions": wire(list(entries), shapes)})
