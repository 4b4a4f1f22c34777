"""Texts as Markdown that shows exactly them, and the layouts that reports share.

In: any text; cells that are Markdown already. Out: Markdown (GitHub's, GitLab's). Guarantee: nothing of a text is read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from verifier.syntax.text import printable

_ACTIVE = re.compile(r"[\\`*_\[\]<>#!|~&@$]|:(?=//|[\w+-]*:)|(?<=[wW]{3})\.")
"""Characters that Markdown, HTML, mathematics, mentions, emoji or automatic links could be made of, wherever in a line they stand."""
_RUN = re.compile(r"""\[[^\[\]`|]*\]|\$\{[^{}`|]*\}|[^\s"“”(),;`|<>\[\]{}]+""")
"""Values in brackets, a policy variable, or what may be a name: an ARN, an action, a condition key, a place in a file. No code span ends in
it, and no cell of a table."""


def escaped(text: str) -> str:
    """A text as Markdown that shows exactly it, on one line."""
    return _ACTIVE.sub(lambda match: f"&#{ord(match.group())};", printable(text))


def prose(text: str) -> str:
    """The same, with values in brackets, variables, and names that have a colon, as code spans."""
    found, last, shown = [], 0, printable(text)
    for run in _RUN.finditer(shown):
        name = run.group().rstrip(".:!?…")
        if ":" in name or name.startswith(("[", "${")):
            found += [escaped(shown[last : run.start()]), f"`{name}`"]
            last = run.start() + len(name)
    return spaced([*found, escaped(shown[last:])])


def code(text: str) -> str:
    """A text as a code span that shows exactly it."""
    shown = printable(text)
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    return f"{ticks} {shown} {ticks}" if "`" in shown else f"{ticks}{shown}{ticks}"


def spaced(parts: Iterable[str]) -> str:
    """Pieces of Markdown one after the other, with a space where two code spans would become one."""
    whole = ""
    for part in parts:
        whole += f" {part}" if whole.endswith("`") and part.startswith("`") else part
    return whole


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
