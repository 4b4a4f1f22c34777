"""Predicates on strings → regular expressions of SMT-LIB 2.6.

In: `Tokens`, `OneOf`, `Less`. Out: text. Guarantee: a string is in the regular expression iff the predicate holds of
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from verifier.problem.classes.predicates import Characters, Less, OneOf, Predicate, Token, Tokens

LAST_CHARACTER = 0x2FFFF
"""SMT-LIB strings end where Unicode's plane 2 does."""


class Inexpressible(Exception):
    """Something that SMT-LIB has no text for: a character beyond plane 2, a predicate of another kind."""


def quoted(text: str) -> str:
    """A string literal. Raises `Inexpressible`."""
    return '"' + "".join(_character(c) for c in text) + '"'


def _character(character: str) -> str:
    if ord(character) > LAST_CHARACTER:
        raise Inexpressible(f"SMT-LIB has no character U+{ord(character):X}")
    if character == '"':
        return '""'
    return character if " " <= character <= "~" and character != "\\" else f"\\u{{{ord(character):x}}}"


def term_predicate(term: str, predicate: Predicate) -> str:
    """The predicate of a string term. Raises `Inexpressible`."""
    match predicate:
        case OneOf(values):
            return joined_terms("or", [f"(= {term} {quoted(value)})" for value in sorted(values)], "false")
        case Less(whole, without):
            return joined_terms(
                "and",
                [term_predicate(term, whole), *(f"(not {term_predicate(term, other)})" for other in without)],
                "true",
            )
        case Tokens():
            if predicate.literal is not None:
                return f"(= {term} {quoted(predicate.literal)})"
            return f"(str.in_re {term} {regular(predicate.tokens)})"
    raise Inexpressible(f"not a predicate on strings: {predicate!r}")


def joined_terms(operator: str, parts: Sequence[str], empty: str) -> str:
    """An operator on any number of operands; SMT-LIB's take two at least."""
    if len(parts) < 2:
        return parts[0] if parts else empty
    return f"({operator} {' '.join(parts)})"


def regular(tokens: Iterable[Token]) -> str:
    """The regular expression of a sequence of tokens."""
    return joined_terms("re.++", list(_parts(tokens)), '(str.to_re "")')


def _parts(tokens: Iterable[Token]) -> Iterator[str]:
    """Runs of fixed characters become one literal."""
    text = ""
    for repeated, characters in tokens:
        if not repeated and not characters.negated and len(characters.listed) == 1:
            text += next(iter(characters.listed))
            continue
        if text:
            yield f"(str.to_re {quoted(text)})"
            text = ""
        if repeated:
            yield "re.all" if characters == _ANYTHING else f"(re.* {_set(characters)})"
        else:
            yield _set(characters)
    if text:
        yield f"(str.to_re {quoted(text)})"


_ANYTHING = Characters(frozenset(), True)


def _set(characters: Characters) -> str:
    if characters == _ANYTHING:
        return "re.allchar"
    ranges = _ranges(sorted(ord(c) for c in characters.listed))
    if characters.negated:
        ranges = _gaps(ranges)
    return joined_terms("re.union", [_range(low, high) for low, high in ranges], "re.none")


def _range(low: int, high: int) -> str:
    if low == high:
        return f"(str.to_re {quoted(chr(low))})"
    return f"(re.range {quoted(chr(low))} {quoted(chr(high))})"


def _ranges(points: Sequence[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for point in points:
        if found and found[-1][1] == point - 1:
            found[-1] = found[-1][0], point
        else:
            found.append((point, point))
    return found


def _gaps(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """What lies between ranges, from the first character to the last."""
    starts = [0, *(high + 1 for _, high in ranges)]
    ends = [*(low - 1 for low, _ in ranges), LAST_CHARACTER]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start <= end]
