"""A JSON text as a tree of nodes.

In: a source whose text is JSON. Out: a `Node`. Guarantee: RFC 8259 and nothing more (no `NaN`, no trailing comma); no
recursion, so nesting is an error and never a crash.
"""

from __future__ import annotations

import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs; its C form is what makes this fast

from verifier.inputs.nodes import MAXIMUM_DEPTH, Items, Members, Node, Scalar, diagnostic
from verifier.syntax.diagnostic import InputError, Severity
from verifier.syntax.source import Source

_SPACE = re.compile(r"[ \t\r\n]*")
_MEMBER = re.compile(r'"([^"\\\x00-\x1f]*)"[ \t\r\n]*:[ \t\r\n]*')
"""A name without escapes, with its colon: nearly all are like it."""
_TEXT = re.compile(r'"([^"\\\x00-\x1f]*)"')
_PLAIN = re.compile(r"(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)(?![A-Za-z0-9_.+-])")
_WORD = re.compile(r"[^\s,:\[\]{}\"]*")


def read_json(source: Source) -> Node:
    """The value that a JSON text holds. Raises `InputError` at the first place that is not JSON, or is nested too deeply."""
    return _Scanner(source).document()


class _Scanner:
    """Reads one text from left to right. `open` holds the lists and objects that are not closed yet, outermost first."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.open: list[Items | Members] = []
        self.keys: list[Scalar | None] = []

    def document(self) -> Node:
        position = self._space(0)
        node, position = self._value(position)
        while self.open:
            position = self._space(position)
            node, position = self._continue(position)
        position = self._space(position)
        if position < len(self.text):
            raise self._error(position, "expected the end of the text")
        return node

    def _continue(self, position: int) -> tuple[Node, int]:
        """Reads on in the innermost open list or object: a closing bracket, or a comma where one is due, and the next value."""
        inner = self.open[-1]
        closing = "}" if isinstance(inner, Members) else "]"
        filled = bool(inner.pairs if isinstance(inner, Members) else inner.items)
        if self.text.startswith(closing, position):
            inner.end = position + 1
            self.open.pop()
            self.keys.pop()
            return inner, position + 1
        if filled:
            position = self._space(self._expect(position, ",", f"`,` or `{closing}`"))
        if isinstance(inner, Members):
            position = self._key(position, empty=not filled)
        return self._value(position)

    def _key(self, position: int, *, empty: bool) -> int:
        """Reads `"name":` and remembers the name for the value that follows."""
        plain = _MEMBER.match(self.text, position)
        if plain:
            start, end = plain.span(1)
            self.keys[-1] = Scalar(self.source, start - 1, end + 1, plain.group(1), "string")
            return plain.end()
        if not self.text.startswith('"', position):
            raise self._error(position, "expected a member name in double quotes" + (" or `}`" if empty else ""))
        key = self._string(position)
        self.keys[-1] = key
        return self._space(self._expect(self._space(key.end), ":", "`:`"))

    def _value(self, position: int) -> tuple[Node, int]:
        """Reads a scalar, or opens a list or object; puts it into the one that surrounds it."""
        node, after = self._begin(position)
        if self.open:
            self._put(self.open[-1], node)
        if isinstance(node, Items | Members):
            if len(self.open) >= MAXIMUM_DEPTH:
                raise self._error(position, f"nested too deeply, more than {MAXIMUM_DEPTH} levels")
            self.open.append(node)
            self.keys.append(None)
        return node, after

    def _put(self, inner: Items | Members, node: Node) -> None:
        if isinstance(inner, Items):
            inner.items.append(node)
        else:
            key = self.keys[-1]
            assert key is not None
            inner.pairs.append((key, node))

    def _begin(self, position: int) -> tuple[Node, int]:
        first = self.text[position : position + 1]
        if first == '"':
            string = self._string(position)
            return string, string.end
        if first == "{":
            return Members(self.source, position, position + 1, []), position + 1
        if first == "[":
            return Items(self.source, position, position + 1, []), position + 1
        match = _PLAIN.match(self.text, position)
        if match is None:
            raise self._error(position, "expected a JSON value")
        text, end = match.group(), match.end()
        if text == "null":
            return Scalar(self.source, position, end, "", "null"), end
        return Scalar(self.source, position, end, text, "plain"), end

    def _string(self, position: int) -> Scalar:
        plain = _TEXT.match(self.text, position)
        if plain:
            return Scalar(self.source, position, plain.end(), plain.group(1), "string")
        try:
            text, end = scanstring(self.text, position + 1, True)
        except ValueError as error:
            at = getattr(error, "pos", position)
            message = str(getattr(error, "msg", error)).removesuffix(" at").lower()
            raise self._error(at, f"not a JSON string: {message}") from None
        return Scalar(self.source, position, end, text, "string")

    def _space(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        assert match is not None
        return match.end()

    def _expect(self, position: int, character: str, what: str) -> int:
        if not self.text.startswith(character, position):
            raise self._error(position, f"expected {what}")
        return position + 1

    def _error(self, position: int, message: str) -> InputError:
        end = min(position + 1, len(self.text))
        word = _WORD.match(self.text, position)
        if word and word.end() > position:
            end = word.end()
            message += f", found `{word.group()[:40]}`"
        elif position >= len(self.text):
            message += ", found the end of the file"
        else:
            message += f", found `{self.text[position]}`"
        return InputError([diagnostic(Severity.ERROR, Node(self.source, position, end), message)])
