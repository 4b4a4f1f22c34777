"""Functions of HCL that policies are written with.

In: an evaluator, the call, the values of its arguments. Out: the value of the call; `None` where it cannot be told.
Guarantee: a function that is not here is not carried out. [Terraform language: Functions]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.hcl_tree import Tree, parts_of
from verifier.inputs.unknown import Missing, Resolved, Unknown, names_in

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


# -- one of several --


def _null(evaluator: Evaluator, tree: Tree) -> Scalar:
    return Scalar(evaluator.source, *evaluator.at(tree), "", "null")


def _try(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    """The first argument that does not fail. Of one that is not known and is more than a reference it cannot be told whether it does."""
    arguments = parts_of(parts_of(tree)[1]) if given else []
    for argument, node in zip(arguments, given, strict=True):
        if node is None:
            return _null(evaluator, tree)
        if isinstance(node, Missing):
            continue
        if not names_in([node]) or evaluator.is_reference(argument):
            return node
        return Unknown(evaluator.source, *evaluator.at(tree), names_in([node]))
    return None


def _coalesce(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    """The first argument that is neither null nor empty. One that is not known may be."""
    for node in given:
        if node is None or (isinstance(node, Scalar) and not node.text):
            continue
        if isinstance(node, Missing):
            return None
        if isinstance(node, Unknown) and not node.is_text:
            return Unknown(evaluator.source, *evaluator.at(tree), names_in([item for item in given if item is not None]))
        return node
    return None


def _coalesce_lists(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    for node in given:
        if not isinstance(node, Items) or any(_is_open(item) for item in node.items):
            return None
        if node.items:
            return node
    return None


def _lookup(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    if not 2 <= len(given) <= 3 or not isinstance(given[0], Members) or not isinstance(given[1], Scalar):
        return None
    found = next((value for key, value in given[0].pairs if key.text == given[1].text), None)
    if found is None and len(given) == 3:
        return given[2] if given[2] is not None else _null(evaluator, tree)
    return found


def _one(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    """The only entry of a list; null where it is empty."""
    found = _closed(given)
    if found is None or len(found) > 1:
        return None
    return found[0] if found else _null(evaluator, tree)


# -- lists --


def _is_open(node: Node) -> bool:
    """Whether an entry of a list may stand for several."""
    return isinstance(node, Unknown) and not node.is_text


def _closed(given: Sequence[Node | None]) -> list[Node] | None:
    """The entries of the only argument, a list of which it is known how many it has."""
    if len(given) != 1 or not isinstance(given[0], Items) or any(_is_open(item) for item in given[0].items):
        return None
    return given[0].items


def _length(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    found = [value for _, value in given[0].pairs] if len(given) == 1 and isinstance(given[0], Members) else _closed(given)
    return None if found is None else Scalar(evaluator.source, *evaluator.at(tree), str(len(found)), "plain")


def _flatten(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    if len(given) != 1 or not isinstance(given[0], Items):
        return None
    found: list[Node] = []
    pending = list(reversed(given[0].items))
    while pending:
        node = pending.pop()
        if isinstance(node, Items):
            pending += reversed(node.items)
        else:
            found.append(node)
    return evaluator.made(tree, Items(evaluator.source, *evaluator.at(tree), found))


def _distinct(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    if len(given) != 1 or not isinstance(given[0], Items) or not all(isinstance(item, Scalar) for item in given[0].items):
        return None
    kept: dict[str, Node] = {}
    for item in given[0].items:
        kept.setdefault(getattr(item, "text", ""), item)
    return Items(evaluator.source, *evaluator.at(tree), list(kept.values()))


def _keys(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    """The names in an object, in order."""
    if len(given) != 1 or not isinstance(given[0], Members):
        return None
    return Items(evaluator.source, *evaluator.at(tree), [evaluator.text(tree, name) for name in sorted(k.text for k, _ in given[0].pairs)])


def _values(evaluator: Evaluator, tree: Tree, given: Sequence[Node | None]) -> Node | None:
    """The values of an object, by the order of their names."""
    if len(given) != 1 or not isinstance(given[0], Members):
        return None
    return Items(evaluator.source, *evaluator.at(tree), [value for _, value in sorted(given[0].pairs, key=lambda pair: pair[0].text)])


CALLS: dict[str, Callable[[Evaluator, Tree, Sequence[Node | None]], Node | None]] = {
    "jsonencode": _encoded,
    "jsondecode": _decoded,
    "concat": _concat,
    "merge": _merge,
    "compact": _compact,
    "join": _join,
    "format": _format,
    "try": _try,
    "coalesce": _coalesce,
    "coalescelist": _coalesce_lists,
    "lookup": _lookup,
    "one": _one,
    "length": _length,
    "flatten": _flatten,
    "distinct": _distinct,
    "keys": _keys,
    "values": _values,
    **dict.fromkeys(("tolist", "toset", "tostring", "sensitive", "nonsensitive"), _same),
}
"""The functions by their names."""
