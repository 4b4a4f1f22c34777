"""A JSON text as a tree of nodes.

Guarantee: RFC 8259 and nothing more (no `NaN`, no trailing comma); too much nesting is an error and never a crash.
"""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs; its C form is what makes this fast

from verifier.inputs.text.nodes import MAXIMUM_DEPTH, Items, Members, Node, Scalar, refusal
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_SPACE = re.compile(r"[ \t\r\n]*")
_MEMBER = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\r\n]*:[ \t\r\n]*')
"""A name without escapes, with its colon: nearly all are like it."""
_TEXT = re.compile(r'"([^"\\\x00-\x1f]*)"')
_PLAIN = re.compile(r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![A-Za-z0-9_.+-])")
_WORD = re.compile(r"[^\s,:\[\]{}\"]*")

_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"?|//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?', re.DOTALL)
_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"?|,(?=\s*[}\]])', re.DOTALL)
"""A comment, or the comma after a last value, that some tools accept; or a text, in which neither is one."""


def read_loose_json(source: Source) -> Node:
    """The value that a JSON text holds but for comments, and for commas after last values. Raises `InputError`."""
    text = source.text
    for pattern in (_COMMENT, _COMMA):
        text = pattern.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)
    return read_json(Source(source.name, text))


def read_json(source: Source) -> Node:
    """The value of a JSON text. Raises `InputError` at the first place that is not JSON, or nested too deeply."""
    scanner = _Scanner(source)
    node = scanner.value(scanner.space(0), 0)
    position = scanner.space(node.end)
    if position < len(source.text):
        raise scanner.error(position, "expected the end of the text")
    return node


class _Scanner:
    """Reads one text from left to right."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text

    def value(self, position: int, depth: int) -> Node:
        first = self.text[position : position + 1]
        if first == '"':
            return self._string(position)
        if first == "{" or first == "[":
            if depth >= MAXIMUM_DEPTH:
                raise self.error(position, f"nested too deeply, more than {MAXIMUM_DEPTH} levels")
            return self._members(position, depth + 1) if first == "{" else self._items(position, depth + 1)
        match = _PLAIN.match(self.text, position)
        if match is None:
            raise self.error(position, "expected a JSON value")
        text = match.group()
        return Scalar(self.source, position, match.end(), *(("", "null") if text == "null" else (text, "plain")))

    def _items(self, start: int, depth: int) -> Items:
        items: list[Node] = []
        position = self.space(start + 1)
        while not self.text.startswith("]", position):
            position = self.space(self._expect(position, ",", "`,` or `]`")) if items else position
            items.append(self.value(position, depth))
            position = self.space(items[-1].end)
        return Items(self.source, start, position + 1, items)

    def _members(self, start: int, depth: int) -> Members:
        pairs: list[tuple[Scalar, Node]] = []
        position = self.space(start + 1)
        while not self.text.startswith("}", position):
            position = self.space(self._expect(position, ",", "`,` or `}`")) if pairs else position
            key, position = self._key(position, empty=not pairs)
            value = self.value(position, depth)
            pairs.append((key, value))
            position = self.space(value.end)
        return Members(self.source, start, position + 1, pairs)

    def _key(self, position: int, *, empty: bool) -> tuple[Scalar, int]:
        """A member's name, and where its value begins."""
        plain = _MEMBER.match(self.text, position)
        if plain:
            return Scalar(self.source, position, plain.end(1) + 1, plain.group(1), "string"), plain.end()
        if not self.text.startswith('"', position):
            raise self.error(position, "expected a member name in double quotes" + (" or `}`" if empty else ""))
        key = self._string(position)
        return key, self.space(self._expect(self.space(key.end), ":", "`:`"))

    def _string(self, position: int) -> Scalar:
        plain = _TEXT.match(self.text, position)
        if plain:
            return Scalar(self.source, position, plain.end(), plain.group(1), "string")
        try:
            text, end = scanstring(self.text, position + 1, True)
        except ValueError as error:
            at = getattr(error, "pos", position)
            message = str(getattr(error, "msg", error)).removesuffix(" at").lower()
            if message.startswith("unterminated"):
                raise refusal(Node(self.source, at, at + 1), 'unterminated string: it has no closing `"`') from None
            raise self.error(at, f"not a JSON string: {message}") from None
        return Scalar(self.source, position, end, text, "string")

    def space(self, position: int) -> int:
        """The position after white space."""
        match = _SPACE.match(self.text, position)
        assert match is not None
        return match.end()

    def _expect(self, position: int, character: str, what: str) -> int:
        if not self.text.startswith(character, position):
            raise self.error(position, f"expected {what}")
        return position + 1

    def error(self, position: int, message: str) -> InputError:
        end = min(position + 1, len(self.text))
        word = _WORD.match(self.text, position)
        if word and word.end() > position:
            end = word.end()
            message += f", found `{word.group()[:40]}`"
        elif position >= len(self.text):
            message += ", found the end of the file"
        else:
            message += f", found `{self.text[position]}`"
        return refusal(Node(self.source, position, end), message)
