"""What the program knows → text or JSON, for `verifier rule`, `readings` and `builtins`: the rules of docs/semantics.md, the open questions
of AWS's documentation (◇, S2), the built-in invariants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from verifier.model.readings import READINGS
from verifier.model.rules import Rule, rules
from verifier.report.style import Style, pad, sentence

if TYPE_CHECKING:
    from verifier.language.builtins.catalogue import Builtin

_MARGIN, _HEADS = 6, 16


def render_rules(colour: bool) -> str:
    """A line for each rule: its label and what it is about."""
    style = Style(colour)
    return "".join(f"{pad(style.bold(rule.label), _MARGIN)}{_plain(rule.title)}\n" for rule in rules().values())


def render_rule(rule: Rule, colour: bool) -> str:
    """One rule: what it says, where AWS says so, what tests it, and the questions about it that are open."""
    style = Style(colour)
    lines, lead = [], pad(style.bold(rule.label), _MARGIN)
    for paragraph in re.split(r"\n\n|\n(?=- )", rule.text):
        lines += sentence(_plain(paragraph.removeprefix("- ")), lead + "- " * paragraph.startswith("- "))
        lead = " " * _MARGIN
    lines.append("")
    lines += _rows("source", (f"{source.text} {style.dim(source.url or '')}" for source in rule.sources))
    lines += _rows("open question", (f"{reading.label}: {reading.question}" for reading in READINGS if reading.rule == rule.label))
    lines += _rows("tests", rule.tests)
    return "\n".join(lines) + "\n"


def _rows(head: str, texts: Iterable[str]) -> list[str]:
    lines = [line for text in texts for line in sentence(text, " " * (_MARGIN + _HEADS))]
    return [" " * _MARGIN + pad(head, _HEADS) + lines[0].lstrip(), *lines[1:]] if lines else []


def _plain(text: str) -> str:
    """Markdown without its emphasis and links; code keeps its backticks."""
    return re.sub(r"\*\*(.+?)\*\*|(?<![\w*`:])\*(\w[^*`]*)\*|\[([^]]+)\]\([^)]+\)", r"\1\2\3", text, flags=re.S)


def rules_json(rule: Rule | None) -> str:
    """One rule as a JSON object, or a list of all: `label`, `title`, `text` (Markdown), `sources` (`text`, `url`), `tests`, `readings`."""
    return json.dumps([_rule_json(one) for one in rules().values()] if rule is None else _rule_json(rule), indent=2) + "\n"


def _rule_json(rule: Rule) -> dict[str, object]:
    return {**asdict(rule), "readings": [reading.label for reading in READINGS if reading.rule == rule.label]}


def render_readings(colour: bool) -> str:
    """Every reading: its label, the question, what yes and no mean, and the page that leaves it open."""
    style = Style(colour)
    lines = []
    for reading in READINGS:
        lines += sentence(reading.question, pad(style.bold(reading.label), 14))
        lines += sentence(reading.yes, " " * 14 + "yes  ")
        lines += sentence(reading.no, " " * 14 + "no   ")
        lines += [style.dim(line) for line in sentence(f"rule {reading.rule}; {reading.source}", " " * 14)]
        lines.append("")
    lines.append("Each is tried both ways unless `--reading LABEL=yes` or `--reading LABEL=no` settles it.")
    return "\n".join(lines) + "\n"


def readings_json() -> str:
    """The same as a JSON list."""
    return json.dumps([{"label": reading.label, "rule": reading.rule, **asdict(reading)} for reading in READINGS], indent=2)


def render_builtins(found: Sequence[Builtin], colour: bool) -> str:
    """Each: how it is written, and what it demands."""
    style = Style(colour)
    lines: list[str] = []
    for one in found:
        lines += [style.bold(one.name) + style.dim(one.usage.removeprefix(one.name)), *sentence(one.help, " " * 6), ""]
    return "\n".join(lines[:-1]) + "\n"


def builtins_json(found: Sequence[Builtin]) -> str:
    """The same as a JSON list."""
    return json.dumps([{"name": one.name, "usage": one.usage, "demands": one.help} for one in found], indent=2, ensure_ascii=False)
