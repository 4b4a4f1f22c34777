"""Places in a text: offsets, and the lines and characters of the protocol.

In: a text, and what counts the units of the protocol. Out: offsets, `Position`s, `Range`s. Guarantee: a place outside
the text is the nearest one in it. Lines end as `Source` ends them, by a line feed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

from lsprotocol.types import Position, Range

from verifier.syntax.source import Span


class Places:
    """The places in one text; `units` counts those of the position encoding that was agreed upon."""

    def __init__(self, text: str, units: Callable[[str], int]) -> None:
        self._text, self._units = text, units
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def range(self, span: Span) -> Range:
        """The range of a span; the first character of the text for one that is nowhere in it."""
        if span.line < 1:
            return Range(Position(0, 0), Position(0, 1))
        return self.between(self._at(span.line, span.column), self._at(span.end_line, span.end_column))

    def between(self, start: int, end: int) -> Range:
        """The range of the characters from `start` to `end`, which is exclusive."""
        return Range(self._position(start), self._position(end))

    def offset(self, position: Position) -> int:
        """The offset of a position."""
        line = min(max(position.line, 0), len(self._starts) - 1)
        start, units = self._starts[line], 0
        for column, character in enumerate(self._line(line)):
            if units >= position.character:
                return start + column
            units += self._units(character)
        return start + len(self._line(line))

    def _line(self, line: int) -> str:
        end = self._starts[line + 1] - 1 if line + 1 < len(self._starts) else len(self._text)
        return self._text[self._starts[line] : end].removesuffix("\r")

    def _at(self, line: int, column: int) -> int:
        number = min(line, len(self._starts)) - 1
        return min(self._starts[number] + max(column - 1, 0), len(self._text))

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset) - 1
        return Position(line, self._units(self._text[self._starts[line] : offset]))
