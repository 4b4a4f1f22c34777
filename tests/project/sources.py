"""The sources of the package as trees, each parsed once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def tree_of(path: Path) -> ast.Module:
    """The tree of a module. Nobody changes it."""
    return ast.parse(path.read_text(encoding="utf-8"))
