"""The parser of files of invariants.

In: a text and the rule that it shall be. Out: its tree. Guarantee: `SyntaxFault` for anything else.
Apart from `invariants`, since a run that asks built-ins alone needs no parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from lark import Lark, UnexpectedInput
from lark.lexer import PatternStr

from verifier.syntax.invariants_builder import TreeBuilder
from verifier.syntax.invariants_errors import explain
from verifier.syntax.parsers import parser

GRAMMAR, START = "invariants", ("file", "callers")
"""The grammar, and the rules that a text can be."""


def parsed(text: str, start: str) -> object:
    """The tree of a text."""
    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise explain(text, error) from None


def fixed_words() -> Iterator[str]:
    """What the grammar spells out."""
    return (terminal.pattern.value for terminal in _parser().terminals if isinstance(terminal.pattern, PatternStr))


@cache
def _parser() -> Lark:
    return parser(GRAMMAR, START, TreeBuilder(), placeholders=True)
