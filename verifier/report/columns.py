"""Cells side by side, wrapped between words.

In: rows of texts without markup, widths. Out: lines. Guarantee: nothing is cut: a word that is wider than its column runs over, and the
cells behind it begin on a line of their own.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.report.style import pad, width_of

GAP = 2
"""Columns between two cells, at least."""


def columns(cells: Sequence[str], widths: Sequence[int], indent: int = 0) -> list[str]:
    """One row: each cell within its width, but for words that are wider."""
    blocks = [_wrapped(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines: list[str] = []
    for number in range(max(map(len, blocks), default=0)):
        line = " " * indent
        start = indent
        for block, width in zip(blocks, widths, strict=True):
            text = block[number] if number < len(block) else ""
            if text and line.strip() and width_of(line) > start - GAP:
                lines.append(line.rstrip())
                line = " " * start
            line = pad(line, start) + text
            start += width + GAP
        lines.append(line.rstrip())
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        grown = f"{lines[-1]} {word}" if lines[-1] else word
        if lines[-1] and width_of(grown) > width:
            lines.append(word)
        else:
            lines[-1] = grown
    return lines
