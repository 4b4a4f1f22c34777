"""Patterns side by side as one automaton, whose states are the bits of one integer (docs/decisions.md, *Classes instead
of string theory*).

In: the base of a domain (which strings there are) and patterns. Out: an `Automaton`; its reachable states as an
`Exploration`.
Guarantee: pure functions of the base and the patterns, so that one exploration serves every problem that asks the same
of an attribute.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from heapq import heappop, heappush
from itertools import count

from verifier.frozen import Frozen
from verifier.problem.classes.predicates import Characters, Tokens

PRINTABLE = (
    "exampl"
    + "".join(c for c in map(chr, (*range(97, 123), *range(48, 58), *range(65, 91))) if c not in "exampl")
    + "-_./:@=+, "
    + "".join(c for c in map(chr, range(33, 127)) if not c.isalnum() and c not in "-_./:@=+,")
)
"""Printable ASCII, the characters that people expect first (F9)."""


class Domain(Frozen):
    """The values that an attribute can have. `base` is a union of patterns; `seeds` are plausible values, best first
    (F9)."""

    name: str
    base: tuple[Tokens, ...]
    seeds: tuple[str, ...] = ()


class _Group(Frozen):
    """Characters that the automaton does not tell apart. `single` are the positions that list them one by one, `kind`
    is one bit for the sets of characters that they are in: where no such position is active, groups of one kind lead to
    the same state."""

    characters: str
    advance: int
    stay: int
    single: int
    kind: int


@dataclass
class Automaton:
    """Bit-parallel automaton: bit i of a state stands before token i; `advance` and `stay` by character.

    `apart` are characters to know beside those of the patterns; `other` is one that nothing mentions, and stands for
    all such.
    """

    base: tuple[Tokens, ...]
    patterns: list[Tokens]
    apart: frozenset[str] = frozenset()
    other: str = ""
    advance: dict[str, int] = field(default_factory=dict)
    stay: dict[str, int] = field(default_factory=dict)
    repeats: int = 0
    start: int = 0
    base_accept: int = 0
    base_bits: int = 0
    accept: list[int] = field(default_factory=list)
    accept_bits: int = 0
    groups: list[_Group] = field(default_factory=list)
    chained: bool = False

    def __post_init__(self) -> None:
        at = 0
        wild: dict[Characters, list[int]] = {}
        singles: dict[str, int] = {}
        for index, pattern in enumerate((*self.base, *self.patterns)):
            self.start |= 1 << at
            previous = False
            for repeated, characters in pattern.tokens:
                bit = 1 << at
                if repeated:
                    self.repeats |= bit
                    self.chained |= previous
                previous = repeated
                if not repeated and not characters.negated and len(characters.listed) <= 2:
                    for character in characters.listed:
                        singles[character] = singles.get(character, 0) | bit
                else:
                    masks = wild.setdefault(characters, [0, 0])
                    masks[repeated] |= bit
                at += 1
            if index < len(self.base):
                self.base_accept |= 1 << at
            else:
                self.accept.append(1 << at)
                self.accept_bits |= 1 << at
            at += 1
            if index == len(self.base) - 1:
                self.base_bits = (1 << at) - 1
        self._fill(wild, singles)
        self.start = self.close(self.start)

    def _fill(self, wild: dict[Characters, list[int]], singles: dict[str, int]) -> None:
        mentioned = {c for characters in wild for c in characters.listed} | singles.keys() | self.apart
        self.other = unmentioned(mentioned)
        others = sorted((mentioned | {self.other}).difference(PRINTABLE))
        kinds: dict[tuple[int, int], int] = {}
        grouped: dict[tuple[int, int, int], list[str]] = {}
        for character in (*PRINTABLE, *others):
            forward = loop = 0
            for characters, (single, repeated) in wild.items():
                if character in characters:
                    forward |= single
                    loop |= repeated
            kinds.setdefault((forward, loop), 1 << len(kinds))
            listed = singles.get(character, 0)
            self.advance[character], self.stay[character] = forward | listed, loop
            grouped.setdefault((forward, loop, listed), []).append(character)
        self.groups = [
            _Group("".join(members), forward | listed, loop, listed, kinds[forward, loop])
            for (forward, loop, listed), members in grouped.items()
        ]

    def close(self, state: int) -> int:
        """The state with the positions reached by skipping a repeated token."""
        state |= (state & self.repeats) << 1
        if self.chained:
            closed = state | (state & self.repeats) << 1
            while closed != state:
                state, closed = closed, closed | (closed & self.repeats) << 1
        return state

    def step(self, state: int, character: str) -> int:
        """The state after one more character that the automaton knows."""
        return self.close((state & self.advance[character]) << 1 | (state & self.stay[character]))

    def run(self, word: str, state: int | None = None) -> int:
        """The state after a word, from the start or another state; 0 if it leaves the domain."""
        state = self.start if state is None else state
        for character in word:
            state = self.step(state, character if character in self.advance else self.other)
            if not state & self.base_bits:
                return 0
        return state


_UNMENTIONED = (*reversed(PRINTABLE), *map(chr, range(0xE0, 0x2FFF)))


def unmentioned(mentioned: Container[str]) -> str:
    """A character that is not among those mentioned, a printable one if there is any."""
    return next(c for c in _UNMENTIONED if c not in mentioned)


def apart(patterns: Sequence[Tokens], literals: Iterable[str]) -> frozenset[str]:
    """The characters of listed values that an automaton for these patterns must know, lest it took one for an
    unmentioned character; as few as possible, since lists of values differ more than patterns do."""
    text = "".join(literals)
    found = frozenset[str]() if text.isascii() and text.isprintable() else frozenset(text).difference(PRINTABLE)
    mentioned = frozenset().union(*(pattern.mentioned for pattern in patterns), found)
    while (other := unmentioned(mentioned)) in text:
        found |= {other}
        mentioned |= {other}
    return found


@dataclass
class Exploration:
    """The reachable states of an automaton. `endings` are the words that end in an accepting state, by signature (the
    accepting bits of the patterns), one for each state, the shortest first."""

    automaton: Automaton
    position: dict[Tokens, int]
    states: dict[int, int] = field(default_factory=dict)
    """Each under itself: a state has a bit for each token, and equal ones are kept once."""
    endings: dict[int, list[str]] = field(default_factory=dict)
    _live: dict[int, list[tuple[int, int, int, int, str]]] = field(default_factory=dict)
    _states_of: dict[str, int] = field(default_factory=dict)
    _moves_of: dict[int, Sequence[tuple[int, str]]] = field(default_factory=dict)

    def run(self, budget: int) -> bool:
        """True iff there are `budget` states at most; then it has found all, breadth-first."""
        automaton, states = self.automaton, self.states
        base_accept, accept_bits = automaton.base_accept, automaton.accept_bits
        queue: deque[tuple[int, str]] = deque([(automaton.start, "")])
        states[automaton.start] = automaton.start
        while queue:
            state, word = queue.popleft()
            if state & base_accept:
                self.endings.setdefault(state & accept_bits, []).append(word)
            for character, following in self._followers(state):
                if following not in states:
                    states[following] = following
                    queue.append((following, word + character))
            if len(states) > budget:
                return False
        return True

    def _followers(self, state: int) -> Iterator[tuple[str, int]]:
        """The states after a state, each with the first character that leads there, and perhaps with others."""
        automaton = self.automaton
        base, repeats, chained = state & automaton.base_bits, automaton.repeats, automaton.chained
        groups = self._live.get(base)
        if groups is None:
            groups = self._live[base] = [
                (group.single, group.kind, group.advance, group.stay, group.characters[0])
                for group in automaton.groups
                if base & (group.advance | group.stay)  # or the word would leave the domain
            ]
        kinds = 0
        for single, kind, advance, stay, character in groups:
            if not state & single:
                if kinds & kind:
                    continue
                kinds |= kind
            following = (state & advance) << 1 | (state & stay)
            yield character, automaton.close(following) if chained else following | (following & repeats) << 1

    def state_of(self, word: str) -> int:
        """As `Automaton.run`, for words that are asked for again and again. Many begin alike, up to the last `/` or
        `:`."""
        state = self._states_of.get(word)
        if state is None:
            start = word[: max(word.rfind("/"), word.rfind(":")) + 1]
            begun = self._states_of.get(start) if len(start) < len(word) else None
            if begun is None:
                begun = self._remember(start, self.automaton.run(start))
            state = self._remember(word, self.automaton.run(word[len(start) :], begun) if begun else 0)
        return state

    def _remember(self, word: str, state: int) -> int:
        if len(self._states_of) > _CACHE_SIZE:
            self._states_of.clear()
        self._states_of[word] = state
        return state

    # -- members of a class --

    def words(self, signature: int, limit: int) -> Iterator[str]:
        """Up to `limit` different words of a signature, shortest first. Ends when the class has no more."""
        automaton = self.automaton
        distance = self._distances(signature)
        if automaton.start not in distance:
            return
        order = count()
        # Of the characters of a group, which lead to the same state, the next one waits in the place of the last.
        heap: list[tuple[int, int, int, int, int, str, Sequence[str]]]
        heap = [(distance[automaton.start], 0, next(order), 0, automaton.start, "", ("",))]
        found = 0
        while heap and found < limit:
            total, depth, place, at, state, word, characters = heappop(heap)
            if at + 1 < min(limit, len(characters)):
                heappush(heap, (total, depth, place, at + 1, state, word, characters))
            word += characters[at]
            if distance[state] == 0:
                yield word
                found += 1
            length = len(word) + 1
            for following, others in self._moves(state):
                if following in distance:
                    heappush(heap, (length + distance[following], -length, next(order), 0, following, word, others))

    def _moves(self, state: int) -> Sequence[tuple[int, str]]:
        """The states after a state, each with characters that lead there."""
        if state not in self._moves_of:
            close, groups = self.automaton.close, self.automaton.groups
            moves = ((close((state & group.advance) << 1 | (state & group.stay)), group.characters) for group in groups)
            self._moves_of[state] = [(self.states[to], others) for to, others in moves if to in self.states]
        return self._moves_of[state]

    @cached_property
    def _backwards(self) -> dict[int, list[int]]:
        """The states from which a character leads to each state."""
        backwards: dict[int, list[int]] = {}
        for state in self.states:
            for _, following in self._followers(state):
                backwards.setdefault(self.states[following], []).append(state)
        return backwards

    @cached_property
    def _ends(self) -> dict[int, list[int]]:
        """The states in which words end, by signature."""
        ends: dict[int, list[int]] = {}
        for state in self.states:
            if state & self.automaton.base_accept:
                ends.setdefault(state & self.automaton.accept_bits, []).append(state)
        return ends

    def _distances(self, signature: int) -> dict[int, int]:
        """The number of characters from each state to the nearest end of a word with this signature."""
        backwards = self._backwards
        distance = dict.fromkeys(self._ends.get(signature, ()), 0)
        todo = deque(distance)
        while todo:
            following = todo.popleft()
            for state in backwards.get(following, ()):
                if state not in distance:
                    distance[state] = distance[following] + 1
                    todo.append(state)
        return distance


_CACHE_SIZE = 4096
"""Words whose states an exploration remembers."""


@lru_cache(maxsize=256)
def explored(
    base: tuple[Tokens, ...], patterns: frozenset[Tokens], apart: frozenset[str], budget: int
) -> Exploration | None:
    """The reachable states, or `None` if there are more than `budget`. The order of the patterns has no influence on
    what is found."""
    automaton = Automaton(base, list(patterns), apart)
    found = Exploration(automaton, dict(zip(automaton.patterns, automaton.accept, strict=True)))
    return found if found.run(budget) else None
