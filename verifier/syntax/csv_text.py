"""Rows to CSV (RFC 4180, with line feeds).

In: cells. Out: text. Guarantee: no cell is a formula to a spreadsheet, and none holds a character that acts on a terminal.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from verifier.syntax.text import printable

Row = Sequence[str | float]


def csv_text(columns: Row, rows: Iterable[Row]) -> str:
    """The text, with a final newline. A cell that a spreadsheet would take for a formula begins with a quote."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[_inert(cell) if isinstance(cell, str) else cell for cell in row] for row in (columns, *rows)])
    return out.getvalue()


def _inert(cell: str) -> str:
    text = printable(cell)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or cell[:1] in ("\t", "\r") else text
