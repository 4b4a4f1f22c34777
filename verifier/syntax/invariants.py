"""Files of invariants: text → tree.

In: the text of a file of invariants, or of a set of callers. Out: a tree in which every node knows its place, or one
syntax error.
Guarantee: no text, however deep, long or odd, makes it fail otherwise than with `InputError`; the tree is nested
no deeper than `DEEPEST_BRACKETS` brackets, so whoever walks it may recurse.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from lark import Lark, UnexpectedInput
from lark.lexer import PatternStr

from verifier.syntax.diagnostic import SyntaxFault
from verifier.syntax.findings import Findings
from verifier.syntax.invariants_builder import TreeBuilder
from verifier.syntax.invariants_errors import invariant_error
from verifier.syntax.invariants_tree import CallersNode, FileNode
from verifier.syntax.parsers import parser
from verifier.syntax.source import Source

_Tree = TypeVar("_Tree")

GRAMMAR, START = "invariants", ("file", "callers")
"""The grammar, and the rules that a text can be."""

MAXIMUM_SIZE = 1 << 18
"""The size in characters past which a file is refused unparsed."""

DEEPEST_BRACKETS = 100
"""How deep brackets may be nested."""

_BRACKETS = re.compile(r'"(?:[^"\\\r\n]|\\[^\r\n])*"|#[^\n]*|\$\{[^}"\x00-\x1f]*\}|([({])|([)}])')
_BLANK = re.compile(r'("(?:[^"\\\r\n]|\\[^\r\n])*"|\$\{[^}"\x00-\x1f]*\})|(?:\s+|#[^\n]*)+')


def parse_invariants(source: Source) -> FileNode:
    """The tree of a file of invariants. Raises `InputError` with the one syntax error."""
    return _parsed_or_refused(source, _parse)


def parse_callers(source: Source) -> CallersNode:
    """The tree of a set of callers, such as `role/reports in 111122223333`. Raises `InputError` with the one syntax
    error."""
    tree = _parsed_or_refused(source, lambda text: _parsed(text, "callers"))
    assert isinstance(tree, CallersNode)
    return tree


def _parsed_or_refused(source: Source, parse: Callable[[str], _Tree]) -> _Tree:
    """The tree of a text. Raises `InputError` with the one syntax error."""
    findings = Findings(source)
    try:
        _check_size(source.text)
        return parse(source.text)
    except SyntaxFault as error:
        findings.error(error.start, error.end, error.message, hint=error.hint)
    findings.raise_errors()
    raise AssertionError("unreachable: a syntax error has been recorded")


@cache
def keywords() -> frozenset[str]:
    """The words of the language: none of them is a name."""
    fixed = (terminal.pattern.value for terminal in _parser().terminals if isinstance(terminal.pattern, PatternStr))
    return frozenset(word for word in fixed if word[0].isalpha())


def normalized(text: str) -> str:
    """A sentence on one line: without comments, each run of white space outside quotes one space."""
    return _BLANK.sub(lambda match: match.group(1) or " ", text).strip()


def _parse(text: str) -> FileNode:
    tree = _parsed(text, "file")
    assert isinstance(tree, FileNode)
    return tree


def _parsed(text: str, start: str) -> object:
    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        raise invariant_error(text, error) from None


@cache
def _parser() -> Lark:
    return parser(GRAMMAR, START, TreeBuilder(), placeholders=True)


def _check_size(text: str) -> None:
    if len(text) > MAXIMUM_SIZE:
        raise SyntaxFault(0, 0, f"the file has {len(text):,} characters; expected at most {MAXIMUM_SIZE:,}")
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += 1 if match.group(1) else -1 if match.group(2) else 0
        if depth > DEEPEST_BRACKETS:
            raise SyntaxFault(match.start(), match.end(), f"brackets are nested deeper than {DEEPEST_BRACKETS}")
