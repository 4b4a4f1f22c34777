"""Patterns, matched as slowly and plainly as can be."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.problem.classes.predicates import Token


def slow_match(tokens: Sequence[Token], word: str) -> bool:
    """Whether a word matches: by what is left of both, without an automaton."""
    if not tokens:
        return not word
    (repeated, characters), *rest = tokens
    first = word != "" and (word[0] in characters.listed) != characters.negated
    if repeated:
        return slow_match(rest, word) or (first and slow_match(tokens, word[1:]))
    return first and slow_match(rest, word[1:])
