"""Strings, partitioned: the finitely many classes that a set of patterns can tell apart.

In: a domain (which strings there are) and predicates. Out: a `Partition` into classes, with sample words.
Guarantee: every word of the domain is in exactly one class; two words of a class answer every predicate alike; no class
is empty. `partition` returns `None` when the budget does not suffice; nothing is ever left out silently.

The patterns run side by side as one automaton (`verifier.problem.classes.automaton`); listed values are only run
through it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

from verifier.problem.classes.automaton import PRINTABLE, Domain, Exploration, apart, explored
from verifier.problem.classes.predicates import Less, OneOf, Predicate, Tokens

__all__ = ["Domain", "Partition", "PredicateNotInPartition", "WordClass", "partition"]


class PredicateNotInPartition(Exception):
    """A predicate that a partition was not made for."""


class WordClass(NamedTuple):
    """One class. `signature` holds the accepting bits of the patterns; `literal` is set for a class of one listed
    value."""

    signature: int
    literal: str | None
    sample: str


class Partition:
    """The classes of a domain under a sequence of predicates."""

    def __init__(
        self, exploration: Exploration, domain: Domain, patterns: Sequence[Tokens], literals: frozenset[str]
    ) -> None:
        self._exploration = exploration
        self._automaton = exploration.automaton
        self._domain = domain
        self._patterns = patterns
        self._literals = literals
        self.classes: list[WordClass] = []
        self._rest: dict[int, int] = {}
        """The classes that are not those of one listed value, by signature."""
        self._collect()
        self._literal_index = {c.literal: i for i, c in enumerate(self.classes) if c.literal is not None}
        self._masks: dict[Predicate, int] = {}
        self._words: dict[int, tuple[str, ...]] = {}
        self._pulled: dict[int, list[str]] = {}
        self._candidates = self._plausible()

    # -- building --

    def _collect(self) -> None:
        exploration, automaton = self._exploration, self._automaton
        taken: dict[int, int] = {}
        for literal in sorted(self._literals):
            state = exploration.state_of(literal)
            if state & automaton.base_accept:
                signature = state & automaton.accept_bits
                taken[signature] = taken.get(signature, 0) + 1
                self.classes.append(WordClass(signature, literal, literal))
        for signature, words in exploration.endings.items():
            word: str | None = words[0]
            if word in self._literals:
                others = (
                    w for found in (words, exploration.words(signature, taken.get(signature, 0) + 1)) for w in found
                )
                word = next((w for w in others if w not in self._literals), None)
            if word is not None:
                self._rest[signature] = len(self.classes)
                self.classes.append(WordClass(signature, None, word))

    @cached_property
    def _by_pattern(self) -> dict[int, int]:
        """The classes of each pattern, by its accepting bit: each signature is looked at once, however many patterns
        there are."""
        by_signature: dict[int, int] = {}
        for index, word_class in enumerate(self.classes):
            by_signature[word_class.signature] = by_signature.get(word_class.signature, 0) | 1 << index
        found: dict[int, int] = {}
        for signature, classes in by_signature.items():
            while signature:
                bit = signature & -signature
                found[bit] = found.get(bit, 0) | classes
                signature ^= bit
        return found

    # -- asking --

    def mask(self, predicate: Predicate) -> int:
        """The classes whose words satisfy a predicate, as bits. The predicate must be among those given, or have
        finitely many values that were: raises `PredicateNotInPartition` for another one, of which no class need tell
        the words apart."""
        known = self._masks.get(predicate)
        if known is None:
            known = self._masks[predicate] = self._mask(predicate)
        return known

    def _mask(self, predicate: Predicate) -> int:
        if isinstance(predicate, OneOf):
            return sum(map(self._listed, predicate.values))
        if isinstance(predicate, Less):
            mask = self.mask(predicate.whole)
            for other in predicate.without:
                mask &= ~self.mask(other)
            return mask
        assert isinstance(predicate, Tokens)
        literal = predicate.literal
        if literal is not None:
            return self._listed(literal)
        if predicate not in self._exploration.position:
            raise PredicateNotInPartition(f"{self._domain.name}: {predicate}")
        return self._by_pattern.get(self._exploration.position[predicate], 0)

    def _listed(self, value: str) -> int:
        """The class of one value that was asked for, as a bit: none for one outside the domain."""
        if value not in self._literals:
            raise PredicateNotInPartition(f"{self._domain.name}: {value}")
        index = self._literal_index.get(value)
        return 0 if index is None else 1 << index

    def class_of(self, word: str) -> int | None:
        """The index of the class of a word; `None` for a word outside the domain."""
        index = self._literal_index.get(word)
        if index is not None:
            return index
        automaton = self._automaton
        state = self._exploration.state_of(word)
        if not state & automaton.base_accept:
            return None
        return self._rest.get(state & automaton.accept_bits)

    def words(self, index: int, limit: int = 8) -> tuple[str, ...]:
        """Up to `limit` different members of a class. Fewer only if the class has no more."""
        word_class = self.classes[index]
        if word_class.literal is not None:
            return (word_class.literal,)
        known = self._words.get(index, ())
        if len(known) < limit:
            plausible = self._pulled.get(index, [])
            enough = limit + len(self._literals)
            more = (w for w in self._exploration.words(word_class.signature, enough) if w not in self._literals)
            known = self._words[index] = tuple(islice(dict.fromkeys(chain(plausible, islice(more, limit))), limit))
        return known

    def pick(self, mask: int) -> tuple[int, str]:
        """A class of the mask, and a member: the most plausible word that any of them has (F9)."""
        known = next((index for index in self._pulled if mask >> index & 1), None)
        if known is not None:
            return known, self._pulled[known][0]
        for word in self._candidates:
            found = self.class_of(word)
            if found is not None:
                self._pulled.setdefault(found, []).append(word)
                if mask >> found & 1:
                    return found, word
        index = (mask & -mask).bit_length() - 1
        return index, self.classes[index].sample

    def _plausible(self) -> Iterator[str]:
        """Words that people believe, best first: the seeds, listed values, patterns with their wildcards filled in, and
        seeds made to begin or end as a pattern does."""
        seeds, patterns = self._domain.seeds, self._patterns
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
    exploration = explored(domain.base, frozenset(patterns), apart([*domain.base, *patterns], literals), budget)
    return None if exploration is None else Partition(exploration, domain, list(patterns), frozenset(literals))


# -- words that people believe (F9): only suggestions --


def fill(pattern: Tokens, filling: str) -> str:
    """A word of a pattern, its repeated tokens filled with a text as far as they admit it."""
    parts = []
    for repeated, characters in pattern.tokens:
        if repeated:
            parts.append("".join(c for c in filling if c in characters))
        else:
            parts.append(next(c for c in (*PRINTABLE, *sorted(characters.listed)) if c in characters))
    return "".join(parts)


def graft(pattern: Tokens, seed: str) -> str:
    """A word that begins as the pattern's fixed beginning does and goes on as the seed does."""
    prefix = []
    for repeated, characters in pattern.tokens:
        if repeated or characters.negated:
            break
        prefix.append(min(characters.listed))
    start = "".join(prefix)
    return start + seed[len(start) :]


def graft_end(pattern: Tokens, seed: str) -> Iterator[str]:
    """Words that begin as the seed does and end as the pattern's fixed end, which takes over where a character of the
    seed fits."""
    suffix: list[str] = []
    for repeated, characters in reversed(pattern.tokens):
        if repeated or characters.negated:
            break
        suffix.append(min(characters.listed))
    end = "".join(reversed(suffix))
    yield from (seed[:at] + end for at, character in enumerate(seed) if end and character == end[0])
