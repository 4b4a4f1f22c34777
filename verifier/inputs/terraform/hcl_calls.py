"""Functions of HCL that policies are written with.

In: an evaluator, the call, the values of its arguments, none of which fails. Out: the value of the call; `None` where it cannot be told.
Guarantee: a function that is not here is not carried out; the docstrings are the table of docs/terraform.md.
[Terraform language: Functions]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from verifier.inputs.nodes import Items, Node, Scalar
from verifier.inputs.terraform.hcl_kinds import (
    Document,
    Loose,
    as_set,
    inside,
    is_null,
    is_open,
    listed,
    loosened,
    member,
    object_of,
    unified,
)
from verifier.inputs.terraform.hcl_tree import Tree
from verifier.inputs.unknown import Resolved, Unknown

if TYPE_CHECKING:
    from verifier.inputs.terraform.hcl_values import Evaluator


class FailsError(Exception):
    """An expression fails."""


# -- of one argument --


def _sensitive(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """Its argument: what is sensitive is hidden when it is shown, and not otherwise."""
    return given


def _encoded(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """Of an object in which no text is JSON: a text that is only read as a document."""
    found = object_of(given)
    if found is None or any(isinstance(node, Document) for node in inside(found)):
        return None
    return evaluator.made(tree, Document(found.source, found.start, found.end, found.pairs))


def _compact(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """The texts of a list that are neither null nor empty. One that is not known may be, so order and number are not known then."""
    items = [_to_string(evaluator, tree, item) for item in given.items] if isinstance(given, Items) else [None]
    kept = [item for item in items if item is not None and not (isinstance(item, Scalar) and not item.text)]
    return None if None in items else evaluator.ordered(tree, kept, loose=isinstance(given, Loose) or any(map(is_open, kept)))


def _one(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """The only entry of a list or set; null where it is empty."""
    items = listed(given)
    if items is None:
        return None
    if len(items) > 1:
        raise FailsError
    return items[0] if items else evaluator.null(tree)


def _length(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """The number of entries or members; of a text it is not evaluated."""
    found = object_of(given)
    entries = found.pairs if found is not None else listed(given)
    return None if entries is None else evaluator.plain(tree, str(len(entries)))


def _flatten(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """The entries of lists and sets inside each other. One that is not known may be such, so order and number are not known then."""
    nodes = list(_flat(given))
    if not isinstance(given, Items) or any(map(is_null, nodes)):
        return None  # of null of some types it fails
    found = [node for node in nodes if not isinstance(node, Items)]
    return evaluator.ordered(tree, found, loose=any(isinstance(node, Loose) or is_open(node) for node in nodes))


def _flat(node: Node) -> Iterator[Node]:
    yield node
    for item in node.items if isinstance(node, Items) else ():
        yield from _flat(item)


def _to_list(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """The entries of a list or set, converted to one type."""
    if not isinstance(given, Items):
        return given if is_null(given) else None
    return evaluator.ordered(tree, unified(given.items), loose=isinstance(given, Loose))


def _to_set(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """Texts that are known, each once, sorted. Of other entries the order and the number are not known."""
    found = _to_list(evaluator, tree, given)
    return as_set(found) if isinstance(found, Items) else found


def _distinct(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """The entries; their order and number are not known."""
    return evaluator.ordered(tree, [loosened(item) for item in given.items], loose=True) if isinstance(given, Items) else None


def _to_string(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """A text, number or truth as a text; null is null."""
    if isinstance(given, Scalar) and not is_null(given):
        return Scalar(given.source, given.start, given.end, given.text, "string")
    return given if isinstance(given, Scalar | Unknown | Document) else None


def _keys(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """The names of an object or map, sorted."""
    pairs = evaluator.entries(tree, given, with_keys=True) if object_of(given) is not None else None
    return None if pairs is None else evaluator.ordered(tree, [key for key, _ in pairs])


def _values(evaluator: Evaluator, tree: Tree, given: Node) -> Node | None:
    """The values of an object or map, sorted by their names."""
    pairs = evaluator.entries(tree, given, with_keys=True) if object_of(given) is not None else None
    return None if pairs is None else evaluator.ordered(tree, [value for _, value in pairs])


# -- of several --


def _concat(evaluator: Evaluator, tree: Tree, *given: Node) -> Node | None:
    """The entries one after the other. With a list that is not known the order and the number are not known."""
    if not given or not all(isinstance(node, Items) or is_open(node) for node in given):
        raise FailsError
    items = [item for node in given for item in (node.items if isinstance(node, Items) else [node])]
    return evaluator.ordered(tree, unified(items), loose=any(listed(node) is None for node in given))


def _merge(evaluator: Evaluator, tree: Tree, *given: Node) -> Node | None:
    """The members of objects, the later ones in place of the earlier; null is passed over."""
    found = [object_of(node) for node in given if not is_null(node)]
    pairs = {key.text: (key, value) for node in found for key, value in (node.pairs if node is not None else ())}
    return None if None in found else evaluator.made(tree, Resolved(evaluator.source, *evaluator.at(tree), list(pairs.values())))


def _join(evaluator: Evaluator, tree: Tree, *given: Node) -> Node | None:
    """The texts of one list with the first argument between them."""
    items = listed(given[1]) if len(given) == 2 else None
    if items is None or not isinstance(given[0], Scalar) or is_null(given[0]):
        return None
    return evaluator.concatenated(tree, [part for item in items for part in (given[0], item)][1:])


def _format(evaluator: Evaluator, tree: Tree, *given: Node) -> Node | None:
    """A text with `%s` for each of the other arguments, and no other verb."""
    texts = given[0].text.split("%s") if given and isinstance(given[0], Scalar) else []
    if len(texts) != len(given) or not given or any("%" in text for text in texts):
        return None
    parts = [part for node, text in zip(given, texts, strict=True) for part in (node, evaluator.text(tree, text))]
    return evaluator.concatenated(tree, parts[1:])


def _coalesce(evaluator: Evaluator, tree: Tree, *given: Node) -> Node | None:
    """Of texts, numbers and truths the first that is neither null nor empty, converted to one type. One that is not known may be."""
    if not all(isinstance(node, Scalar | Unknown | Document) for node in given):
        return None
    found = next((node for node in unified(given) if not isinstance(node, Scalar) or node.text), None)
    if found is None:
        raise FailsError
    return evaluator.unknown(tree, given) if is_open(found) else found


def _lookup(evaluator: Evaluator, tree: Tree, *given: Node) -> Node | None:
    """The member of an object that has a name that is known; else the third argument, converted to the type of the members."""
    if not 2 <= len(given) <= 3 or object_of(given[0]) is None or not isinstance(given[1], Scalar) or is_null(given[1]):
        return None
    found = member(given[0], given[1].text)
    if found is None and len(given) == 2:
        raise FailsError
    return evaluator.made(tree, loosened(given[2])) if found is None else found


OF_ONE: dict[str, Callable[[Evaluator, Tree, Node], Node | None]] = {
    "compact": _compact,
    "distinct": _distinct,
    "flatten": _flatten,
    "jsonencode": _encoded,
    "keys": _keys,
    "length": _length,
    "nonsensitive": _sensitive,
    "one": _one,
    "sensitive": _sensitive,
    "tolist": _to_list,
    "toset": _to_set,
    "tostring": _to_string,
    "values": _values,
}
OF_SEVERAL: dict[str, Callable[..., Node | None]] = {
    "coalesce": _coalesce,
    "concat": _concat,
    "format": _format,
    "join": _join,
    "lookup": _lookup,
    "merge": _merge,
}
"""The functions by their names, but for `try`."""
