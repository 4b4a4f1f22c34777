"""Documents → Markdown (GitHub's, GitLab's) that fits a comment on a pull request.

In: a `Document`. Out: Markdown, with a final newline. Guarantee: pure; nothing of the input is read as markup; what finds no room is
counted, and everything is said in short before anything is said in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from verifier.report.document import (
    Apart,
    Block,
    Document,
    Excerpts,
    Folded,
    Group,
    Heading,
    Item,
    Items,
    Lines,
    Listing,
    Para,
    Role,
    Row,
    Said,
    Supposed,
    Table,
    Words,
    plain,
    supposed_in,
)
from verifier.report.render.markdown_texts import code, details, escaped, table_head, table_row
from verifier.report.render.room import Part, fitted
from verifier.report.supposed import supposed_end
from verifier.syntax.text import printable

_SIGNS = {Role.GOOD: "✅ ", Role.BAD: "❌ ", Role.DOUBT: "❓ ", None: ""}
_TICKS = {Role.GOOD: "✔ ", Role.BAD: "✘ ", Role.DOUBT: "? ", None: ""}
_RULE = re.compile(r"\[(.*?)\]")


def render_markdown(document: Document) -> str:
    """The whole document."""
    title = document.title
    parts = [part for block in document.blocks for part in _parts(block)]
    counts = " · ".join(map(escaped, document.counts))
    last = [] if document.exit_code is None else [f"<sub>{counts} · exit code {document.exit_code:d}</sub>"]
    end = [*supposed_end(supposed_in(document.blocks)), *last]
    return fitted([f"## {escaped(title[0].upper() + title[1:])}", ""], parts, end)


def _parts(block: Block) -> Iterator[Part]:
    """What is there as a whole or is counted: each row, each item, each other block; then an empty line."""
    found = list(_tight(block))
    yield from found
    yield from [Part([""], counts=0)] if found else []


def _tight(block: Block) -> Iterator[Part]:
    match block:
        case Table():
            head = table_head(block.titles)
            for row in block.rows:
                yield Part([*head, table_row(_cells(row))], [])
                head = []
        case Items():
            for item in block.items:
                full, short = (list(_item(item, "", folded=folded)) for folded in (True, False))
                yield Part(full, short if short != full else None)
        case Group(blocks):
            for one in blocks:
                yield from _tight(one)
        case _:
            full, short = (list(_lines(block, "", folded=folded)) for folded in (True, False))
            if full:
                yield Part(full, short if short != full else None)


def _lines(block: Block, margin: str, *, folded: bool) -> Iterator[str]:
    """A block; without what is `folded` away, it says that this is left out."""
    match block:
        case Heading(words, beside, mark):
            yield f"{margin}### {_SIGNS[mark]}{escaped(' '.join(plain(words).split()))}"
            yield from ["", f"{margin}{escaped(' · '.join(beside))}"] if beside else []
        case Para(words, mark, tail):
            yield f"{margin}{_SIGNS[mark]}{_words(words)}{_tail(tail)}"
        case Items(items):
            for item in items:
                yield from _item(item, margin, folded=folded)
        case Listing(label, names) if folded:
            yield from details(label, [escaped(name) for name in names])
        case Supposed(assumptions) if folded:
            others = [other for other in dict.fromkeys(assumptions) if not other.is_conclusion]
            yield from details("what this supposes", [f"{escaped(other.text)}{_tail(f'[{other.rule}]')}" for other in others])
        case Folded(title, blocks):
            if not folded:
                yield from ("", f"{margin}<sub>There is no room here for {escaped(title)}.</sub>")
                return
            yield from ("", f"{margin}<details><summary>{escaped(title)}</summary>", "")
            for one in blocks:
                yield from _lines(one, margin, folded=folded)
            yield from ("", f"{margin}</details>")
        case Lines(lines, language):
            shown = [printable(line) for line in lines]
            fence = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall("`+", line)), default=0))
            yield from (f"{margin}{line}" for line in (f"{fence}{language}", *shown, fence))
        case Table():
            yield from (*table_head(block.titles), *(table_row(_cells(row)) for row in block.rows))
        case Group(blocks):
            for one in blocks:
                yield from _lines(one, margin, folded=folded)
        case Excerpts() | Listing() | Supposed():
            return


def _item(item: Item, margin: str, *, folded: bool) -> Iterator[str]:
    label = plain(item.label).strip()
    numbered = re.fullmatch(r"\d+\.", label)
    bullet = f"{label} " if numbered else "- "
    colon = ":" if label.endswith(":") else ""
    before = f"**{escaped(label.rstrip(':'))}**{colon} " if label and label != "·" and not numbered else ""
    yield f"{margin}{bullet}{before}{_TICKS[item.mark]}{_words(item.words)}{_tail(item.tail)}"
    for block in item.below:
        yield from _lines(block, margin + " " * len(bullet), folded=folded)


def _cells(row: Row) -> Sequence[str]:
    *cells, last = (_words(cell) for cell in row.cells)
    below = [f"{escaped(plain(item.label))} {_words(item.words)}" for items in row.below for item in items.items]
    return [*cells, "<br>".join([last, *below])]


def _tail(tail: str) -> str:
    """A place and a rule; rules, which text has in brackets, are in parentheses."""
    return " " + escaped(" ".join(_RULE.sub(r"(\1)", tail).split())) if tail else ""


def _words(words: Words) -> str:
    match words:
        case str():
            return escaped(words)
        case Said(text, Role.CODE | Role.COMMAND | Role.QUOTED):
            return code(text) if text else ""
        case Said(text, Role.NAME):
            return f"**{escaped(text)}**" if text.strip() else ""
        case Said(text):
            return escaped(text)
        case Apart(pieces):
            return " · ".join(map(_words, pieces))
    return "".join(map(_words, words))
