"""Kinds of values that Terraform tells apart and JSON does not.

In: nodes. Out: nodes of these kinds. Guarantee: what is not certain of a value (its type, its order, how many entries it has) is not in its
kind, and what asks for it is not evaluated. `null` is a scalar. [Terraform language: Types and Values]

A list that is `Items` and nothing more is a list, a tuple or a set, as in the JSON of a plan, with its entries in their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.unknown import Resolved, Unknown


class Ordered(Items):
    """A list or tuple."""

    __slots__ = ()


class TextSet(Items):
    """A set of texts, sorted."""

    __slots__ = ()


class Loose(Items):
    """A list, tuple or set of which the entries are known, and not their order or number: an open one may stand for several or none."""

    __slots__ = ()


class Untyped(Scalar):
    """The text that is shown, or the number or truth that is written so."""

    __slots__ = ()


class Document(Resolved):
    """A text that is this object as JSON, in some writing."""

    __slots__ = ()


def inside(node: Node) -> Iterator[Node]:
    """A value and all that is in it."""
    pending = [node]
    while pending:
        inner = pending.pop()
        yield inner
        pending += inner.items if isinstance(inner, Items) else [value for _, value in inner.pairs] if isinstance(inner, Members) else ()


def is_null(node: Node) -> bool:
    """Whether a value is null, iff that is known."""
    return isinstance(node, Scalar) and node.type == "null"


def is_open(node: Node) -> bool:
    """Whether nothing is known of a value."""
    return isinstance(node, Unknown) and not node.is_text


def is_text(node: Node) -> bool:
    """Whether a value is certainly a text."""
    if isinstance(node, Scalar):
        return node.type == "string" and not isinstance(node, Untyped)
    return isinstance(node, Document) or (isinstance(node, Unknown) and node.is_text)


def object_of(node: Node) -> Members | None:
    """The value, if it is an object or map."""
    return node if isinstance(node, Members) and not isinstance(node, Document) else None


def listed(node: Node) -> list[Node] | None:
    """The entries of a list of which the order and number is known."""
    return node.items if isinstance(node, Items) and not isinstance(node, Loose) else None


def truth(node: Node) -> bool | None:
    """The truth that a value is or is converted to; `None` for any other."""
    found = isinstance(node, Scalar) and node.text in ("true", "false")
    return node.text == "true" if found and isinstance(node, Scalar) else None


def equal(left: Node, right: Node) -> bool | None:
    """What `==` says, which compares types too; `None` where that is not known, as of two lists or objects."""
    if is_null(left) or is_null(right):
        other = right if is_null(left) else left
        return None if is_open(other) else is_null(other)
    if not (isinstance(left, Scalar) and isinstance(right, Scalar)):
        holds = [isinstance(node, Items) or object_of(node) is not None for node in (left, right)]
        return False if any(holds) and any(isinstance(node, Scalar) or is_text(node) for node in (left, right)) else None
    if left.text != right.text:
        return False
    return None if isinstance(left, Untyped) or isinstance(right, Untyped) else left.type == right.type


def is_uniform(nodes: Sequence[Node]) -> bool:
    """Whether values are certainly of one primitive type, those that are null aside."""
    kinds = {_primitive(node) for node in nodes if not is_null(node)}
    return len(kinds) <= 1 and None not in kinds


def _primitive(node: Node) -> str | None:
    if is_text(node):
        return "text"
    if not isinstance(node, Scalar) or isinstance(node, Untyped):
        return None
    return "truth" if node.text in ("true", "false") else "number"


def loosened(node: Node) -> Node:
    """A value that may have been converted to a type that is not known: numbers may be texts, lists sets, objects maps."""
    if isinstance(node, Scalar):
        return Untyped(node.source, node.start, node.end, node.text, node.type) if node.type == "plain" else node
    if isinstance(node, Items):
        return Loose(node.source, node.start, node.end, [loosened(item) for item in node.items])
    if isinstance(node, Members) and not isinstance(node, Document):
        return Resolved(node.source, node.start, node.end, [(key, loosened(value)) for key, value in node.pairs])
    return node


def unified(items: Sequence[Node], others: Sequence[Node] = ()) -> list[Node]:
    """Values as they are in a list with those and these others: converted to one type. [Terraform language: Conversion of Complex Types]"""
    return list(items) if is_uniform([*items, *others]) else [loosened(item) for item in items]


def as_set(node: Items) -> Items:
    """The set of the entries of a list; sorted where these are known texts."""
    if not isinstance(node, Loose) and all(is_text(item) and isinstance(item, Scalar) for item in node.items):
        texts = {item.text: item for item in node.items if isinstance(item, Scalar)}
        return TextSet(node.source, node.start, node.end, [texts[text] for text in sorted(texts)])
    return Loose(node.source, node.start, node.end, [loosened(item) for item in node.items])


def member(node: Node, key: str) -> Node | None:
    """What a value has under a name or at a position; `None` where it has nothing there, or that is not known."""
    found = object_of(node)
    if found is not None:
        return next((value for name, value in found.pairs if name.text == key), None)
    items = listed(node) if not isinstance(node, TextSet) and re.fullmatch("[0-9]{1,6}", key) else None
    return items[int(key)] if items is not None and int(key) < len(items) else None


def lacks(node: Node, key: str) -> bool:
    """Whether a value certainly has nothing under a name or at a position where `member` finds nothing."""
    if isinstance(node, Ordered):
        return key.isdecimal() or key[:1].isalpha()
    return isinstance(node, Scalar | Members | TextSet)
