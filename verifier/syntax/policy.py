"""Policy documents: text → tree by the parser of the grammar.

In: the text of a policy document. Out: a `PolicyNode` in which every node knows its place, or one syntax error.
Guarantee: strict JSON; no text, however deep, long or odd, makes it fail otherwise than with `InputError`. Equal texts
are parsed once. Tokens are those of Lark's contextual lexer, but know their offsets alone: Lark counts the lines of
every token, which takes half of its time, and no tree of a policy holds a line; the complaint about a text that has no
token is Lark's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

from lark import Lark, Transformer, UnexpectedInput
from lark.common import LexerConf
from lark.lexer import BasicLexer, ContextualLexer, Lexer, LexerState

from verifier.syntax.diagnostic import InputError, SyntaxFault
from verifier.syntax.findings import Findings
from verifier.syntax.parsers import parser
from verifier.syntax.policy_errors import policy_error
from verifier.syntax.policy_tree import (
    Atom,
    ListNode,
    MapNode,
    Member,
    Misfit,
    PolicyNode,
    ScalarKind,
    StatementNode,
    StatementsNode,
)
from verifier.syntax.source import Source


class _Fields(NamedTuple):
    type: str
    value: str
    start_pos: int
    end_pos: int


class Lexeme(_Fields):
    """A token: the name of its terminal, its text, where it begins and where it ends. The rest is what Lark asks of the
    last one."""

    __slots__ = ()
    line = column = end_line = end_column = 0


class OffsetLexer(Lexer):
    """A lexer that looks for the terminals that the state of the parser accepts, as `lark.lexer.ContextualLexer`
    does."""

    def __init__(
        self, conf: LexerConf, states: dict[int, Collection[str]], always_accept: Collection[str] = ()
    ) -> None:
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
        alternatives = (
            f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in self.terminals if t.name in accepted | self.ignored
        )
        return re.compile("|".join(alternatives), self.conf.g_regex_flags).match


GRAMMAR, START = "policy", ("policy",)
"""The grammar, and the rules that a text can be."""

SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half of a surrogate pair, which is no character."""


def parsed(text: str) -> PolicyNode:
    """The tree of a policy document. Raises `SyntaxFault` with the one error of its syntax."""
    try:
        tree = policy_parser().parse(text)
    except UnexpectedInput as error:
        raise policy_error(text, error) from None
    assert isinstance(tree, PolicyNode)
    return tree


@cache
def policy_parser(lexer: type[Lexer] | None = OffsetLexer) -> Lark:
    """The parser of policies, with Lark's own lexer if there is no other."""
    return parser(GRAMMAR, START, PolicyTreeBuilder(), placeholders=False, lexer=lexer)


class PolicyTreeBuilder(Transformer[Any, PolicyNode]):
    """One method for each rule of the grammar; the parser calls them as it goes, with what stands in the rule."""

    def policy(self, children: list[Any]) -> PolicyNode:
        return PolicyNode(*_bracketed(children))

    def statements(self, children: list[Any]) -> StatementsNode:
        return StatementsNode(*_bracketed(children))

    def statement(self, children: list[Any]) -> StatementNode:
        return StatementNode(*_bracketed(children))

    def map(self, children: list[Any]) -> MapNode:
        return MapNode(*_bracketed(children))

    def value_list(self, children: list[Any]) -> ListNode:
        return ListNode(*_bracketed(children))

    def misfit_list(self, children: list[Any]) -> Misfit:
        return Misfit("a list", *_bracketed(children)[1:])

    def misfit_object(self, children: list[Any]) -> Misfit:
        return Misfit("an object", *_bracketed(children)[1:])

    def members(self, children: list[Any]) -> list[Member]:
        """The members so far, and one more."""
        name, value = children[-2:]
        literal = name.value[: name.value.rindex('"') + 1]
        start = name.start_pos
        if type(value) is StatementNode:
            value = StatementsNode((value,), value.start, value.end)
        member = Member(_decode(literal, start), start, start + len(literal), value)
        return _and([] if len(children) == 2 else children[0], member)

    elements = statement_elements = members

    def items(self, children: list[Any]) -> list[Any]:
        """The items so far, and one more."""
        return _and([] if len(children) == 1 else children[0], children[-1])

    statement_items = items

    def SCALAR(self, token: Lexeme) -> Atom:
        text, start, end = token.value, token.start_pos, token.end_pos
        if text[0] == '"':
            return Atom(ScalarKind.STRING, _decode(text, start), start, end)
        number = ScalarKind.NUMBER if _ONE_SPELLING.fullmatch(text) else ScalarKind.AMBIGUOUS
        return Atom(_WORDS.get(text, number), text, start, end)


_WORDS = {"true": ScalarKind.BOOLEAN, "false": ScalarKind.BOOLEAN, "null": ScalarKind.NULL}
_ONE_SPELLING = re.compile(r"0|-?[1-9][0-9]{0,14}|-?(?:0|[1-9][0-9]{0,5})\.[0-9]{0,2}[1-9]")
"""Numbers that every reader of JSON writes as they stand: no exponent, no zero at the end, and not too long."""


def _bracketed(children: list[Any]) -> tuple[tuple[Any, ...], int, int]:
    """What is between two brackets, where the first begins and where the last ends."""
    inside = tuple(children[1]) if len(children) == 3 else ()
    return inside, children[0].start_pos, children[-1].end_pos


def _and(found: list[Any], item: Any) -> list[Any]:
    found.append(item)
    return found


def _decode(literal: str, start: int) -> str:
    """The text of a JSON string literal that stands at `start`."""
    if "\\" not in literal:
        return literal[1:-1]
    text = json.loads(literal)
    assert isinstance(text, str)
    if SURROGATE.search(text):
        raise SyntaxFault(start, start + len(literal), "an escape is half of a surrogate pair, which is no character")
    return text


_MAXIMUM_SIZE = 1 << 20
"""The size in bytes past which a policy is refused unparsed: 32 times the largest that AWS accepts."""

_CACHED_TREES = 512


def parse_policy(source: Source) -> PolicyNode:
    """The tree of a policy document. Raises `InputError` with the one syntax error, or for a text over 1 MiB."""
    findings = Findings(source)
    size = len(source.text.encode("utf-8", "surrogatepass"))
    if size > _MAXIMUM_SIZE:
        findings.error(0, 0, f"the policy has {size:,} bytes; expected at most {_MAXIMUM_SIZE:,}", rule="L4")
        raise InputError(findings.errors)
    try:
        return _parse(source.text)
    except SyntaxFault as error:
        findings.error(error.start, error.end, error.message, hint=error.hint, rule="L4")
        raise InputError(findings.errors) from None


@lru_cache(maxsize=_CACHED_TREES)
def _parse(text: str) -> PolicyNode:
    surrogate = SURROGATE.search(text)
    if surrogate:
        raise SyntaxFault(surrogate.start(), surrogate.end(), "half of a surrogate pair, which is no character")
    return parsed(text)
