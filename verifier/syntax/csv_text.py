"""Rows to CSV (RFC 4180, with line feeds).

In: cells. Out: text. Guarantee: no cell is a formula to a spreadsheet, and none holds a character that acts on a
terminal.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from verifier.syntax.text import printable

CsvRow = Mapping[str, str | float]
"""Cells by their columns."""


class CsvTable(NamedTuple):
    """Columns in their order, and rows, which may lack cells."""

    columns: Sequence[str]
    rows: Sequence[CsvRow]


def csv_text(columns: Sequence[str], rows: Iterable[CsvRow]) -> str:
    """The text, with a final newline. What a row lacks is empty; a cell that a spreadsheet would take for a formula
    begins with a quote. Raises `ValueError` for a cell of no column."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: _inert(cell) if isinstance(cell, str) else cell for name, cell in row.items()} for row in rows
    )
    return out.getvalue()


def _inert(cell: str) -> str:
    text = printable(cell)
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or cell[:1] in ("\t", "\r") else text
