"""Source texts and the places in them.

In: the text of one file, or of a JSON string inside another text.
Out: spans (file, line, column) for any range of characters of it.
Guarantee: a span of a nested source points into the outermost file, through the escapes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from verifier.frozen import Frozen


class Span(Frozen, order=True):
    """A range of characters in a file. Lines and columns count from 1; the end is exclusive.

    `file` may name a thing in a file, after a `#` (`plan.json#aws_kms_key.payments`): lines and columns then count in
    what the thing is written as, and are 0 where it is written nowhere.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


NOWHERE = Span("", 0, 0, 0, 0)
"""The span of things that no input text holds, such as a key's default policy (U3)."""


@dataclass(frozen=True)
class Source:
    """A text to be parsed, and where each of its characters stands in the outermost file.

    `offsets[i]` is the position in `outer.text` of character `i` of `text` (one more entry than
    characters, for the end); both are absent when the text is a whole file.
    """

    name: str
    text: str
    outer: Source | None = None
    offsets: Sequence[int] | None = None
    _line_starts: list[int] = field(default_factory=list, compare=False, repr=False)

    def root_offset(self, offset: int) -> int:
        """The position in the outermost file of character `offset` of this text."""
        if self.outer is None or self.offsets is None:
            return offset
        return self.outer.root_offset(self.offsets[offset])

    def root(self) -> Source:
        """The outermost file."""
        return self if self.outer is None else self.outer.root()

    def span(self, start: int, end: int) -> Span:
        """The span, in the outermost file, of the characters `start` (included) to `end` (excluded)."""
        root = self.root()
        line, column = root._position(self.root_offset(start))
        end_line, end_column = root._position(self.root_offset(end))
        return Span(root.name, line, column, end_line, end_column)

    def line_text(self, line: int) -> str:
        """The text of one line (counted from 1) of the outermost file, without its end."""
        root = self.root()
        starts = root._starts()
        end = starts[line] - 1 if line < len(starts) else len(root.text)
        return root.text[starts[line - 1] : end].rstrip("\r")

    def _starts(self) -> list[int]:
        if not self._line_starts:
            self._line_starts.append(0)
            find = self.text.find
            at = find("\n")
            while at >= 0:
                self._line_starts.append(at + 1)
                at = find("\n", at + 1)
        return self._line_starts

    def _position(self, offset: int) -> tuple[int, int]:
        starts = self._starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1


class Address(Source):
    """A thing of a file that has a name and no text of its own, such as a resource of a plan."""

    def span(self, start: int, end: int) -> Span:
        """The thing as such."""
        return Span(self.name, 0, 0, 0, 0)
