"""A policy document inside an envelope, as a JSON text of its own whose characters keep their places.

In: the node of a document: an object, or a string that holds one (as `get-key-policy` prints it, or URL-encoded as the
IAM API returns it). Out: a `Source` for the policy reader. Guarantee: the text says what the node says; spans point
into the outermost file.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterator
from itertools import accumulate

from verifier.inputs.text.nodes import Items, Members, Node, Scalar, refusal
from verifier.inputs.text.unknown import Embedded, ResolvedObject
from verifier.syntax.diagnostic import InputError
from verifier.syntax.nested import nested_source
from verifier.syntax.source import Source

MAXIMUM_POLICY = 1 << 20
"""Characters of one policy document; AWS's own limits are 32 KiB and less."""


def document_source(node: Node) -> Source:
    """The text of a policy document. Raises `InputError` over 1 MiB, and for neither an object nor a string."""
    if (len(node.text) if isinstance(node, Embedded) else node.end - node.start) > MAXIMUM_POLICY:
        raise _too_large(node)
    if isinstance(node, Embedded):
        return node.document
    if isinstance(node, Scalar) and node.type == "string":
        return _string_source(node)
    if isinstance(node, Members | Items):
        return _object_source(node)
    raise refusal(node, "expected a policy document: an object, or a string that holds one")


def _string_source(node: Scalar) -> Source:
    # YAML has more escapes than JSON, and folds lines.
    if node.source.text.startswith('"', node.start) and _json_at(node) == node.text:
        inner = nested_source(node.source, node.start, node.end)
    else:
        inner = Source(node.source.name, node.text, node.source, _alignment(node))
    return _url_decoded(inner) if inner.text.lstrip()[:3].upper() in ("%7B", "%0A", "%20", "%09", "%0D") else inner


def _json_at(node: Node) -> object:
    """The JSON value that the characters of a node are as they stand; `None` where they are none (YAML may not be)."""
    try:
        return json.loads(node.written)
    except (ValueError, RecursionError):
        return None


_UNITS = {'"': r"\\(?:x..|u.{4}|U.{8}|\r?\n\s*|.)|.", "'": "''|.", "": "."}
"""What writes one character of a YAML scalar, by its quotes."""


def _alignment(node: Scalar) -> array[int]:
    """For each character of a YAML scalar its place in the source, and the end.

    YAML only leaves out characters (indentation, quotes, the second of two quotes) or writes them as escapes, so each
    character of the value stands at its next occurrence; where folding put a space for a line end, at that line end.
    """
    text, start, end = node.source.text, node.start, node.end
    quote = text[start] if text.startswith(("'", '"'), start) else ""
    begin = text.find("\n", start, end) + 1 or end if text.startswith(("|", ">"), start) else start + len(quote)
    if text.startswith(node.text, begin):
        return array("q", range(begin, begin + len(node.text) + 1))
    units = re.compile(_UNITS[quote], re.DOTALL).finditer(text, begin, end)
    offsets = array("q")
    for character in node.text:
        unit = next((unit for unit in units if _may_be(unit.group(), character)), None)
        offsets.append(end if unit is None else unit.start())
        last = end if unit is None else unit.end()
    offsets.append(last if offsets else start)
    return offsets


def _may_be(unit: str, character: str) -> bool:
    """True iff a unit of a YAML scalar may stand for a character."""
    escape = len(unit) > 1 and unit[0] == "\\" and unit[1] not in "\r\n"
    return escape or unit[0] == character or (unit.isspace() and character.isspace())


def _url_decoded(outer: Source) -> Source:
    """The text with `%XX` decoded as UTF-8 (RFC 3986), as the IAM API encodes policy documents."""
    data, places = bytearray(), array("q")
    for match in re.finditer(r"%([0-9A-Fa-f]{2})|.", outer.text, re.DOTALL):
        encoded = bytes.fromhex(match[1]) if match[1] else match[0].encode("utf-8", "surrogatepass")
        data += encoded
        places.extend([match.start()] * len(encoded))
    places.append(len(outer.text))
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError as error:
        node = Node(outer, places[error.start], places[error.start] + 3)
        raise refusal(node, "the URL-encoded policy document is not UTF-8 here") from None
    ends = accumulate((len(character.encode("utf-8")) for character in decoded), initial=0)
    return Source(outer.name, decoded, outer, array("q", (places[at] for at in ends)))


def _object_source(node: Members | Items) -> Source:
    """The JSON text of an object: JSON as it stands; YAML written anew, each piece at the place of its node."""
    text = node.written
    if not isinstance(node, ResolvedObject) and text.startswith(("{", "[")) and _json_at(node) is not None:
        return Source(node.source.name, text, node.source, range(node.start, node.end + 1))
    pieces: list[str] = []
    offsets = array("q")
    for piece, place in _written(node):
        pieces.append(piece)
        offsets.extend([place] * len(piece))
        if len(offsets) > MAXIMUM_POLICY:
            raise _too_large(Node(node.source, place, place))
    offsets.append(node.end)
    return Source(node.source.name, "".join(pieces), node.source, offsets)


def _written(node: Node) -> Iterator[tuple[str, int]]:
    """A node as JSON: each piece with the place of the character, or of the node, that it stands for. What separates
    two nodes is at the end of the first, which so ends there; and so is what closes a list made of nodes from
    elsewhere."""
    if isinstance(node, Members | Items):
        brackets, inner = (
            ("{}", node.pairs) if isinstance(node, Members) else ("[]", [(None, item) for item in node.items])
        )
        yield brackets[0], node.start
        for index, (key, value) in enumerate(inner):
            if index:
                yield ", ", inner[index - 1][1].end
            if key is not None:
                yield from _string(key)
                yield ": ", key.end
            yield from _written(value)
        yield brackets[1], max([node.end, *(value.end for _, value in inner[-1:])])
    elif isinstance(node, Scalar):
        yield from [("null", node.start)] if node.type == "null" else _string(node)
    else:
        raise refusal(node, "this value is not known, and must be one", rule="L4")


def _string(node: Scalar) -> Iterator[tuple[str, int]]:
    """A string: unquoted YAML (`2012-10-17`, `111122223333`, `true`) is text wherever AWS has text (L2)."""
    places = _alignment(node)
    yield '"', node.start
    yield from (
        (json.dumps(character, ensure_ascii=False)[1:-1], place)
        for character, place in zip(node.text, places, strict=False)
    )
    yield '"', places[-1]


def _too_large(node: Node) -> InputError:
    return refusal(node, "the policy document is over 1 MiB; AWS allows 32 KiB and less", rule="L4")
