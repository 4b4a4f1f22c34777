"""Policy documents that are not plain: text → tree by the parser of the grammar.

In: the text of a policy document. Out: a `PolicyNode` in which every node knows its place. Guarantee: strict JSON; `SyntaxFault` for
anything else. Apart from `policy`, since hardly any run needs the parser.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput

from verifier.syntax.fault import SyntaxFault
from verifier.syntax.parsers import parser
from verifier.syntax.policy_errors import explain
from verifier.syntax.policy_plain import SURROGATE
from verifier.syntax.policy_tree import (
    ListNode,
    MapNode,
    Member,
    Misfit,
    PolicyNode,
    Scalar,
    ScalarKind,
    StatementNode,
    StatementsNode,
    Value,
)

GRAMMAR, START = "policy", ("policy",)
"""The grammar, and the rules that a text can be."""


def parsed(text: str) -> PolicyNode:
    """The tree of a policy document."""
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise explain(text, error) from None
    assert isinstance(tree, PolicyNode)
    return tree


@cache
def _parser() -> Lark:
    return parser(GRAMMAR, START, TreeBuilder(), placeholders=False)


class TreeBuilder(Transformer[Token, PolicyNode]):
    """One method for each rule of the grammar; the parser calls them as it goes."""

    def policy(self, children: list[Token | Member]) -> PolicyNode:
        return PolicyNode(_between(children), *_bounds(children))

    def policy_element(self, children: list[Token | Value]) -> Member:
        return _member(children)

    def statement(self, children: list[Token | Member]) -> StatementNode:
        return StatementNode(_between(children), *_bounds(children))

    def statement_element(self, children: list[Token | Value]) -> Member:
        return _member(children)

    def statements(self, children: list[Token | StatementNode | Value]) -> StatementsNode | Scalar:
        first = children[0]
        if isinstance(first, Scalar):
            return first
        if isinstance(first, StatementNode):
            return StatementsNode((first,), first.start, first.end)
        items = tuple(child for child in children if not isinstance(child, Token))
        return StatementsNode(items, *_bounds(children))

    def map(self, children: list[Token | Member]) -> MapNode:
        return MapNode(_between(children), *_bounds(children))

    def member(self, children: list[Token | Value]) -> Member:
        return _member(children)

    def value_list(self, children: list[Token | Scalar | Misfit]) -> ListNode:
        return ListNode(_between(children), *_bounds(children))

    def misfit_list(self, children: list[Token | Value]) -> Misfit:
        return Misfit("a list", *_bounds(children))

    def misfit_object(self, children: list[Token | Value]) -> Misfit:
        return Misfit("an object", *_bounds(children))

    def scalar(self, children: list[Token]) -> Scalar:
        token = children[0]
        start = _start(token)
        kind = _SCALAR_KINDS[token.type]
        value = _decode(token, start) if kind is ScalarKind.STRING else str(token)
        return Scalar(kind, value, start, start + len(token))


_SCALAR_KINDS = {
    "STRING": ScalarKind.STRING,
    "NUMBER": ScalarKind.NUMBER,
    "TRUE": ScalarKind.BOOLEAN,
    "FALSE": ScalarKind.BOOLEAN,
    "NULL": ScalarKind.NULL,
}


def _start(token: Token) -> int:
    return token.start_pos or 0


def _bounds(children: list[Any]) -> tuple[int, int]:
    """Where the first bracket begins and the last one ends."""
    return _start(children[0]), _start(children[-1]) + 1


def _between(children: list[Any]) -> tuple[Any, ...]:
    """What is between the brackets."""
    return tuple(children[1:-1])


def _member(children: list[Token | Value]) -> Member:
    token, value = children
    assert isinstance(token, Token) and not isinstance(value, Token)
    quoted = token[: token.rindex('"') + 1]
    start = _start(token)
    return Member(_decode(quoted, start), start, start + len(quoted), value)


def _decode(literal: str, start: int) -> str:
    """The text of a JSON string literal that stands at `start`."""
    if "\\" not in literal:
        return literal[1:-1]
    text = json.loads(literal)
    assert isinstance(text, str)
    if SURROGATE.search(text):
        raise SyntaxFault(start, start + len(literal), "an escape is half of a surrogate pair, which is no character")
    return text
