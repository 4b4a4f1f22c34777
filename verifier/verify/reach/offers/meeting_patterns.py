"""Which words two patterns have in common, as far as names need it.

In: patterns as tokens. Out: how far a word of both can reach; what stands between two ends of one.
Guarantee: exact but for `parts`, which may say more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from verifier.problem.classes.predicates import Characters, Token, Tokens, literal_tokens


def parts(before: Sequence[Token], text: Sequence[Token], after: Sequence[Token]) -> Iterator[tuple[Token, ...]]:
    """The patterns of what can stand in words of a text between what matches `before` and `after`."""
    starts = matched_ends(before, text)
    ends = {len(text) - place for place in matched_ends(after[::-1], text[::-1])} if starts else set()
    for start in starts:
        for end in ends:
            if start <= end:
                yield tuple(text[start : end + (end < len(text) and text[end][0])])


def matched_ends(pattern: Sequence[Token], text: Sequence[Token]) -> set[int]:
    """How far in a text a word can be that matches a pattern and the text so far."""
    todo, seen = [(0, 0)], {(0, 0)}
    while todo:
        one, other = todo.pop()
        step = [(one + 1, other)] if one < len(pattern) and pattern[one][0] else []
        if other < len(text) and text[other][0]:
            step.append((one, other + 1))
        if one < len(pattern) and other < len(text) and _meet(pattern[one][1], text[other][1]):
            step.append((one + (not pattern[one][0]), other + (not text[other][0])))
        for place in step:
            if place not in seen:
                seen.add(place)
                todo.append(place)
    return {other for one, other in seen if one == len(pattern)}


@lru_cache(1 << 12)
def _meet(one: Characters, other: Characters) -> bool:
    """True iff some character is in both sets."""
    if one.negated:
        one, other = other, one
    return one.negated or any(character in other for character in one.listed)


def begins(pattern: Tokens, start: str) -> bool:
    """True iff a pattern matches something that begins so."""
    return bool(matched_ends(literal_tokens(start), pattern.tokens))
