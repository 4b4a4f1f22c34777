"""Markdown that fits a comment on a pull request (GitHub takes 65,536 characters).

In: a head, blocks that may be said in short, an end. Out: one text. Guarantee: at most `MOST` characters, if the head and the end leave
room; a block is there as a whole or is counted; every block is said in short before any is said in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST = 60_000
_RESERVE = 300
"""Characters for the sentence that counts what was left out."""


@dataclass(frozen=True)
class Part:
    """Lines that belong together, and the same in short (no lines: it waits until everything else is said in short). `counts` is for how
    many things they stand."""

    full: Sequence[str]
    short: Sequence[str] | None = None
    counts: int = 1


def fitted(head: Sequence[str], blocks: Sequence[Part], end: Sequence[str]) -> str:
    """All lines, with a final newline, and how many things are not told."""
    room = MOST - _RESERVE - _size(head) - _size(end)
    chosen: list[Sequence[str] | None] = [None] * len(blocks)
    for number, block in enumerate(blocks):
        lines = block.full if block.short is None else block.short
        if _size(lines) > room:  # nor anything after it, which could seem to be about what is before
            break
        room -= _size(lines)
        chosen[number] = lines
    for number, block in enumerate(blocks):
        short = chosen[number]
        if short is not None and (more := _size(block.full) - _size(short)) <= room:
            chosen[number] = block.full
            room -= more
    left = sum(block.counts for block, lines in zip(blocks, chosen, strict=True) if not lines and block.full)
    kept = [line for lines in chosen if lines is not None for line in lines]
    return "\n".join([*head, *kept, *([f"{left:,} more, for which there is no room here.", ""] if left else []), *end]) + "\n"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
