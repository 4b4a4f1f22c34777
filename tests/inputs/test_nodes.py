"""JSON and YAML texts become trees that keep every member and every place."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import MAXIMUM_DEPTH, Items, Members, Node, Scalar
from verifier.inputs.text.yaml_nodes import MAXIMUM_ALIASED_NODES, read_yaml
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def value(node: Node) -> object:
    """A tree as the data that `json` reads from the same text (numbers and Booleans as their text)."""
    if isinstance(node, Scalar):
        return None if node.type == "null" else node.text
    if isinstance(node, Items):
        return [value(item) for item in node.items]
    assert isinstance(node, Members)
    return {key.text: value(member) for key, member in node.pairs}


def as_text(data: object) -> object:
    if isinstance(data, dict):
        return {key: as_text(member) for key, member in data.items()}
    if isinstance(data, list):
        return [as_text(item) for item in data]
    return data if data is None or isinstance(data, str) else json.dumps(data)


@settings(max_examples=many(200))
@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_reads_what_json_writes(data: object, indent: int | str | None, escaped: bool) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=escaped)
    node = read_json(Source("f", text))
    assert value(node) == as_text(data)
    assert (node.start, node.end) == (0, len(text))


def spans(node: Node) -> list[str]:
    inner = (
        node.items
        if isinstance(node, Items)
        else [part for pair in node.pairs for part in pair]
        if isinstance(node, Members)
        else []
    )
    return [node.source.text[node.start : node.end], *(text for part in inner for text in spans(part))]


def test_json_nodes_know_their_place() -> None:
    node = read_json(Source("f", ' {"a" : [1, "b\\n"] , "c":{}} '))
    assert spans(node) == ['{"a" : [1, "b\\n"] , "c":{}}', '"a"', '[1, "b\\n"]', "1", '"b\\n"', '"c"', "{}"]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('{"a": 1,}', (1, 9), "member name in double quotes"),
        ("{a: 1}", (1, 2), "or `}`"),
        ("[1,\n NaN]", (2, 2), "expected a JSON value, found `NaN`"),
        ("[Infinity]", (1, 2), "expected a JSON value"),
        ("[1 2]", (1, 4), "expected `,` or `]`"),
        ('{"a" 1}', (1, 6), "expected `:`"),
        ("[1,]", (1, 4), "expected a JSON value"),
        ("01", (1, 1), "expected a JSON value"),
        ("", (1, 1), "found the end of the file"),
        ("[1", (1, 3), "found the end of the file"),
        ("{} {}", (1, 4), "expected the end of the text"),
        ('["\\x"]', (1, 3), "escape"),
        ('["a', (1, 2), 'unterminated string: it has no closing `"`'),
        ('["a\nb"]', (1, 4), "control character"),
        ("'a'", (1, 1), "expected a JSON value"),
    ],
)
def test_l4_json_errors_have_a_place(text: str, place: tuple[int, int], says: str) -> None:
    with pytest.raises(InputError) as refused:
        read_json(Source("f", text))
    (found,) = refused.value.diagnostics
    assert found.span is not None
    assert (found.span.line, found.span.column) == place
    assert says in found.message


@pytest.mark.parametrize("read", [read_json, read_yaml])
def test_deep_nesting_is_an_error(read: object) -> None:
    assert callable(read)
    read(Source("f", "[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH))
    for depth in (MAXIMUM_DEPTH + 1, 1_000, 200_000):
        with pytest.raises(InputError, match="nested|nesting"):
            read(Source("f", "[" * depth + "]" * depth))


def test_duplicate_members_stand_side_by_side() -> None:
    for node in (read_json(Source("f", '{"a": 1, "a": 2}')), read_yaml(Source("f", "a: 1\na: 2"))):
        assert isinstance(node, Members)
        assert [key.text for key, _ in node.pairs] == ["a", "a"]


def test_yaml_scalars_stay_as_written() -> None:
    node = read_yaml(
        Source("f", "a: 012345678901\nb: 2012-10-17\nc: yes\nd: 1e3\ne: ~\nf: '~'\ng: !!str 0x1f\nh: 1_000")
    )
    assert value(node) == {
        "a": "012345678901", "b": "2012-10-17", "c": "yes", "d": "1e3", "e": None, "f": "~", "g": "0x1f", "h": "1_000",
    }  # fmt: skip


def test_yaml_nodes_know_their_place() -> None:
    text = "é😀:\n  - b: 'it''s'\n    c: [x, y]\nd: z\n"
    node = read_yaml(Source("f", text))
    assert spans(node)[2:] == [
        "- b: 'it''s'\n    c: [x, y]",
        "b: 'it''s'\n    c: [x, y]",
        "b",
        "'it''s'",
        "c",
        "[x, y]",
        "x",
        "y",
        "d",
        "z",
    ]


def test_yaml_aliases_repeat_a_value() -> None:
    assert value(read_yaml(Source("f", "a: &x {b: 1}\nc: *x"))) == {"a": {"b": "1"}, "c": {"b": "1"}}


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("a: [1\n", (2, 1), "not YAML"),
        ("a: !!python/object/apply:os.system [x]", (1, 4), "tag `!!python/object/apply:os.system` is not accepted"),
        ("a: !Ref x", (1, 4), "tag `!Ref`"),
        ("a: 1\n---\nb: 2", (2, 1), "second YAML document"),
        ("&a [*a]", (1, 5), "no anchor that is complete"),
        ("b: &a {c: 1}\n<<: *a", (2, 1), "merge keys"),
        ("? [a]\n: b", (1, 3), "expected a member name"),
        ("", (1, 1), "the file is empty"),
        ("a: \x07", (1, 4), "not YAML"),
    ],
)
def test_l4_yaml_errors_have_a_place(text: str, place: tuple[int, int], says: str) -> None:
    with pytest.raises(InputError) as refused:
        read_yaml(Source("f", text))
    (found,) = refused.value.diagnostics
    assert found.span is not None
    assert (found.span.line, found.span.column) == place
    assert says in found.message


def test_aliases_repeat_a_limited_number_of_values() -> None:
    tens = [
        f"{name}: &{name} [{', '.join([f'*{previous}'] * 10)}]" for previous, name in zip("abc", "bcd", strict=True)
    ]
    first = "a: &a [x, x, x, x, x, x, x, x, x, x]"
    read_yaml(Source("f", "\n".join([first, *tens])))
    with pytest.raises(InputError, match=f"aliases repeat more than {MAXIMUM_ALIASED_NODES}"):
        read_yaml(Source("f", "\n".join([first, *tens, f"e: [{', '.join(['*d'] * 10)}]"])))


def test_billion_laughs_are_refused() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{previous}'] * 10)}]"
        for previous, name in zip("abcdefghi", "bcdefghij", strict=True)
    ]
    with pytest.raises(InputError, match="aliases repeat more than"):
        read_yaml(Source("f", "\n".join(lines)))
