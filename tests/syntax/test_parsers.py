"""The tables that come with the package are those of the grammars."""

from __future__ import annotations

import json
from pathlib import Path

import lark
import pytest

from tools import generate_parsers
from tools.generate_parsers import DATA, GRAMMARS
from verifier.syntax import invariants, parsers, policy
from verifier.syntax.invariants_builder import TreeBuilder
from verifier.syntax.parsers import made, origin, parser
from verifier.syntax.policy import OffsetLexer
from verifier.syntax.source import Source

POLICY = Source(
    "policy.json", '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}'
)


@pytest.mark.parametrize("name", [name for name, _, _ in GRAMMARS])
def test_the_tables_are_those_of_the_grammars(name: str) -> None:
    written = json.loads((DATA / f"{name}.parser.json").read_text(encoding="utf-8"))["from"]
    assert written.split(", ")[1] == origin(name).split(", ")[1], "run python tools/generate_parsers.py"


def test_tables_of_a_grammar_that_is_as_it_was_are_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate_parsers, "DATA", tmp_path)
    given = {"policy": json.dumps({"from": origin("policy")}), "invariants": json.dumps({"from": "another grammar"})}
    for name, text in given.items():
        (tmp_path / f"{name}.parser.json").write_text(text, encoding="utf-8")
    generate_parsers.main()
    left = {name: (tmp_path / f"{name}.parser.json").read_text("utf-8") == text for name, text in given.items()}
    assert left == {"policy": True, "invariants": False}


def no_parser_is_made(*_: object, **__: object) -> lark.Lark:
    raise AssertionError("a parser was made from its grammar")


def test_no_parser_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        parsers, "origin", lambda name: json.loads((DATA / f"{name}.parser.json").read_text(encoding="utf-8"))["from"]
    )
    monkeypatch.setattr(parsers, "made", no_parser_is_made)
    found = parser(policy.GRAMMAR, policy.START, policy.PolicyTreeBuilder(), placeholders=False, lexer=OffsetLexer)
    assert found.parse(POLICY.text) == policy.parse_policy(POLICY)
    assert isinstance(parser(invariants.GRAMMAR, invariants.START, TreeBuilder(), placeholders=True), lark.Lark)


@pytest.mark.parametrize("tables", [None, {"from": "Lark 0.0, 0"}])
def test_tables_of_another_grammar_or_version_are_not_used(tables: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsers, "_tables", lambda name: tables)
    found = parser(policy.GRAMMAR, policy.START, policy.PolicyTreeBuilder(), placeholders=False, lexer=OffsetLexer)
    assert found.parse(POLICY.text) == policy.parse_policy(POLICY)


@pytest.mark.parametrize(("name", "start", "placeholders"), GRAMMARS)
def test_the_tables_parse_as_the_grammar_does(name: str, start: tuple[str, ...], placeholders: bool) -> None:
    own, other = (
        parser(name, start, lark.Transformer(), placeholders=placeholders),
        made(name, start, placeholders=placeholders),
    )
    text = POLICY.text if name == policy.GRAMMAR else 'invariant "a":\n  no user can kms:Decrypt\n'
    assert own.parse(text, start=start[0]) == other.parse(text, start=start[0])
