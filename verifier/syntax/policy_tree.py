"""The tree of a policy document: its elements as written, with their places.

In: nothing (plain data), made by `verifier.syntax.policy`.
Guarantee: `start` and `end` are offsets into the text, the end exclusive, so one tree serves every
file in which the same text stands. Names and strings are decoded; values are not yet checked.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class ScalarKind(Enum):
    """The type of a JSON scalar; the value is how to speak of it."""

    STRING = "a string"
    NUMBER = "a number"
    AMBIGUOUS = "a number that has several spellings, of which no page says which text it stands for; quote it"
    BOOLEAN = "a Boolean"
    NULL = "null"


class Atom(NamedTuple):
    """A string (decoded), or a number, `true`, `false` or `null` (as written)."""

    kind: ScalarKind
    value: str
    start: int
    end: int


class Misfit(NamedTuple):
    """A list or an object where the language has none; its contents are not kept."""

    description: str
    start: int
    end: int


class ListNode(NamedTuple):
    """A list of values."""

    items: tuple[Atom | Misfit, ...]
    start: int
    end: int


class Member(NamedTuple):
    """A name with its value. `start` and `end` are those of the name, quotes included."""

    name: str
    start: int
    end: int
    value: Child


class MapNode(NamedTuple):
    """An object that the language gives a meaning: a principal map, a condition block, the tests of an operator."""

    members: tuple[Member, ...]
    start: int
    end: int


class StatementNode(NamedTuple):
    """One statement."""

    members: tuple[Member, ...]
    start: int
    end: int


class StatementsNode(NamedTuple):
    """The list of statements, or one statement without a list (L2)."""

    items: tuple[StatementNode | Child, ...]
    start: int
    end: int


class PolicyNode(NamedTuple):
    """A whole document."""

    members: tuple[Member, ...]
    start: int
    end: int


Child = Atom | Misfit | ListNode | MapNode | StatementsNode


def describe(value: Child) -> str:
    """What a value is, for `expected …, found …`."""
    match value:
        case Atom():
            return value.kind.value
        case Misfit():
            return value.description
        case ListNode():
            return "a list"
        case _:
            return "an object"
