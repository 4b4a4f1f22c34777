"""`Fn::ToJsonString`: a value as a JSON text.

In: a value whose functions are carried out. Out: the text, with a gap for each part that is not known.
Guarantee: a number or Boolean stays one; every other scalar is a JSON string. [CloudFormation Template Reference: Fn::ToJsonString]
"""

from __future__ import annotations

import json
import re

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.unknown import Pieces, Unknown, joined

_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false")


def json_pieces(node: Node) -> Pieces:
    """The text."""
    if isinstance(node, Items):
        return _enclosed("[", [json_pieces(item) for item in node.items], "]")
    if isinstance(node, Members):
        pairs = [joined([(json.dumps(key.text, ensure_ascii=False) + ":",), json_pieces(value)]) for key, value in node.pairs]
        return _enclosed("{", pairs, "}")
    if isinstance(node, Unknown):
        return _unknown(node)
    assert isinstance(node, Scalar)
    if node.type == "null":
        return ("null",)
    return (node.text if node.type == "plain" and _PLAIN.fullmatch(node.text) else json.dumps(node.text, ensure_ascii=False),)


def _enclosed(opening: str, parts: list[Pieces], closing: str) -> Pieces:
    separated = [piece for number, part in enumerate(parts) for piece in (((",",), part) if number else (part,))]
    return joined([(opening,), *separated, (closing,)])


def _unknown(node: Unknown) -> Pieces:
    """A text with gaps keeps what is known of it; of anything else not even its form is known."""
    if not node.is_text:
        return (None,)
    inner = [None if piece is None else json.dumps(piece, ensure_ascii=False)[1:-1] for piece in node.pieces]
    return joined([('"',), tuple(inner), ('"',)])
