"""The values of YAML texts, as `yamldecode` has them.

In: a text. Out: what it says, as Python has JSON.
Guarantee: a text is not evaluated if it has tags, merge keys or a name that is given twice, or a scalar that versions
of YAML read in several ways (`yes`, `012`, `2012-10-17`, `1_000`).
[Terraform language: yamldecode; YAML 1.2.2, 10.3.2 Tag Resolution]
"""

from __future__ import annotations

import re
from typing import Any

from verifier.inputs.text.files import yaml_nodes_of
from verifier.inputs.text.nodes import Items, Members, Node, Scalar
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_NOT_EVALUATED = "YAML that is not evaluated"
_OTHERWISE = re.compile(r"!|[\x85\u2028\u2029\ufeff]")
"""What may be a tag, and what ends lines in some versions alone."""
_TRUTHS = {"true": True, "false": False}
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"))
_TEXT = re.compile(r"[A-Za-z].*|.*[/@*,()\[\]{}].*", re.DOTALL)
"""Neither a number nor a date, and a truth or null only if it is one of the words above."""
_NUMBER = re.compile(r"0|-?[1-9]\d{0,14}", re.ASCII)


def read_yaml_text(text: str) -> Any:
    """The value. Raises `InputError` where it is not sure what that is."""
    if _OTHERWISE.search(text):
        raise InputError.of(_NOT_EVALUATED)
    return _value(*yaml_nodes_of(Source("", text)))


def _value(node: Node) -> Any:
    if isinstance(node, Members):
        found = {_name(key): _value(inner) for key, inner in node.pairs}
        if len(found) == len(node.pairs):
            return found
    elif isinstance(node, Items):
        return [_value(inner) for inner in node.items]
    elif isinstance(node, Scalar):
        if node.type == "null":
            return None
        if node.type == "string" or (_TEXT.fullmatch(node.text) and node.text.lower() not in _WORDS):
            return node.text
        if node.text in _TRUTHS:
            return _TRUTHS[node.text]
        if _NUMBER.fullmatch(node.text):
            return int(node.text)
    raise InputError.of(_NOT_EVALUATED)


def _name(key: Scalar) -> str:
    name = _value(key)
    if not isinstance(name, str):
        raise InputError.of(_NOT_EVALUATED)
    return name
