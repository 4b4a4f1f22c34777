"""Wildcards, policy variables and ARNs in the texts of a policy (L1, L6, L7).

In: raw texts. Out: tokens, and whether they match a value.
Guarantee: a match takes time in proportion to pattern times value, whatever the pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations_with_replacement

from verifier.frozen import Frozen

ANY_RUN = "any run of characters"
"""The token for `*`. A token of one character is that character."""
ANY_ONE = "any one character"
"""The token for `?`."""

Tokens = tuple[str, ...]

_VARIABLE = re.compile(r"\$\{(?:([*?$])|([^{}$*?,']+?)(?:\s*,\s*'([^']*)')?)\}")


class Variable(Frozen):
    """`${key}` or `${key, 'default'}` (L7)."""

    key: str
    default: str | None


_Part = str | Variable
"""Text as written, with wildcards marked as tokens; or a variable."""


@lru_cache(maxsize=65536)
def parse(text: str, variables: bool) -> tuple[_Part, ...]:
    """Takes a text apart into tokens and variables. Without `variables` (L1, L7) `${…}` is literal text."""
    if not variables:
        return _wildcards(text)
    parts: list[_Part] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        parts += _wildcards(text[position : found.start()])
        character, key, default = found.groups()
        parts.append(character if character else Variable(key, default))
        position = found.end()
    return (*parts, *_wildcards(text[position:]))


def _wildcards(text: str) -> Tokens:
    return tuple(ANY_RUN if character == "*" else ANY_ONE if character == "?" else character for character in text)


def variables_of(text: str, variables: bool) -> tuple[Variable, ...]:
    return tuple(part for part in parse(text, variables) if isinstance(part, Variable))


def substitute(
    parts: tuple[_Part, ...], values: Mapping[str, str | None], wild: bool, null: bool = False
) -> Tokens | None:
    """The tokens with each variable replaced by its value, or its default; `None` when one has neither.

    `values` maps a lower-case key to its single value. With `wild`, wildcards in the replacing text count (readings
    L7-wildcards…); with `null` an empty value is none (reading L7-empty).
    """
    tokens: list[str] = []
    for part in parts:
        if isinstance(part, str):
            tokens.append(part)
            continue
        value = values.get(part.key.lower())
        value = part.default if value is None or (null and not value) else value
        if value is None:
            return None
        tokens += _wildcards(value) if wild else value
    return tuple(tokens)


def literal_text(tokens: Tokens) -> str:
    """The text of tokens for an operator that has no wildcards."""
    return "".join({ANY_RUN: "*", ANY_ONE: "?"}.get(token, token) for token in tokens)


def matches(tokens: Tokens, value: str) -> bool:
    """True iff a value is what the tokens describe. Goes back only to the last `*`, so the time stays bounded."""
    position = at = 0
    star, resume = -1, 0
    while at < len(value):
        token = tokens[position] if position < len(tokens) else None
        if token == ANY_RUN:
            star, resume = position, at
            position += 1
        elif token is not None and token in (ANY_ONE, value[at]):
            position, at = position + 1, at + 1
        elif star >= 0:
            resume += 1
            position, at = star + 1, resume
        else:
            return False
    return all(token == ANY_RUN for token in tokens[position:])


def text_matches(pattern: str, value: str) -> bool:
    """True iff a value matches a pattern with wildcards and no variables."""
    return matches(_wildcards(pattern), value)


def fields(tokens: Tokens) -> list[Tokens]:
    """The (at most six) fields that the first five colons separate (L6)."""
    parts: list[Tokens] = []
    rest = tokens
    while len(parts) < 5 and ":" in rest:
        colon = rest.index(":")
        parts.append(rest[:colon])
        rest = rest[colon + 1 :]
    return [*parts, rest]


def arn_matches(tokens: Tokens, value: str) -> bool:
    """True iff a value matches as under the Arn operators: six fields on either side, each matched by itself (L6, C4).
    What `run_on` gives of a pattern is left to the reading L6."""
    pattern, parts = fields(tokens), value.split(":", 5)
    return len(pattern) == len(parts) == 6 and all(map(matches, pattern, parts))


_COLON = re.compile(r":(?![^{}]*\})")
"""A colon that is not in a policy variable."""


def run_on(pattern: str, colons: int) -> Iterator[str]:
    """A pattern with less than so many colons, in the forms of six fields or more that it has where some `*` at the
    ends of its first five segments run on past colons (L6). An ARN that is not said has as few as can be."""
    segments = _COLON.split(pattern)
    ends = [index for index, segment in enumerate(segments[:5]) if segment.endswith("*")]
    for more in range(max(1, 6 - len(segments)), max(colons, 5) - len(segments) + 2):
        for places in combinations_with_replacement(ends, more):
            yield ":".join(segment + ":*" * places.count(index) for index, segment in enumerate(segments))
