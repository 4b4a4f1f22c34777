"""Parsers by the name of their grammar.

In: the name of a grammar, what the parser is started with. Out: a `Lark` parser.
Guarantee: the parser of the grammar as it stands. The tables of a parser take longer to make than a policy takes to be
parsed, so they come with the package (`python tools/generate_parsers.py`). Those of another grammar, or of another
version of Lark, are not used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Transformer, UnexpectedInput, UnexpectedToken
from lark.grammar import Rule
from lark.lexer import Lexer, TerminalDef

NotParsed = UnexpectedInput
"""What a parser that Lark makes raises at a text that it cannot read: one of ours, or that of python-hcl2."""


def position_of(text: str, error: UnexpectedInput) -> int:
    """Where a parser stopped; the end of the text where it expected more."""
    position = error.pos_in_stream
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    return len(text) if at_end or position is None or position < 0 else position


_PACKAGE = Path(__file__).resolve().parent.parent
_FOLDERS = (_PACKAGE / "grammar", _PACKAGE.parent / "grammar")


@cache
def load_grammar(name: str) -> str:
    """The text of the grammar `name` (`policy`, `invariants`). Raises `FileNotFoundError` if the installation lacks
    it."""
    for folder in _FOLDERS:
        path = folder / f"{name}.lark"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(
        f"grammar {name}.lark is missing; looked in {' and '.join(str(folder) for folder in _FOLDERS)}"
    )


def parser(
    name: str,
    start: Sequence[str],
    transformer: Transformer[Any, Any],
    *,
    placeholders: bool,
    lexer: type[Lexer] | None = None,
) -> Lark:
    """The LALR parser of the grammar `name`, which calls the transformer as it goes."""
    tables = _tables(name)
    if tables is None or tables["from"] != origin(name):
        return made(name, start, transformer, placeholders=placeholders, lexer=lexer)
    # What Lark's own generator of stand-alone parsers uses.
    load = Lark._load_from_dict
    found: Lark = load(tables["data"], tables["memo"], transformer=transformer, _plugins=_plugins(lexer))  # type: ignore[no-untyped-call]
    return found


def made(
    name: str,
    start: Sequence[str],
    transformer: Transformer[Any, Any] | None = None,
    *,
    placeholders: bool,
    lexer: type[Lexer] | None = None,
) -> Lark:
    """The same, made from the text of the grammar."""
    return Lark(
        load_grammar(name),
        parser="lalr",
        start=list(start),
        maybe_placeholders=placeholders,
        transformer=transformer,
        _plugins=_plugins(lexer),
    )


def _plugins(lexer: type[Lexer] | None) -> dict[str, type[Lexer]]:
    """What is put in the place of a part of Lark."""
    return {"ContextualLexer": lexer} if lexer else {}


def tables_of(name: str, parser: Lark) -> str:
    """The tables of a parser without transformer, as `parser` reads them."""
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    return json.dumps({"from": origin(name), "data": data, "memo": memo}, separators=(",", ":")) + "\n"


def origin(name: str) -> str:
    """What the tables of a grammar depend on."""
    return f"Lark {lark.__version__}, {sha256(load_grammar(name).encode()).hexdigest()}"


def _tables(name: str) -> dict[str, Any] | None:
    """The tables that come with the package; `None` if it has none."""
    try:
        text = (files("verifier.syntax") / "data" / f"{name}.parser.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found: dict[str, Any] = json.loads(text, object_hook=_numbered)
    return found


def _numbered(pairs: dict[str, Any]) -> dict[Any, Any]:
    """JSON has no numbers as names: Lark numbers states, symbols and rules."""
    return {int(key): value for key, value in pairs.items()} if all(map(str.isdecimal, pairs)) else pairs
