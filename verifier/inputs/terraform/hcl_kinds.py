"""Kinds of values that Terraform tells apart and JSON does not.

Guarantee: what is not certain of a value (its type, its order, how many entries it has) is not in its kind, and what
asks for it is not evaluated. `null` is a scalar. [Terraform language: Types and Values]

A list that is `Items` and nothing more is a list, a tuple or a set, as in the JSON of a plan, with its entries in their
order. What a value becomes that is given for a variable with a type constraint is not known where it is not converted
here. [Terraform language: Type Constraints]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from verifier.inputs.supplied import OTHER_STAND_IN, STAND_IN
from verifier.inputs.terraform.hcl_tree import Tree, tree_parts, tree_rule, unwrapped, word_of
from verifier.inputs.text.access import is_null as is_null
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, null, plain, text_at
from verifier.inputs.text.unknown import (
    LazyObject,
    ResolvedObject,
    UnknownNode,
    joined,
    names_in,
    of_pieces,
    resolved,
    stand_ins,
    text_pieces,
)

_NO_NUMBER = re.compile(r"[^-+.0-9eEpP]")
STAND_INS = stand_ins(f"{OTHER_STAND_IN}|{STAND_IN}")
"""What in a text may stand for something that is not known."""
_LONGEST = 1 << 20
"""Characters of a text that an expression makes."""


class FailsError(Exception):
    """An expression fails."""


class Ordered(Items):
    """A list or tuple."""

    __slots__ = ()


class TextSet(Items):
    """A set of texts, sorted."""

    __slots__ = ()


class Loose(Items):
    """A list, tuple or set of known entries in no known order or number: an open one may be several or none."""

    __slots__ = ()


class Untyped(Scalar):
    """The text that is shown, or the number or truth written so; or, of a data source, a list or set of that."""

    __slots__ = ()


class JsonText(ResolvedObject):
    """A text that is this object as JSON, in some writing."""

    __slots__ = ()


def text_value(at: Node, characters: str) -> Scalar:
    """A text, in Unicode's form NFC."""
    return text_at(at, unicodedata.normalize("NFC", characters))


def ordered(at: Node, items: Sequence[Node], *, loose: bool = False) -> Items:
    """A list, of which the order and number may not be known (`loose`)."""
    return (Loose if loose else Ordered)(at.source, at.start, at.end, list(items))


def concatenated(at: Node, parts: Sequence[Node]) -> Node | None:
    """Values put together as a text; `None` where it is too long. Raises `FailsError`."""
    if any(isinstance(part, Items) or object_of(part) is not None or is_null(part) for part in parts):
        raise FailsError
    whole = joined(map(text_pieces, parts))
    if sum(len(piece or "") for piece in whole) > _LONGEST:
        return None
    found = of_pieces(at, whole, names_in(parts))
    if isinstance(found, Scalar):
        return text_value(at, found.text)
    inner = ((part.parts if isinstance(part, UnknownNode) else ()) or (part,) for part in parts)
    found.parts = tuple(chain.from_iterable(inner))
    return found


def is_open(node: Node) -> bool:
    """True iff nothing is known of a value."""
    return isinstance(node, UnknownNode) and not node.is_text


def is_text(node: Node) -> bool:
    """True iff a value is certainly a text."""
    if isinstance(node, Scalar):
        return node.type == "string" and not isinstance(node, Untyped)
    return isinstance(node, JsonText) or (isinstance(node, UnknownNode) and node.is_text)


def object_of(node: Node) -> Members | None:
    """The value, if it is an object or map."""
    return node if isinstance(node, Members) and not isinstance(node, JsonText) else None


def known_items(node: Node) -> list[Node] | None:
    """The entries of a list of which the order and number is known."""
    return node.items if isinstance(node, Items) and not isinstance(node, Loose) else None


def truth_value(node: Node) -> bool | None:
    """True iff a value is or is converted to true, and false iff to false; `None` for any other."""
    return {"true": True, "false": False}.get(node.text) if isinstance(node, Scalar) else None


def hcl_number(text: str) -> str | None:
    """A number as Terraform writes it; `None` where that is not told here (exponents, very many digits)."""
    match = re.fullmatch(r"0*([0-9]{1,15}?)(?:\.([0-9]{0,15}?)0*)?", text)
    return None if match is None else match[1] + (f".{match[2]}" if match[2] else "")


def equal(left: Node, right: Node) -> bool | None:
    """True iff `==` is, which compares types too; `None` where that is not known, as of two lists or objects."""
    if is_null(left) or is_null(right):
        other = right if is_null(left) else left
        return None if is_open(other) else is_null(other)
    if not (isinstance(left, Scalar) and isinstance(right, Scalar)):
        holds = [isinstance(node, Items) or object_of(node) is not None for node in (left, right)]
        return (
            False if any(holds) and any(isinstance(node, Scalar) or is_text(node) for node in (left, right)) else None
        )
    if left.text != right.text:
        return False
    return None if isinstance(left, Untyped) or isinstance(right, Untyped) else left.type == right.type


def is_uniform(nodes: Sequence[Node]) -> bool:
    """True iff values are certainly of one primitive type, those that are null aside."""
    kinds = {_primitive(node) for node in nodes if not is_null(node)}
    return len(kinds) <= 1 and None not in kinds


def _primitive(node: Node) -> str | None:
    if is_text(node):
        return "text"
    if not isinstance(node, Scalar) or isinstance(node, Untyped):
        return None
    return "truth" if node.text in ("true", "false") else "number"


def loosened(node: Node) -> Node:
    """A value that may have been converted to another type: numbers to texts, lists to sets, objects to maps."""
    if isinstance(node, Scalar):
        return Untyped(node.source, node.start, node.end, node.text, node.type) if node.type == "plain" else node
    if isinstance(node, Items):
        return Loose(node.source, node.start, node.end, [loosened(item) for item in node.items])
    if isinstance(node, Members) and not isinstance(node, JsonText):
        return resolved(node, [(key, loosened(value)) for key, value in node.pairs])
    return node


def holds_members(node: Node) -> bool:
    """True iff a value is an object with members, or a list with one in it."""
    return (isinstance(node, Members) and bool(node.pairs)) or (
        isinstance(node, Items) and any(map(holds_members, node.items))
    )


def unified(items: Sequence[Node], others: Sequence[Node] = ()) -> list[Node]:
    """Values in one list with these others, converted to one type. [Terraform: Conversion of Complex Types]"""
    return list(items) if is_uniform([*items, *others]) else [loosened(item) for item in items]


def as_set(node: Items) -> Items:
    """The set of the entries of a list; sorted where they are known texts without stand-ins."""
    texts = {item.text: item for item in node.items if isinstance(item, Scalar) and not STAND_INS.search(item.text)}
    if all(is_text(item) and getattr(item, "text", None) in texts for item in node.items):
        return TextSet(node.source, node.start, node.end, [texts[text] for text in sorted(texts)])
    return Loose(node.source, node.start, node.end, [loosened(item) for item in node.items])


def known_entries(node: Node, *, with_keys: bool = True) -> list[tuple[Node, Node]] | None:
    """Keys and values of a collection, in their order; `None` where they are not known, or it is none."""
    found = object_of(node)
    if found is not None:
        names = {key.text: (key, value) for key, value in found.pairs}
        return [names[name] for name in sorted(names)]
    if isinstance(node, TextSet):
        return [(item, item) for item in node.items]
    if not isinstance(node, Items) or (with_keys and not isinstance(node, Ordered)):
        return None
    return [(plain(node, str(index)), item) for index, item in enumerate(node.items)]


def value_at(node: Node, key: str) -> Node | None:
    """What a value has under a name or at a position; `None` where it has nothing there, or that is not known."""
    if isinstance(node, LazyObject):
        return node.get(key)
    found = object_of(node)
    if found is not None:
        return next((value for name, value in found.pairs if name.text == key), None)
    items = known_items(node) if not isinstance(node, TextSet) and re.fullmatch("[0-9]{1,6}", key) else None
    return items[int(key)] if items is not None and int(key) < len(items) else None


def lacks(node: Node, key: str) -> bool:
    """True iff a value certainly has nothing under a name or at a position where `value_at` finds nothing."""
    if isinstance(node, Ordered):
        return key.isdecimal() or key[:1].isalpha()
    return isinstance(node, Scalar | Members | TextSet) and not isinstance(node, Untyped)


# -- type constraints --

Evaluate = Callable[[Tree], Node]
"""What the default of an optional attribute is; it refers to nothing."""


def converted(node: Node, constraint: Tree, evaluate: Evaluate, names: Sequence[str]) -> Node:
    """A value as the constraint makes it. What is not known of it depends on `names`. `list` and `map` alone are of any
    type. [Terraform language: Type Constraints, Collection Types]"""

    def each(nodes: Iterable[Node]) -> list[Node]:
        if not arguments or word_of(arguments[0]) == "any":
            return unified(list(nodes))
        return [converted(item, arguments[0], evaluate, names) for item in nodes]

    name, arguments = _form(constraint)
    place = node.source, node.start, node.end
    members, items = object_of(node), known_items(node)
    found: Node | None = None
    if is_null(node) or name == "any" or (name == "string" and isinstance(node, UnknownNode | JsonText)):
        found = node
    elif name in ("string", "number", "bool") and isinstance(node, Scalar):
        text = node.text if name == "string" or (name == "bool" and truth_value(node) is not None) else None
        if name == "number":  # one that begins with zeros loses them
            text = None if STAND_INS.search(node.text) else hcl_number(node.text)
        found = None if text is None else Scalar(*place, text, "string" if name == "string" else "plain")
    elif name in ("list", "set") and isinstance(node, Items) and (arguments or name == "list"):
        whole = (Ordered if items is not None else Loose)(*place, each(node.items))
        found = as_set(whole) if name == "set" else whole
    elif name == "map" and members is not None:
        found = ResolvedObject(
            *place, list(zip((key for key, _ in members.pairs), each(value for _, value in members.pairs), strict=True))
        )
    elif name == "tuple" and items is not None and arguments and len(items) == len(tree_parts(arguments[0])):
        pairs = zip(items, tree_parts(arguments[0]), strict=True)
        found = Ordered(*place, [converted(item, tree, evaluate, names) for item, tree in pairs])
    elif name == "object" and members is not None and arguments:
        found = _object(members, arguments[0], evaluate, names)
    return UnknownNode(node, names) if found is None else found


def _form(tree: Tree) -> tuple[str, list[Tree]]:
    """The name of a type, and what it is made of."""
    tree = unwrapped(tree)
    if tree_rule(tree) != "function_call":
        return word_of(tree) or "", []
    name, *rest = tree_parts(tree)
    return str(name.children[0]), [unwrapped(found) for found in (tree_parts(rest[0]) if rest else [])]


def _object(node: Members, attributes: Tree, evaluate: Evaluate, names: Sequence[str]) -> Node | None:
    """The attributes that the constraint has, and no others; optional ones that are null have their defaults."""
    pairs: list[tuple[Scalar, Node]] = []
    for element in tree_parts(attributes):
        key, constraint = tree_parts(element)
        word = word_of(tree_parts(key)[0]) or ""
        (name, arguments), value = _form(constraint), value_at(node, word)
        if name == "optional":
            constraint, *default = arguments
            value = value if value is not None else null(node)
            if default and is_open(value):
                return None
            value = evaluate(default[0]) if default and is_null(value) else value
        if value is None:
            return None
        pairs.append((text_at(node, word), converted(value, constraint, evaluate, names)))
    return resolved(node, pairs)


def untyped(node: Node, names: Sequence[str]) -> Node:
    """A value of a variable whose constraint is not at hand: of any type that it can be converted to."""
    if isinstance(node, Scalar) and (
        node.text in ("true", "false") or (node.text not in ("0", "1") and hcl_number(node.text) == node.text)
    ):
        return Untyped(node.source, node.start, node.end, node.text, node.type)
    pieces = node.pieces if isinstance(node, UnknownNode) else [node.text] if isinstance(node, Scalar) else []
    texts = [piece or "" for piece in pieces]
    certain = isinstance(node, JsonText) or texts == [""] or any(map(_NO_NUMBER.search, texts))
    return node if certain else UnknownNode(node, names)
