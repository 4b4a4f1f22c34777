"""Tests on the text of instants and of IPv6 addresses, of which no page says how a request spells them (C3).

In: an attribute, and a predicate of a condition. Out: an expression that is true iff its value satisfies it.
Guarantee: under the symbol for another spelling than the usual one, what a spelling decides is a symbol, too, that
equal tests share: no proof rests on the usual one, and a request that is shown has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from verifier.model.symbols import RelationTest, Unsupported
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.kinds import on_values
from verifier.problem.classes.predicates import Characters, Compares, InNetwork, Predicate, Tokens, least_length, like
from verifier.problem.classes.readable import (
    IPV4,
    IPV6,
    MOMENTS_IN_ANY_CASE,
    Kind,
    Read,
    parse_instant,
    parse_network,
)
from verifier.problem.expression import FALSE, TRUE, Expression, Symbol, Test, choose, conjunction, disjunction
from verifier.problem.views import View

_IPV6_ADDRESSES = InNetwork(6, 0, 2**128 - 1)
_OF_ADDRESSES, _OF_INSTANTS = frozenset("0123456789ABCDEFabcdef:."), frozenset("0123456789-:.+TtZz")
OTHERWISE = Unsupported("another spelling", "no page says how a request spells instants and IPv6 addresses")
"""That the request spells some of them in another way than the usual one."""


def tested(name: str, attribute: Attribute, predicate: Predicate, *, iso: bool, longest: float) -> Expression:
    """A test on an attribute, whose texts have so many characters at most. `iso`: it holds instants, which a request
    writes as dates."""
    of_values = on_values(attribute, predicate, iso=iso)
    usual = FALSE if of_values is None or least_length(of_values) > longest else Test(name, of_values)
    if isinstance(predicate, Read) and iso and predicate.kind is Kind.NUMBER:
        seconds = Test(name, predicate.test)
        return choose(Symbol(OTHERWISE), seconds & _holds(f"{name}:{predicate}"), usual)
    if isinstance(predicate, Read | Compares | InNetwork) or predicate == like("*"):
        return usual
    if iso:
        return choose(Symbol(OTHERWISE), _possible(name, predicate, _OF_INSTANTS), usual)
    if not attribute.address:
        return usual
    otherwise = Symbol(OTHERWISE) & Test(name, _IPV6_ADDRESSES)
    return choose(otherwise, _possible(name, predicate, _OF_ADDRESSES), usual)


def compared(symbol: RelationTest, subject: View, sources: Sequence[View]) -> Expression:
    """A comparison of the text of a key with those of others."""
    unclear = disjunction(map(_unclear, (subject, *sources)))
    if unclear is FALSE:
        return Symbol(symbol)
    characters = _OF_INSTANTS if subject.forms == MOMENTS_IN_ANY_CASE else _OF_ADDRESSES
    only = Tokens(((True, Characters(characters | frozenset("*?"))),))
    possible = [source.test(only) for source in sources if subject.forms and not source.forms]
    return choose(unclear & Symbol(OTHERWISE), conjunction([_holds(symbol), *possible]), Symbol(symbol))


def _unclear(view: View) -> Expression:
    """That pages do not fix the text of the value of a key."""
    if view.forms == MOMENTS_IN_ANY_CASE:
        return TRUE
    return view.test(_IPV6_ADDRESSES) if view.forms == (IPV4, IPV6) else FALSE


def _holds(comparison: str) -> Expression:
    return Symbol(Unsupported(f"text:{comparison}", OTHERWISE.detail))


def _possible(name: str, predicate: Predicate, characters: frozenset[str]) -> Expression:
    """That the value is spelled so that it satisfies a predicate, where some spelling can."""
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
