"""A JSON string inside a text, as a text of its own.

In: a source and the place of a JSON string literal in it. Out: the decoded text, as a nested `Source`.
Guarantee: the place of every decoded character in the outer text is known, through every escape.
"""

from __future__ import annotations

import re
from array import array

from verifier.syntax.diagnostic import InputError
from verifier.syntax.findings import Findings
from verifier.syntax.source import Source

_PIECE = re.compile(r'[^"\\\x00-\x1f]+|\\u([0-9a-fA-F]{4})|\\(["\\/bfnrt])')
_SIMPLE = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LOW_SURROGATE = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def nested_source(source: Source, start: int, end: int) -> Source:
    """The text of the JSON string literal at `[start, end)` of `source.text`, quotes included.

    A pair of escaped surrogates is one character. Raises `InputError` if that range is not a JSON string
    (RFC 8259, section 7), or if it holds half a surrogate pair, which is no text.
    """
    literal = source.text
    if end - start < 2 or literal[start] != '"' or literal[end - 1] != '"':
        raise _error(source, start, end, "expected a JSON string")
    pieces: list[str] = []
    offsets = array("q")
    position, last = start + 1, end - 1
    while position < last:
        text, after = _decode_piece(source, position, last)
        offsets.extend(range(position, position + len(text)) if after - position == len(text) else [position])
        pieces.append(text)
        position = after
    offsets.append(last)
    return Source(source.name, "".join(pieces), source, offsets)


def _decode_piece(source: Source, position: int, last: int) -> tuple[str, int]:
    """The next run of plain characters, or the character of one escape; and where it ends."""
    match = _PIECE.match(source.text, position, last)
    if match is None:
        raise _error(source, position, position + 1, "this character or escape is not allowed in a JSON string")
    code, simple = match.groups()
    if simple:
        return _SIMPLE[simple], match.end()
    if not code:
        return match.group(), match.end()
    value = int(code, 16)
    if not 0xD800 <= value <= 0xDFFF:
        return chr(value), match.end()
    low = _LOW_SURROGATE.match(source.text, match.end(), last) if value < 0xDC00 else None
    if low is None:
        raise _error(
            source, position, match.end(), f"`{match.group()}` is half of a surrogate pair, which is no character"
        )
    return chr(0x10000 + ((value - 0xD800) << 10) + int(low.group(1), 16) - 0xDC00), low.end()


def _error(source: Source, start: int, end: int, message: str) -> InputError:
    findings = Findings(source)
    findings.error(start, end, message)
    return InputError(findings.errors)
