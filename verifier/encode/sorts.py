"""The values of an attribute as terms of SMT-LIB 2.6 (strings, numbers, addresses), and predicates on strings as
regular expressions.

In: an attribute; `Tokens`, `OneOf`, `Less`. Out: a `Sort`: declarations, the domain, predicates as text.
Guarantee: a constant of the sort, within its domain, stands for exactly the values that the attribute can have. A
string is in a regular expression iff the predicate holds of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.predicates import Characters, Compares, InNetwork, Less, OneOf, Predicate, Token, Tokens
from verifier.problem.classes.tables import Line
from verifier.problem.classes.words import Domain

LAST_CHARACTER = 0x2FFFF
"""SMT-LIB strings end where Unicode's plane 2 does."""


class Sort(ABC):
    """How one value of an attribute is written. `name` is that of its constant, without bars."""

    def declarations(self, name: str) -> list[str]:
        """What declares a value."""
        return [f"(declare-const |{name}| String)"]

    @abstractmethod
    def domain(self, name: str) -> str:
        """True iff the constant stands for a value that the attribute can have."""

    @abstractmethod
    def test(self, name: str, predicate: Predicate) -> str:
        """The predicate of the value. Raises `Inexpressible` for one on values of another kind."""


@dataclass(frozen=True)
class TextSort(Sort):
    """Strings."""

    values: Domain

    def domain(self, name: str) -> str:
        return joined_terms("or", [term_predicate(f"|{name}|", base) for base in self.values.base], "true")

    def test(self, name: str, predicate: Predicate) -> str:
        return term_predicate(f"|{name}|", predicate)


@dataclass(frozen=True)
class ListedSort(Sort):
    """Some strings, each by itself."""

    values: tuple[str, ...]

    def domain(self, name: str) -> str:
        return self._among(name, self.values)

    def test(self, name: str, predicate: Predicate) -> str:
        try:
            return self._among(name, tuple(value for value in self.values if predicate.matches(value)))
        except (ArithmeticError, ValueError) as error:
            raise Inexpressible(str(predicate)) from error

    @staticmethod
    def _among(name: str, values: tuple[str, ...]) -> str:
        return joined_terms("or", [f"(= |{name}| {quoted(value)})" for value in values], "false")


@dataclass(frozen=True)
class NumberSort(Sort):
    """Numbers, and instants in seconds since 1970: reals, as between any two bounds there is a fraction, unless they
    are whole."""

    line: Line

    def declarations(self, name: str) -> list[str]:
        return [f"(declare-const |{name}| Real)"]

    def domain(self, name: str) -> str:
        parts = [f"(>= |{name}| {_real(Decimal(self.line.least))})"]
        if self.line.most is not None:
            parts.append(f"(<= |{name}| {_real(Decimal(self.line.most))})")
        return joined_terms("and", [*parts, *([f"(is_int |{name}|)"] if self.line.whole else [])], "true")

    def test(self, name: str, predicate: Predicate) -> str:
        if not isinstance(predicate, Compares):
            raise Inexpressible(str(predicate))
        return f"({predicate.sign} |{name}| {_real(predicate.bound)})"


def _real(number: Decimal) -> str:
    text = format(abs(number), "f")
    text = text if "." in text else text + ".0"
    return f"(- {text})" if number < 0 else text


class AddressSort(Sort):
    """Addresses: a number, and whether it is one of version 6."""

    def declarations(self, name: str) -> list[str]:
        return [f"(declare-const |{name}| Int)", f"(declare-const |{name} is of version 6| Bool)"]

    def domain(self, name: str) -> str:
        return f"(and (<= 0 |{name}|) (< |{name}| (ite |{name} is of version 6| {1 << 128} {1 << 32})))"

    def test(self, name: str, predicate: Predicate) -> str:
        if not isinstance(predicate, InNetwork):
            raise Inexpressible(str(predicate))
        version = f"|{name} is of version 6|"
        version = version if predicate.version == 6 else f"(not {version})"
        return f"(and {version} (<= {predicate.first} |{name}|) (<= |{name}| {predicate.last}))"


def sort_of(attribute: Attribute) -> Sort:
    """How the values of an attribute are written."""
    if attribute.domain is not None:
        return TextSort(attribute.domain)
    if attribute.values is not None:
        return ListedSort(attribute.values)
    return NumberSort(attribute.line) if attribute.line is not None else AddressSort()


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
