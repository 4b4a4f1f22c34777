"""Tokens that know their offsets alone.

In: a text, and where the parser stands. Out: the tokens that can stand there. Guarantee: the tokens of Lark's contextual lexer; the
complaint about a text that has none is Lark's own. Lark counts the lines of every token, which takes half of its time, and no tree of
a policy holds a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, NamedTuple

from lark.common import LexerConf
from lark.lexer import BasicLexer, ContextualLexer, Lexer, LexerState


class _Fields(NamedTuple):
    type: str
    value: str
    start_pos: int
    end_pos: int


class Lexeme(_Fields):
    """A token: the name of its terminal, its text, where it begins and where it ends. The rest is what Lark asks of the last one."""

    __slots__ = ()
    line = column = end_line = end_column = 0


class OffsetLexer(Lexer):
    """A lexer that looks for the terminals that the state of the parser accepts, as `lark.lexer.ContextualLexer` does."""

    def __init__(self, conf: LexerConf, states: dict[int, Collection[str]], always_accept: Collection[str] = ()) -> None:
        self.conf, self.states, self.always_accept = conf, states, always_accept
        self.ignored = frozenset(conf.ignore)
        self.terminals = BasicLexer(conf).terminals  # in the order in which Lark tries them
        self.matches: dict[int, Callable[[str, int], re.Match[str] | None]] = {}
        self.match_of = cache(self._match_of)

    def lex(self, lexer_state: LexerState, parser_state: Any) -> Iterator[Any]:
        """The tokens of a text, each when the parser has taken the one before it."""
        text, at = lexer_state.text.text, 0
        stack, matches, ignored = parser_state.state_stack, self.matches, self.ignored
        new = tuple.__new__
        while at < len(text):
            match = matches.get(stack[-1])
            if match is None:
                match = matches[stack[-1]] = self.match_of(frozenset(self.states[stack[-1]]))
            found = match(text, at)
            if found is None:
                lexer_state.line_ctr.feed(text[:at])
                yield from ContextualLexer(self.conf, self.states, self.always_accept).lex(lexer_state, parser_state)
                return
            start, at = at, found.end()
            kind = found.lastgroup
            if kind not in ignored:
                yield new(Lexeme, (kind, found.group(), start, at))

    def _match_of(self, accepted: frozenset[str]) -> Callable[[str, int], re.Match[str] | None]:
        """What finds the terminals, and what is ignored, at a place of a text."""
        alternatives = (f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in self.terminals if t.name in accepted | self.ignored)
        return re.compile("|".join(alternatives), self.conf.g_regex_flags).match
