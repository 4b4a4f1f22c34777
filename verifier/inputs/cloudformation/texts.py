"""Texts and lists that functions make: `Fn::Sub`, `Fn::Join`, `Fn::Split`, `Fn::Select`, `Fn::Length`,
`Fn::ToJsonString`.

Guarantee: an entry that may be left out makes unknown what counts entries; in a JSON text a number or Boolean stays
one, and every other scalar is a string. [CloudFormation Template Reference: Intrinsic functions]
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from verifier.inputs.text.access import describe_node
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, listing, nodes_in, plain, text_at
from verifier.inputs.text.unknown import Pieces, UnknownNode, joined, moved, names_in, of_pieces, opened, text_pieces

if TYPE_CHECKING:
    from verifier.inputs.cloudformation.functions import Functions

_PART = re.compile(r"\$\{([^}]*)\}")
_DIGIT, _CUTS = re.compile("[0-9]"), re.compile("[A-Za-z0-9-]")
"""What delimiters hold that may cut an account to pieces; the name of a Region, or what AWS will generate."""
_LONGEST = 1 << 20
"""Characters of a text that functions make; a template has 1 MB at most."""
NO_VALUE = "AWS::NoValue"
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false")


def sub(functions: Functions, node: Node, argument: Node) -> Node | None:
    """`Fn::Sub`: a text with `${Name}`, `${Name.Attribute}` and `${!Literal}`."""
    given: dict[str, Node] = {}
    if isinstance(argument, Items) and len(argument.items) == 2 and isinstance(argument.items[1], Members):
        given = {key.text: value for key, value in argument.items[1].pairs}
        argument = argument.items[0]
    if not isinstance(argument, Scalar):
        return functions.wrong(argument, f"`Fn::Sub` must have a text, found {describe_node(argument)}")
    pieces = _PART.split(argument.text)
    known = {name: _part(functions, argument, name, given) for name in dict.fromkeys(pieces[1::2])}
    parts = [known[piece] if number % 2 else text_at(argument, piece) for number, piece in enumerate(pieces)]
    return _concatenated(functions, node, parts)


def _part(functions: Functions, place: Node, name: str, given: Mapping[str, Node]) -> Node:
    """What stands in the braces of a text, which is written as it is after a `!`."""
    if name.startswith("!"):
        return text_at(place, "${" + name[1:] + "}")
    name = name.strip()
    owner, _, attribute = name.partition(".")
    if name in given:
        found = functions.written(given[name])
    else:
        found = functions.attribute(place, owner, attribute) if "." in name else functions.named(place, name)
    return found if found is not None else functions.unknown(place, f"`{NO_VALUE}` in a text")


def _concatenated(functions: Functions, place: Node, parts: Sequence[Node]) -> Node:
    """Texts as one text; what is no text is not known as one."""
    names = names_in(parts) or ("a text that is made of a list",)
    return _of_pieces(functions, place, joined(map(text_pieces, parts)), names)


def _of_pieces(functions: Functions, place: Node, pieces: Pieces, names: Sequence[str]) -> Node:
    if sum(len(piece or "") for piece in pieces) > _LONGEST:
        return functions.wrong(place, f"a text of more than {_LONGEST} characters, which no template can have")
    return of_pieces(place, pieces, names)


def fn_join(functions: Functions, node: Node, argument: Node) -> Node | None:
    """`Fn::Join`."""
    delimiter, inner = _pair(argument)
    if not isinstance(delimiter, Scalar) or inner is None:
        return functions.wrong(argument, "`Fn::Join` must have a delimiter and a list")
    listed = functions.written(inner)
    if not isinstance(listed, Items):
        return functions.unknown(node, "a list", listed)
    parts: list[Node] = []
    for index, item in enumerate(listed.items):
        # One that may be left out takes a delimiter with it.
        left_out = next(filter(_may_be_left_out, listed.items[max(index - 1, 0) : index + 1]), None)
        parts += [left_out or delimiter, item] if index else [item]
    return _concatenated(functions, node, parts)


def fn_split(functions: Functions, node: Node, argument: Node) -> Node | None:
    """`Fn::Split`."""
    delimiter, inner = _pair(argument)
    if not isinstance(delimiter, Scalar) or inner is None:
        return functions.wrong(argument, "`Fn::Split` must have a delimiter and a text")
    text = functions.value(inner)
    if text is not None and _CUTS.search(delimiter.text):
        text = opened(text, functions.template.supplied.stand_in if _DIGIT.search(delimiter.text) else None)
    if not isinstance(text, Scalar) or not delimiter.text:
        return functions.unknown(node, "a text", text)
    own = functions.remarks.own_regions.get(node.source.name)
    if own is not None and own.refers in text.text and _CUTS.search(delimiter.text):
        return functions.unknown(node, "a part of the Region")
    return listing(node, [text_at(node, part) for part in text.text.split(delimiter.text)])


def select(functions: Functions, node: Node, argument: Node) -> Node | None:
    """`Fn::Select`."""
    first, second = _pair(argument)
    if first is None or second is None:
        return functions.wrong(argument, "`Fn::Select` must have an index and a list")
    index, listed = functions.opened(first), functions.value(second)
    if _may_shrink(second, listed):
        return functions.unknown(node, "an entry of a list, others of which may be left out")
    if isinstance(index, Scalar) and index.text.isdecimal() and isinstance(listed, Items):
        if int(index.text) < len(listed.items):
            return moved(node, listed.items[int(index.text)])
        return functions.wrong(argument, f"`Fn::Select` asks for entry {index.text} of a list of {len(listed.items)}")
    return functions.unknown(node, "an entry of a list", index, listed)


def length(functions: Functions, node: Node, argument: Node) -> Node | None:
    """`Fn::Length`: how many entries a list has. One that may be left out leaves it open."""
    listed = functions.value(argument)
    if _may_shrink(argument, listed):
        return functions.unknown(node, "how many entries of a list are left out", listed)
    if isinstance(listed, Items):
        return plain(node, str(len(listed.items)))
    if isinstance(listed, UnknownNode):
        return functions.unknown(node, "a list", listed)
    return functions.wrong(argument, f"`Fn::Length` must have a list, found {describe_node(listed or argument)}")


def to_json_string(functions: Functions, node: Node, argument: Node) -> Node | None:
    """`Fn::ToJsonString`."""
    found = functions.written(argument)
    if not isinstance(found, Members | Items | UnknownNode):
        shown = describe_node(found or argument)
        return functions.wrong(argument, f"`Fn::ToJsonString` must have an object or a list, found {shown}")
    if any(map(_may_be_left_out, nodes_in(found))):
        return functions.unknown(node, "a JSON text", found)
    return _of_pieces(functions, node, json_pieces(found), names_in([found]))


def _may_be_left_out(node: Node | None) -> bool:
    """True iff a value may be `AWS::NoValue`."""
    return isinstance(node, UnknownNode) and node.options is not None


def _may_shrink(argument: Node, listed: Node | None) -> bool:
    """True iff entries of a list are, or may be, left out. How the functions count these is not documented."""
    perhaps = isinstance(listed, Items) and any(map(_may_be_left_out, listed.items))
    return perhaps or any(isinstance(node, Scalar) and node.text == NO_VALUE for node in nodes_in(argument))


def _pair(argument: Node) -> tuple[Node | None, Node | None]:
    """The two entries of a list of two."""
    if not isinstance(argument, Items) or len(argument.items) != 2:
        return None, None
    return argument.items[0], argument.items[1]


def json_pieces(node: Node) -> Pieces:
    """The JSON text of a value, with a gap for each part that is not known."""
    if isinstance(node, Items):
        return _enclosed("[", [json_pieces(item) for item in node.items], "]")
    if isinstance(node, Members):
        pairs = [
            joined([(json.dumps(key.text, ensure_ascii=False) + ":",), json_pieces(value)]) for key, value in node.pairs
        ]
        return _enclosed("{", pairs, "}")
    if isinstance(node, UnknownNode):
        # A text with gaps keeps what is known of it; of anything else not even its form is known.
        inner = [None if piece is None else json.dumps(piece, ensure_ascii=False)[1:-1] for piece in node.pieces]
        return joined([('"',), tuple(inner), ('"',)]) if node.is_text else (None,)
    assert isinstance(node, Scalar)
    if node.type == "null":
        return ("null",)
    plain = node.type == "plain" and _PLAIN.fullmatch(node.text)
    return (node.text if plain else json.dumps(node.text, ensure_ascii=False),)


def _enclosed(opening: str, parts: list[Pieces], closing: str) -> Pieces:
    separated = [piece for number, part in enumerate(parts) for piece in (((",",), part) if number else (part,))]
    return joined([(opening,), *separated, (closing,)])
