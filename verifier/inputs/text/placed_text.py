"""Texts that are put together of what stands in a file and of other values, with the places of their characters.

In: parts of a text; those that the file has, with its characters or without some of them. Out: a source.
Guarantee: a text says what its parts say; what a part has that is not in the file is where the part is used.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from verifier.inputs.text.nodes import Node, Scalar
from verifier.syntax.source import Source


class PlacedText(Scalar):
    """A part of a text, and the place of each of its characters in the source."""

    __slots__ = ("offsets",)

    def __init__(self, at: Node, text: str, offsets: Sequence[int]) -> None:
        super().__init__(at.source, at.start, at.end, text, "string")
        self.offsets = offsets


def aligned(at: Node, parts: Sequence[str]) -> list[Sequence[int]]:
    """Where the characters of each part stand in what is written at a place, which has them in this order, with others
    between. One that it does not have is where the last one is."""
    found, position = list[Sequence[int]](), at.start
    for part in parts:
        offsets = array("q")
        for character in part:
            next_ = at.source.text.find(character, position, at.end)
            position = position if next_ < 0 else next_ + 1
            offsets.append(max(position - 1, at.start))
        found.append(offsets)
    return found


def placed_source(at: Node, parts: Sequence[Node], texts: Sequence[str]) -> Source:
    """The texts of parts, one after the other: a source in that of `at`."""
    offsets = array("q")
    for part, text in zip(parts, texts, strict=True):
        here = offsets[-1] + 1 if offsets else at.start
        offsets.extend(part.offsets if isinstance(part, PlacedText) else [here] * len(text))
    offsets.append(at.end)
    return Source(at.source.name, "".join(texts), at.source, offsets)
