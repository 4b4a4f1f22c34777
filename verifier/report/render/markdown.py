"""Documents → Markdown (GitHub's, GitLab's) that fits a comment on a pull request.

In: a `Document`. Out: Markdown, with a final newline. Guarantee: pure; nothing of the input is read as markup; what
finds no room is counted, and everything is said in short before anything is said in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from verifier.frozen import Frozen
from verifier.report import document as doc
from verifier.report.document import Role, Words, conclusions, plain_text, role_of, supposed_in
from verifier.syntax.text import brief, printable

_SIGNS = {Role.GOOD: "✅ ", Role.BAD: "❌ ", Role.DOUBT: "❓ ", None: ""}
_TICKS = {Role.GOOD: "✔ ", Role.BAD: "✘ ", Role.DOUBT: "? ", None: ""}
_MOST_ROWS, _MOST_OF_ROWS, _MOST_OF_A_NAME = 200, 30_000, 100
"""Rows of an overview, and characters of all of them and of a name."""
_EMPTY = re.compile("\n{3,}")
_RULE = re.compile(r"\[(.*?)\]")


def document_markdown(document: doc.Document) -> str:
    title = document.title
    parts = [part for block in document.blocks for part in _parts(block)]
    counts = " · ".join(map(_words, document.counts))
    last = [] if document.exit_code is None else [f"<sub>{counts} · exit code {document.exit_code:d}</sub>"]
    concluded = [f"<sub>supposed: {prose(text)}</sub><br>" for text in conclusions(supposed_in(document.blocks))]
    head = [f"## {prose(title[0].upper() + title[1:])}", "", *([counts, ""] if document.is_large else [])]
    return _EMPTY.sub("\n\n", fitted(head, parts, [*concluded, *last]))


def _parts(block: doc.Block) -> Iterator[MarkdownPart]:
    """What is there as a whole or is counted: each row, each item, each other block; then an empty line."""
    found = list(_tight(block))
    yield from found
    if found:
        yield MarkdownPart([""], counts=0)


def _tight(block: doc.Block) -> Iterator[MarkdownPart]:
    match block:
        case doc.TableBlock():
            head = table_head(block.titles)
            for row in block.rows:
                yield MarkdownPart([*head, table_row(_cells(row))], [])
                head = []
        case doc.ItemList():
            for label, item in block.labelled():
                full, short = (list(_item(label, item, "", folded=folded)) for folded in (True, False))
                yield MarkdownPart(full, short if short != full else None)
        case doc.BlockGroup(blocks):
            for one in blocks:
                yield from _tight(one)
        case _:
            full, short = (list(_lines(block, "", folded=folded)) for folded in (True, False))
            if full:
                yield MarkdownPart(full, short if short != full else None)


def _lines(block: doc.Block, margin: str, *, folded: bool) -> Iterator[str]:
    """A block; without what is `folded` away, it says that this is left out."""
    match block:
        case doc.Heading(words, beside, mark):
            yield f"{margin}### {_SIGNS[mark]}{prose(re.sub(' {2,}', ', ', plain_text(words)))}"
            yield ""
            if beside:
                yield from [f"{margin}{prose(' · '.join(beside))}", ""]
        case doc.Para(words, mark):
            yield f"{margin}{_SIGNS[mark]}{_words(words)}".rstrip()
        case doc.ItemList():
            for label, item in block.labelled():
                yield from _item(label, item, margin, folded=folded)
        case doc.Listing(label, names) if folded:
            yield from _details(label, [prose(name) for name in names])
        case doc.Supposed(assumptions) if folded:
            others = [other for other in dict.fromkeys(assumptions) if not other.is_conclusion]
            yield from _details(
                "what this supposes", [f"{prose(other.text)}{_tail(f'[{other.rule}]')}" for other in others]
            )
        case doc.Folded(title, blocks):
            if block.quiet or block.on_page or not blocks:
                return
            if not folded:
                yield from ("", f"{margin}<sub>There is no room here for {_summary(title)}.</sub>")
                return
            yield from ("", f"{margin}<details><summary>{_summary(title)}</summary>", "")
            for one in blocks:
                yield from _lines(one, margin, folded=folded)
            yield from ("", f"{margin}</details>")
        case doc.Lines(lines, language):
            shown = [printable(line) for line in lines]
            fence = "`" * max(3, 1 + max((len(run) for line in shown for run in re.findall("`+", line)), default=0))
            yield from (f"{margin}{line}" for line in (f"{fence}{language}", *shown, fence))
        case doc.TableBlock():
            yield from (*table_head(block.titles), *(table_row(_cells(row)) for row in block.rows))
        case doc.BlockGroup(blocks):
            for one in blocks:
                yield from _lines(one, margin, folded=folded)
        case doc.Overview(rows):
            yield from _overview(rows)
        case doc.Excerpts() | doc.Figure() | doc.Listing() | doc.Supposed():
            return


def _item(label: str, item: doc.Item, margin: str, *, folded: bool) -> Iterator[str]:
    numbered = re.fullmatch(r"\d+\.", label)
    bullet = f"{label} " if numbered else "- "
    colon = ":" if label.endswith(":") else ""
    before = f"**{escaped(label.rstrip(':'))}**{colon} " if any(map(str.isalnum, label)) and not numbered else ""
    yield f"{margin}{bullet}{before}{_TICKS[item.mark]}{_words(item.words)}{_tail(item.tail)}"
    for block in item.below:
        yield from _lines(block, margin + " " * len(bullet), folded=folded)


def _overview(rows: Sequence[tuple[Words, str, str]]) -> Iterator[str]:
    """A table of verdicts, what fails first; what finds no room is counted."""
    yield from table_head(["", "invariant", "key"])
    ordered = sorted(rows, key=lambda row: doc.WORST.index(role_of(row[0])))
    written, room = 0, _MOST_OF_ROWS
    for sign, *names in ordered[:_MOST_ROWS]:
        shown = (escaped(brief(name, _MOST_OF_A_NAME)) for name in names)
        row = table_row([f"{_SIGNS.get(role_of(sign), '')}{_words(sign)}", *shown])
        room -= len(row)
        if room < 0:
            break
        written += 1
        yield row
    if len(rows) > written:
        yield table_row(["", f"and {len(rows) - written:,} more", ""])


def _summary(title: Words) -> str:
    """A title, with how the thing fares."""
    return f"{_SIGNS.get(role_of(title), '')}{escaped(brief(plain_text(title), 3 * _MOST_OF_A_NAME))}"


def _cells(row: doc.Row) -> Sequence[str]:
    *cells, last = (_words(cell) for cell in row.cells)
    below = [f"{escaped(label)} {_words(item.words)}" for items in row.below for label, item in items.labelled()]
    return [*cells, "<br>".join([last, *below])]


def _tail(tail: str) -> str:
    """A place and a rule; rules, which text has in brackets, are in parentheses."""
    return " " + prose(" ".join(_RULE.sub(r"(\1)", tail).split())) if tail else ""


def _words(words: Words) -> str:
    match words:
        case str():
            return prose(words)
        case doc.Said(text, Role.CODE | Role.COMMAND | Role.QUOTED):
            return code(text) if text else ""
        case doc.Said(text, Role.NAME):
            return f"**{prose(text)}**" if text.strip() else ""
        case doc.Said(text):
            return prose(text)
        case doc.Apart(pieces, between):
            return (escaped(between) if between.strip() else " · ").join(map(_words, pieces))
    return spaced(map(_words, words))


_ACTIVE = re.compile(r"[\\`*_\[\]<>#!|~&@$]|:(?=//|[\w+-]*:)|(?<=[wW]{3})\.")
"""Characters that Markdown, HTML, mathematics, mentions, emoji or automatic links could be made of, anywhere."""
_RUN = re.compile(r"""\[[^\[\]`|]*\]|\$\{[^{}`|]*\}|[^\s"“”(),;`|<>\[\]{}]+""")
"""Values in brackets, a policy variable, or what may be a name: an ARN, an action, a condition key, a place in a file.
No code span ends in it, and no cell of a table."""


def escaped(text: str) -> str:
    """A text as Markdown that shows exactly it, on one line."""
    return _ACTIVE.sub(lambda match: f"&#{ord(match.group())};", printable(text))


def prose(text: str) -> str:
    """The same, with values in brackets, variables, and names that have a colon, as code spans."""
    found, last, shown = [], 0, printable(text)
    for run in _RUN.finditer(shown):
        name = run.group().rstrip(".:!?…")
        if ":" in name or name.startswith(("[", "${")):
            found += [escaped(shown[last : run.start()]), f"`{name}`"]
            last = run.start() + len(name)
    return spaced([*found, escaped(shown[last:])])


def code(text: str) -> str:
    """A text as a code span that shows exactly it."""
    shown = printable(text)
    ticks = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    return f"{ticks} {shown} {ticks}" if "`" in shown else f"{ticks}{shown}{ticks}"


def spaced(parts: Iterable[str]) -> str:
    """Pieces of Markdown one after the other, with a space where two code spans would become one."""
    whole = ""
    for part in parts:
        whole += f" {part}" if whole.endswith("`") and part.startswith("`") else part
    return whole


def table_head(titles: Sequence[str]) -> list[str]:
    return [table_row(titles), table_row(["---"] * len(titles))]


def table_row(cells: Sequence[str]) -> str:
    """One row of cells that are Markdown already."""
    return f"| {' | '.join(cells)} |"


def _details(title: str, items: Sequence[str]) -> Iterator[str]:
    """A list that is folded away; nothing for none."""
    if items:
        yield from ("", f"<details><summary>{title}</summary>", "", *(f"- {item}" for item in items), "", "</details>")


# -- what fits a comment --


MOST = 60_000
"""Characters of a page: GitHub takes 65,536 in a comment."""
_RESERVE = 300
"""Characters for the sentence that counts what was left out."""


class MarkdownPart(Frozen):
    """Lines that belong together, and the same in short (no lines: it waits until everything else is said in short).
    `counts` is for how many things they stand."""

    full: Sequence[str]
    short: Sequence[str] | None = None
    counts: int = 1


def fitted(head: Sequence[str], blocks: Sequence[MarkdownPart], end: Sequence[str]) -> str:
    """All lines, with a final newline, and how many things are left out."""
    room = MOST - _RESERVE - _size(head) - _size(end)
    shown: list[Sequence[str] | None] = [None] * len(blocks)
    for number, block in enumerate(blocks):
        lines = block.full if block.short is None else block.short
        if _size(lines) > room:  # nor anything after it, which could seem to be about what is before
            break
        room -= _size(lines)
        shown[number] = lines
    for number, block in enumerate(blocks):
        short = shown[number]
        if short is not None and (more := _size(block.full) - _size(short)) <= room:
            shown[number] = block.full
            room -= more
    left = sum(block.counts for block, lines in zip(blocks, shown, strict=True) if not lines and block.full)
    kept = [line for lines in shown if lines is not None for line in lines]
    if left:
        kept += [f"{left:,} more, for which there is no room here.", ""]
    return "\n".join([*head, *kept, *end]) + "\n"


def _size(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
