"""Values of a plan as nodes, and the references of its expressions taken apart.

In: JSON values with their `after_unknown`; texts of references. Out: nodes; steps. Guarantee: what is not known is an `Unknown` node.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.plan import Index, ModulePath
from verifier.inputs.unknown import Unknown
from verifier.syntax.source import Address, Source

_STEP = re.compile(r'\.?([A-Za-z_][\w-]*)|\.?\[(?:(-?[0-9]+)|"((?:[^"\\]|\\.)*)")\]|\.([0-9]+)')


def place_of(file: str, address: str) -> Source:
    """The source of what a plan says of a resource, which has an address and no text."""
    return Address(f"{file}#{address}", "")


def node_of(place: Source, value: Any, unknown: Any = False, names: Sequence[str] = ()) -> Node:
    """A JSON value as a node; `unknown` has `true` wherever it is not known, and `names` say what that depends on."""
    if unknown is True or (value is None and is_any_unknown(unknown)):
        return Unknown(place, 0, 0, names)
    if isinstance(value, dict):
        inside = unknown if isinstance(unknown, dict) else {}
        keys = [*value, *(key for key in inside if key not in value and inside[key] is True)]
        return Members(place, 0, 0, [(text_node(place, key), node_of(place, value.get(key), inside.get(key), names)) for key in keys])
    if isinstance(value, list):
        flags = unknown if isinstance(unknown, list) else []
        flags = [*flags, *[False] * (len(value) - len(flags))]
        padded = [*value, *[None] * (len(flags) - len(value))]
        return Items(place, 0, 0, [node_of(place, item, flag, names) for item, flag in zip(padded, flags, strict=True)])
    if isinstance(value, str):
        return text_node(place, value)
    return Scalar(place, 0, 0, "" if value is None else json.dumps(value), "null" if value is None else "plain")


def text_node(place: Source, text: str) -> Scalar:
    """A text that stands nowhere in particular."""
    return Scalar(place, 0, 0, text, "string")


def is_any_unknown(unknown: Any) -> bool:
    """Whether something in a part of `after_unknown` is not known."""
    pending = [unknown]
    while pending:
        inner = pending.pop()
        if inner is True:
            return True
        pending += inner.values() if isinstance(inner, dict) else inner if isinstance(inner, list) else ()
    return False


Step = str | int
"""A name or key, or a position."""


def steps_of(reference: str) -> list[Step] | None:
    """A reference such as `module.keys["eu"].arn` in steps; `None` for one that is more than names, keys and positions."""
    steps: list[Step] = []
    position = 0
    while position < len(reference):
        match = _STEP.match(reference, position)
        if match is None:
            return None
        name, number, key, old = match.groups()
        steps.append(name if name is not None else int(number or old) if key is None else json.loads(f'"{key}"'))
        position = match.end()
    return steps


def traversals(references: Sequence[Any]) -> list[str]:
    """The traversals among the references of an expression: Terraform lists each with all that it is a part of (`a.b.c`, `a.b`)."""
    found: list[str] = []
    for reference in references:
        text = str(reference)
        if not found or not (found[-1] == text or found[-1].startswith((f"{text}.", f"{text}["))):
            found.append(text)
    return list(dict.fromkeys(found))


def within(node: Node, steps: Sequence[Step]) -> Node | None:
    """What a node has at the end of some steps; `None` for nothing. A part of what is not known is not known."""
    for step in steps:
        if isinstance(node, Unknown):
            return node
        if isinstance(node, Members):
            found = next((value for key, value in node.pairs if key.text == str(step)), None)
        elif isinstance(node, Items) and isinstance(step, int) and 0 <= step < len(node.items):
            found = node.items[step]
        else:
            found = None
        if found is None:
            return None
        node = found
    return node


def qualified(module: ModulePath, reference: str) -> str:
    """A reference as it would be read from the root module: with the calls that lead to its module."""
    return "".join(f"module.{name}{_key(index)}." for name, index in module) + reference


def _key(index: Index) -> str:
    return "" if index is None else f"[{json.dumps(index)}]"


def plain(node: Node) -> Any:
    """A node without unknown values as a JSON value; texts and plain values as texts."""
    if isinstance(node, Members):
        return {key.text: plain(value) for key, value in node.pairs}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    assert isinstance(node, Scalar)
    return None if node.type == "null" else node.text
