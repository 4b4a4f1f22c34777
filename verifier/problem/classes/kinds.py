"""Kinds of attributes: which predicates suit which, and the table of classes that one gets.

In: attributes, and the predicates put to them. Out: attributes as their tables hold them; tables.
Guarantee: a predicate that does not suit its attribute gets no classes; it is for the caller to leave it open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from verifier.problem.classes.attributes import ACCOUNT_ID, Attribute, plausible_principals, spelt_out
from verifier.problem.classes.predicates import ANY, Compares, InNetwork, Less, OneOf, Predicate, Tokens, literal_tokens
from verifier.problem.classes.readable import DIGIT_TEXTS, IPV4, IPV6, MOMENTS_IN_ANY_CASE, Kind, Moments, Read
from verifier.problem.classes.refined import refined_table
from verifier.problem.classes.tables import AddressTable, LineTable, ListTable, OverBudget, Table, WordTable

_ON_TEXT: frozenset[type] = frozenset({Tokens, OneOf, Less})


def fits(attribute: Attribute, predicate: Predicate) -> bool:
    """True iff a predicate is on the kind of values that an attribute has."""
    kind = type(predicate)
    if attribute.domain is not None:
        return kind in _ON_TEXT or kind is Read
    if attribute.line is not None:
        return kind in _ON_TEXT or kind is Compares or kind is Moments
    if attribute.address:
        return kind in _ON_TEXT or kind is InNetwork
    numbers = all(value.replace(".", "", 1).isdecimal() for value in attribute.values or ())
    return kind not in (InNetwork, Moments) and (numbers or kind is not Compares)


def is_native(attribute: Attribute, predicate: Predicate) -> bool:
    """True iff a predicate takes the values of an attribute as what they are (C3): text as text, a number as a
    number."""
    if attribute.values is not None:
        return fits(attribute, predicate)
    kind = type(predicate)
    return kind in _ON_TEXT if attribute.domain is not None else kind is (InNetwork if attribute.address else Compares)


def plausible_accounts(attribute: Attribute, predicates: Sequence[Predicate]) -> Attribute:
    """Callers of the accounts that the predicates name are plausible (F9)."""
    if attribute.name != "principal" or attribute.domain is None:
        return attribute
    named = spelt_out(ACCOUNT_ID, predicates)
    partition = attribute.domain.base[0].fixed.split(":")[1]
    seeds = (*attribute.domain.seeds, *plausible_principals(partition, named))
    return replace(attribute, domain=replace(attribute.domain, seeds=seeds))


def on_values(attribute: Attribute, predicate: Predicate, *, iso: bool) -> Predicate | None:
    """A predicate of a condition as one on the values of an attribute; `None` where none of them satisfies it. `iso`:
    they are instants, which a request writes as dates (C3)."""
    if (attribute.line is None and not attribute.address) or isinstance(predicate, Compares | InNetwork):
        return predicate
    if isinstance(predicate, Read):
        if (predicate.kind is Kind.ADDRESS) != attribute.address or (iso and predicate.kind is Kind.NUMBER):
            return None
        return predicate.test
    return Moments(predicate) if iso else predicate


def text_forms(attribute: Attribute, *, iso: bool) -> tuple[Tokens, ...]:
    """Patterns of which the text of every value, in any case, matches one, where the values are numbers, instants or
    addresses."""
    if iso:
        return MOMENTS_IN_ANY_CASE
    return (IPV4, IPV6) if attribute.address else DIGIT_TEXTS if attribute.line is not None else ()


OVERLAPPING = 8
"""So many patterns with text after a `*` may make more classes than an answer is likely to need,"""
_SHORT = 100
"""unless they are beginnings and ends of fewer tokens altogether."""


def overlapping(predicates: Iterable[Predicate]) -> bool:
    """True iff several predicates have text after a `*`, and are long or begin with one: they make many classes. Those
    of patterns with text after a `*` multiply (`a*c`, `*b*`); those of beginnings (`prefix*`), of wildcards within a
    field of an ARN, and of kinds of callers and accounts (`arn:*:…`) add up."""
    found = [p for p in predicates if isinstance(p, Tokens) and _has_text_after_star(p)]
    return len(found) >= OVERLAPPING and (
        sum(len(p.tokens) for p in found) >= _SHORT or any(p.tokens[0] == _STAR for p in found)
    )


def _has_text_after_star(pattern: Tokens) -> bool:
    tokens = pattern.tokens
    try:
        star = tokens.index(_STAR)
    except ValueError:
        return False
    return tokens[:star] != _ARN and any(not repeated for repeated, _ in tokens[star:])


_STAR = (True, ANY)
_ARN = literal_tokens("arn:")


def table_of(attribute: Attribute, predicates: list[Predicate], budget: int) -> Table:
    """The classes of an attribute. Raises `OverBudget` where its strings take more automaton states than the budget."""
    if attribute.domain is not None and budget == 0:
        raise OverBudget(attribute.name)
    if attribute.values is not None:
        return ListTable(attribute.values)
    if not all(is_native(attribute, predicate) for predicate in predicates):
        return refined_table(attribute, predicates, budget)
    if attribute.domain is not None:
        return WordTable(attribute.domain, predicates, budget)
    return AddressTable(predicates) if attribute.line is None else LineTable(attribute.line, predicates)
