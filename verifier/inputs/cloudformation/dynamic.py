"""Dynamic references: `{{resolve:ssm:/path}}` in a text stands for a value that another service keeps.

In: a value whose functions are carried out. Out: the value with what is put in the place of a reference not known. Guarantee: it does not
matter which parts a reference was put together from; from where one begins, or may begin, nothing is known up to where it certainly ends.
[CloudFormation User Guide: dynamic-references]
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.unknown import Pieces, Resolved, Unknown

BEGIN, _GAP = "{{resolve:", "\0"
_SERVICE = re.compile(r"\{\{resolve:([^:}\0]*)")
_WHOLE = re.compile(r"\{\{resolve:[^\0]*?\}\}")
_OPEN = re.compile(r"\{\{resolve:.*", re.DOTALL)
"""A reference that does not certainly end."""
_BEGUN = re.compile("(?:" + "|".join(re.escape(BEGIN[:n]) for n in range(len(BEGIN) - 1, 0, -1)) + f"){_GAP}+")
_ENDED = re.compile(f"{_GAP}.*}}[}}{_GAP}]", re.DOTALL)
"""References of which an unknown part may hold the beginning, or the end."""


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
    text = "".join(_GAP if piece is None else piece for piece in pieces)
    services = [f"a value in {service or 'another service'}" for service in _SERVICE.findall(text)]
    for pattern in (_WHOLE, _OPEN, _BEGUN, _ENDED):
        text = pattern.sub(_GAP, text)
    parts = [part for part in re.split(f"({_GAP}+)", text) if part]
    return Unknown(place.source, place.start, place.end, [*names, *services], tuple(None if _GAP in part else part for part in parts))
