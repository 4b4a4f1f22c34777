"""Dynamic references: `{{resolve:ssm:/path}}` in a text stands for a value that another service keeps.

In: a value whose functions are carried out. Out: the value with what is put in the place of a reference not known. Guarantee: it does not
matter which parts a reference was put together from; from where one begins, or may begin, nothing is known up to where it certainly ends.
[CloudFormation User Guide: dynamic-references]
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.unknown import Pieces, Resolved, Unknown, joined

BEGIN, _END = "{{resolve:", "}}"


def with_values(node: Node) -> Node:
    """The value, with what stands for references in it."""
    if isinstance(node, Scalar):
        return _text(node, (node.text,), ()) if BEGIN in node.text else node
    if isinstance(node, Items):
        return Items(node.source, node.start, node.end, [with_values(item) for item in node.items])
    if isinstance(node, Members):
        named = next((key for key, _ in node.pairs if BEGIN in key.text), None)
        if named is not None:
            return Unknown(node.source, node.start, node.end, [f"a member whose name is `{named.text}`"])
        return Resolved(node.source, node.start, node.end, [(key, with_values(value)) for key, value in node.pairs])
    if isinstance(node, Unknown) and node.options is not None:
        return Unknown(node.source, node.start, node.end, node.names, node.pieces, [with_values(option) for option in node.options])
    return _text(node, node.pieces, node.names) if isinstance(node, Unknown) and node.is_text else node


def _text(place: Node, pieces: Pieces, names: Sequence[str]) -> Unknown:
    known: list[str | None] = []
    found = list(names)
    for number, piece in enumerate(pieces):
        rest = piece or ""
        while BEGIN in rest:
            before, rest = rest.split(BEGIN, 1)
            known += [before, None]
            found.append(f"a value in {rest.split(':', 1)[0] or 'another service'}")
            if _END not in rest:
                return _unknown(place, found, known)
            rest = rest.split(_END, 1)[1]
        if number + 1 < len(pieces):
            rest = rest.removesuffix(next((end for n in range(len(BEGIN), 0, -1) if rest.endswith(end := BEGIN[:n])), ""))
        known.append(None if piece is None else rest)
    return _unknown(place, found, known)


def _unknown(place: Node, names: Sequence[str], pieces: Sequence[str | None]) -> Unknown:
    return Unknown(place.source, place.start, place.end, names, joined([(piece,) for piece in pieces if piece != ""]))
