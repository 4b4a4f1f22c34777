"""A value of a template as CloudFormation reads it, before any function is carried out; and its dynamic references,
which come last: `{{resolve:ssm:/path}}` in a text stands for a value that another service keeps.

In: the tree of a value. Out: the tree in which every scalar is the text that it stands for, or `UnknownNode`; so is an
object that a macro writes anew. Guarantee: a text is known only where the YAML 1.1 specification and what
CloudFormation makes of it leave no choice; a member that is there twice is an error. It does not matter which parts a
reference was put together from; from where one begins, or may begin, nothing is known up to where it certainly ends.
[CloudFormation User Guide: template-formats, template-macros (macro scope), dynamic-references]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from verifier.inputs.text.nodes import Items, Members, Node, Remarks, Scalar, listing, member, nodes_in, values_of
from verifier.inputs.text.unknown import Pieces, UnknownNode, resolved

MACROS = ("Fn::Transform", "Transform")
"""The function that has a macro write anew what stands beside it, and its short form, an object with `Name`."""
_BOOLEANS = {
    spelling: text
    for text, words in {"true": ("true", "yes", "on"), "false": ("false", "no", "off")}.items()
    for word in words
    for spelling in (word, word.capitalize(), word.upper())
}
"""The Booleans of YAML 1.1, and the text that each becomes. `y` and `n` are not read alike by all readers."""
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NUMBER = re.compile(
    r"[-+]?(?:0[bx][0-9A-Fa-f_]+|[0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9_]+(?:[eE][-+]?[0-9]+)?)"
    r"|[-+]?\.(?:inf|Inf|INF|nan|NaN|NAN)|[yYnN]|="
)
"""What is a number for readers of YAML 1.1: octal, `_`, in base 60, … Its text need not be as written."""
BEGIN, _GAP = "{{resolve:", "\0"
_SERVICE = re.compile(r"\{\{resolve:([^:}\0]*)")
_WHOLE = re.compile(r"\{\{resolve:[^\0]*?\}\}")
_OPEN = re.compile(r"\{\{resolve:.*", re.DOTALL)
"""A reference that does not certainly end."""
_BEGUN = re.compile("(?:" + "|".join(re.escape(BEGIN[:n]) for n in range(len(BEGIN) - 1, 0, -1)) + f"){_GAP}+")
_ENDED = re.compile(f"{_GAP}.*}}[}}{_GAP}]", re.DOTALL)
"""References of which an unknown part may hold the beginning, or the end."""


def _text_of(node: Scalar) -> str | None:
    """The text that a scalar stands for; `None` where that is not known."""
    if node.type != "plain" or _INTEGER.fullmatch(node.text):
        return node.text
    return _BOOLEANS.get(node.text) or (None if _NUMBER.fullmatch(node.text) else node.text)


def member_name(node: Scalar) -> str | None:
    """The text of the name of a member, likewise. `y` and `n` are themselves: as Booleans they would name nothing."""
    return node.text if node.text in "yYnN" else _text_of(node)


def macros(node: Node) -> Iterator[tuple[Scalar | None, Node]]:
    """The names of the macros (`None` where one is not told) that a `Transform` calls, each with its place."""
    for entry in values_of(node):
        name = member(entry, "Name") if isinstance(entry, Members) else entry
        yield (name if isinstance(name, Scalar) and name.type != "null" else None), entry


def is_macro(key: Scalar, value: Node) -> bool:
    """True iff a member of an object, which is not the whole template, calls macros."""
    return key.text == MACROS[0] or (key.text == MACROS[1] and isinstance(value, Members) and value.has("Name"))


def calls_macros(node: Node) -> bool:
    """True iff an object in a value calls macros."""
    return any(is_macro(*pair) for inner in nodes_in(node) if isinstance(inner, Members) for pair in inner.pairs)


def as_read(remarks: Remarks, node: Node) -> Node:
    """The value of a node."""
    if isinstance(node, Scalar):
        return _scalar(node)
    if isinstance(node, Items):
        return listing(node, [as_read(remarks, item) for item in node.items])
    if not isinstance(node, Members):
        return node
    called = [place for key, value in node.pairs if is_macro(key, value) for place in macros(value)]
    if called:
        return UnknownNode(node, [f"what the macro {macro_name(name)} makes of it" for name, _ in called])
    names = [key if member_name(key) == key.text else _scalar(key) for key, _ in node.pairs]
    unknown = [name for key in names if isinstance(key, UnknownNode) for name in key.names]
    if unknown:
        return UnknownNode(node, unknown)
    values = (as_read(remarks, value) for _, value in node.pairs)
    pairs = [(key, value) for key, value in zip(names, values, strict=True) if isinstance(key, Scalar)]
    seen: set[str] = set()
    for key, _ in pairs:
        if key.text in seen:
            remarks.error(key, f"duplicate member `{key.text}`", rule="L4")
        seen.add(key.text)
    return resolved(node, pairs)


def macro_name(name: Scalar | None) -> str:
    """A macro as messages call it."""
    return "whose name is not told" if name is None else f"`{name.text}`"


def _scalar(node: Scalar) -> Scalar | UnknownNode:
    text = _text_of(node)
    if text is None:
        return UnknownNode(node, [f"`{node.text}`, which is not quoted and a number or a Boolean in YAML 1.1"])
    return node if text == node.text else Scalar(node.source, node.start, node.end, text, node.type)


def with_references(node: Node) -> Node:
    """The value, with what stands for references in it."""
    if isinstance(node, Scalar):
        return _text(node, (node.text,), ()) if BEGIN in node.text else node
    if isinstance(node, Items):
        return listing(node, [with_references(item) for item in node.items])
    if isinstance(node, Members):
        named = next((key for key, _ in node.pairs if BEGIN in key.text), None)
        if named is not None:
            return UnknownNode(node, [f"a member whose name is `{named.text}`"])
        return resolved(node, [(key, with_references(value)) for key, value in node.pairs])
    if isinstance(node, UnknownNode) and node.options is not None:
        return UnknownNode(node, node.names, node.pieces, [with_references(option) for option in node.options])
    return _text(node, node.pieces, node.names) if isinstance(node, UnknownNode) and node.is_text else node


def _text(place: Node, pieces: Pieces, names: Sequence[str]) -> UnknownNode:
    text = "".join(_GAP if piece is None else piece for piece in pieces)
    services = [f"a value in {service or 'another service'}" for service in _SERVICE.findall(text)]
    for pattern in (_WHOLE, _OPEN, _BEGUN, _ENDED):
        text = pattern.sub(_GAP, text)
    parts = [part for part in re.split(f"({_GAP}+)", text) if part]
    return UnknownNode(place, [*names, *services], tuple(None if _GAP in part else part for part in parts))
