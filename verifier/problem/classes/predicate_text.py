"""Predicates as text for people: what a certificate shows of a test. In: a predicate. Out: text. Guarantee: the same
from run to run."""

from __future__ import annotations

from verifier.problem.classes.predicates import Characters, Compares, Field, InNetwork, Less, OneOf, Predicate, Tokens
from verifier.problem.classes.readable import Moments, Read


def predicate_text(predicate: Predicate) -> str:
    """A predicate as text: of words a regular expression, `[]` around sets of characters."""
    match predicate:
        case Tokens(tokens):
            return "".join(_set(characters) + "*" * repeated for repeated, characters in tokens)
        case OneOf(values):
            return f"one of {sorted(values)}"
        case Less(whole, without):
            return f"{predicate_text(whole)} but not {[predicate_text(other) for other in without]}"
        case Compares(sign, bound):
            return f"{sign} {bound}"
        case InNetwork(version, first, last):
            return f"IPv{version} {first}-{last}"
        case Read(kind, compared):
            return f"read as {kind.value}: {predicate_text(compared)}"
        case Moments(test):
            return f"written as a date: {predicate_text(test)}"
        case Field(index, test):
            return f"field {index}: {predicate_text(test)}"
    raise TypeError(f"not a predicate: {predicate!r}")


def _set(characters: Characters) -> str:
    if len(characters.listed) == 1 and not characters.negated:
        return min(characters.listed)
    return f"[{'^' * characters.negated}{''.join(sorted(characters.listed))}]"
