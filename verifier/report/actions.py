"""The catalogue of actions → text or JSON, for `verifier actions`."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from verifier.model.steps.catalogue import Entry, Head, catalogue_version
from verifier.report.naming import counted
from verifier.report.style import Style, pad
from verifier.report.wire.values import Shapes, shape, wire


def render_actions(entries: Iterable[Entry], style: Style) -> str:
    """A line for each action: its head, what it can bring about at most, why."""
    found = list(entries)
    width = max((len(entry.name) for entry in found), default=0) + 2
    lines = [f"{pad(entry.name, width)}{pad(style.bold(entry.head.value), 10)}{_effect(entry)}{entry.reason}" for entry in found]
    heads = Counter(entry.head for entry in found)
    said = ", ".join(f"{heads[head]} {head.value}" for head in Head if heads[head]) or "none"
    return "\n".join((*lines, style.dim(f"{counted(len(found), 'action')}: {said} ({catalogue_version()})"))) + "\n"


def _effect(entry: Entry) -> str:
    return "" if entry.effect is None else f"{' '.join((entry.effect.value, *entry.services))}: "


def actions_json(entries: Iterable[Entry]) -> str:
    """The same as a JSON object: `sources`, and `actions` with `name`, `head`, `reason`, `effect` (may be null) and `services`."""
    shapes: Shapes = {Entry: shape("name head reason effect services")}
    return json.dumps({"sources": catalogue_version(), "actions": wire(list(entries), shapes)}, indent=2) + "\n"
