"""A policy document inside an envelope, as a JSON text of its own whose characters keep their places.

In: the node of a document: an object, or a string that holds one (as `get-key-policy` prints it, or URL-encoded as the IAM API
returns it). Out: a `Source` for the policy reader. Guarantee: the text says what the node says; spans point into the outermost file.
"""

from __future__ import annotations

import json
import re
from array import array

from verifier.inputs.nodes import Items, Members, Node, Scalar, diagnostic
from verifier.inputs.unknown import Embedded, Resolved
from verifier.syntax.diagnostic import InputError, Severity
from verifier.syntax.nested import nested_source
from verifier.syntax.source import Source

MAXIMUM_POLICY = 1 << 20
"""Characters of one policy document; AWS's own limits are 32 KiB and less."""


def document_source(node: Node) -> Source:
    """The text of a policy document. Raises `InputError` where it is over 1 MiB, or is neither an object nor a string."""
    if isinstance(node, Embedded):
        return _limited(node, node.document)
    if node.end - node.start > MAXIMUM_POLICY:
        raise _too_large(node)
    if isinstance(node, Scalar) and node.type == "string":
        return _string_source(node)
    if isinstance(node, Members | Items):
        return _object_source(node)
    raise InputError([diagnostic(Severity.ERROR, node, "expected a policy document: an object, or a string that holds one")])


def _limited(node: Node, document: Source) -> Source:
    if len(document.text) > MAXIMUM_POLICY:
        raise _too_large(node)
    return document


def _string_source(node: Scalar) -> Source:
    text = node.source.text
    if _is_json_string(node):
        inner = nested_source(node.source, node.start, node.end)
    else:
        inner = Source(node.source.name, node.text, node.source, _alignment(node.text, text, node.start, node.end))
    return _url_decoded(inner) if inner.text.lstrip()[:3].upper() in ("%7B", "%0A", "%20", "%09", "%0D") else inner


def _is_json_string(node: Scalar) -> bool:
    """Whether the place of a scalar holds a JSON string that means the same (YAML has more escapes, and folds lines)."""
    raw = node.source.text[node.start : node.end]
    if not raw.startswith('"'):
        return False
    try:
        return bool(json.loads(raw) == node.text)
    except ValueError:
        return False


def _alignment(value: str, text: str, start: int, end: int) -> array[int]:
    """For each character of a YAML scalar's value its place in `text[start:end]`, and the end.

    YAML only leaves out characters (indentation, quotes, the second of two quotes) or writes them as escapes, so each
    character of the value stands at its next occurrence; where folding put a space for a line end, at that line end.
    """
    offsets = array("q")
    position = start + (1 if text.startswith(("'", '"'), start) else 0)
    if text.startswith(("|", ">"), start):
        position = text.find("\n", start, end) + 1 or end
    double = text.startswith('"', start)
    for character in value:
        position = _place(character, text, position, end, double)
        offsets.append(min(position, end))
        position = min(_after(text, position, double), end)
    offsets.append(max(position, offsets[-1] if offsets else start))
    return offsets


def _place(character: str, text: str, position: int, end: int, double: bool) -> int:
    """Where `character` stands at or after `position`; `position` itself where it is escaped or folded."""
    if double and text.startswith("\\", position):
        while text.startswith(("\\\n", "\\\r\n"), position):
            position = _skip_space(text, position + 1, end)
        if text.startswith("\\", position):
            return position
    if text.startswith(character, position) or not text[position : position + 1].isspace():
        return position
    after = _skip_space(text, position, end)
    is_found = text.startswith(character, after) or (double and text.startswith("\\", after))
    return after if is_found and not character.isspace() else position


def _after(text: str, position: int, double: bool) -> int:
    """The position after the character, the escape or the doubled quote that stands at `position`."""
    if double and text.startswith("\\", position):
        return position + {"x": 4, "u": 6, "U": 10}.get(text[position + 1 : position + 2], 2)
    if not double and text.startswith("''", position):
        return position + 2
    return position + 1


def _skip_space(text: str, position: int, end: int) -> int:
    while position < end and text[position].isspace():
        position += 1
    return position


def _url_decoded(outer: Source) -> Source:
    """The text with `%XX` decoded as UTF-8 (RFC 3986), as the IAM API encodes policy documents."""
    pieces: list[str] = []
    offsets = array("q")
    position = 0
    for match in re.finditer(r"(?:%[0-9A-Fa-f]{2})+", outer.text):
        plain = outer.text[position : match.start()]
        offsets.extend(range(position, match.start()))
        decoded, places = _percent_decoded(outer, match.start(), match.end())
        pieces += [plain, decoded]
        offsets.extend(places)
        position = match.end()
    pieces.append(outer.text[position:])
    offsets.extend(range(position, len(outer.text) + 1))
    return Source(outer.name, "".join(pieces), outer, offsets)


def _percent_decoded(outer: Source, start: int, end: int) -> tuple[str, list[int]]:
    data = bytes(int(outer.text[at + 1 : at + 3], 16) for at in range(start, end, 3))
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError as error:
        at = start + 3 * error.start
        node = Node(outer, at, at + 3)
        raise InputError([diagnostic(Severity.ERROR, node, "the URL-encoded policy document is not UTF-8 here")]) from None
    places, byte = [], 0
    for character in decoded:
        places.append(start + 3 * byte)
        byte += len(character.encode("utf-8"))
    return decoded, places


def _object_source(node: Members | Items) -> Source:
    """The JSON text of an object. JSON is taken as it stands; YAML is written anew, each piece at the place of its node."""
    writer = _Writer(node.source)
    as_written = not isinstance(node, Resolved)
    if as_written and node.source.text.startswith(("{", "["), node.start) and _is_json(node):
        text = node.source.text[node.start : node.end]
        return Source(node.source.name, text, node.source, range(node.start, node.end + 1))
    writer.write(node)
    writer.offsets.append(node.end)
    return Source(node.source.name, "".join(writer.pieces), node.source, writer.offsets)


def _is_json(node: Node) -> bool:
    """Whether the characters of a node are JSON as they stand (a YAML flow mapping may not be)."""
    try:
        json.loads(node.source.text[node.start : node.end])
    except (ValueError, RecursionError):
        return False
    return True


class _Writer:
    """Writes nodes as JSON. Each character keeps the place of the character, or of the node, that it stands for. What separates two nodes
    is at the end of the first, which so ends there."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.pieces: list[str] = []
        self.offsets = array("q")
        self.length = 0

    def write(self, node: Node) -> None:
        if isinstance(node, Members):
            self._literal("{", node.start)
            for index, (key, value) in enumerate(node.pairs):
                if index:
                    self._literal(", ", node.pairs[index - 1][1].end)
                self._string(key)
                self._literal(": ", key.end)
                self.write(value)
            self._literal("}", node.end)
        elif isinstance(node, Items):
            self._literal("[", node.start)
            for index, value in enumerate(node.items):
                if index:
                    self._literal(", ", node.items[index - 1].end)
                self.write(value)
            self._literal("]", node.end)
        elif isinstance(node, Scalar):
            self._literal("null", node.start) if node.type == "null" else self._string(node)
        else:
            raise InputError([diagnostic(Severity.ERROR, node, "this value is not known, and must be one", rule="L4")])

    def _string(self, node: Scalar) -> None:
        """A string: unquoted YAML (`2012-10-17`, `111122223333`, `true`) is text wherever AWS has text (L2)."""
        self._literal('"', node.start)
        places = _alignment(node.text, self.source.text, node.start, node.end)
        for character, place in zip(node.text, places, strict=False):
            self._literal(json.dumps(character, ensure_ascii=False)[1:-1], place)
        self._literal('"', places[-1])

    def _literal(self, text: str, place: int) -> None:
        self.pieces.append(text)
        self.offsets.extend([place] * len(text))
        self.length += len(text)
        if self.length > MAXIMUM_POLICY:
            raise _too_large(Node(self.source, place, place))


def _too_large(node: Node) -> InputError:
    return InputError([diagnostic(Severity.ERROR, node, "the policy document is over 1 MiB; AWS allows 32 KiB and less", rule="L4")])
