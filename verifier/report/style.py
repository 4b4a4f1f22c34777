"""Colours and line layout for the text report.

Colour is the caller's choice (a terminal, no NO_COLOR); without it no escape sequence is written. Texts that come from
the input pass through `printable` before they arrive here, so the only escape sequences in a line are ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache, partialmethod

from verifier.frozen import Frozen

WIDTH = 120
"""Columns that prose and lists are wrapped to, where there is no terminal. ARNs and commands are never broken."""

_ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
_PLACE = re.compile(r" (\([^()\s]+\)\S*)$")
_OTHERS = re.compile(r"[^\x00-\x7f]")


class Style(Frozen):
    """Paints words, or leaves them as they are when `colour` is false; breaks prose at `width` columns."""

    colour: bool
    width: int = WIDTH

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    good = partialmethod(_paint, "32")
    """For what is proved."""
    bad = partialmethod(_paint, "31")
    """For what is refuted, and for errors."""
    doubt = partialmethod(_paint, "33")
    """For what is unknown, and for warnings."""
    dim = partialmethod(_paint, "2")
    """For what a reader may skip."""
    bold = partialmethod(_paint, "1")
    """For names."""

    def prose(self, text: str, lead: str) -> list[str]:
        """A text behind `lead`, broken between words."""
        return flow(text.split() or [""], lead, width=self.width)


PLAIN = Style(False)


def width_of(text: str) -> int:
    """The columns that a text takes in a terminal: wide characters take two, combining ones and our colours none."""
    plain = _ESCAPE.sub("", text) if "\x1b" in text else text
    return len(plain) if plain.isascii() else len(plain) + sum(map(_more, _OTHERS.findall(plain)))


@lru_cache(4096)
def _more(character: str) -> int:
    """The columns that a character takes, less one."""
    return -1 if unicodedata.combining(character) else unicodedata.east_asian_width(character) in "WF"


def pad(text: str, columns: int) -> str:
    """The text, filled with spaces up to `columns`; never cut."""
    return text + " " * max(0, columns - width_of(text))


def flow(
    pieces: Sequence[str], lead: str, *, between: str = " ", indent: int | None = None, width: int = WIDTH
) -> list[str]:
    """Pieces laid out one after the other within `width` columns. A piece is broken before the place that it ends with,
    as in `Allow "Ops" (policy.json:4)`, iff it has no room on a line of its own.

    The first line starts with `lead`; the following ones are indented by `indent` columns (as wide as `lead`, if not
    given). A line that is followed by another keeps `between` without its trailing spaces.
    """
    begun = width_of(lead)
    margin = " " * (begun if indent is None else indent)
    gap = width_of(between)
    lines, line, columns, fresh = [], lead, begun, True
    for number, piece in enumerate(pieces, start=1):
        own, room = width_of(piece), width - width_of(between.rstrip()) * (number < len(pieces))
        place = _PLACE.search(piece) if len(margin) + own > room else None
        whole, own = (piece, own) if place is None else (piece[: place.start()], width_of(piece[: place.start()]))
        if fresh or columns + gap + own <= room:
            line, columns = (line + whole, columns + own) if fresh else (line + between + whole, columns + gap + own)
            fresh = False
        else:
            lines.append((line + between).rstrip())
            line, columns = margin + whole.lstrip(" "), len(margin) + own
        if place is not None:
            lines.append(line)
            line, columns = f"{margin}  {place[1]}", len(margin) + 2 + width_of(place[1])
    return [*lines, line.rstrip()]


def page_text(lines: Iterable[str]) -> str:
    """The lines as one text, without spaces at their ends, with a final newline."""
    return "\n".join(line.rstrip() for line in lines) + "\n"
