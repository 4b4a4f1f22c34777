"""Finds the grammars.

In: the name of a grammar, such as `policy`. Out: the text of `policy.lark`.
Guarantee: the same text from a checkout (`/grammar`) and from an installed package (`verifier/grammar`).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "grammar", _PACKAGE.parent / "grammar")


@cache
def load_grammar(name: str) -> str:
    """The text of the grammar `name` (`policy`, `invariants`). Raises `FileNotFoundError` if the installation lacks it."""
    for folder in _FOLDERS:
        path = folder / f"{name}.lark"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(f"grammar {name}.lark is missing; looked in {' and '.join(str(folder) for folder in _FOLDERS)}")
