"""JSON strings as sources of their own."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier.syntax.diagnostic import InputError
from verifier.syntax.nested import nested_source
from verifier.syntax.source import Source


def nested(literal: str, before: str = "") -> Source:
    return nested_source(Source("f", before + literal), len(before), len(before) + len(literal))


@given(st.text(), st.booleans())
def test_every_character_knows_its_escape(text: str, ascii_only: bool) -> None:
    literal = json.dumps(text, ensure_ascii=ascii_only)
    source = nested(literal, before="\n ")
    assert source.text == text
    assert source.outer is not None and source.offsets is not None
    pieces = [source.outer.text[a:b] for a, b in zip(source.offsets, source.offsets[1:], strict=False)]
    assert "".join(pieces) == literal[1:-1]
    assert [json.loads(f'"{piece}"') for piece in pieces] == list(text)


def test_all_escapes() -> None:
    source = nested(r'"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00x"')
    assert source.text == '"\\/\b\f\n\r\tA\U0001f600x'
    span = source.span(9, 10)
    assert (span.column, span.end_column) == (24, 36)


def test_a_document_in_a_document_in_a_document() -> None:
    innermost = "ab\ncd"
    outer = Source("f", json.dumps({"x": json.dumps(innermost)}))
    middle = nested_source(outer, 6, len(outer.text) - 1)
    source = nested_source(middle, 0, len(middle.text))
    assert source.text == innermost
    span = source.span(2, 3)
    assert outer.text[span.column - 1 : span.end_column - 1] == r"\\n"


@pytest.mark.parametrize(
    ("literal", "column"),
    [
        (r'"\ud800"', 2),
        (r'"a\udc00"', 3),
        (r'"\ud800\ud800"', 2),
        (r'"\x"', 2),
        (r'"\u12"', 2),
        ('"a\nb"', 3),
        ('"a"b"', 3),
        ("x", 1),
        ('"', 1),
    ],
)
def test_what_is_no_json_string_is_refused(literal: str, column: int) -> None:
    with pytest.raises(InputError) as raised:
        nested(literal)
    span = raised.value.diagnostics[0].span
    assert span is not None and span.column == column
