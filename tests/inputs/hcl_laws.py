"""What the evaluator says of an expression, held against what Terraform says.

In: a value as the evaluator has it, with parts that it does not know; a value of Terraform. Out: whether the second is
one of those that the first stands for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.inputs.console import FAILED
from verifier.inputs.terraform.hcl_evaluator import Evaluator
from verifier.inputs.terraform.hcl_kinds import JsonText, Loose, Untyped, is_open
from verifier.inputs.terraform.hcl_tree import parse_expression
from verifier.inputs.terraform.plan_values import steps_of, value_within
from verifier.inputs.text.nodes import Items, Members, Node, Scalar
from verifier.inputs.text.unknown import Missing, UnknownNode, names_in
from verifier.syntax.source import Source


def our_value(text: str, names: Mapping[str, str], unknown: frozenset[str] = frozenset()) -> Node:
    """The value of an expression as the evaluator has it; `names` are local values, `unknown` those of them that it is
    not told."""
    tree = parse_expression(text)
    source = Source("x.tf", f"x = {text}\n")
    if tree is None:
        return UnknownNode(Node(source, 0, 0), ["a text that python-hcl2 cannot read"])

    def refer(reference: str, depth: int) -> Node | None:
        _, name, *rest = steps_of(reference) or ["", ""]
        if name in unknown or str(name) not in names:
            return UnknownNode(Node(source, 0, 0), [reference])
        return value_within(our_value(names[str(name)], names, unknown), rest) or UnknownNode(
            Node(source, 0, 0), [reference]
        )

    return Evaluator(source, refer, "x", lambda steps, depth: depth < 100).value(tree)


def stands_for(ours: Node, real: Any) -> bool:
    """Whether a value of Terraform is one that ours stands for."""
    if isinstance(ours, Missing):
        return real is FAILED
    if real is FAILED:
        return True  # no plan has it; what `try` makes of it is asked in expressions with `try`
    if isinstance(ours, UnknownNode):
        pattern = "".join(".*" if piece is None else re.escape(piece) for piece in ours.pieces)
        return is_open(ours) or (isinstance(real, str) and re.fullmatch(pattern, real, re.DOTALL) is not None)
    if isinstance(ours, JsonText):
        return isinstance(real, str) and real.startswith("{") and _members(ours, json.loads(real))
    if isinstance(ours, Members):
        return _members(ours, real)
    if isinstance(ours, Loose):
        known = [item for item in ours.items if not is_open(item)]
        return (
            isinstance(real, list)
            and all(any(stands_for(item, value) for item in ours.items) for value in real)
            and all(any(stands_for(item, value) for value in real) for item in known)
        )
    if isinstance(ours, Items):
        return isinstance(real, list) and len(real) == len(ours.items) and all(map(stands_for, ours.items, real))
    return isinstance(ours, Scalar) and _scalar(ours, real)


def _members(ours: Members, real: Any) -> bool:
    found = {key.text: value for key, value in ours.pairs}
    return (
        isinstance(real, dict)
        and found.keys() == real.keys()
        and all(stands_for(found[name], value) for name, value in real.items())
    )


def _scalar(ours: Scalar, real: Any) -> bool:
    if ours.type == "null":
        return real is None
    as_text = isinstance(real, str) and real == ours.text
    as_plain = isinstance(real, bool | int | float) and json.dumps(real) == ours.text
    return as_text or as_plain if isinstance(ours, Untyped) else as_text if ours.type == "string" else as_plain


def tells(ours: Node) -> str:
    """How much is known of a value: `all`, `part` or `nothing`, or `fails`."""
    if isinstance(ours, Missing):
        return "fails"
    return "nothing" if is_open(ours) else "part" if names_in([ours]) else "all"


def shown(ours: Node) -> str:
    """A value as it is told where it does not agree."""
    if isinstance(ours, UnknownNode):
        return type(ours).__name__ + str(ours.pieces)
    if isinstance(ours, Members):
        return f"{type(ours).__name__}{{{', '.join(f'{key.text}: {shown(value)}' for key, value in ours.pairs)}}}"
    if isinstance(ours, Items):
        return f"{type(ours).__name__}[{', '.join(map(shown, ours.items))}]"
    return f"{type(ours).__name__}({ours.text!r}, {ours.type})" if isinstance(ours, Scalar) else type(ours).__name__
