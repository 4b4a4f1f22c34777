"""Functions of HCL that policies are written with.

In: the place of a call, the values of its arguments, none of which fails. Out: the value of the call; `None` where it
cannot be told.
Guarantee: a function that is not here is not carried out; the docstrings are the table of docs/terraform.md.
[Terraform language: Functions]
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any

from verifier.inputs.terraform import hcl_kinds as kinds
from verifier.inputs.terraform.hcl_kinds import FailsError, JsonText, Loose, TextSet
from verifier.inputs.terraform.json_text import read_json_text
from verifier.inputs.terraform.yaml_text import yaml_value
from verifier.inputs.text.nodes import Items, Node, Scalar, nodes_in, null, plain, values_of
from verifier.inputs.text.open_json import is_unquoted
from verifier.inputs.text.unknown import EncodedJson, JoinedTexts, UnknownNode, names_in, resolved
from verifier.syntax.diagnostic import InputError

# -- of one argument --


def _sensitive(at: Node, given: Node) -> Node | None:
    """Its argument: what is sensitive is hidden when it is shown, and not otherwise."""
    return given


def _jsonencode(at: Node, given: Node) -> Node | None:
    """Of an object in which no text is JSON: a text that is only read as a document. Of a text, or a list of texts, in
    printable ASCII without `<`, `>` and `&`: its JSON. Of what is not known: a text that is a value in another one."""
    has_json = any(isinstance(node, JsonText) for node in nodes_in(given))
    if (found := kinds.object_of(given)) is not None:
        return None if has_json else JsonText(found.source, found.start, found.end, found.pairs)
    if names_in([given]):
        return None if has_json else EncodedJson(at, given)
    items = kinds.known_items(given)
    nodes = [given] if items is None else items
    texts = [text for text in map(_plain_text, nodes) if text is not None and not set("<>&").intersection(text)]
    if len(texts) < len(nodes):
        return None
    return kinds.text_value(at, json.dumps(texts[0] if items is None else texts, separators=(",", ":")))


def _plain_text(node: Node) -> str | None:
    """The text that a node is, if it is in printable ASCII."""
    if not isinstance(node, Scalar) or not kinds.is_text(node):
        return None
    return node.text if node.text.isascii() and node.text.isprintable() else None


def _jsondecode(at: Node, given: Node) -> Node | None:
    """The value of a text that is JSON, and in which all numbers are whole, of up to 15 digits, and not -0."""
    if not isinstance(given, Scalar) or given.type != "string":
        return None
    try:
        return _decoded(at, read_json_text("", given.text))
    except InputError:
        return None


def _yamldecode(at: Node, given: Node) -> Node | None:
    """The value of a text that is YAML without tags and merge keys. A scalar without quotes that versions of YAML read
    in several ways (`yes`, `012`, `1.5`, a date) is not known."""
    if not isinstance(given, Scalar) or given.type != "string":
        return None
    try:
        return yaml_value(at, given.text)
    except InputError:
        return None


def _decoded(at: Node, value: Any) -> Node:
    """A JSON value as a node. Raises `InputError` for a number that is not whole, or too long."""
    if isinstance(value, dict):
        return resolved(at, [(kinds.text_value(at, name), _decoded(at, inner)) for name, inner in value.items()])
    if isinstance(value, list):
        return kinds.ordered(at, [_decoded(at, inner) for inner in value])
    if isinstance(value, str):
        return kinds.text_value(at, value)
    if value is None:
        return null(at)
    if isinstance(value, float) or not -(10**15) < value < 10**15:
        raise InputError.of("a number that is not evaluated")
    return plain(at, json.dumps(value))


def _compact(at: Node, given: Node) -> Node | None:
    """The texts of a list that are neither null nor empty. One that is not known may be, so order and number are not
    known then."""
    items = [_tostring(at, item) for item in given.items] if isinstance(given, Items) else [None]
    kept = [item for item in items if item is not None and not (isinstance(item, Scalar) and not item.text)]
    if None in items:
        return None
    return kinds.ordered(at, kept, loose=isinstance(given, Loose) or any(map(kinds.is_open, kept)))


def _one(at: Node, given: Node) -> Node | None:
    """The only entry of a list or set; null where it is empty."""
    items = kinds.known_items(given)
    if items is not None and len(items) > 1:
        raise FailsError
    return None if items is None else items[0] if items else null(at)


def _length(at: Node, given: Node) -> Node | None:
    """The number of entries, of members, or of the characters of a text in printable ASCII."""
    if (text := _plain_text(given)) is not None:
        return plain(at, str(len(text)))
    found = kinds.object_of(given)
    counted = found.pairs if found is not None else kinds.known_items(given)
    return None if counted is None else plain(at, str(len(counted)))


def _flatten(at: Node, given: Node) -> Node | None:
    """The entries of lists and sets inside each other. One that is not known may be such, so order and number are not
    known then."""
    nodes = list(_flat(given))
    if not isinstance(given, Items) or any(map(kinds.is_null, nodes)):
        return None  # of null of some types it fails
    found = [node for node in nodes if not isinstance(node, Items)]
    return kinds.ordered(at, found, loose=any(isinstance(node, Loose) or kinds.is_open(node) for node in nodes))


def _flat(node: Node) -> Iterator[Node]:
    yield node
    for item in node.items if isinstance(node, Items) else ():
        yield from _flat(item)


def _tolist(at: Node, given: Node) -> Node | None:
    """The entries of a list or set, converted to one type."""
    if not isinstance(given, Items):
        return given if kinds.is_null(given) else None
    return kinds.ordered(at, kinds.unified(given.items), loose=isinstance(given, Loose))


def _toset(at: Node, given: Node) -> Node | None:
    """Texts that are known, each once, sorted. Of other entries the order and the number are not known."""
    found = _tolist(at, given)
    return kinds.as_set(found) if isinstance(found, Items) else found


def _distinct(at: Node, given: Node) -> Node | None:
    """The entries; their order and number are not known."""
    if not isinstance(given, Items):
        return None
    return kinds.ordered(at, [kinds.loosened(item) for item in given.items], loose=True)


def _tostring(at: Node, given: Node) -> Node | None:
    """A text, number or truth as a text; null is null."""
    if isinstance(given, Scalar) and not kinds.is_null(given):
        return kinds.text_value(given, given.text)
    return given if isinstance(given, Scalar | UnknownNode | JsonText) else None


def _keys(at: Node, given: Node) -> Node | None:
    """The names of an object or map, sorted."""
    pairs = kinds.known_entries(given) if kinds.object_of(given) is not None else None
    return None if pairs is None else kinds.ordered(at, [key for key, _ in pairs])


def _values(at: Node, given: Node) -> Node | None:
    """The values of an object or map, sorted by their names."""
    pairs = kinds.known_entries(given) if kinds.object_of(given) is not None else None
    return None if pairs is None else kinds.ordered(at, [value for _, value in pairs])


# -- of several --


def _concat(at: Node, *given: Node) -> Node | None:
    """The entries one after the other. With a list that is not known the order and the number are not known."""
    if not given or not all(isinstance(node, Items) or kinds.is_open(node) for node in given):
        raise FailsError
    items = [item for node in given for item in values_of(node)]
    return kinds.ordered(at, kinds.unified(items), loose=any(kinds.known_items(node) is None for node in given))


def _merge(at: Node, *given: Node) -> Node | None:
    """The members of objects, the later ones in place of the earlier; null is passed over."""
    found = [kinds.object_of(node) for node in given if not kinds.is_null(node)]
    pairs = {key.text: (key, value) for node in found for key, value in (node.pairs if node is not None else ())}
    return None if None in found else resolved(at, pairs.values())


def _join(at: Node, *given: Node) -> Node | None:
    """The texts of one list with the first argument between them."""
    if len(given) != 2 or not isinstance(given[0], Scalar) or kinds.is_null(given[0]):
        return None
    items = kinds.known_items(given[1])
    if items is None:
        is_listed = re.fullmatch(r'"\s*,\s*"', given[0].text) and is_unquoted(given[1])
        return JoinedTexts(at, names_in(given)) if is_listed and names_in(given) else None
    return kinds.concatenated(at, [part for item in items for part in (given[0], item)][1:])


def _format(at: Node, *given: Node) -> Node | None:
    """A text with `%s` for each of the other arguments, and no other verb."""
    texts = given[0].text.split("%s") if given and isinstance(given[0], Scalar) else []
    if len(texts) != len(given) or any("%" in found for found in texts):
        return None
    return kinds.concatenated(
        at, [part for node, found in zip(given, texts, strict=True) for part in (node, kinds.text_value(at, found))][1:]
    )


def _formatlist(at: Node, *given: Node) -> Node | None:
    """A list: what `format` makes for each entry of one list or set, or of several of one length, and of the other
    arguments, which are texts, numbers and truths."""
    lists = [kinds.known_items(node) for node in given if isinstance(node, Items)]
    if None in lists or not lists or any(kinds.is_open(node) for node in given):
        return None
    if len({len(items or ()) for items in lists}) > 1:
        raise FailsError
    columns = (kinds.known_items(node) or () if isinstance(node, Items) else repeat(node) for node in given)
    made = [_format(at, *row) for row in zip(*columns, strict=False)]
    return None if None in made else kinds.ordered(at, [node for node in made if node is not None])


def _coalesce(at: Node, *given: Node) -> Node | None:
    """Of texts, numbers and truths the first that is neither null nor empty, converted to one type. One that is not
    known may be."""
    if not all(isinstance(node, Scalar | UnknownNode | JsonText) for node in given):
        return None
    found = next((node for node in kinds.unified(given) if not isinstance(node, Scalar) or node.text), None)
    if found is None:
        raise FailsError
    return UnknownNode(at, names_in(given)) if kinds.is_open(found) else found


def _contains(at: Node, *given: Node) -> Node | None:
    """True iff an entry of a list or set is the second argument."""
    items = kinds.known_items(given[0]) if len(given) == 2 and not kinds.is_null(given[1]) else None
    holds = {kinds.equal(item, given[1]) for item in items or ()}
    return None if items is None or (holds >= {None} and True not in holds) else plain(at, str(True in holds).lower())


def _element(at: Node, *given: Node) -> Node | None:
    """The entry of a list at a known position that is not negative, counted from 0: after the last entry the first one
    comes again."""
    items = kinds.known_items(given[0]) if len(given) == 2 and not isinstance(given[0], TextSet) else None
    position = given[1].text if items is not None and isinstance(given[1], Scalar) else ""
    if items == []:
        raise FailsError
    return items[int(position) % len(items)] if items and re.fullmatch("[0-9]{1,15}", position) else None


def _lookup(at: Node, *given: Node) -> Node | None:
    """The member that has a known name; else the third argument, converted to the type of the members, if no object is
    in it."""
    if (
        not 2 <= len(given) <= 3
        or kinds.object_of(given[0]) is None
        or not isinstance(given[1], Scalar)
        or kinds.is_null(given[1])
    ):
        return None
    found = kinds.value_at(given[0], given[1].text)
    if found is None and len(given) == 2:
        raise FailsError
    if found is not None:
        return found
    return None if kinds.holds_members(given[2]) else kinds.loosened(given[2])


# -- of texts that are known --


def _replace(given: str, old: str, new: str) -> str | None:
    """A text with the third argument in the place of each second one. An empty one, or a regular expression (`/…/`), is
    not evaluated."""
    is_plain = bool(old) and not (len(old) > 1 and old[0] == old[-1] == "/")
    return given.replace(old, new) if is_plain else None


_Function = Callable[..., str | bool | list[str] | None]
_TEXTS: dict[str, tuple[int, _Function, str]] = {
    "basename": (
        1,
        lambda given: given.rpartition("/")[2] or None,
        "What follows the last `/` of a text. One that is empty, or ends with `/`, is not evaluated.",
    ),
    "endswith": (2, str.endswith, "True iff a text ends with the second argument."),
    "lower": (1, str.lower, "A text in small letters."),
    "replace": (
        3,
        _replace,
        "A text with the third argument in the place of each second one. An empty one, or a regular expression "
        "(`/…/`), is not evaluated.",
    ),
    "split": (
        2,
        lambda separator, given: given.split(separator) if separator else None,
        "The parts of a text that the first argument separates. An empty one is not evaluated.",
    ),
    "startswith": (2, str.startswith, "True iff a text begins with the second argument."),
    "trimprefix": (2, str.removeprefix, "A text without the second argument at its beginning."),
    "trimspace": (1, lambda given: given.strip(" \t\n\v\f\r"), "A text without white space at its ends."),
    "trimsuffix": (2, str.removesuffix, "A text without the second argument at its end."),
    "upper": (1, str.upper, "A text in capital letters."),
}
"""The number of their arguments, what they make (`None` is what is not evaluated), and their law."""


def _of_texts(arity: int, function: _Function, law: str) -> Callable[..., Node | None]:
    """A function of texts that are known, and ASCII: other letters depend on the version of Unicode."""

    def called(at: Node, *given: Node) -> Node | None:
        texts = [node.text for node in given if isinstance(node, Scalar) and not kinds.is_null(node)]
        is_evaluated = len(texts) == len(given) == arity and "".join(texts).isascii()
        found = function(*texts) if is_evaluated else None
        return None if found is None else _decoded(at, found)

    called.__doc__ = law
    return called


_ONE = (
    _compact,
    _distinct,
    _flatten,
    _jsondecode,
    _jsonencode,
    _keys,
    _length,
    _one,
    _sensitive,
    _tolist,
    _toset,
    _tostring,
    _values,
    _yamldecode,
)
OF_ONE: dict[str, Callable[[Node, Node], Node | None]] = {function.__name__[1:]: function for function in _ONE}
OF_ONE["nonsensitive"] = _sensitive
_SEVERAL = (_coalesce, _concat, _contains, _element, _format, _formatlist, _join, _lookup, _merge)
OF_SEVERAL: dict[str, Callable[..., Node | None]] = {function.__name__[1:]: function for function in _SEVERAL}
OF_SEVERAL |= {name: _of_texts(*row) for name, row in _TEXTS.items()}
"""The functions by their names, but for `try`."""
INSPECTING = frozenset({"contains", "keys", "toset", "values", *_TEXTS})
"""Those that take texts apart, look at parts of them, or read the order of names."""
