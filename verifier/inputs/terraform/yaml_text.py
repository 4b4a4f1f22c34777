"""The values of YAML texts, as `yamldecode` has them.

In: a text. Out: a node. Guarantee: a scalar that versions of YAML read in several ways (`yes`, `012`, `2012-10-17`,
`1_000`) is not known; a text with tags, merge keys or a name that is given twice is not evaluated.
[Terraform language: yamldecode; YAML 1.2.2, 10.3.2 Tag Resolution]
"""

from __future__ import annotations

import re

from verifier.inputs.terraform.hcl_kinds import is_text, ordered, text_value
from verifier.inputs.text.files import yaml_nodes_of
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, null, plain
from verifier.inputs.text.unknown import UnknownNode, resolved
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.syntax.text import printable

_OTHERWISE = re.compile(r"!|[\x85\u2028\u2029\ufeff]")
"""What may be a tag, and what ends lines in some versions alone."""
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
_TEXT = re.compile(r"[A-Za-z].*|.*[/@*,()\[\]{}].*", re.DOTALL)
"""Neither a number nor a date, and a truth or null only if it is one of the words above."""
_PLAIN = re.compile(r"true|false|0|-?[1-9]\d{0,14}", re.ASCII)


def yaml_value(at: Node, text: str) -> Node:
    """The value at a place. Raises `InputError` for a text that is not evaluated."""
    if _OTHERWISE.search(text):
        raise InputError.of("YAML with tags is not evaluated")
    (root,) = yaml_nodes_of(Source("", text))
    return _value(at, root)


def _value(at: Node, node: Node) -> Node:
    if isinstance(node, Members):
        names = [_value(at, key) for key, _ in node.pairs]
        texts = [name for name in names if isinstance(name, Scalar) and is_text(name)]
        if len({name.text for name in texts}) < len(node.pairs):
            raise InputError.of("a name that is given twice, or that may be none, is not evaluated")
        return resolved(at, zip(texts, (_value(at, inner) for _, inner in node.pairs), strict=True))
    if isinstance(node, Items):
        return ordered(at, [_value(at, inner) for inner in node.items])
    assert isinstance(node, Scalar)
    if node.type == "null":
        return null(at)
    if node.type == "string" or (_TEXT.fullmatch(node.text) and node.text.lower() not in _WORDS):
        return text_value(at, node.text)
    if _PLAIN.fullmatch(node.text):
        return plain(at, node.text)
    return UnknownNode(at, [f"`{printable(node.text)}` in a text (versions of YAML read it differently)"])
