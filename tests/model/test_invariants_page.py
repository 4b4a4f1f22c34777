"""docs/invariants.md: every example on the page parses, and means what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from verifier.language.builtins.catalogue import BUILTINS
from verifier.language.invariants.files import read_invariants
from verifier.model.invariant import ConditionAnd, ConditionExpression, Holds, Invariant
from verifier.model.invariant_file import GrantInvariant
from verifier.syntax.source import Source

PAGE = (Path(__file__).parents[2] / "docs" / "invariants.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```invariants\n(.*?)```", PAGE, re.DOTALL)
PRELUDE = BLOCKS[0]


def rows(heading: str) -> list[tuple[str, str]]:
    """The first two cells of each row of the table whose first column has this heading, without back quotes."""
    table = PAGE.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    found = re.findall(r"^\| `(.+?)` \| (.+?) \|$", table, re.MULTILINE)
    assert len(found) == table.count("\n| `")
    return found


def read(text: str) -> Invariant:
    return read_invariants(Source("page", PRELUDE + f'invariant "x":\n{text}')).about_requests[0]


@pytest.mark.parametrize("block", BLOCKS[1:])
def test_every_example_parses(block: str) -> None:
    prelude = "" if "account prod" in block else PRELUDE
    file = read_invariants(Source("page", prelude + block))
    assert file.invariants or file.allowances or file.suppositions


@pytest.mark.parametrize("callers", [first for first, _ in rows("Callers")])
def test_every_caller_parses(callers: str) -> None:
    assert read(f"no {callers} can kms:Decrypt")


@pytest.mark.parametrize("sentence", [first for first, _ in rows("Listed grants")])
def test_every_sentence_on_listed_grants_parses(sentence: str) -> None:
    (found,) = read_invariants(Source("page", PRELUDE + f'invariant "x": {sentence}')).invariants
    assert isinstance(found, GrantInvariant)


@pytest.mark.parametrize("what", [first for first, _ in rows("Grant in a request")])
def test_every_creation_of_a_grant_parses(what: str) -> None:
    assert [action.value for action in read(f"no caller outside prod can {what}").actions] == ["kms:CreateGrant"]


@pytest.mark.parametrize("keys", [first for first, _ in rows("Keys")])
def test_every_key_parses(keys: str) -> None:
    assert read(f"nobody can kms:Decrypt on {keys}")


@pytest.mark.parametrize(("comparison", "operator"), rows("Comparison"))
def test_every_comparison_is_the_operator_that_the_page_names(comparison: str, operator: str) -> None:
    when: ConditionExpression = read(f"nobody can kms:Decrypt when {comparison}").when
    assert isinstance(when, Holds)
    assert f"`{when.condition.operator}`" == operator


def test_the_built_ins_of_the_page_are_those_of_the_code() -> None:
    told = [(re.split(r"[:\[]", first)[0], second) for first, second in rows("Built-in")]
    assert told == [(builtin.name, builtin.help) for builtin in BUILTINS]


def test_without_a_condition_every_request_is_meant() -> None:
    assert read("nobody can kms:Decrypt").when == ConditionAnd(())
