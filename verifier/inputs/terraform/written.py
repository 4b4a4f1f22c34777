"""Places for the parts of a document that have none, or have them in several files.

In: nodes. Out: the same nodes, with places in a text that shows them, one value a line; or all in one file.
Guarantee: the text says what the nodes say; an unknown value is shown as what it depends on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.unknown import Resolved, Unknown
from verifier.syntax.source import Source


def written(name: str, node: Node) -> Node:
    """The nodes with places in a source of this name."""
    return _Placing(Source(name, _laid_out(node, 0))).read(node, 0)[0]


def _laid_out(node: Node, depth: int) -> str:
    """A node as JSON, indented."""
    inner, parts = "\n" + "  " * (depth + 1), list[str]()
    if isinstance(node, Members):
        parts = [f"{json.dumps(key.text, ensure_ascii=False)}: {_laid_out(value, depth + 1)}" for key, value in node.pairs]
    elif isinstance(node, Items):
        parts = [_laid_out(value, depth + 1) for value in node.items]
    return _opening(node) + ",".join(inner + part for part in parts) + _closing(node, depth)


@dataclass
class _Placing:
    """Goes through the written text in the same order, and gives each node its place."""

    source: Source

    def read(self, node: Node, start: int, depth: int = 0) -> tuple[Node, int]:
        """The node at a position, and where it ends."""
        at = start + len(_opening(node))
        line = 1 + 2 * (depth + 1)
        if isinstance(node, Members):
            pairs: list[tuple[Scalar, Node]] = []
            for index, (key, value) in enumerate(node.pairs):
                at += line + (1 if index else 0)
                end = at + len(json.dumps(key.text, ensure_ascii=False))
                placed, after = self.read(value, end + 2, depth + 1)
                pairs.append((Scalar(self.source, at, end, key.text, "string"), placed))
                at = after
            end = at + len(_closing(node, depth))
            return (type(node) if isinstance(node, Resolved) else Resolved)(self.source, start, end, pairs), end
        if isinstance(node, Items):
            items: list[Node] = []
            for index, value in enumerate(node.items):
                placed, at = self.read(value, at + line + (1 if index else 0), depth + 1)
                items.append(placed)
            end = at + len(_closing(node, depth))
            return Items(self.source, start, end, items), end
        if isinstance(node, Unknown):
            return Unknown(self.source, start, at, node.names, node.pieces), at
        assert isinstance(node, Scalar)
        return Scalar(self.source, start, at, node.text, node.type), at


def _opening(node: Node) -> str:
    """The text of a scalar; the bracket that opens an object or list."""
    if isinstance(node, Members):
        return "{"
    if isinstance(node, Items):
        return "["
    if isinstance(node, Unknown):
        return json.dumps(
            "".join("…" if piece is None else piece for piece in node.pieces) + f" ({', '.join(node.names)})", ensure_ascii=False
        )
    assert isinstance(node, Scalar)
    return {"null": "null", "plain": node.text}.get(node.type) or json.dumps(node.text, ensure_ascii=False)


def _closing(node: Node, depth: int) -> str:
    filled = bool(node.pairs if isinstance(node, Members) else node.items if isinstance(node, Items) else False)
    end = "\n" + "  " * depth if filled else ""
    return end + "}" if isinstance(node, Members) else end + "]" if isinstance(node, Items) else ""


def rebased(node: Node, within: Node) -> Node:
    """A node whose parts all have places in one file: what stands elsewhere is where it is used."""
    outside = node.source is not within.source
    source, start, end = (within.source, within.start, within.end) if outside else (node.source, node.start, node.end)
    here = Node(source, start, end)
    if isinstance(node, Members):
        kind = type(node) if isinstance(node, Resolved) else Resolved
        return kind(source, start, end, [(_key_at(key, here), rebased(value, here)) for key, value in node.pairs])
    if isinstance(node, Items):
        return Items(source, start, end, [rebased(item, here) for item in node.items])
    if isinstance(node, Unknown):
        return Unknown(source, start, end, node.names, node.pieces)
    return Scalar(source, start, end, node.text, node.type) if isinstance(node, Scalar) else node


def _key_at(key: Scalar, here: Node) -> Scalar:
    return key if key.source is here.source else Scalar(here.source, here.start, here.start, key.text, key.type)
