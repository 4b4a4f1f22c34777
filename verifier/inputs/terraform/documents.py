"""Policy documents of a plan.

In: attributes that hold policies; documents whose parts have no places, or have them in several files. Out: documents
as nodes, values that are not known among them. Guarantee: a document says what the text or the nodes say. Its places
are in the `.tf` file where the expression there says the same, else in its JSON text on several lines, in which an
unknown value is shown as what it depends on.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable

from verifier.inputs.terraform.hcl_kinds import is_null
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, listing, text_at
from verifier.inputs.text.nodes import member as node_member
from verifier.inputs.text.unknown import Embedded, ResolvedObject, UnknownNode, moved
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s"{}\[\],:]+')
_LONGEST = 1 << 18
"""Characters of a text that is laid out. AWS takes policies of 32 KiB."""
_DEEPEST = 20
"""Steps that a line is indented at most."""


def as_document(node: Node | None, place: str) -> Node | None:
    """A policy as a node whose places are in its own text, laid out on several lines, if they are in no file."""
    if not isinstance(node, Scalar) or node.type != "string" or (isinstance(node, Embedded) and node.text.strip()):
        return node
    return Embedded(node.source, 0, 0, laid_out(place, node.text)) if node.text.strip() else None


def laid_out(name: str, text: str) -> Source:
    """The text of a policy as a source: one line of JSON is shown on several, and read as it stands."""
    if "\n" in text.strip() or len(text) > _LONGEST:
        return Source(name, text)
    try:
        shown = _shown(read_json(Source(name, text)), lambda node: text[node.start : node.end])
    except InputError:
        return Source(name, text)
    offsets, end = array("q"), 0
    for token, other in zip(_TOKEN.finditer(text), _TOKEN.finditer(shown), strict=True):
        offsets.extend([end] * (token.start() - len(offsets)))
        offsets.extend(range(other.start(), other.end()))
        end = other.end()
    offsets.extend([len(shown)] * (len(text) + 1 - len(offsets)))
    return Source(name, text, Source(name, shown), offsets)


def with_places(name: str, node: Node) -> Node:
    """The nodes with places in a source of this name, which shows them."""
    return _placed(node, read_json(Source(name, _shown(node, _as_json))))


def _shown(node: Node, leaf: Callable[[Node], str], depth: int = 1) -> str:
    """A node as JSON, with lines that are indented; `leaf` gives the text of what has no parts."""
    if not isinstance(node, Members | Items):
        return leaf(node)
    if isinstance(node, Members):
        brackets, pairs = "{}", [(leaf(key) + ": ", value) for key, value in node.pairs]
    else:
        brackets, pairs = "[]", [("", item) for item in node.items]
    inner, outer = ("\n" + "  " * min(steps, _DEEPEST) for steps in (depth, depth - 1))
    lines = ",".join(inner + key + _shown(value, leaf, depth + 1) for key, value in pairs)
    return f"{brackets[0]}{lines}{outer if pairs else ''}{brackets[1]}"


def _as_json(node: Node) -> str:
    if isinstance(node, UnknownNode):
        known = "".join("…" if piece is None else piece for piece in node.pieces)
        return json.dumps(f"{known} ({', '.join(node.names)})", ensure_ascii=False)
    assert isinstance(node, Scalar)
    return {"null": "null", "plain": node.text}.get(node.type) or json.dumps(node.text, ensure_ascii=False)


def _placed(node: Node, at: Node) -> Node:
    """A node with the places of another one of the same form."""
    if isinstance(node, Members) and isinstance(at, Members):
        pairs = [(key, _placed(value, other)) for (_, value), (key, other) in zip(node.pairs, at.pairs, strict=True)]
        return (type(node) if isinstance(node, ResolvedObject) else ResolvedObject)(at.source, at.start, at.end, pairs)
    if isinstance(node, Items) and isinstance(at, Items):
        return listing(at, [_placed(item, other) for item, other in zip(node.items, at.items, strict=True)])
    return moved(at, node) if isinstance(node, UnknownNode) else at


def rebased(node: Node, within: Node) -> Node:
    """A node whose parts all have places in one file: what stands elsewhere is where it is used."""
    here = within if node.source is not within.source else Node(node.source, node.start, node.end)
    place = here.source, here.start, here.end
    if isinstance(node, Members):
        pairs = [
            (key if key.source is here.source else text_at(here, key.text), rebased(value, here))
            for key, value in node.pairs
        ]
        return (type(node) if isinstance(node, ResolvedObject) else ResolvedObject)(*place, pairs)
    if isinstance(node, Items):
        return Items(*place, [rebased(item, here) for item in node.items])
    if isinstance(node, UnknownNode):
        return moved(here, node)
    return Scalar(*place, node.text, node.type) if isinstance(node, Scalar) else node


def member_given(node: Node | None, name: str) -> Node | None:
    """A member of an object; `None` where it is null or missing."""
    found = node_member(node, name)
    return None if found is None or is_null(found) else found
