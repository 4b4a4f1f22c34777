"""Texts as Markdown that shows exactly them.

In: any text. Out: Markdown (GitHub's, GitLab's) on one line. Guarantee: nothing of it is read as markup.
"""

from __future__ import annotations

import re

from verifier.syntax.text import printable

_ACTIVE = re.compile(r"[\\`*_\[\]<>#!|~&@:$]|(?<=[wW]{3})\.")
"""Characters that Markdown, HTML, mathematics, mentions, emoji or automatic links could be made of, wherever in a line they stand."""


def escaped(text: str) -> str:
    """A text as Markdown that shows exactly it, on one line."""
    return _ACTIVE.sub(lambda match: f"&#{ord(match.group())};", printable(text))


def code(text: str) -> str:
    """A text as a code span that shows exactly it."""
    shown = printable(text)
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    return f"{ticks} {shown} {ticks}" if "`" in shown else f"{ticks}{shown}{ticks}"
