"""Policy documents inside envelopes keep the places of their characters."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from verifier.inputs.text.document_text import MAXIMUM_POLICY, document_source
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Members
from verifier.inputs.text.yaml_nodes import read_yaml
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source


def document(text: str, *, is_yaml: bool = False) -> Source:
    """The document in member `p` of a text."""
    node = (read_yaml if is_yaml else read_json)(Source("f", text))
    assert isinstance(node, Members)
    return document_source({key.text: value for key, value in node.pairs}["p"])


def marked(source: Source, part: str) -> str:
    """The characters of the file at the place of a part of the document."""
    start = source.text.index(part)
    span = source.span(start, start + len(part))
    return source.line_text(span.line)[span.column - 1 : span.end_column - 1]


@pytest.mark.parametrize(
    ("text", "is_yaml", "content"),
    [
        ('{"p": {"Effect": "Allow"}}', False, '{"Effect": "Allow"}'),
        (r'{"p": "{\"Effect\": \"Allow\"}"}', False, '{"Effect": "Allow"}'),
        ('p: {"Effect": "Allow"}', True, '{"Effect": "Allow"}'),
        ("p:\n  Effect: Allow", True, '{"Effect": "Allow"}'),
        ("p: |\n  {\n    \"Effect\": \"Allow\"\n  }\n", True, '{\n  "Effect": "Allow"\n}\n'),
        ("p: >\n  {\n  \"Effect\":\n  \"Allow\"}\n", True, '{ "Effect": "Allow"}\n'),
        ("p: '{\"Effect\": \"Allow\"}'", True, '{"Effect": "Allow"}'),
        (r'p: "{\"Effect\": \"Allow\"}"', True, '{"Effect": "Allow"}'),
        ("p: \"{\\\"Effect\\\":\n   \\\"Allow\\\"}\"", True, '{"Effect": "Allow"}'),
        ("p: &x {Effect: Allow}", True, '{"Effect": "Allow"}'),
        ("p: '{\"Sid\":\"it''s\",\"Effect\":\"Allow\"}'", True, '{"Sid":"it\'s","Effect":"Allow"}'),
        (r'p: "{\"Sid\": \"\x41\u00e9\U0001F600\", \"Effect\": \"Allow\"}"', True,
            '{"Sid": "Aé😀", "Effect": "Allow"}'),
    ],
)  # fmt: skip
def test_spans_point_into_the_file(text: str, is_yaml: bool, content: str) -> None:
    source = document(text, is_yaml=is_yaml)
    assert source.text == content
    assert marked(source, "Effect") == "Effect"
    assert marked(source, "Allow") == "Allow"


def test_url_encoded_documents_are_decoded() -> None:
    source = document(json.dumps({"p": quote('{"Sid": "é", "Effect": "a+b%"}')}))
    assert source.text == '{"Sid": "é", "Effect": "a+b%"}'
    assert marked(source, "Effect") == "Effect"
    assert marked(source, "é") == "%C3%A9"
    assert marked(source, '"Sid"') == "%22Sid%22"


def test_url_encoded_documents_must_be_utf_8() -> None:
    with pytest.raises(InputError, match="not UTF-8") as refused:
        document('{"p": "%7B%22a%FF"}')
    span = refused.value.diagnostics[0].span
    assert span is not None
    assert (span.line, span.column) == (1, 15)


def test_l2_yaml_scalars_are_text() -> None:
    source = document("p:\n  Version: 2012-10-17\n  AWS: 012345678901\n  Bool: true\n  Sid:\n", is_yaml=True)
    assert json.loads(source.text) == {"Version": "2012-10-17", "AWS": "012345678901", "Bool": "true", "Sid": None}
    assert marked(source, "012345678901") == "012345678901"


def test_duplicates_of_inline_yaml_reach_the_policy_reader() -> None:
    assert document("p:\n  a: 1\n  a: 2", is_yaml=True).text == '{"a": "1", "a": "2"}'


@pytest.mark.parametrize("text", ['{"p": 1}', '{"p": null}', '{"p": true}'])
def test_other_values_are_no_policy(text: str) -> None:
    with pytest.raises(InputError, match="expected a policy document"):
        document(text)


def test_a_policy_over_1_mib_is_refused() -> None:
    for text in (json.dumps({"p": "x" * MAXIMUM_POLICY}), json.dumps({"p": {"a": "x" * MAXIMUM_POLICY}})):
        with pytest.raises(InputError, match="over 1 MiB"):
            document(text)


def test_aliases_do_not_grow_a_policy_over_1_mib() -> None:
    text = f"a: &a [{', '.join(['x' * 1000] * 100)}]\np: {{b: [{', '.join(['*a'] * 20)}]}}"
    with pytest.raises(InputError, match="over 1 MiB"):
        document(text, is_yaml=True)


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("'\"\\ \n\t%{é"), max_size=30)


@settings(max_examples=many(200))
@given(TEXT, st.sampled_from(["'", '"', "|", ">", None]), st.sampled_from([20, 1000]))
def test_any_yaml_string_keeps_its_text_and_its_places(text: str, style: str | None, width: int) -> None:
    written = yaml.safe_dump({"p": {"k": text, "z": "end"}}, default_style=style, width=width, allow_unicode=True)
    source = document(written, is_yaml=True)
    assert json.loads(source.text) == {"k": text, "z": "end"}
    places = [source.root_offset(offset) for offset in range(len(source.text) + 1)]
    assert places == sorted(places)
    assert places[-1] <= len(written)
    assert marked(source, "end") == "end"


def test_a_statement_of_a_block_ends_where_its_last_value_does() -> None:
    statements = (
        "  Statement:\n  - Sid: First\n    Resource: '*'\n  # about the next one\n  - Sid: Second\n    Action: "
        "[kms:*]\n"
    )
    found = document(f"p:\n{statements}  Version: x\n", is_yaml=True)
    first = found.text.index('{"Sid": "First"')
    span = found.span(first, found.text.index("}", first) + 1)
    assert (span.line, span.end_line, span.end_column) == (3, 4, 18)
    second = found.text.index('{"Sid": "Second"')
    span = found.span(second, found.text.index("}", second) + 1)
    assert (span.line, span.end_line) == (6, 7)
