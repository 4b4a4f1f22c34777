"""Type constraints of variables: what a value becomes that is given for one.

In: a value, and the tree of a constraint. Out: the value, converted. Guarantee: what is not converted here is not known.
[Terraform language: Type Constraints; Input Variables, `nullable`]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.hcl_kinds import (
    Document,
    Loose,
    Ordered,
    Untyped,
    as_set,
    is_null,
    listed,
    loosened,
    object_of,
    truth,
    unified,
)
from verifier.inputs.terraform.hcl_tree import Tree, kind_of, parts_of, word_of
from verifier.inputs.terraform.values import number_text
from verifier.inputs.unknown import Resolved, Unknown

_NO_NUMBER = re.compile(r"[^-+.0-9eEpP]")

Evaluate = Callable[[Tree], Node]
"""What the default of an optional attribute is; it refers to nothing."""


def converted(node: Node, constraint: Tree, evaluate: Evaluate, names: Sequence[str]) -> Node:
    """A value as the constraint makes it. What is not known of it depends on `names`."""

    def unknown() -> Unknown:
        return Unknown(node.source, node.start, node.end, names)

    def each(items: Sequence[Node], tree: Tree) -> list[Node]:
        found = [converted(item, tree, evaluate, names) for item in items]
        return unified(found) if word_of(tree) == "any" else found

    name, arguments = _form(constraint)
    if is_null(node) or name == "any":
        return node
    members, argument = object_of(node), arguments[0] if len(arguments) == 1 else None
    if name in ("string", "number", "bool") and isinstance(node, Scalar | Unknown | Document):
        return _primitive(node, name) or unknown()
    if name in ("list", "set") and argument is not None and isinstance(node, Items):
        kind = Loose if isinstance(node, Loose) else Ordered
        found = kind(node.source, node.start, node.end, each(node.items, argument))
        return as_set(found) if name == "set" else found
    if name == "map" and argument is not None and members is not None:
        values = each([value for _, value in members.pairs], argument)
        keys = [key for key, _ in members.pairs]
        return Resolved(node.source, node.start, node.end, list(zip(keys, values, strict=True)))
    entries = listed(node)
    if name == "tuple" and argument is not None and entries is not None and len(entries) == len(parts_of(argument)):
        items = [converted(item, tree, evaluate, names) for item, tree in zip(entries, parts_of(argument), strict=True)]
        return Ordered(node.source, node.start, node.end, items)
    if name == "object" and argument is not None and members is not None:
        return _object(members, argument, evaluate, names) or unknown()
    return unknown()


def _form(tree: Tree) -> tuple[str, list[Tree]]:
    """The name of a type, and what it is made of."""
    while kind_of(tree) == "expr_term" and len(parts_of(tree)) == 1:
        (tree,) = parts_of(tree)
    if kind_of(tree) != "function_call":
        return word_of(tree) or "", []
    name, *rest = parts_of(tree)
    inner = parts_of(rest[0]) if rest else []
    return str(name.children[0]), [_unwrapped(found) for found in inner]


def _unwrapped(tree: Tree) -> Tree:
    return parts_of(tree)[0] if kind_of(tree) == "expr_term" and len(parts_of(tree)) == 1 else tree


def _primitive(node: Node, name: str) -> Node | None:
    if not isinstance(node, Scalar):
        return node if name == "string" else None
    if name == "string":
        return Scalar(node.source, node.start, node.end, node.text, "string")
    text = node.text if name == "bool" and truth(node) is not None else number_text(node.text) if name == "number" else None
    return None if text is None else Scalar(node.source, node.start, node.end, text, "plain")


def _object(node: Members, attributes: Tree, evaluate: Evaluate, names: Sequence[str]) -> Node | None:
    """The attributes that the constraint has, and no others; optional ones that are null or missing have their defaults."""
    pairs: list[tuple[Scalar, Node]] = []
    if kind_of(attributes) != "object":
        return None
    for element in parts_of(attributes):
        key, constraint = parts_of(element)
        word = word_of(parts_of(key)[0])
        name, arguments = _form(constraint)
        value = next((value for own, value in node.pairs if own.text == word), None)
        if word is None or (value is None and name != "optional"):
            return None
        if name == "optional":
            constraint, *default = arguments
            value = value if value is not None else Scalar(node.source, node.start, node.end, "", "null")
            if default and isinstance(value, Unknown):
                value = Unknown(value.source, value.start, value.end, value.names)
            elif default and is_null(value):
                value = evaluate(default[0])
        assert value is not None
        pairs.append((Scalar(node.source, node.start, node.end, word, "string"), converted(value, constraint, evaluate, names)))
    return Resolved(node.source, node.start, node.end, pairs)


def untyped(node: Node, names: Sequence[str]) -> Node:
    """A value given for a variable whose constraint is not at hand: it may be of any type that the value is converted to."""
    if isinstance(node, Items):
        return loosened(Loose(node.source, node.start, node.end, [untyped(item, names) for item in node.items]))
    if isinstance(node, Scalar) and (
        node.text in ("true", "false") or (node.text not in ("0", "1") and number_text(node.text) == node.text)
    ):
        return Untyped(node.source, node.start, node.end, node.text, node.type)
    texts = [node.text] if isinstance(node, Scalar) else [piece or "" for piece in node.pieces] if isinstance(node, Unknown) else []
    certain = isinstance(node, Document) or texts == [""] or any(map(_NO_NUMBER.search, texts))
    return node if certain else Unknown(node.source, node.start, node.end, names)
