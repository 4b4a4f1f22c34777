"""Predicates on one value: what a policy can ask of a string, a number, a date or an address.

In: texts of policies. Out: hashable predicates with `matches(value)`.
Guarantee: a predicate is a fixed set of values; `Tokens` describes that set as a regular language, so that
`verifier.problem.classes.words` can partition strings by many of them side by side.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from ipaddress import ip_address
from itertools import groupby
from typing import Protocol

from verifier.frozen import Frozen


@dataclass(frozen=True)
class Characters:
    """A set of characters: those listed, or (`negated`) all others."""

    listed: frozenset[str]
    negated: bool = False
    key: int = field(default=0, compare=False, repr=False)
    """Its hash."""
    only: str | None = field(default=None, compare=False, repr=False)
    """The only member; `None` where there are others, or none."""
    shown: str = field(default=" ", compare=False, repr=False)
    """A member, if all are listed; a space if not."""

    def __post_init__(self) -> None:
        # Patterns ask for these once for each of their tokens.
        listed = () if self.negated else sorted(self.listed)
        object.__setattr__(self, "key", hash((self.listed, self.negated)))
        object.__setattr__(self, "only", listed[0] if len(listed) == 1 else None)
        object.__setattr__(self, "shown", listed[0] if listed else " ")

    def __hash__(self) -> int:
        return self.key

    def __contains__(self, character: str) -> bool:
        return (character in self.listed) != self.negated

    def without(self, excluded: frozenset[str]) -> Characters:
        """These characters less some."""
        if self.negated:
            return Characters(self.listed | excluded, True)
        return Characters(self.listed - excluded)


ANY = Characters(frozenset(), True)


@cache
def one(character: str) -> Characters:
    """The set of one character."""
    return Characters(frozenset((character,)))


@cache
def either_case(character: str) -> Characters:
    """A character in every case: code point by code point, and none beyond ASCII is a letter of ASCII (L3)."""
    if character.isascii():
        return Characters(frozenset((character.lower(), character.upper())))
    return _cases().get(_folded(character), one(character))


def _folded(character: str) -> str:
    """A character beyond ASCII in the form that all its cases share."""
    folded = character.casefold()
    return character if len(folded) > 1 or folded.isascii() else folded


@cache
def _cases() -> Mapping[str, Characters]:
    """The characters beyond ASCII by that form: up to the last one that has cases."""
    letters = sorted(map(chr, range(0x80, 0x20000)), key=_folded)
    return {folded: Characters(frozenset(alike)) for folded, alike in groupby(letters, _folded)}


Token = tuple[bool, Characters]
"""(repeated, characters): one character of the set, or any number of them (`*`)."""


class Predicate(Hashable, Protocol):
    """A set of values, immutable. No class inherits from it: questions ask for the kind of a predicate very often, and
    of a class with an abstract base that takes ten times as long."""

    def matches(self, value: str) -> bool:
        """True iff `value` is in the set."""


class Tokens(Frozen, dict=True):
    """The strings that match a sequence of tokens."""

    tokens: tuple[Token, ...]

    @cached_property
    def _key(self) -> int:
        return hash(tuple([characters.key for _, characters in self.tokens]))

    def __hash__(self) -> int:
        return self._key

    @cached_property
    def literal(self) -> str | None:
        """The only member, where the tokens are single characters; otherwise `None`."""
        text = []
        for repeated, characters in self.tokens:
            if repeated or characters.only is None:
                return None
            text.append(characters.only)
        return "".join(text)

    @cached_property
    def fixed(self) -> str:
        """The characters that it fixes, with a space for each that it does not."""
        return "".join([" " if repeated else characters.shown for repeated, characters in self.tokens])

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """The characters that the tokens list."""
        return frozenset().union(*(characters.listed for _, characters in self.tokens))

    def matches(self, value: str) -> bool:
        """True iff the tokens, run as a nondeterministic automaton over the value, accept it."""
        literal = self.literal
        if literal is not None:
            return literal == value
        known, repeats, chained = self._moves, self._repeats, self._chained
        state = self._closure(1)
        for character in value:
            moves = known.get(character)
            if moves is None:
                moves = known[character] = self._moves_by(character)
            advance, stay = moves
            state = (state & advance) << 1 | (state & stay)
            state = self._closure(state) if chained else state | (state & repeats) << 1
            if not state:
                return False
        return bool(state >> len(self.tokens) & 1)

    @cached_property
    def _moves(self) -> dict[str, tuple[int, int]]:
        """By character the positions (bits) that it leads on from, and those that it stays in."""
        return {}

    def _moves_by(self, character: str) -> tuple[int, int]:
        advance = stay = 0
        for at, (repeated, characters) in enumerate(self.tokens):
            if character in characters:
                advance, stay = (advance, stay | 1 << at) if repeated else (advance | 1 << at, stay)
        return advance, stay

    @cached_property
    def _repeats(self) -> int:
        return sum(1 << at for at, (repeated, _) in enumerate(self.tokens) if repeated)

    @cached_property
    def _chained(self) -> bool:
        """True iff one repeated token follows another."""
        return bool(self._repeats & self._repeats << 1)

    def _closure(self, state: int) -> int:
        """The positions, with those reached by skipping repeated tokens."""
        while (closed := state | (state & self._repeats) << 1) != state:
            state = closed
        return state


class OneOf(Frozen):
    """A finite set of strings."""

    values: frozenset[str]

    def matches(self, value: str) -> bool:
        """True iff a value is in the set."""
        return value in self.values


class Less(Frozen):
    """The members of one set that are in none of some others."""

    whole: Tokens
    without: tuple[Tokens, ...]

    def matches(self, value: str) -> bool:
        """True iff a value is in the first, and in none of the others."""
        return self.whole.matches(value) and not any(other.matches(value) for other in self.without)


class _OneCharacter(dict[str, Token]):
    """Tokens of one character, `made` of it. Shared, so that patterns compare quickly and take little memory."""

    def __init__(self, made: Callable[[str], Characters]) -> None:
        self._made = made

    def __missing__(self, character: str) -> Token:
        found = self[character] = False, self._made(character)
        return found


_SINGLES, _FOLDED = _OneCharacter(one), _OneCharacter(either_case)


_CACHE_SIZE = 1 << 14
"""Texts whose tokens are remembered: policies repeat their values, and so do the questions about them."""


@lru_cache(_CACHE_SIZE)
def literal_tokens(text: str, *, fold: bool = False) -> tuple[Token, ...]:
    """The characters of a text, one token each; `fold` ignores case."""
    return tuple(map((_FOLDED if fold else _SINGLES).__getitem__, text))


def sequence(*parts: str | tuple[Token, ...]) -> tuple[Token, ...]:
    """Parts one after another, of which texts stand for themselves."""
    return tuple(token for part in parts for token in (literal_tokens(part) if isinstance(part, str) else part))


@lru_cache(_CACHE_SIZE)
def exactly(text: str) -> Tokens:
    """The one string `text`."""
    return Tokens(literal_tokens(text))


_WILDCARDS = re.compile(r"([*?])")


@lru_cache(_CACHE_SIZE)
def like_tokens(text: str, *, fold: bool = False, excluded: frozenset[str] = frozenset()) -> tuple[Token, ...]:
    """The tokens of a pattern with `*` and `?` (L6). Wildcards do not match `excluded` characters."""
    wild = ANY.without(excluded) if excluded else ANY
    run: Token = (True, wild)
    known, tokens = _FOLDED if fold else _SINGLES, list[Token]()
    for part in _WILDCARDS.split(text):
        if part == "?":
            tokens.append((False, wild))
        elif part != "*":
            tokens += map(known.__getitem__, part)
        elif not tokens or tokens[-1] != run:
            tokens.append(run)
    return tuple(tokens)


@lru_cache(_CACHE_SIZE)
def like(text: str, *, fold: bool = False) -> Tokens:
    """The strings that match a pattern with `*` and `?` (L6)."""
    return Tokens(like_tokens(text, fold=fold))


COLON, SLASH = frozenset(":"), frozenset("/")


@lru_cache(_CACHE_SIZE)
def like_arn(text: str, *, fold: bool = False) -> Tokens:
    """The ARNs that match a pattern field by field: `by_fields`."""
    return by_fields(like(text, fold=fold))


def by_fields(pattern: Tokens) -> Tokens:
    """A pattern of an ARN by fields (L6): wildcards match colons in the sixth alone. One of fewer stays as it is."""
    colons = [at for at, (repeated, characters) in enumerate(pattern.tokens) if not repeated and characters.only == ":"]
    if len(colons) < 5:
        return pattern
    head = ((repeated, one if one.only == ":" else one.without(COLON)) for repeated, one in pattern.tokens[: colons[4]])
    return Tokens((*head, *pattern.tokens[colons[4] :]))


def within(tokens: Iterable[Token], excluded: frozenset[str]) -> tuple[Token, ...] | None:
    """The tokens restricted to strings without some characters; `None` if a token cannot match then."""
    narrowed: list[Token] = []
    for repeated, characters in tokens:
        rest = characters.without(excluded)
        if rest.negated or rest.listed:
            narrowed.append((repeated, rest))
        elif not repeated:
            return None
    return tuple(narrowed)


class Compares(Frozen):
    """The numbers (seconds since 1970 for dates) on one side of a bound. `sign` is `<`, `<=`, `=`, `>=` or `>`."""

    sign: str
    bound: Decimal

    def holds(self, number: Decimal) -> bool:
        """True iff the number stands in this relation to the bound."""
        return bool(_SIGNS[self.sign](number, self.bound))

    def matches(self, value: str) -> bool:
        """True iff a value, the text of a decimal, stands in this relation to the bound."""
        return self.holds(Decimal(value))


_SIGNS = {"<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt}


class InNetwork(Frozen):
    """The addresses of a CIDR block (C3). `first` and `last` are its ends as numbers; `version` is 4 or 6."""

    version: int
    first: int
    last: int

    def matches(self, value: str) -> bool:
        """True iff a value, the text of an address, is in the block."""
        address = ip_address(value)
        return address.version == self.version and self.first <= int(address) <= self.last


class Field(Frozen):
    """One field of a value that is several, joined with `|` (the facts of a key). An empty field is absent: it matches
    nothing."""

    index: int
    predicate: Predicate

    def matches(self, value: str) -> bool:
        """True iff the field is present, and matches."""
        field_value = value.split("|")[self.index]
        return field_value != "" and self.predicate.matches(field_value)


def split_tokens(tokens: tuple[Token, ...], character: str) -> list[tuple[tuple[Token, ...], tuple[Token, ...]]]:
    """The ways in which a word `left + character + right`, with no `character` in `left`, can match: pairs of token
    sequences, such that it matches the tokens iff for some pair `left` matches the first and `right` the second."""
    excluded = frozenset(character)
    pairs = []
    for at, (repeated, characters) in enumerate(tokens):
        if character in characters:
            left = within(tokens[: at + repeated], excluded)
            if left is not None:
                pairs.append((left, tokens[at if repeated else at + 1 :]))
    return pairs


def least_length(predicate: Predicate) -> int:
    """No text that satisfies a predicate has fewer characters; perhaps all have more."""
    if isinstance(predicate, Tokens):
        return sum(not repeated for repeated, _ in predicate.tokens)
    return min(map(len, predicate.values), default=0) if isinstance(predicate, OneOf) else 0
