"""Bytes to text, and text that is safe to print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief, decode_bytes, printable, printable_line


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_wide_encodings_are_named(encoding: str) -> None:
    with pytest.raises(InputError) as raised:
        decode_bytes('{"Statement": []}'.encode(encoding), "policy.json")
    diagnostic = raised.value.diagnostics[0]
    assert encoding[:6].upper() in diagnostic.message
    assert diagnostic.span is not None and diagnostic.span.file == "policy.json"


def test_a_utf_8_byte_order_mark_is_dropped() -> None:
    assert decode_bytes(b"\xef\xbb\xbf{}", "f") == "{}"


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_broken_utf_8_is_placed(mark: bytes) -> None:
    with pytest.raises(InputError) as raised:
        decode_bytes(mark + "{\n é".encode() + b"\xff\x1b", "f")
    diagnostic = raised.value.diagnostics[0]
    assert diagnostic.span is not None
    assert (diagnostic.span.line, diagnostic.span.column) == (2, 3)
    assert "0xff" in diagnostic.message
    assert diagnostic.line_text == " é\ufffd\u241b"


def test_control_and_format_characters_are_escaped() -> None:
    assert printable("a\x1b[31m\u202eb\U000e0001\ud800é") == "a\\x1b[31m\\u202eb\\U000e0001\\ud800é"


def test_excerpts_keep_their_columns() -> None:
    assert printable_line("\t\x1b\x7f\u202e\x85é") == " \u241b\u2421\ufffd\ufffdé"


@given(st.text(st.characters()))
def test_whatever_is_shown_is_printable(text: str) -> None:
    assert printable(text).isprintable()
    line = printable_line(text)
    assert line.isprintable() and len(line) == len(text)


def test_brief_cuts_long_texts() -> None:
    assert brief("x" * 80) == "x" * 80
    assert brief("x" * 81) == "x" * 79 + "…"
