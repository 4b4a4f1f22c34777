"""A word that satisfies some predicates and fails others: the lazy way, for attributes with too many classes to list.

In: a domain, predicates to meet and to avoid. Out: a word, `None` if there is none, or `OverBudget`.
Guarantee: `None` only after the whole (finite) automaton was searched.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from heapq import heappop, heappush
from itertools import count, product

from verifier.problem.classes.automaton import Automaton, Domain
from verifier.problem.classes.predicates import ANY, Less, OneOf, Predicate, Tokens, exactly
from verifier.problem.classes.tables import OverBudget
from verifier.problem.classes.words import fill

SEARCH_BUDGET = 20_000
"""States looked at in one search."""


def find_word(domain: Domain, meet: Sequence[Predicate], avoid: Sequence[Predicate]) -> str | None:
    """A word of the domain in every predicate of `meet` and in none of `avoid`; best first, fewest characters left to
    place first."""
    listed = min((found.values for found in meet if isinstance(found, OneOf)), key=len, default=None)
    if listed is not None:
        return _among(domain, listed, meet, avoid)
    word = _filled_in(domain, meet, avoid)
    if word is not None:
        return word
    choices = [*map(_ways_in, meet), *map(_ways_out, avoid)]
    for combination in product(*choices):
        inside = dict.fromkeys(tokens for way in combination for tokens in way[0])
        outside = dict.fromkeys(tokens for way in combination for tokens in way[1])
        word = _search(domain, list(inside), list(outside))
        if word is not None:
            return word
    return None


def _among(domain: Domain, words: Collection[str], meet: Sequence[Predicate], avoid: Sequence[Predicate]) -> str | None:
    """One of a list of words, which need no search: the plausible ones first."""
    plausible = [word for word in domain.seeds if word in words]
    return next(
        (word for word in dict.fromkeys((*plausible, *sorted(words))) if _suits(domain, word, meet, avoid)), None
    )


def _suits(domain: Domain, word: str, meet: Sequence[Predicate], avoid: Sequence[Predicate]) -> bool:
    known = any(pattern.matches(word) for pattern in domain.base)
    return known and all(found.matches(word) for found in meet) and not any(found.matches(word) for found in avoid)


def _filled_in(domain: Domain, meet: Sequence[Predicate], avoid: Sequence[Predicate]) -> str | None:
    """A seed, or a pattern with its wildcards filled in, where one will do: in most questions with many wildcards it
    does."""
    patterns = [found for found in meet if isinstance(found, Tokens)]
    filled = [
        fill(pattern, filling) for filling in ("example", "", "x") for pattern in sorted(patterns, key=_least_free)
    ]
    return next((word for word in dict.fromkeys((*domain.seeds, *filled)) if _suits(domain, word, meet, avoid)), None)


def disjoint_pair(domain: Domain, predicates: Sequence[Predicate]) -> tuple[Predicate, Predicate] | None:
    """Two patterns that no word of the domain matches both, if there are any.

    What is impossible is mostly so for a reason as small as this, which the search among all predicates takes long to
    see.
    """
    patterns = [found for found in predicates if isinstance(found, Tokens)]
    for at, first in enumerate(patterns):
        for second in patterns[:at]:
            if _disjoint(domain.base, *sorted((first, second), key=repr)):
                return first, second
    return None


@lru_cache(maxsize=20_000)
def _disjoint(base: tuple[Tokens, ...], first: Tokens, second: Tokens) -> bool:
    """True only if no word of a language matches both patterns; false also where that was not found out."""
    try:
        return _search(Domain("", base), [first, second], []) is None
    except OverBudget:
        return False


def _least_free(pattern: Tokens) -> int:
    """The patterns that fix the most characters come first."""
    return -sum(not repeated for repeated, _ in pattern.tokens)


_Way = tuple[tuple[Tokens, ...], tuple[Tokens, ...]]
"""Patterns to match, and patterns not to match."""


def _ways_in(predicate: Predicate) -> list[_Way]:
    """A predicate as a union of ways to satisfy it."""
    if isinstance(predicate, OneOf):
        return [((exactly(value),), ()) for value in sorted(predicate.values)]
    if isinstance(predicate, Less):
        return [((predicate.whole,), predicate.without)]
    assert isinstance(predicate, Tokens)
    return [((predicate,), ())]


def _ways_out(predicate: Predicate) -> list[_Way]:
    """A predicate as a union of ways to fail it."""
    if isinstance(predicate, OneOf):
        return [((), tuple(exactly(value) for value in sorted(predicate.values)))]
    if isinstance(predicate, Less):
        return [((), (predicate.whole,)), *(((other,), ()) for other in predicate.without)]
    assert isinstance(predicate, Tokens)
    return [((), (predicate,))]


def _search(domain: Domain, meet: list[Tokens], avoid: list[Tokens]) -> str | None:
    if any(pattern in avoid for pattern in meet):
        return None
    automaton = Automaton(domain.base, [*meet, *avoid])
    wanted = sum(automaton.accept[: len(meet)])
    unwanted = sum(automaton.accept[len(meet) :])
    remaining = _Remaining(automaton, len(meet))
    order = count()
    heap = [(remaining.of(automaton.start), next(order), automaton.start, "")]
    seen = {automaton.start}
    while heap:
        _, _, state, word = heappop(heap)
        if state & automaton.base_accept and state & wanted == wanted and not state & unwanted:
            return word
        for group in automaton.groups:
            following = automaton.step(state, group.characters[0])
            if following in seen or not following & automaton.base_bits or not remaining.alive(following):
                continue
            seen.add(following)
            if len(seen) > SEARCH_BUDGET:
                raise OverBudget(domain.name)
            heappush(
                heap, (remaining.of(following) + len(word) / 64, next(order), following, word + group.characters[0])
            )
    return None


class _Remaining:
    """How many characters each pattern still needs, by the furthest position that is active."""

    def __init__(self, automaton: Automaton, meet: int) -> None:
        self._ranges: list[tuple[int, int, tuple[int, ...]]] = []
        at = sum(len(pattern.tokens) + 1 for pattern in automaton.base)
        self._dead = 0
        for index, pattern in enumerate(automaton.patterns):
            length = len(pattern.tokens)
            if index < meet:
                needed = [0]
                for repeated, _ in reversed(pattern.tokens):
                    needed.append(needed[-1] + (not repeated))
                self._ranges.append((at, (1 << (length + 1)) - 1, tuple(reversed(needed))))
            elif pattern.tokens[-1:] == ((True, ANY),):
                # Once `…*` has matched, every continuation matches.
                self._dead |= 1 << (at + length)
            at += length + 1

    def alive(self, state: int) -> bool:
        """True iff no pattern to avoid is matched for good, and every pattern to meet can still be met."""
        return not state & self._dead and all(state >> at & mask for at, mask, _ in self._ranges)

    def of(self, state: int) -> float:
        """The sum of what the patterns still need."""
        return sum(
            needed[(state >> at & mask).bit_length() - 1] for at, mask, needed in self._ranges if state >> at & mask
        )
