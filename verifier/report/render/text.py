"""Documents → text for a terminal.

In: a `Document`, whether to colour. Out: text, with a final newline. Guarantee: pure; nothing of the input acts on a
terminal; commands and ARNs are never broken; what is cut short says so, and `in_full` cuts nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

from verifier.report import document as doc
from verifier.report.document import Role, Words, role_of, supposed_in
from verifier.report.style import WIDTH, Style, flow, pad, page_text, width_of
from verifier.syntax.text import counted, printable

_SIGNS = {Role.GOOD: "✔", Role.BAD: "✘", Role.DOUBT: "?"}
_PAINTS = {
    **dict.fromkeys((Role.NAME, Role.COMMAND), Style.bold),
    Role.GOOD: Style.good,
    Role.BAD: Style.bad,
    Role.DOUBT: Style.doubt,
    Role.DIM: Style.dim,
}
_BLANK = re.compile("(?<! ) ")
"""Where a line may be broken: of several spaces, the others stay before the next word."""
_MOST_ROWS = 40
"""Rows of an overview."""
_RIGHT = 96
"""The last column of what stands at the right of a line."""
_GAP = 2
"""Columns between two cells, at least."""


def document_text(document: doc.Document, *, colour: bool = False, width: int | None = None) -> str:
    writer = _Writer(Style(colour), document.in_full, width or WIDTH)
    counts = writer.counts(document)
    lines = [*writer.flow(doc.Said(document.title, Role.NAME), ""), ""] if document.title_in_text else []
    if document.is_large:
        lines += [*counts, ""]
    for block in document.blocks:
        rendered = writer.block(block)
        if rendered:
            lines += [*rendered, ""]
    return page_text([*lines, *counts] if counts else lines[:-1])


def document_summary(document: doc.Document, *, colour: bool) -> str:
    """Its counts on one line, without what a reader may skip, and how much was concluded (S4)."""
    number = len({found for found in supposed_in(document.blocks) if found.is_conclusion})
    supposed = [f"supposing {counted(number, 'thing')} that the input does not say [S4]"] if number else []
    counts = *(words for words in document.counts if role_of(words) is not Role.DIM), *supposed
    return page_text(_Writer(Style(colour), in_full=False, width=sys.maxsize).counts(replace(document, counts=counts)))


def block_lines(blocks: Sequence[doc.Block], style: Style) -> list[str]:
    writer = _Writer(style, in_full=False, width=style.width)
    return [line for block in blocks for line in writer.block(block)]


class _Writer:
    """Lays out blocks."""

    def __init__(self, style: Style, in_full: bool, width: int) -> None:
        self.style, self.in_full, self.width = style, in_full, width

    def counts(self, document: doc.Document) -> list[str]:
        """What an answer comes to; nothing where it has no exit code."""
        if document.exit_code is None:
            return []
        counts = [*map(self.joined, document.counts), f"exit {document.exit_code:d}"]
        lines = flow(counts, "", between=document.gap, indent=0, width=self.width)
        return [part for line in lines for part in self._broken(line)]

    def _broken(self, line: str) -> list[str]:
        """A line that is one sentence, broken between words where it is too long."""
        return [line] if width_of(line) <= self.width else flow(line.split(" "), "", indent=2, width=self.width)

    def block(self, block: doc.Block) -> list[str]:
        match block:
            case doc.Heading(words, beside):
                return flow(
                    [*map(printable, beside)], f"{self.joined(words)}  ", between="   ", indent=2, width=self.width
                )
            case doc.Para(words, mark):
                return self.flow(words, f"{self.sign(mark)} " if mark else "", "", 2 if mark else None)
            case doc.ItemList():
                return [line for item in block.items for line in self.item(block, item)]
            case doc.TableBlock():
                return list(self.table(block))
            case doc.Listing(label, names, most):
                return self.listing(label, names, None if self.in_full else most)
            case doc.Supposed(assumptions, label, columns, margin):
                numbered = enumerate(dict.fromkeys(assumptions))
                found = [doc.Item(one.text, "" if n else label, f"[{one.rule}]") for n, one in numbered]
                return self.block(doc.ItemList(tuple(found), margin, columns))
            case doc.Folded(_, blocks, instead, line, aside):
                shown = () if block.on_page else blocks if self.in_full or line else instead
                head = self.headline(line, aside) if line else []
                return [*head, *(rendered for one in shown for rendered in self.block(one))]
            case doc.Lines(lines, _, margin):
                return [f"{' ' * margin}{printable(line)}" for line in lines]
            case doc.BlockGroup(blocks):
                return [line for one in blocks for line in self.block(one)]
            case doc.Overview(rows):
                return self.overview(rows) if len(rows) > doc.MOST_WITHOUT_SUMMARY else []
            case doc.Excerpts() | doc.Figure():
                return []

    def headline(self, line: Words, aside: str) -> list[str]:
        """A line, and what stands at its right."""
        *before, last = self.flow(line, "")
        if aside:
            last = pad(last, min(self.width, _RIGHT) - _GAP - width_of(aside)) + " " * _GAP + aside
        return [*before, last]

    def item(self, items: doc.ItemList, item: doc.Item) -> Iterator[str]:
        label = self.joined(item.label)
        lead = " " * items.margin + pad(
            f"{label} " if label and width_of(label) >= items.columns else label, items.columns
        )
        if item.mark:
            lead += f"{self.sign(item.mark)} "
        yield from self.flow(item.words, lead, item.tail, items.hang)
        for block in item.below:
            yield from self.block(block)

    def listing(self, label: str, names: Sequence[str], most: int | None) -> list[str]:
        shown = [*map(printable, names[:most])]
        more = [f"and {len(names) - len(shown):,} more (--verbose)"] if len(names) > len(shown) else []
        if not names:
            return []
        lines = flow([*shown, *more], pad(label, 12), between=", ", width=self.width)
        return [self.style.dim(line) for line in lines]

    def overview(self, rows: Sequence[tuple[Words, str, str]]) -> list[str]:
        """A line for each of many verdicts that is not proved, and fares as badly as it can."""
        open_ = sorted(
            (row for row in rows if role_of(row[0]) is not Role.GOOD), key=lambda row: doc.WORST.index(role_of(row[0]))
        )
        lines = [
            f"{pad(self.joined(sign), doc.MARGIN)}{printable(name)}  {self.style.dim(printable(key))}"
            for sign, name, key in open_
        ]
        return lines[:_MOST_ROWS] + ([f"and {len(lines) - _MOST_ROWS:,} more"] if len(lines) > _MOST_ROWS else [])

    # -- tables --

    def table(self, table: doc.TableBlock) -> Iterator[str]:
        """Its rows, wider or narrower as the terminal is."""
        widths = [max(min(width, 8), width * self.width // WIDTH) for width in table.widths]
        last: Words | None = None
        for number, row in enumerate(table.rows):
            if number and table.apart:
                yield ""
            if table.grouped and row.cells[0] != last:
                yield from self.flow(row.cells[0], "", indent=2)
            last = row.cells[0]
            yield from self.cells(row.cells[1:] if table.grouped else row.cells, widths, 4 if table.grouped else 0)
            for items in row.below:
                yield from self.block(items)

    def cells(self, cells: Sequence[Words], widths: Sequence[int], indent: int) -> list[str]:
        """One row: each cell within its width; behind words that are wider, cells begin on a line of their own."""
        blocks = [_wrapped(self.pieces(cell), width) for cell, width in zip(cells, widths, strict=True)]
        lines: list[str] = []
        for number in range(max(map(len, blocks), default=0)):
            line = " " * indent
            start = indent
            for block, width in zip(blocks, widths, strict=True):
                text = block[number] if number < len(block) else ""
                if text and line.strip() and width_of(line) > start - _GAP:
                    lines.append(line.rstrip())
                    line = " " * start
                line = pad(line, start) + text
                start += width + _GAP
            lines.append(line.rstrip())
        return lines

    # -- words --

    def flow(self, words: Words, lead: str, tail: str = "", indent: int | None = None) -> list[str]:
        """Words broken between each other; `tail` stays with the last one."""
        between = " "
        if isinstance(words, doc.Apart):
            pieces, between = [self.joined(piece) for piece in words.pieces], words.between
        else:
            pieces = self.pieces(words)
        if tail and pieces:
            pieces[-1] += f" {self.style.dim(printable(tail))}"
        return flow(pieces or [printable(tail)], lead, between=between, indent=indent, width=self.width)

    def joined(self, words: Words) -> str:
        """Words on one line."""
        return "".join(self.paint(text, role) for text, role in _said(words))

    def pieces(self, words: Words) -> list[str]:
        """What may stand on lines of its own."""
        found = _BLANK.split(printable(words)) if isinstance(words, str) else self.mixed(words)
        if not found[0] and len(found) > 1:
            found[1] = f" {found[1]}"
        return [piece for piece in found if piece.strip()]

    def mixed(self, words: Words) -> list[str]:
        """The pieces of words of several roles."""
        found = [""]
        for text, role in _said(words):
            first, *others = [text] if role is Role.COMMAND else _BLANK.split(text)
            found[-1] += self.paint(first, role)
            found += [self.paint(other, role) for other in others]
        return found

    def paint(self, text: str, role: Role | None) -> str:
        """A word in the colour of its role."""
        return _PAINTS[role](self.style, text) if role in _PAINTS else text

    def sign(self, mark: Role) -> str:
        """`✔`, `✘`, `?`."""
        return self.paint(_SIGNS[mark], mark)


def _said(words: Words) -> Iterator[tuple[str, Role | None]]:
    match words:
        case str():
            yield printable(words), None
        case doc.Said():
            text = printable(words.text)
            yield f"`{text}`" if words.role is Role.QUOTED else text, words.role
        case doc.Apart():
            for number, piece in enumerate(words.pieces):
                if number:
                    yield (words.between, None)
                yield from _said(piece)
        case _:
            for part in words:
                yield from _said(part)


def _wrapped(pieces: Sequence[str], width: int) -> list[str]:
    lines = [""]
    for piece in pieces:
        grown = f"{lines[-1]} {piece}" if lines[-1] else piece
        if lines[-1] and width_of(grown) > width:
            lines.append(piece)
        else:
            lines[-1] = grown
    return lines
