"""The built-in invariants → text or JSON, for `verifier builtins`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from verifier.language.builtins.catalogue import Builtin
from verifier.report.style import Style, sentence


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
