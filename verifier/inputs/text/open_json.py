"""JSON texts with parts that are not known, as a template writes them: `{"AWS": "${var.role}"}`.

Guarantee: whatever the unknown parts are, the text is JSON and holds this tree, or it is no JSON; so it is if the value
of each reference in a string has no quotation mark and no backslash, which is for the caller to say. (RFC 8259, 7) Each
character has its place; what a part has that is not in the file is where the part is used.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, listing, nodes_in
from verifier.inputs.text.unknown import (
    EncodedJson,
    JoinedTexts,
    OpenReference,
    Pieces,
    UnknownNode,
    joined,
    names_in,
    resolved,
    text_pieces,
    unknowns,
)
from verifier.syntax.diagnostic import InputError
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


_FIRST, _MOST = 0xE000, 0x1900
"""A private character stands for each part that is not known."""
_PRIVATE = re.compile(f"[{chr(_FIRST)}-{chr(_FIRST + _MOST - 1)}]")
_ESCAPED = re.compile(r"\\u[EeFf]")
"""How a private character begins that is written as an escape."""


def read_open_json(at: Node, parts: Sequence[Node]) -> tuple[Node, list[UnknownNode]] | None:
    """The tree of a text at a place, and what in its strings is to have no quotation mark and no backslash."""
    written, unknown = list[str](), list[Node]()
    for part in parts:
        if isinstance(part, Scalar):
            written.append(part.text)
        elif isinstance(part, OpenReference | JoinedTexts | EncodedJson | Members):
            mark = chr(_FIRST + len(unknown))
            # What is encoded is a value of its own: in a string its quotation marks would end that.
            written.append(f'"{mark}"' if isinstance(part, EncodedJson | Members) else mark)
            unknown.append(part.value if isinstance(part, EncodedJson) else part)
        else:
            return None
    text = "".join(written)
    if len(unknown) > _MOST or len(_PRIVATE.findall(text)) > len(unknown) or _ESCAPED.search(text):
        return None
    try:
        found = _opened(read_json(placed_source(at, parts, written)), unknown)
    except InputError:
        return None
    return None if found is None else (found, [one for one in parts if isinstance(one, OpenReference | JoinedTexts)])


def is_unquoted(node: Node) -> bool:
    """True iff a value has no quotation mark and no backslash if what references are to has none."""
    if isinstance(node, UnknownNode):
        return isinstance(node, OpenReference) or (bool(node.parts) and all(map(is_unquoted, node.parts)))
    texts = (inner.text for inner in nodes_in(node) if isinstance(inner, Scalar))
    return not any('"' in text or "\\" in text for text in texts) and all(map(is_unquoted, unknowns(node)))


def _opened(node: Node, unknown: Sequence[Node]) -> Node | None:
    """A tree with what is not known in its place; `None` where that is in the name of a member."""
    if isinstance(node, Members):
        pairs = [(key, _opened(value, unknown)) for key, value in node.pairs if not _PRIVATE.search(key.text)]
        whole = [(key, value) for key, value in pairs if value is not None and not isinstance(value, JoinedTexts)]
        return resolved(node, whole) if len(whole) == len(node.pairs) else None
    if isinstance(node, Items):
        items = [found for item in node.items if (found := _opened(item, unknown)) is not None]
        return listing(node, items) if len(items) == len(node.items) else None
    return _text(node, unknown) if isinstance(node, Scalar) and _PRIVATE.search(node.text) else node


def _text(node: Scalar, unknown: Sequence[Node]) -> Node | None:
    pieces = re.split(f"({_PRIVATE.pattern})", node.text)
    parts = [unknown[ord(piece) - _FIRST] for piece in pieces[1::2]]
    known: list[Pieces] = [(piece,) for piece in pieces]
    known[1::2] = map(text_pieces, parts)
    if pieces == ["", node.text, ""]:
        return parts[0]
    found = UnknownNode(node, names_in(parts), joined(known))
    found.said = tuple(said for part in parts if isinstance(part, UnknownNode) for said in part.said)
    return None if any(isinstance(part, JoinedTexts) for part in parts) else found
