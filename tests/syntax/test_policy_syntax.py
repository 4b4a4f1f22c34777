"""Policy texts to trees: strict JSON, and nothing but `InputError` whatever the text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from verifier.syntax.diagnostic import InputError
from verifier.syntax.parsers import load_grammar
from verifier.syntax.policy import parse_policy
from verifier.syntax.policy_tree import Atom, ListNode, MapNode, Misfit, PolicyNode, StatementNode, StatementsNode
from verifier.syntax.source import Source

NAMES = ["Version", "Statement", "Effect", "Principal", "AWS", "Action", "Condition", "StringEquals", "x", 'q"', "é"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)
FRAGMENTS = st.sampled_from(
    [
        '{"Statement":',
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        '"',
        '"Effect"',
        '"a":',
        "1",
        "true",
        " ",
        "\n",
        "\\",
        "\x00",
        "\ud800",
    ]
)


def parse(text: str) -> PolicyNode:
    return parse_policy(Source("f", text))


@given(st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4), st.sampled_from([None, 1]))
def test_every_json_object_is_read(document: dict[str, object], indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    tree = parse(text)
    assert [member.name for member in tree.members] == list(document)
    assert (tree.start, tree.end) == (0, len(text))
    for member in tree.members:
        value = member.value
        assert json.loads(text[value.start : value.end]) == document[member.name]
        assert json.loads(text[member.start : member.end]) == member.name


@settings(max_examples=many(300))
@given(st.lists(FRAGMENTS, max_size=12).map("".join) | st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse(text)
    except InputError as error:
        assert len(error.diagnostics) == 1
        assert error.diagnostics[0].message.isprintable()
        with pytest.raises(ValueError):
            _strict_object(text)
    else:
        _strict_object(text)


def _strict_object(text: str) -> None:
    """Raises `ValueError` unless the text is a JSON object by RFC 8259 whose strings are texts."""

    def refuse(constant: str) -> None:
        raise ValueError(constant)

    value = json.loads(text, parse_constant=refuse)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    json.dumps(value, ensure_ascii=False).encode()


def test_the_tree_has_the_shape_of_a_policy() -> None:
    tree = parse(
        '{"Statement":[{"Effect":"Deny","Principal":{"AWS":"*"},"Action":["a",["b"],{}],"Condition":{"Bool":{"k":true}}}]}'
    )
    statements = tree.members[0].value
    assert isinstance(statements, StatementsNode)
    statement = statements.items[0]
    assert isinstance(statement, StatementNode)
    effect, principal, action, condition = (member.value for member in statement.members)
    assert isinstance(effect, Atom) and effect.value == "Deny"
    assert isinstance(principal, MapNode) and principal.members[0].name == "AWS"
    assert isinstance(action, ListNode) and [type(item) for item in action.items] == [Atom, Misfit, Misfit]
    assert isinstance(condition, MapNode) and isinstance(condition.members[0].value, MapNode)


def test_equal_texts_are_parsed_once() -> None:
    text = '{"Statement": []}'
    assert parse_policy(Source("a", text)) is parse_policy(Source("b", "".join(text)))


@pytest.mark.parametrize("brackets", [1_000, 50_000])
def test_deep_nesting_is_no_recursion(brackets: int) -> None:
    nested = "[" * brackets + "]" * brackets
    tree = parse('{"Statement":{"Action":' + nested + "}}")
    assert isinstance(tree.members[0].value, StatementsNode)
    with pytest.raises(InputError):
        parse('{"Statement":{"Action":' + "[" * brackets)
    with pytest.raises(InputError):
        parse('{"Statement":{"Action":' + '{"a":' * brackets)


def test_lone_surrogates_are_refused_raw_and_escaped() -> None:
    for text in ('{"Id": "\ud800"}', '{"Id": "\\ud800"}', '{"\\udfff": 1}'):
        with pytest.raises(InputError):
            parse(text)
    assert parse('{"Id": "\\ud83d\\ude00"}').members[0].value.value == "\U0001f600"  # type: ignore[union-attr]


def test_a_missing_grammar_is_told() -> None:
    assert "statement_element" in load_grammar("policy")
    with pytest.raises(FileNotFoundError, match="nothing.lark"):
        load_grammar("nothing")
