"""Documents → one HTML file.

In: a `Document`. Out: HTML. Guarantee: self-contained: no script, no request to anywhere; everything of the input is escaped;
it works without a mouse, on paper, dark and light.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier import __version__
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
    supposed_in,
)
from verifier.report.html.nodes import Content, Html, element, page
from verifier.report.html.policy import excerpts
from verifier.report.html.style import STYLE
from verifier.report.supposed import conclusions

_SIGNS = {Role.GOOD: "✔ ", Role.BAD: "✘ ", Role.DOUBT: "? ", None: ""}
_CLASSES = {Role.GOOD: "proved", Role.BAD: "refuted", Role.DOUBT: "unknown", Role.DIM: "dim"}


def render_html(document: Document) -> str:
    """The whole document."""
    title = document.title[0].upper() + document.title[1:]
    counts = " · ".join((*document.counts, *([] if document.exit_code is None else [f"exit code {document.exit_code:d}"])))
    supposed = [element("p", f"supposed: {text}", class_="dim") for text in conclusions(supposed_in(document.blocks))]
    head = element("header", element("h1", title), element("p", counts), supposed)
    footer = element("footer", element("p", f"kms-verifier {__version__}"))
    return page(title, STYLE, head, element("main", map(_block, document.blocks)), footer)


def _block(block: Block) -> Content:
    match block:
        case Heading(words, beside, mark):
            about = element("p", " · ".join(beside), class_="dim") if beside else None
            return element("h2", _sign(mark), _words(words)), about
        case Para(words, mark, tail):
            return element("p", _sign(mark), _words(words), _tail(tail))
        case Items(items):
            return element("ul", map(_item, items)) if items else None
        case Table(titles, rows=rows):
            head = element("tr", (element("th", title, scope="col") for title in titles))
            return element("table", element("thead", head), element("tbody", map(_row, rows))) if rows else None
        case Listing(label, names):
            return _folded(label, element("ul", (element("li", name) for name in names))) if names else None
        case Supposed(assumptions):
            found = dict.fromkeys(f"{assumption.text} [{assumption.rule}]" for assumption in assumptions)
            return _folded("what this supposes", element("ul", (element("li", text) for text in found))) if found else None
        case Folded(title, blocks):
            return _folded(title, map(_block, blocks))
        case Lines(lines):
            return element("pre", "\n".join(lines), tabindex="0")
        case Excerpts(texts, sides):
            shown = [excerpts(texts, spans, mark) for mark, spans in sides]
            nothing = element("p", "nothing in the text", class_="dim")
            two = (element("div", side or nothing) for side in shown)
            return element("div", two, class_="two sides") if any(shown) else None
        case Group(blocks):
            return element("section", map(_block, blocks))


def _folded(title: str, *content: Content) -> Html:
    return element("details", element("summary", title), element("div", content, class_="inside"))


def _item(item: Item) -> Html:
    label = element("strong", _words(item.label), " ") if item.label and item.label != "·" else None
    return element("li", label, _sign(item.mark), _words(item.words), _tail(item.tail), map(_block, item.below))


def _row(row: Row) -> Html:
    *cells, last = map(_words, row.cells)
    return element("tr", (element("td", cell) for cell in cells), element("td", last, map(_block, row.below)))


def _sign(mark: Role | None) -> Content:
    return element("span", _SIGNS[mark], class_=_CLASSES[mark]) if mark is not None else None


def _tail(tail: str) -> Content:
    return element("span", f" {tail}", class_="dim") if tail else None


def _words(words: Words) -> Content:
    match words:
        case str():
            return words
        case Said(text, Role.CODE | Role.COMMAND | Role.QUOTED):
            return element("code", text)
        case Said(text, Role.NAME):
            return element("strong", text)
        case Said(text, role):
            return element("span", text, class_=_CLASSES[role])
        case Apart(pieces):
            return list(_between(pieces))
    return [_words(part) for part in words]


def _between(pieces: tuple[Words, ...]) -> Iterator[Content]:
    for number, piece in enumerate(pieces):
        yield " · " if number else None
        yield _words(piece)
