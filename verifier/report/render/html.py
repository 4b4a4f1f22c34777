"""Documents → one HTML file.

In: a `Document`. Out: HTML. Guarantee: self-contained: no script, no request to anywhere; everything of the input is
escaped; it works without a mouse, on paper, dark and light. The worst verdicts stand first; of many one chooses which
are shown, and those that hold are folded away together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier import __version__
from verifier.report import document as doc
from verifier.report.document import Role, Words, conclusions, plain_text, role_of, supposed_in
from verifier.report.html.nodes import Content, Html, element, page
from verifier.report.html.picture import picture
from verifier.report.html.policy import excerpts, has_text, written_policies
from verifier.report.html.style import STYLE
from verifier.report.naming import key_name, names_of

_SIGNS = {Role.GOOD: "✔ ", Role.BAD: "✘ ", Role.DOUBT: "? ", None: ""}
_SHOWN = {Role.BAD: "refuted", Role.DOUBT: "unknown", Role.DIM: "excused", Role.GOOD: "proved"}
_CLASSES = {Role.GOOD: "proved", Role.BAD: "refuted", Role.DOUBT: "unknown", Role.DIM: "dim"}


def document_html(document: doc.Document) -> str:
    title = document.title[0].upper() + document.title[1:]
    counts = _words(
        doc.Apart((*document.counts, *([] if document.exit_code is None else [f"exit code {document.exit_code:d}"])))
    )
    supposed = [element("p", f"supposed: {text}", class_="dim") for text in conclusions(supposed_in(document.blocks))]
    head = element("header", element("h1", title), element("p", counts), supposed)
    footer = element("footer", element("p", f"kms-verifier {__version__}"))
    return page(title, STYLE, head, element("main", _blocks(document)), footer)


def _block(block: doc.Block) -> Content:
    match block:
        case doc.Heading(words, beside, mark):
            about = element("p", " · ".join(beside), class_="dim") if beside else None
            return element("h2", _sign(mark), _words(words)), about
        case doc.Para(words, mark) if words:
            return element("p", _sign(mark), _words(words))
        case doc.ItemList(items):
            return element("ul", (_item(*one) for one in block.labelled())) if items else None
        case doc.TableBlock(titles, rows=rows):
            head = element("tr", (element("th", title, scope="col") for title in titles))
            return element("table", element("thead", head), element("tbody", map(_row, rows))) if rows else None
        case doc.Listing(label, names):
            return _folded(label, element("ul", (element("li", name) for name in names))) if names else None
        case doc.Supposed(assumptions):
            found = dict.fromkeys(f"{assumption.text} [{assumption.rule}]" for assumption in assumptions)
            return (
                _folded("what this supposes", element("ul", (element("li", text) for text in found))) if found else None
            )
        case doc.Folded(_, blocks):
            return _verdict(block, is_open=block.open) if blocks else None
        case doc.Overview(rows):
            return _overview([(number, row) for number, row in enumerate(rows, start=1)])
        case doc.Figure(access, stories, keys):
            return element("h2", key_name(access.key)), picture(access, stories, names_of(keys, access.key.arn))
        case doc.Lines(lines):
            return element("pre", "\n".join(lines), tabindex="0")
        case doc.Excerpts():
            return _excerpts(block)
        case doc.BlockGroup(blocks):
            return element("section", map(_block, blocks))
        case doc.Para():
            return None


def _blocks(document: doc.Document) -> Iterator[Content]:
    """All blocks, with the worst verdicts first."""
    numbered = (block for block in document.blocks if isinstance(block, doc.Folded) and block.number)
    folded = sorted(numbered, key=lambda block: _rank(block.title))
    for block in document.blocks:
        if isinstance(block, doc.Overview):
            rows = sorted(enumerate(block.rows, start=1), key=lambda row: _rank(row[1][0]))
            failing = [row for row in rows if not document.is_large or role_of(row[1][0]) is not Role.GOOD]
            yield _choice([role_of(sign) for _, (sign, _, _) in rows]) if document.is_large else None
            yield _overview(failing) if failing else None
            yield _holding(len(rows) - len(failing), "listed", _overview(rows[len(failing) :]))
        elif isinstance(block, doc.Folded) and block.number:
            if folded:
                last = [one for one in folded if document.is_large and role_of(one.title) is Role.GOOD]
                first = folded[: len(folded) - len(last)]
                opened = doc.MOST_WITHOUT_SUMMARY if document.is_large else len(folded)
                yield [_verdict(one, is_open=one.open and number < opened) for number, one in enumerate(first)]
                yield _holding(len(last), "in full", [_verdict(one, is_open=False) for one in last])
            folded = []
        else:
            yield _block(block)


def _rank(words: Words) -> int:
    role = role_of(words)
    return doc.WORST.index(role) if role in doc.WORST else len(doc.WORST)


def _holding(number: int, how: str, content: Content) -> Html | None:
    """What holds, folded away together."""
    return _folded(f"{number} proved, {how}", content, class_="fares good") if number else None


def _choice(roles: Sequence[Role | None]) -> Html:
    """Which verdicts are shown, without a script: by `:has` of the style."""
    found = [(role.value, _SHOWN[role], roles.count(role)) for role in doc.WORST if role in roles]
    choices = [("all", "all", len(roles)), *found]
    inputs = (
        element(
            "label",
            element("input", type="radio", name="only", id=f"only-{name}", checked=None if number else ""),
            f" {count} {word}",
        )
        for number, (name, word, count) in enumerate(choices)
    )
    return element("fieldset", element("legend", "show"), inputs, class_="choice")


def _overview(rows: Sequence[tuple[int, tuple[Words, str, str]]]) -> Html:
    head = element("tr", (element("th", title, scope="col") for title in ("verdict", "invariant", "key")))
    return element("table", element("thead", head), element("tbody", (_link(number, *row) for number, row in rows)))


def _verdict(block: doc.Folded, *, is_open: bool) -> Html:
    """What is folded; a verdict with its number and how it fares."""
    anchor = f"v{block.number}" if block.number else None
    inside = (map(_block, block.lead), map(_block, block.blocks))
    class_ = _fares(block.title) if block.number else None
    return _folded(_faring(block.title), *inside, id=anchor, class_=class_, open="" if is_open else None)


def _fares(words: Words) -> str | None:
    role = role_of(words)
    return f"fares {role.value}" if role is not None else None


def _folded(title: Content, *content: Content, **attributes: str | None) -> Html:
    return element("details", element("summary", title), element("div", content, class_="inside"), **attributes)


def _link(number: int, sign: Words, name: str, key: str) -> Html:
    cells = element("td", _faring(sign)), element("td", element("a", name, href=f"#v{number}")), element("td", key)
    return element("tr", *cells, class_=_fares(sign))


def _excerpts(block: doc.Excerpts) -> Content:
    shown = [excerpts(block.texts, spans, mark) for mark, spans in block.sides]
    if len(shown) < 2:
        without = [statement for statement in block.statements if not has_text(block.texts, statement.span)]
        return [*(one for side in shown for one in side), *written_policies(block.policies, without)]
    nothing = element("p", "nothing in the text", class_="dim")
    return (
        element("div", (element("div", side or nothing) for side in shown), class_="two sides") if any(shown) else None
    )


def _item(label: str, item: doc.Item) -> Html:
    shown = _words(item.label) if plain_text(item.label).strip() else label
    before = element("strong", shown, " ") if any(map(str.isalnum, label)) else None
    tail = element("span", f" {item.tail}", class_="dim") if item.tail else None
    return element("li", before, _sign(item.mark), _words(item.words), tail, map(_block, item.below))


def _row(row: doc.Row) -> Html:
    *cells, last = map(_words, row.cells)
    return element("tr", (element("td", cell) for cell in cells), element("td", last, map(_block, row.below)))


def _faring(words: Words) -> Content:
    """Words with a sign for how the thing fares."""
    return _SIGNS.get(role_of(words), ""), _words(words)


def _sign(mark: Role | None) -> Content:
    return element("span", _SIGNS[mark], class_=_CLASSES[mark]) if mark is not None else None


def _words(words: Words) -> Content:
    match words:
        case str():
            return words
        case doc.Said(text, Role.CODE | Role.COMMAND | Role.QUOTED):
            return element("code", text)
        case doc.Said(text, Role.NAME):
            return element("strong", text)
        case doc.Said(text, role):
            return element("span", text, class_=_CLASSES[role])
        case doc.Apart(pieces, between):
            return list(_between(pieces, between if between.strip() else " · "))
    return [_words(part) for part in words]


def _between(pieces: tuple[Words, ...], between: str) -> Iterator[Content]:
    for number, piece in enumerate(pieces):
        yield between if number else None
        yield _words(piece)
