"""Condition keys as a problem sees them: presence, tests, and the concrete value that a witness has.

In: expressions over attributes. Out: `View` (one value), `SetView` (several), `Relation`.
Guarantee: a view's `value` and its `test` agree on every assignment of the attributes that it is computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from verifier.model.operators import WITHOUT_CASE, Sign
from verifier.model.symbols import Reading, RelationTest, SymbolValues
from verifier.problem.classes.predicates import OneOf, Predicate, Tokens, exactly
from verifier.problem.classes.readable import Read
from verifier.problem.classes.tables import Unsuitable
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, constant
from verifier.problem.semantics.values import Template

Values = Mapping[str, str | tuple[str, ...] | None]
"""Concrete values of attributes; `None` is absent."""


@dataclass(frozen=True)
class View:
    """A single-valued condition key: its presence, tests on it, and its concrete value given those of the attributes
    `bases`."""

    name: str
    present: Expression
    test: Callable[[Predicate], Expression]
    value: Callable[[Values], str | None]
    bases: tuple[str, ...]
    forms: tuple[Tokens, ...] = ()
    """Patterns of which the text of a value matches one, where it is a number, a date or an address (C3)."""

    @property
    def fixed(self) -> str | None:
        """The value, where nothing of a request tells it; whether the key is there may be open all the same (F8)."""
        return None if self.bases else self.value({})


@dataclass(frozen=True)
class SetView:
    """A multi-valued condition key. `some(predicates, inside)` is true iff a value is inside (outside) their union."""

    name: str
    present: Expression
    some: Callable[[frozenset[Predicate], bool], Expression]


def fixed_view(name: str, value: str | None) -> View:
    """A key whose value is known: `None` for one that is known to be absent."""
    if value is None:
        return View(name, FALSE, lambda predicate: FALSE, lambda values: None, ())

    def test(predicate: Predicate) -> Expression:
        try:
            return constant(predicate.matches(value))
        except (ArithmeticError, ValueError) as error:
            raise Unsuitable(name) from error

    return View(name, TRUE, test, lambda values: value, ())


@dataclass(frozen=True)
class PartlyKnown:
    """A comparison that is a symbol, and `meaning`: what it is where its policy variables `sources` have values."""

    sources: tuple[View, ...]
    meaning: Callable[[Sequence[str]], Expression]


@dataclass
class Relation:
    """A comparison between attributes, by a policy variable: the symbol is true iff `holds` of the concrete values is.

    `mode` is how the subject is compared with the template `pieces` (see `problem.semantics.values`). `pair` names two
    views when the comparison is their plain equality. `shape` holds every subject that can satisfy the comparison;
    `expected` gives the predicate on the subject for values of all variables; `around` is what stands before and after
    the variable, if there is one alone.
    """

    symbol: RelationTest
    views: tuple[View, ...]
    holds: Callable[[Values, SymbolValues], bool]
    pair: tuple[View, View] | None = None
    around: tuple[Tokens, Tokens] | None = None
    shape: Tokens | None = None
    expected: Callable[[Sequence[str]], Predicate | None] | None = None
    mode: Sign = Sign.EQUAL
    pieces: Template = ()

    @property
    def fold(self) -> bool:
        """True iff case does not matter."""
        return self.mode in WITHOUT_CASE

    @property
    def like(self) -> Template | None:
        """The template that the subject is compared with, for a comparison by `StringLike`."""
        return self.pieces if self.mode is Sign.LIKE else None


def only_where(view: View, where: Expression) -> View:
    """A key that is there only in some requests."""
    return replace(view, present=where & view.present, test=lambda predicate: where & view.test(predicate))


def readable_under(view: View | SetView, by: Reading) -> View | SetView:
    """A key that is there only under a reading (F8)."""
    reading = Symbol(by)
    if isinstance(view, View):
        return replace(only_where(view, reading), name=f"{view.name}#{by}")
    return replace(view, present=reading & view.present, some=lambda *wanted: reading & view.some(*wanted))


def matches_text(predicate: Predicate, text: str) -> bool:
    """True iff one text satisfies a predicate; raises `Unsuitable` for a predicate on other things than text."""
    if isinstance(predicate, Tokens | OneOf | Read):
        return predicate.matches(text)
    raise Unsuitable(text)


def as_tokens(predicate: Predicate, name: str) -> tuple[Tokens, ...]:
    """A predicate on text as a union of token sequences; raises `Unsuitable` for others."""
    if isinstance(predicate, Tokens):
        return (predicate,)
    if isinstance(predicate, OneOf):
        return tuple(exactly(value) for value in sorted(predicate.values))
    raise Unsuitable(name)
