"""Strings, partitioned: the finitely many classes that a set of patterns can tell apart.

In: a domain (which strings there are) and predicates. Out: a `Partition` into classes, with sample words.
Guarantee: every word of the domain is in exactly one class; two words of a class answer every predicate alike; no class
is empty. `partition` returns `None` when the budget does not suffice; nothing is ever left out silently.

All patterns run side by side as one nondeterministic automaton whose states are the bits of one integer
(design.md, "The one idea").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from itertools import chain, count

from verifier.problem.plausible_words import PRINTABLE, fill, graft, graft_end
from verifier.problem.predicates import Less, OneOf, Predicate, Tokens


@dataclass(frozen=True)
class Domain:
    """The values that an attribute can have. `base` is a union of patterns; `seeds` are plausible values, best first (F9)."""

    name: str
    base: tuple[Tokens, ...]
    seeds: tuple[str, ...] = ()


@dataclass
class Automaton:
    """Bit-parallel automaton: bit i of a state stands before token i; `advance` and `stay` by character.

    `apart` are characters to know beside those of the patterns; `other` is one that nothing mentions, and stands for all such.
    """

    domain: Domain
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
    groups: list[str] = field(default_factory=list)
    chained: bool = False

    def __post_init__(self) -> None:
        at = 0
        wild: dict[object, list[int]] = {}
        singles: dict[str, int] = {}
        for index, pattern in enumerate((*self.domain.base, *self.patterns)):
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
            if index < len(self.domain.base):
                self.base_accept |= 1 << at
            else:
                self.accept.append(1 << at)
                self.accept_bits |= 1 << at
            at += 1
            if index == len(self.domain.base) - 1:
                self.base_bits = (1 << at) - 1
        self._fill(wild, singles)
        self.start = self.close(self.start)

    def _fill(self, wild: dict[object, list[int]], singles: dict[str, int]) -> None:
        explicit = {c for characters in wild for c in characters.listed}  # type: ignore[attr-defined]
        mentioned = explicit | singles.keys() | self.apart
        unmentioned = chain(reversed(PRINTABLE), map(chr, range(0xE0, 0x2FFF)))
        self.other = next(c for c in unmentioned if c not in mentioned)
        others = sorted((mentioned | {self.other}).difference(PRINTABLE))
        grouped: dict[tuple[int, int], list[str]] = {}
        for character in (*PRINTABLE, *others):
            forward, loop = singles.get(character, 0), 0
            for characters, (single, repeated) in wild.items():
                if character in characters:  # type: ignore[operator]
                    forward |= single
                    loop |= repeated
            self.advance[character], self.stay[character] = forward, loop
            grouped.setdefault((forward, loop), []).append(character)
        self.groups = ["".join(members) for members in grouped.values()]

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
        return self.close((state & self.advance[character]) << 1 | state & self.stay[character])

    def run(self, word: str) -> int:
        """The state after a word; 0 if it leaves the domain."""
        state = self.start
        for character in word:
            state = self.step(state, character if character in self.advance else self.other)
            if not state & self.base_bits:
                return 0
        return state


@dataclass(frozen=True)
class WordClass:
    """One class. `signature` holds the accepting bits of the patterns; `literal` is set for a class of one listed value."""

    signature: int
    literal: str | None
    sample: str


class Partition:
    """The classes of a domain under a sequence of predicates."""

    def __init__(self, automaton: Automaton, literals: frozenset[str], budget: int) -> None:
        self._automaton = automaton
        self._literals = literals
        self._position = dict(zip(automaton.patterns, automaton.accept, strict=True))
        self._edges: dict[int, list[tuple[str, int]]] = {}
        self.exceeded = False
        self.classes: list[WordClass] = []
        self._collect(budget)
        self._literal_index = {c.literal: i for i, c in enumerate(self.classes) if c.literal is not None}
        self._masks: dict[Predicate, int] = {}
        self._words: dict[int, tuple[str, ...]] = {}
        self._pulled: list[tuple[int, str]] = []
        self._candidates = self._plausible()

    # -- building --

    def _collect(self, budget: int) -> None:
        automaton = self._automaton
        shortest = self._explore(budget)
        if self.exceeded:
            return
        taken: dict[int, int] = {}
        for literal in sorted(self._literals):
            state = automaton.run(literal)
            if state & automaton.base_accept:
                signature = state & automaton.accept_bits
                taken[signature] = taken.get(signature, 0) + 1
                self.classes.append(WordClass(signature, literal, literal))
        for signature, words in shortest.items():
            word = next((w for w in words if w not in self._literals), None)
            if word is None:
                word = next((w for w in self._enumerate(signature, taken.get(signature, 0) + 1) if w not in self._literals), None)
            if word is not None:
                self.classes.append(WordClass(signature, None, word))

    def _explore(self, budget: int) -> dict[int, list[str]]:
        """Breadth-first over the states; the shortest word of each signature, and one for each further state that ends one."""
        automaton = self._automaton
        base_bits, base_accept, accept_bits = automaton.base_bits, automaton.base_accept, automaton.accept_bits
        found: dict[int, list[str]] = {}
        queue: deque[tuple[int, str]] = deque([(automaton.start, "")])
        edges = self._edges
        edges[automaton.start] = []
        live: dict[int, list[str]] = {}
        advance, stay, close = automaton.advance, automaton.stay, automaton.close
        while queue:
            state, word = queue.popleft()
            if state & base_accept:
                found.setdefault(state & accept_bits, []).append(word)
            base = state & base_bits
            groups = live.get(base)
            if groups is None:
                groups = live[base] = [g for g in automaton.groups if base & (advance[g[0]] | stay[g[0]])]
            out = edges[state]
            for group in groups:
                character = group[0]
                following = close((state & advance[character]) << 1 | state & stay[character])
                out.append((group, following))
                if following not in edges:
                    edges[following] = []
                    queue.append((following, word + character))
            if len(edges) > budget:
                self.exceeded = True
                return {}
        return found

    def _enumerate(self, signature: int, limit: int) -> Iterator[str]:
        """Up to `limit` different words of a signature, shortest first. Ends when the class has no more."""
        automaton = self._automaton
        distance = self._distances(signature)
        if automaton.start not in distance:
            return
        order = count()
        heap = [(distance[automaton.start], 0, next(order), automaton.start, "")]
        found = 0
        while heap and found < limit:
            _, _, _, state, word = heappop(heap)
            if distance[state] == 0:
                yield word
                found += 1
            length = len(word) + 1
            for group, following in self._edges[state]:
                if following in distance:
                    for character in group[:limit]:
                        heappush(heap, (length + distance[following], -length, next(order), following, word + character))

    @cached_property
    def _backwards(self) -> dict[int, list[int]]:
        """The states from which a character leads to each state."""
        backwards: dict[int, list[int]] = {}
        for state, out in self._edges.items():
            for _, following in out:
                backwards.setdefault(following, []).append(state)
        return backwards

    def _distances(self, signature: int) -> dict[int, int]:
        """The number of characters from each state to the nearest end of a word with this signature."""
        automaton, backwards = self._automaton, self._backwards
        goals = [s for s in self._edges if s & automaton.base_accept and s & automaton.accept_bits == signature]
        distance = dict.fromkeys(goals, 0)
        todo = deque(goals)
        while todo:
            following = todo.popleft()
            for state in backwards.get(following, ()):
                if state not in distance:
                    distance[state] = distance[following] + 1
                    todo.append(state)
        return distance

    # -- asking --

    def mask(self, predicate: Predicate) -> int:
        """The classes whose words satisfy a predicate, as bits. The predicate must be among those given, or have finitely many values
        that were."""
        known = self._masks.get(predicate)
        if known is None:
            known = self._masks[predicate] = self._mask(predicate)
        return known

    def _mask(self, predicate: Predicate) -> int:
        if isinstance(predicate, OneOf):
            return sum(1 << self._literal_index[v] for v in predicate.values if v in self._literal_index)
        if isinstance(predicate, Less):
            mask = self.mask(predicate.whole)
            for other in predicate.without:
                mask &= ~self.mask(other)
            return mask
        assert isinstance(predicate, Tokens)
        literal = predicate.literal
        if literal is not None:
            index = self._literal_index.get(literal)
            return 0 if index is None else 1 << index
        bit, mask = self._position[predicate], 0
        for index, word_class in enumerate(self.classes):
            if word_class.signature & bit:
                mask |= 1 << index
        return mask

    def class_of(self, word: str) -> int | None:
        """The index of the class of a word; `None` for a word outside the domain."""
        index = self._literal_index.get(word)
        if index is not None:
            return index
        automaton = self._automaton
        state = automaton.run(word)
        if not state & automaton.base_accept:
            return None
        signature = state & automaton.accept_bits
        return next((i for i, c in enumerate(self.classes) if c.literal is None and c.signature == signature), None)

    def words(self, index: int, limit: int = 8) -> tuple[str, ...]:
        """Up to `limit` different members of a class. Fewer only if the class has no more."""
        word_class = self.classes[index]
        if word_class.literal is not None:
            return (word_class.literal,)
        known = self._words.get(index, ())
        if len(known) < limit:
            plausible = [word for found, word in self._pulled if found == index]
            enough = limit + len(self._literals)
            more = (w for w in self._enumerate(word_class.signature, enough) if w not in self._literals)
            known = self._words[index] = tuple(dict.fromkeys((*plausible, *more)))[:limit]
        return known

    def pick(self, mask: int) -> tuple[int, str]:
        """A class of the mask, and a member: the most plausible word that any of them has (F9)."""
        for index, word in self._pulled:
            if mask >> index & 1:
                return index, word
        for word in self._candidates:
            found = self.class_of(word)
            if found is not None:
                self._pulled.append((found, word))
                if mask >> found & 1:
                    return found, word
        index = (mask & -mask).bit_length() - 1
        return index, self.classes[index].sample

    def _plausible(self) -> Iterator[str]:
        """Words that people believe, best first: the seeds, listed values, patterns with their wildcards filled in, and seeds made to
        begin or end as a pattern does."""
        seeds, patterns = self._automaton.domain.seeds, self._automaton.patterns
        yield from seeds[:2]
        yield from sorted(self._literals)
        yield from seeds[2:]
        for filling in ("example", "", "x"):
            for pattern in patterns:
                yield fill(pattern, filling)
        for seed in seeds:
            for pattern in patterns:
                yield graft(pattern, seed)
        for seed in seeds[:2]:
            for pattern in patterns:
                yield from graft_end(pattern, seed)


def partition(domain: Domain, predicates: Sequence[Predicate], budget: int) -> Partition | None:
    """The classes of `domain` under `predicates`, or `None` when more than `budget` automaton states would be met."""
    literals: set[str] = set()
    patterns: dict[Tokens, None] = {}
    for predicate in predicates:
        if isinstance(predicate, OneOf):
            literals |= predicate.values
        elif isinstance(predicate, Less):
            patterns[predicate.whole] = None  # a name without letters is literal, and harmless as a pattern
            literals |= {other.literal for other in predicate.without if other.literal is not None}
            patterns.update(dict.fromkeys(other for other in predicate.without if other.literal is None))
        elif isinstance(predicate, Tokens):
            if predicate.literal is not None:
                literals.add(predicate.literal)
            else:
                patterns[predicate] = None
        else:
            raise TypeError(f"not a predicate on strings: {predicate!r}")
    automaton = Automaton(domain, list(patterns), frozenset("".join(literals)))
    result = Partition(automaton, frozenset(literals), budget)
    return None if result.exceeded else result
