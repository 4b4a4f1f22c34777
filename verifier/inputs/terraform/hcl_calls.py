"""Functions of HCL that policies are written with.

In: an evaluator, the call, the values of its arguments. Out: the value of the call; `None` where it cannot be told.
Guarantee: a function that is not here is not carried out. [Terraform language: Functions]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.hcl_tree import Tree
from verifier.inputs.unknown import Resolved, Unknown

if TYPE_CHECKING:
    from verifier.inputs.terraform.hcl_values import Evaluator


def _same(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    return given[0] if len(given) == 1 else None


def _encoded(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    return given[0] if len(given) == 1 and isinstance(given[0], Members | Items) else None


def _decoded(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    return given[0] if len(given) == 1 and isinstance(given[0], Members) else None


def _concat(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    items: list[Node] = []
    for node in given:
        if isinstance(node, Unknown):
            items.append(node)
        elif isinstance(node, Items):
            items += node.items
        else:
            return None
    return evaluator.made(tree, Items(evaluator.source, *evaluator.at(tree), items))


def _merge(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    pairs: dict[str, tuple[Scalar, Node]] = {}
    for node in given:
        if not isinstance(node, Members):
            return None
        pairs |= {key.text: (key, value) for key, value in node.pairs}
    return evaluator.made(tree, Resolved(evaluator.source, *evaluator.at(tree), list(pairs.values())))


def _compact(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    if len(given) != 1 or not isinstance(given[0], Items):
        return None
    kept = [item for item in given[0].items if not (isinstance(item, Scalar) and not item.text)]
    return Items(evaluator.source, *evaluator.at(tree), kept)


def _join(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    if len(given) != 2 or not isinstance(given[0], Scalar) or not isinstance(given[1], Items):
        return None
    parts: list[Node] = []
    for index, item in enumerate(given[1].items):
        parts += [given[0], item] if index else [item]
    return evaluator.concatenated(tree, parts)


def _format(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    """`format` with `%s` alone."""
    if not given or not isinstance(given[0], Scalar):
        return None
    texts = given[0].text.split("%s")
    if len(texts) != len(given) or any("%" in text for text in texts):
        return None
    parts: list[Node] = [evaluator.text(tree, texts[0])]
    for node, text in zip(given[1:], texts[1:], strict=True):
        if node is None:
            return None
        parts += [node, evaluator.text(tree, text)]
    return evaluator.concatenated(tree, parts)


CALLS: dict[str, Callable[[Evaluator, Tree, Sequence[Node | None]], Node | None]] = {
    "jsonencode": _encoded,
    "jsondecode": _decoded,
    "concat": _concat,
    "merge": _merge,
    "compact": _compact,
    "join": _join,
    "format": _format,
    **dict.fromkeys(("tolist", "toset", "tostring", "sensitive", "nonsensitive"), _same),
}
"""The functions by their names."""
