"""The table of operators: each row has a cited case, both rooms compare as it says, and nothing else names an operator
to tell it from others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agreement.symbolic import Decider
from tests.evaluate.estates import ALICE, KEY, allow, estate, outcome
from tests.project.sources import tree_of
from verifier.evaluate import request_from_json
from verifier.model.operators import OPERATORS, SET_OPERATORS, OperatorRow, full_name, name_parts

ROOT = Path(__file__).resolve().parents[2]
CASES = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests" / "cases").glob("*.yaml"))
_TESTED = re.compile(rf"(?<!\w)(?:(?:{'|'.join(SET_OPERATORS)}):)?({'|'.join(OPERATORS)})(?:IfExists)?\"?: *\{{")


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_has_a_cited_case(name: str) -> None:
    assert name in set(_TESTED.findall(CASES))


KEY_OF_ANY_TEXT = "kms:EncryptionContext:x"
COMPARED: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "StringEquals": ("a*", ("a*",), ("A*", "ab")),
    "StringEqualsIgnoreCase": ("a*", ("a*", "A*"), ("ab",)),
    "StringLike": ("a*:?", ("a:b", "ab:c:d"), ("A:b", "b:a")),
    **dict.fromkeys(
        ("ArnEquals", "ArnLike"), ("arn:aws:*:::b*", ("arn:aws:s3:::b:c",), ("arn:aws:s3:x:::b", "arn:aws:s3:::a"))
    ),
    "NumericEquals": ("7", ("7", "7.0"), ("6.9", "7a")),
    "NumericLessThan": ("7", ("6.9", "-7"), ("7", "8", "x")),
    "NumericLessThanEquals": ("7", ("6.9", "7"), ("7.1", "x")),
    "NumericGreaterThan": ("7", ("7.1",), ("7", "6", "x")),
    "NumericGreaterThanEquals": ("7", ("7", "8"), ("6.9", "x")),
    "DateEquals": ("2026-01-02", ("2026-01-02T00:00:00Z",), ("2026-01-03", "x")),
    "DateLessThan": ("2026-01-02", ("2026-01-01",), ("2026-01-02", "2026-01-03", "x")),
    "DateLessThanEquals": ("2026-01-02", ("2026-01-01", "2026-01-02"), ("2026-01-03", "x")),
    "DateGreaterThan": ("2026-01-02", ("2026-01-03",), ("2026-01-02", "2026-01-01", "x")),
    "DateGreaterThanEquals": ("2026-01-02", ("2026-01-02", "2026-01-03"), ("2026-01-01", "x")),
    "Bool": ("true", ("true", "TRUE"), ("false", "yes")),
    "BinaryEquals": ("QQ==", ("QQ==",), ("Qg==", "A")),
    "IpAddress": ("10.0.0.0/8", ("10.1.2.3",), ("11.0.0.1", "::1", "x")),
}
"""For each operator a listed value, values for which it holds, and values for which it does not. Nothing here is read
from the table."""
NEGATED = {
    **{f"{kind}NotEquals": f"{kind}Equals" for kind in ("String", "Numeric", "Date", "Arn")},
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
}
"""The operators that hold where another one does not, of absent keys too."""


def decisions(name: str, listed: str, value: str | None) -> set[str]:
    """What the rooms say of a request with this value, whose one Allow asks for it."""
    found = estate(allow(Condition={name: {KEY_OF_ANY_TEXT: listed}}))
    context = {} if value is None else {KEY_OF_ANY_TEXT: value}
    asked = {"principal": ALICE, "action": "kms:Decrypt", "resource": KEY, "context": context}
    return {outcome(found, context=context), Decider(found).decide(request_from_json(found, asked)).value}


@pytest.mark.parametrize("name", [name for name, row in OPERATORS.items() if row.type is not None])
def test_both_rooms_compare_as_the_name_says(name: str) -> None:
    listed, fit, unfit = COMPARED[NEGATED.get(name, name)]
    said = {value: decisions(name, listed, value) for value in (*fit, *unfit, None)}
    assert said == {value: {"allow" if (value in fit) is not (name in NEGATED) else "deny"} for value in said}


@pytest.mark.parametrize(("wanted", "value"), [("true", None), ("false", "a")])
def test_both_rooms_ask_whether_a_key_is_null(wanted: str, value: str | None) -> None:
    assert decisions("Null", wanted, value) == {"allow"}
    assert decisions("Null", {"true": "false", "false": "true"}[wanted], value) == {"deny"}


@pytest.mark.parametrize("row", OPERATORS.values(), ids=lambda row: row.name)
def test_an_inverse_is_the_inverse_of_its_inverse(row: OperatorRow) -> None:
    if row.inverse is None:
        assert row.name in ("Bool", "BinaryEquals", "Null")
    else:
        assert OPERATORS[row.inverse].inverse == row.name and OPERATORS[row.inverse].type is row.type


@pytest.mark.parametrize("name", OPERATORS)
def test_a_full_name_and_its_parts_say_the_same(name: str) -> None:
    for set_operator in (None, *SET_OPERATORS):
        for if_exists in (False, True):
            assert name_parts(full_name(set_operator, name, if_exists)) == (set_operator, name, if_exists)
    assert name_parts(f"{name}s") is None and name_parts(f"forAnyValue:{name}") is None


# --- no other module names an operator --------------------------------------------------------------------------------

WRITERS = ("Operator", "condition", "holds", "test", "_holds", "_test")
"""What makes a condition of an operator: its first argument is one that is written, not one that is told from
others."""
EXCEPT = {
    "model/operators.py": "the table",
    "model/reference.py": "`Bool` is a type of keys",
    "inputs/unknown_parts.py": "conditions that are written, for principals that are not known",
    "inputs/text/yaml_nodes.py": "`Null` is a word of YAML",
    "bench/answering.py": "a policy that is written",
    "bench/families.py": "policies that are written",
    "verify/reach/documents.py": "a policy that is written",
}
_NAME = re.compile(
    rf"(?:(?:{'|'.join(SET_OPERATORS)}):)?(?:{'|'.join(OPERATORS)})(?:IfExists)?|{'|'.join(SET_OPERATORS)}"
)


def named(tree: ast.AST) -> Iterator[str]:
    """Where a module tells operators apart by their names: a string that is one, or a look at the parts of `base`."""
    written = {id(argument) for node in ast.walk(tree) for argument in _written(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in written:
            is_name = node.value in SET_OPERATORS or name_parts(node.value) is not None
            yield from (f"{node.lineno}: {node.value}",) if is_name else ()
        if isinstance(node, ast.Compare | ast.Attribute):
            parts = [node.left, *node.comparators] if isinstance(node, ast.Compare) else [node.value]
            yield from (f"{part.lineno}: {ast.unparse(node)}" for part in parts if _is_name_of_operator(part))


def _written(node: ast.AST) -> list[ast.expr]:
    is_writer = isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in WRITERS
    return node.args[:1] if isinstance(node, ast.Call) and is_writer else []


def _is_name_of_operator(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "base" and "operator" in ast.unparse(node.value)


@pytest.mark.parametrize(
    "text", ['x.operator.base == "StringLike"', 'operator.base.startswith("Date")', 'f(("Null",))']
)
def test_what_tells_operators_apart_by_name_is_seen(text: str) -> None:
    assert list(named(ast.parse(text)))


def test_no_other_module_tells_operators_apart_by_name() -> None:
    modules = {str(path.relative_to(ROOT / "verifier")): path for path in (ROOT / "verifier").rglob("*.py")}
    found = {name: list(named(tree_of(path))) for name, path in modules.items()}
    assert {name: places for name, places in found.items() if places and name not in EXCEPT} == {}
    assert {name for name in EXCEPT if not found[name]} == set()
