"""Words that people believe, made from patterns (F9).

In: patterns and plausible values. Out: words to try; whether they suit is for those who ask.
Guarantee: none. A word is only a suggestion.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.problem.classes.predicates import Tokens

PRINTABLE = (
    "exampl"
    + "".join(c for c in map(chr, (*range(97, 123), *range(48, 58), *range(65, 91))) if c not in "exampl")
    + "-_./:@=+, "
    + "".join(c for c in map(chr, range(33, 127)) if not c.isalnum() and c not in "-_./:@=+,")
)
"""Printable ASCII, the characters that people expect first (F9)."""


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
