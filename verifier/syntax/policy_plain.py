"""Plain policy documents, read by regular expressions: what the parser of the grammar does, five times as fast.

In: a text. Out: its tree, or `None` for a text that is not plain: one that is no policy, or has escapes in strings, or values where the
language has none. Guarantee: where there is a tree, it is the one of `grammar/policy.lark`; the tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from verifier.syntax.policy_tree import ListNode, MapNode, Member, PolicyNode, Scalar, ScalarKind, StatementNode, StatementsNode, Value

SURROGATE = re.compile(r"[\ud800-\udfff]")
"""Half of a surrogate pair, which is no character."""

_SPACE = r"[ \t\r\n]*"
_TEXT = r'"([^"\\\x00-\x1f]*)"'
_skip = re.compile(_SPACE).match
_name = re.compile(f"{_SPACE}{_TEXT}{_SPACE}:{_SPACE}").match
_string = re.compile(_TEXT).match
_plain = re.compile(r"(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)|(true|false)|(null)").match
_comma = re.compile(f"{_SPACE},{_SPACE}").match
_close_object = re.compile(_SPACE + r"}").match
_close_list = re.compile(_SPACE + r"\]").match

_MAPS = frozenset({"Principal", "NotPrincipal", "Condition"})


_Item = TypeVar("_Item")


class _NotPlain(Exception):
    """The text is left to the parser."""


def plain_policy(text: str) -> PolicyNode | None:
    """The tree of a plain policy document."""
    reader = _Reader(text)
    try:
        start = reader.space(0)
        members, end = reader.members(start, reader.of_policy)
        return PolicyNode(members, start, end) if reader.space(end) == len(text) else None
    except _NotPlain:
        return None


_Read = tuple[Value, int]
"""A value, and the place after it."""


class _Reader:
    """Reads values that begin at a place."""

    def __init__(self, text: str) -> None:
        self.text = text

    def space(self, at: int) -> int:
        """The place after white space."""
        found = _skip(self.text, at)
        return found.end() if found else at

    def members(self, at: int, value: Callable[[str, int], _Read]) -> tuple[tuple[Member, ...], int]:
        """The members of an object, each value read by its name."""
        text = self.text
        if not text.startswith("{", at):
            raise _NotPlain
        closed = _close_object(text, at + 1)
        if closed:
            return (), closed.end()
        found: list[Member] = []
        at += 1
        while True:
            named = _name(text, at)
            if named is None:
                raise _NotPlain
            name = named.group(1)
            start, end = named.span(1)
            read, at = value(name, named.end())
            found.append(Member(name, start - 1, end + 1, read))
            comma = _comma(text, at)
            if comma is None:
                break
            at = comma.end()
        closed = _close_object(text, at)
        if closed is None:
            raise _NotPlain
        return tuple(found), closed.end()

    def of_policy(self, name: str, at: int) -> _Read:
        """The value of an element of a policy."""
        return self.statements(at) if name == "Statement" else self.value(name, at)

    def statements(self, at: int) -> _Read:
        """One statement, or a list of them."""
        if self.text.startswith("[", at):
            items, end = self.items(at, self.statement)
            return StatementsNode(items, at, end), end
        if self.text.startswith("{", at):
            only, end = self.statement(at)
            return StatementsNode((only,), at, end), end
        return self.scalar(at)

    def statement(self, at: int) -> tuple[StatementNode, int]:
        """One statement."""
        members, end = self.members(at, self.of_statement)
        return StatementNode(members, at, end), end

    def of_statement(self, name: str, at: int) -> _Read:
        """The value of an element of a statement."""
        if name in _MAPS and self.text.startswith("{", at):
            return self.map(at, self.tests if name == "Condition" else self.value)
        return self.value(name, at)

    def tests(self, name: str, at: int) -> _Read:
        """What an operator compares."""
        return self.map(at, self.value) if self.text.startswith("{", at) else self.value(name, at)

    def map(self, at: int, value: Callable[[str, int], _Read]) -> _Read:
        """An object that the language gives a meaning."""
        members, end = self.members(at, value)
        return MapNode(members, at, end), end

    def value(self, _: str, at: int) -> _Read:
        """A scalar, or a list of them."""
        if not self.text.startswith("[", at):
            return self.scalar(at)
        items, end = self.items(at, self.scalar)
        return ListNode(items, at, end), end

    def items(self, at: int, item: Callable[[int], tuple[_Item, int]]) -> tuple[tuple[_Item, ...], int]:
        """The items of a list."""
        closed = _close_list(self.text, at + 1)
        if closed:
            return (), closed.end()
        found: list[_Item] = []
        at = self.space(at + 1)
        while True:
            read, at = item(at)
            found.append(read)
            comma = _comma(self.text, at)
            if comma is None:
                break
            at = comma.end()
        closed = _close_list(self.text, at)
        if closed is None:
            raise _NotPlain
        return tuple(found), closed.end()

    def scalar(self, at: int) -> tuple[Scalar, int]:
        """A string without escapes, a number, a Boolean or null."""
        found = _string(self.text, at)
        if found:
            return Scalar(ScalarKind.STRING, found.group(1), at, found.end()), found.end()
        found = _plain(self.text, at)
        if found is None:
            raise _NotPlain
        return Scalar(_KINDS[found.lastindex or 0], found.group(), at, found.end()), found.end()


_KINDS = {1: ScalarKind.NUMBER, 2: ScalarKind.BOOLEAN, 3: ScalarKind.NULL}
