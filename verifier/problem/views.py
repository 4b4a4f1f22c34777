"""Condition keys as a problem sees them: presence, tests, and the concrete value that a witness has.

In: expressions over attributes. Out: `View` (one value), `SetView` (several), `ValueRelation`.
Guarantee: a view's `value` and its `test` agree on every assignment of the attributes that it is computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from verifier.frozen import Frozen
from verifier.model.operators import WITHOUT_CASE, Sign
from verifier.model.readings import WILDCARDS
from verifier.model.symbols import Reading, RelationTest, SymbolValues, Unsupported
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.kinds import on_values
from verifier.problem.classes.predicates import (
    Characters,
    Compares,
    InNetwork,
    OneOf,
    Predicate,
    Tokens,
    exactly,
    least_length,
    like,
)
from verifier.problem.classes.readable import IPV4, IPV6, MOMENTS_IN_ANY_CASE, Kind, Read, parse_instant, parse_network
from verifier.problem.classes.tables import Unsuitable
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, Test, choose, conjunction, disjunction
from verifier.problem.semantics.values import Template

Values = Mapping[str, str | tuple[str, ...] | None]
"""Concrete values of attributes; `None` is absent."""


class View(Frozen):
    """A single-valued condition key: its presence, tests on it, and its concrete value given those of the attributes
    `bases`."""

    name: str
    present: Expression
    test: Callable[[Predicate], Expression]
    value: Callable[[Values], str | None]
    bases: tuple[str, ...]
    forms: tuple[Tokens, ...] = ()
    """Patterns of which the text of a value matches one, where it is a number, a date or an address (C3)."""
    given: tuple[str, ...] = ()
    """Values that the input gives it, which what it is compared with is told apart by."""

    @property
    def fixed(self) -> str | None:
        """The value, where nothing of a request tells it; whether the key is there may be open all the same (F8)."""
        return None if self.bases else self.value({})


class SetView(Frozen):
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
            return TRUE if predicate.matches(value) else FALSE
        except (ArithmeticError, ValueError) as error:
            raise Unsuitable(name) from error

    return View(name, TRUE, test, lambda values: value, (), given=(value,))


class PartlyKnown(Frozen):
    """A comparison that is a symbol, and `meaning`: what it is where its policy variables `sources` have values."""

    sources: tuple[View, ...]
    meaning: Callable[[Sequence[str]], Expression]


@dataclass
class ValueRelation:
    """A comparison of attributes, by a policy variable: the symbol is true iff `holds` of the concrete values is.

    `mode` is how the subject is compared with the template `pieces` (see `problem.semantics.values`). `pair` names two
    views when the comparison is their plain equality. `shape` holds every subject that can satisfy the comparison;
    `expected` gives the predicate on the subject for values of all variables; `around` is what stands before and after
    the variable, if there is one alone. `wildcards` is the reading by which wildcards in the values of variables count.
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
    wildcards: Reading = WILDCARDS

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


# -- the text of instants and of IPv6 addresses (C3) --
#
# No page says how a request spells them. Under the symbol for another spelling than the usual one, what a spelling
# decides is a symbol, too, that equal tests share: no proof rests on the usual one, and a request that is shown has it.

_IPV6_ADDRESSES = InNetwork(6, 0, 2**128 - 1)
_OF_ADDRESSES, _OF_INSTANTS = frozenset("0123456789ABCDEFabcdef:."), frozenset("0123456789-:.+TtZz")
OTHER_SPELLING = Unsupported("another spelling", "no page says how a request spells instants and IPv6 addresses")
"""That the request spells some of them in another way than the usual one."""


def tested(name: str, attribute: Attribute, predicate: Predicate, *, iso: bool, longest: float) -> Expression:
    """True iff an attribute, whose texts have so many characters at most, satisfies a predicate. `iso`: it holds
    instants, which a request writes as dates."""
    of_values = on_values(attribute, predicate, iso=iso)
    usual = FALSE if of_values is None or least_length(of_values) > longest else Test(name, of_values)
    if isinstance(predicate, Read) and iso and predicate.kind is Kind.NUMBER:
        seconds = Test(name, predicate.test)
        return choose(Symbol(OTHER_SPELLING), seconds & _holds(f"{name}:{predicate}"), usual)
    if isinstance(predicate, Read | Compares | InNetwork) or predicate == like("*"):
        return usual
    if iso:
        return choose(Symbol(OTHER_SPELLING), _possible(name, predicate, _OF_INSTANTS), usual)
    if not attribute.address:
        return usual
    other_spelling = Symbol(OTHER_SPELLING) & Test(name, _IPV6_ADDRESSES)
    return choose(other_spelling, _possible(name, predicate, _OF_ADDRESSES), usual)


def text_comparison(symbol: RelationTest, subject: View, sources: Sequence[View]) -> Expression:
    """True iff a comparison of the text of a key with those of others holds."""
    unclear = disjunction(map(_unclear, (subject, *sources)))
    if unclear is FALSE:
        return Symbol(symbol)
    characters = _OF_INSTANTS if subject.forms == MOMENTS_IN_ANY_CASE else _OF_ADDRESSES
    only = Tokens(((True, Characters(characters | frozenset("*?"))),))
    possible = [source.test(only) for source in sources if subject.forms and not source.forms]
    return choose(unclear & Symbol(OTHER_SPELLING), conjunction([_holds(symbol), *possible]), Symbol(symbol))


def _unclear(view: View) -> Expression:
    """True iff pages do not fix the text of the value of a key."""
    if view.forms == MOMENTS_IN_ANY_CASE:
        return TRUE
    return view.test(_IPV6_ADDRESSES) if view.forms == (IPV4, IPV6) else FALSE


def _holds(comparison: str) -> Expression:
    return Symbol(Unsupported(f"text:{comparison}", OTHER_SPELLING.detail))


def _possible(name: str, predicate: Predicate, characters: frozenset[str]) -> Expression:
    """True iff the value is spelled so that it satisfies a predicate; false where no spelling can."""
    if isinstance(predicate, Tokens):
        text = predicate.fixed  # with a space for each wildcard
        start = text.partition(" ")[0]
        if not characters.issuperset(text.replace(" ", "")):
            return FALSE
        if characters is _OF_ADDRESSES and "." in start and ":" not in start:
            return FALSE
        if " " not in text:
            return conjunction([_holds(f"{name}:{predicate}"), *(Test(name, one) for one in _values(text, characters))])
    return _holds(f"{name}:{predicate}")


def _values(text: str, characters: frozenset[str]) -> Iterator[Predicate]:
    """What a value is that can be spelled as a text."""
    if characters is _OF_ADDRESSES:
        yield parse_network(text) or InNetwork(6, 1, 0)
    elif not text.isdecimal() or len(text) != len("2026"):
        instant = parse_instant(text)
        start = Decimal(-1) if instant is None else instant // 1
        yield Compares(">=", start)
        yield Compares("<", start + 1)  # it may be without the fraction of the second
