"""Functions of HCL that policies are written with.

In: an evaluator, the call, the values of its arguments, none of which fails. Out: the value of the call; `None` where it cannot be told.
Guarantee: a function that is not here is not carried out; the first lines of docstrings are the table of docs/terraform.md.
[Terraform language: Functions]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from verifier.inputs.nodes import Items, Node, Scalar
from verifier.inputs.terraform.hcl_kinds import (
    Document,
    Encoded,
    Loose,
    Ordered,
    TextSet,
    as_set,
    is_null,
    is_open,
    is_text,
    is_uniform,
    listed,
    object_of,
    unified,
)
from verifier.inputs.terraform.hcl_tree import Tree
from verifier.inputs.unknown import Resolved, Unknown

if TYPE_CHECKING:
    from verifier.inputs.terraform.hcl_values import Evaluator

Call = Callable[["Evaluator", Tree, Sequence[Node]], Node | None]


def _sensitive(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """Its argument: what is sensitive is hidden when it is shown, and not otherwise."""
    evaluator.risk(tree)  # `nonsensitive` of what is not sensitive fails in older versions
    return given[0] if len(given) == 1 else None


def _encoded(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """Of an object: a text that is only read back, as a document or by `jsondecode`; what else is done with it is not evaluated."""
    found = object_of(given[0]) if len(given) == 1 else None
    if found is None:
        return None
    return Encoded(found.source, found.start, found.end, [(key, _as_json(evaluator, tree, value)) for key, value in found.pairs])


def _as_json(evaluator: Evaluator, tree: Tree, node: Node) -> Node:
    """A value as a part of JSON: lists and sets are tuples; a text that is JSON itself is not evaluated."""
    if isinstance(node, Items):
        items = [_as_json(evaluator, tree, item) for item in node.items]
        return (Loose if isinstance(node, Loose) else Ordered)(node.source, node.start, node.end, items)
    found = object_of(node)
    if found is None:
        return evaluator.unknown(tree, [node]) if isinstance(node, Document) else node
    return Resolved(node.source, node.start, node.end, [(key, _as_json(evaluator, tree, value)) for key, value in found.pairs])


def _decoded(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """Of a text that `jsonencode` makes: the object, with lists and sets as tuples."""
    found = given[0] if len(given) == 1 else None
    return Resolved(found.source, found.start, found.end, found.pairs) if isinstance(found, Encoded) else None


def _concat(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The entries one after the other. With a list that is not known the order and the number are not known."""
    items: list[Node] = []
    if not given:
        return evaluator.failing(tree)
    for node in given:
        if isinstance(node, Items) and not isinstance(node, TextSet):
            items += node.items
        elif is_open(node):
            items.append(node)
        else:
            return evaluator.failing(tree)
    loose = any(is_open(node) or isinstance(node, Loose) for node in given)
    return evaluator.ordered(tree, _unified(evaluator, tree, items), loose=loose)


def _unified(evaluator: Evaluator, tree: Tree, items: Sequence[Node]) -> list[Node]:
    if not is_uniform(items) or any(map(is_null, items)):
        evaluator.risk(tree)  # types that do not go together
    return unified(items)


def _merge(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The members of objects, the later ones in place of the earlier; null is passed over."""
    pairs: dict[str, tuple[Scalar, Node]] = {}
    for node in given:
        found = object_of(node)
        if found is None and not is_null(node):
            return None
        pairs |= {key.text: (key, value) for key, value in (found.pairs if found is not None else ())}
    return evaluator.made(tree, Resolved(evaluator.source, *evaluator.at(tree), list(pairs.values())))


def _compact(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The texts of a list that are neither null nor empty. One that is not known may be, so order and number are not known then."""
    if len(given) != 1 or not isinstance(given[0], Items) or not all(isinstance(i, Scalar | Unknown | Document) for i in given[0].items):
        return None
    kept = [_text(item) for item in given[0].items if not isinstance(item, Scalar) or item.text]
    return evaluator.ordered(tree, kept, loose=isinstance(given[0], Loose) or any(is_open(item) for item in kept))


def _text(node: Node) -> Node:
    return Scalar(node.source, node.start, node.end, node.text, "string") if isinstance(node, Scalar) and not is_null(node) else node


def _join(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The texts of one list with the first argument between them."""
    items = listed(given[1]) if len(given) == 2 else None
    if items is None or not isinstance(given[0], Scalar) or is_null(given[0]):
        return None
    return evaluator.concatenated(tree, [part for item in items for part in (given[0], item)][1:])


def _format(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """A text with `%s` for each of the other arguments, and no other verb."""
    texts = given[0].text.split("%s") if given and isinstance(given[0], Scalar) else []
    if len(texts) != len(given) or not given or any("%" in text for text in texts):
        return None
    parts: list[Node] = [evaluator.text(tree, texts[0])]
    for node, text in zip(given[1:], texts[1:], strict=True):
        parts += [node, evaluator.text(tree, text)]
    return evaluator.concatenated(tree, parts)


def _coalesce(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """Of texts, numbers and truths the first that is neither null nor empty, converted to one type. One that is not known may be."""
    if not all(isinstance(node, Scalar | Unknown | Document) for node in given):
        return None
    alike = _unified(evaluator, tree, given)
    for node in alike:
        if is_open(node):
            return evaluator.unknown(tree, given)
        if not isinstance(node, Scalar) or node.text:
            return node
    return evaluator.failing(tree)


def _coalesce_lists(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The first list that has an entry."""
    for node in given:
        items = listed(node)
        if items is None or items:
            return node if isinstance(node, Ordered) else None
    return evaluator.failing(tree)


def _lookup(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The member of an object that has a name that is known; else the third argument, converted to the type of the members."""
    found = object_of(given[0]) if 2 <= len(given) <= 3 else None
    key = given[1] if found is not None else None
    if found is None or not isinstance(key, Scalar) or is_null(key):
        return None
    if len(given) == 3:
        evaluator.risk(tree)  # of a map the default has the type of its values
    member = next((value for name, value in found.pairs if name.text == key.text), None)
    if member is not None:
        return member
    return unified([given[2]], [value for _, value in found.pairs])[0] if len(given) == 3 else evaluator.failing(tree)


def _one(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The only entry of a list or set; null where it is empty."""
    items = listed(given[0]) if len(given) == 1 else None
    if items is None:
        return None
    return evaluator.failing(tree) if len(items) > 1 else items[0] if items else evaluator.null(tree)


def _length(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The number of entries or members; of a text it is not evaluated."""
    found = object_of(given[0]) if len(given) == 1 else None
    entries = found.pairs if found is not None else listed(given[0]) if len(given) == 1 else None
    return None if entries is None else evaluator.plain(tree, str(len(entries)))


def _flatten(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The entries of lists and sets inside each other. One that is not known may be such, so order and number are not known then."""
    if len(given) != 1 or not isinstance(given[0], Items):
        return None
    found: list[Node] = []
    pending: list[Node] = [given[0]]
    loose = False
    while pending:
        node = pending.pop()
        loose = loose or isinstance(node, Loose) or is_open(node)
        if isinstance(node, Items):
            pending += reversed(node.items)
        elif is_null(node):
            return None  # of some types it fails
        else:
            found.append(node)
    return evaluator.ordered(tree, found, loose=loose)


def _distinct(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The texts of a list, each once, where all are known."""
    if len(given) != 1 or not isinstance(given[0], Items) or not all(isinstance(i, Scalar) and is_text(i) for i in given[0].items):
        return None
    kept: dict[str, Node] = {}
    for item in given[0].items:
        kept.setdefault(item.text if isinstance(item, Scalar) else "", item)
    return evaluator.ordered(tree, list(kept.values()), loose=isinstance(given[0], Loose))


def _keys(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The names of an object or map, sorted."""
    found = object_of(given[0]) if len(given) == 1 else None
    return None if found is None else evaluator.ordered(tree, [evaluator.text(tree, n) for n in sorted(k.text for k, _ in found.pairs)])


def _values(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The values of an object or map, sorted by their names."""
    found = object_of(given[0]) if len(given) == 1 else None
    return None if found is None else evaluator.ordered(tree, [v for _, v in sorted(found.pairs, key=lambda pair: pair[0].text)])


def _to_list(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """The entries of a list or set, converted to one type; a set is in its order."""
    if len(given) != 1 or not isinstance(given[0], Items):
        return given[0] if len(given) == 1 and is_null(given[0]) else None
    return evaluator.ordered(tree, _unified(evaluator, tree, given[0].items), loose=isinstance(given[0], Loose))


def _to_set(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """Texts that are known, each once, sorted. Of other entries the order and the number are not known."""
    if len(given) != 1 or not isinstance(given[0], Items):
        return given[0] if len(given) == 1 and is_null(given[0]) else None
    _unified(evaluator, tree, given[0].items)
    return evaluator.made(tree, as_set(given[0]))


def _to_string(evaluator: Evaluator, tree: Tree, given: Sequence[Node]) -> Node | None:
    """A text, number or truth as a text; null is null."""
    if len(given) != 1 or not isinstance(given[0], Scalar | Unknown | Document):
        return None
    return _text(given[0])


CALLS: dict[str, Call] = {
    "coalesce": _coalesce,
    "coalescelist": _coalesce_lists,
    "compact": _compact,
    "concat": _concat,
    "distinct": _distinct,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    "jsondecode": _decoded,
    "jsonencode": _encoded,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "merge": _merge,
    "nonsensitive": _sensitive,
    "one": _one,
    "sensitive": _sensitive,
    "tolist": _to_list,
    "toset": _to_set,
    "tostring": _to_string,
    "values": _values,
}
"""The functions by their names, but for `try`."""
