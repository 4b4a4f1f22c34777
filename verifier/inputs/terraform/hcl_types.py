"""Type constraints of variables: what a value becomes that is given for one.

In: a value, and the tree of a constraint. Out: the value, converted. Guarantee: what is not converted here is not known.
[Terraform language: Type Constraints; Input Variables, `nullable`]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.hcl_kinds import (
    Document,
    Loose,
    Ordered,
    Untyped,
    as_set,
    is_null,
    is_open,
    listed,
    member,
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

    def each(nodes: Iterable[Node]) -> list[Node]:
        found = [converted(item, arguments[0], evaluate, names) for item in nodes]
        return unified(found) if word_of(arguments[0]) == "any" else found

    name, arguments = _form(constraint)
    place = node.source, node.start, node.end
    members, items = object_of(node), listed(node)
    found: Node | None = None
    if is_null(node) or name == "any" or name == "string" and isinstance(node, Unknown | Document):
        found = node
    elif name in ("string", "number", "bool") and isinstance(node, Scalar):
        text = node.text if name == "string" or (name == "bool" and truth(node) is not None) else None
        text = number_text(node.text) if name == "number" else text
        found = None if text is None else Scalar(*place, text, "string" if name == "string" else "plain")
    elif name in ("list", "set") and isinstance(node, Items) and arguments:
        whole = (Ordered if items is not None else Loose)(*place, each(node.items))
        found = as_set(whole) if name == "set" else whole
    elif name == "map" and members is not None and arguments:
        found = Resolved(*place, list(zip((key for key, _ in members.pairs), each(value for _, value in members.pairs), strict=True)))
    elif name == "tuple" and items is not None and arguments and len(items) == len(parts_of(arguments[0])):
        pairs = zip(items, parts_of(arguments[0]), strict=True)
        found = Ordered(*place, [converted(item, tree, evaluate, names) for item, tree in pairs])
    elif name == "object" and members is not None and arguments:
        found = _object(members, arguments[0], evaluate, names)
    return Unknown(*place, names) if found is None else found


def _form(tree: Tree) -> tuple[str, list[Tree]]:
    """The name of a type, and what it is made of."""
    tree = _unwrapped(tree)
    if kind_of(tree) != "function_call":
        return word_of(tree) or "", []
    name, *rest = parts_of(tree)
    return str(name.children[0]), [_unwrapped(found) for found in (parts_of(rest[0]) if rest else [])]


def _unwrapped(tree: Tree) -> Tree:
    while kind_of(tree) == "expr_term" and len(parts_of(tree)) == 1:
        (tree,) = parts_of(tree)
    return tree


def _object(node: Members, attributes: Tree, evaluate: Evaluate, names: Sequence[str]) -> Node | None:
    """The attributes that the constraint has, and no others; optional ones that are null or missing have their defaults."""
    pairs: list[tuple[Scalar, Node]] = []
    for element in parts_of(attributes):
        key, constraint = parts_of(element)
        word = word_of(parts_of(key)[0]) or ""
        (name, arguments), value = _form(constraint), member(node, word)
        if name == "optional":
            constraint, *default = arguments
            value = value if value is not None else Scalar(node.source, node.start, node.end, "", "null")
            if default and is_open(value):
                return None
            value = evaluate(default[0]) if default and is_null(value) else value
        if value is None:
            return None
        pairs.append((Scalar(node.source, node.start, node.end, word, "string"), converted(value, constraint, evaluate, names)))
    return Resolved(node.source, node.start, node.end, pairs)


def untyped(node: Node, names: Sequence[str]) -> Node:
    """A value given for a variable whose constraint is not at hand: it may be of any type that the value is converted to."""
    if isinstance(node, Scalar) and (
        node.text in ("true", "false") or (node.text not in ("0", "1") and number_text(node.text) == node.text)
    ):
        return Untyped(node.source, node.start, node.end, node.text, node.type)
    texts = [node.text] if isinstance(node, Scalar) else [piece or "" for piece in node.pieces] if isinstance(node, Unknown) else []
    certain = isinstance(node, Document) or texts == [""] or any(map(_NO_NUMBER.search, texts))
    return node if certain else Unknown(node.source, node.start, node.end, names)
