"""The values of an attribute as terms of SMT-LIB: strings, numbers, addresses.

In: an attribute. Out: a `Sort`: declarations, the domain, predicates as text.
Guarantee: a constant of the sort, within its domain, stands for exactly the values that the attribute can have.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal

from verifier.encode.regular import Inexpressible, joined_terms, quoted, term_predicate
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.predicates import Compares, InNetwork, Predicate
from verifier.problem.classes.tables import Line
from verifier.problem.classes.words import Domain


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
