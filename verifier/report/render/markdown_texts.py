"""Texts as Markdown that shows exactly them, and the layouts that reports share.

In: any text; cells that are Markdown already. Out: Markdown (GitHub's, GitLab's). Guarantee: nothing of a text is read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

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


def table_head(titles: Sequence[str]) -> list[str]:
    """The head of a table."""
    return [table_row(titles), table_row(["---"] * len(titles))]


def table_row(cells: Sequence[str]) -> str:
    """One row of cells that are Markdown already."""
    return f"| {' | '.join(cells)} |"


def details(title: str, items: Sequence[str]) -> Iterator[str]:
    """A list that is folded away; nothing for none."""
    if items:
        yield from ("", f"<details><summary>{title}</summary>", "", *(f"- {item}" for item in items), "", "</details>")
