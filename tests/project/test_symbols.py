"""No string is parsed to find out what a symbol is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.project.sources import tree_of
from verifier.model import symbols
from verifier.model.symbols import SymbolName

ROOT = Path(__file__).parents[2]
APART = {ROOT / "verifier" / "model" / "symbols.py"}
BEGINNINGS = tuple(
    kind.begins for kind in vars(symbols).values() if isinstance(kind, type) and issubclass(kind, SymbolName)
)


def beginnings(tree: ast.AST) -> Iterator[str]:
    """The texts in a module that begin as the name of a symbol does; sentences behind a label aside."""
    begins = tuple(filter(None, BEGINNINGS))
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text.startswith(begins) and ": " not in text[: len(max(begins, key=len))]:
            yield text


def test_no_module_says_how_the_name_of_a_symbol_begins() -> None:
    found = {
        str(path.relative_to(ROOT)): texts
        for path in sorted((ROOT / "verifier").rglob("*.py"))
        if path not in APART and (texts := list(beginnings(tree_of(path))))
    }
    assert found == {}


def test_a_test_of_how_a_name_begins_is_found() -> None:
    assert list(beginnings(ast.parse('def f(name):\n    return name.startswith(("lazy:", "U3:"))'))) == ["lazy:", "U3:"]
    assert list(beginnings(ast.parse('name = f"relation:{text}"'))) == ["relation:"]
    assert list(beginnings(ast.parse('"""F1: what a request has."""\nx = "lazy"'))) == []
