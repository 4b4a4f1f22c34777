"""Habits that a reader relies on, seen in the sources themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "verifier").rglob("*.py"))
ROOMS = sorted(path for path in (ROOT / "verifier").glob("*/__init__.py"))
QUIET = [path for path in SOURCES if path.parent.name != "cli" and path.name != "__main__.py"]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def speaks(tree: ast.AST) -> list[int]:
    """The lines that print, write to a standard stream, or end the process."""
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Attribute | ast.Name) and _speaks(node)]


def _speaks(node: ast.Call | ast.Attribute | ast.Name) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in ("print", "exit", "quit", "breakpoint", "input")
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) in ("sys.exit", "sys.stdout", "sys.stderr", "os._exit")
    return node.id == "SystemExit"


@pytest.mark.parametrize("path", QUIET, ids=name)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    assert speaks(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_the_check_above_can_fail() -> None:
    for text in ("print(1)", "import sys\nsys.exit(1)", "import sys\nsys.stdout.write('')", "raise SystemExit(2)"):
        assert speaks(ast.parse(text))


@pytest.mark.parametrize("path", ROOMS, ids=name)
def test_a_room_says_what_comes_in_what_goes_out_and_what_it_guarantees(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    assert [word for word in ("In:", "Out:", "Guarantee:") if word not in docstring] == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_file_has_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
