"""Kinds of attributes: which predicates suit which, and the table of classes that one gets.

In: attributes, and the predicates put to them. Out: attributes as their tables hold them; tables.
Guarantee: a predicate that does not suit its attribute gets no classes; it is for the caller to leave it open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from verifier.problem.domains import DIGITS, Attribute, plausible_principals, some
from verifier.problem.predicates import (
    ANY,
    Characters,
    Compares,
    Field,
    InNetwork,
    Less,
    OneOf,
    Predicate,
    Tokens,
    literal_tokens,
    named_accounts,
)
from verifier.problem.tables import AddressTable, LineTable, ListTable, OverBudget, Table, WordTable
from verifier.problem.words import Domain

_ON_TEXT = frozenset({Tokens, OneOf, Less})


def suits(attribute: Attribute, predicate: Predicate) -> bool:
    """Whether a predicate is on the kind of values that an attribute has."""
    if attribute.domain is not None:
        return type(predicate) in _ON_TEXT
    if attribute.line is not None:
        return isinstance(predicate, Compares)
    if attribute.address:
        return isinstance(predicate, InNetwork)
    asked = predicate.predicate if isinstance(predicate, Field) else predicate
    numbers = all(value.replace(".", "", 1).isdecimal() for value in attribute.values or ())
    return not isinstance(asked, InNetwork if numbers else Compares | InNetwork)


def as_text(attribute: Attribute, predicates: Sequence[Predicate]) -> Attribute:
    """Numbers and addresses that are only ever compared as text are strings (C3)."""
    if not predicates or any(isinstance(p, Compares | InNetwork) for p in predicates):
        return attribute
    base = _text_of_addresses() if attribute.address else _text_of_numbers() if attribute.line is not None else None
    if base is None:
        return attribute
    return Attribute(attribute.name, Domain(attribute.name, *base), optional=attribute.optional, multivalued=attribute.multivalued)


def as_text_of(table: Table, attribute: Attribute) -> Attribute:
    """The attribute as its table holds it."""
    if isinstance(table, WordTable) and attribute.domain is None:
        return Attribute(attribute.name, Domain(attribute.name, ()))
    return attribute


def with_named_accounts(attribute: Attribute, predicates: Sequence[Predicate]) -> Attribute:
    """Callers of the accounts that the predicates name are plausible (F9)."""
    if attribute.name != "principal" or attribute.domain is None:
        return attribute
    named = named_accounts(predicates)
    partition = attribute.domain.base[0].fixed.split(":")[1]
    seeds = (*attribute.domain.seeds, *plausible_principals(partition, named))
    return replace(attribute, domain=replace(attribute.domain, seeds=seeds))


def _text_of_addresses() -> tuple[tuple[Tokens, ...], tuple[str, ...]]:
    octet = some(DIGITS)
    dot = literal_tokens(".")
    colons = Characters(frozenset("0123456789abcdef:"))
    base = (Tokens((*octet, *dot, *octet, *dot, *octet, *dot, *octet)), Tokens((*some(colons), *literal_tokens(":"), *some(colons))))
    return base, ("203.0.113.10", "198.51.100.7", "10.0.0.5", "192.168.1.10", "2001:db8::10")


def _text_of_numbers() -> tuple[tuple[Tokens, ...], tuple[str, ...]]:
    return (Tokens(some(DIGITS)),), ("7", "30", "90", "300", "365")


OVERLAPPING = 8
"""So many patterns with text after a `*` may make more classes than an answer is likely to need,"""
SHORT = 100
"""unless they are beginnings and ends of fewer tokens altogether."""


def overlapping(predicates: Iterable[Predicate]) -> bool:
    """Whether predicates on strings are likely to make many classes. Those of patterns with text after a `*` multiply (`a*c`, `*b*`); those
    of beginnings (`prefix*`), of wildcards within a field of an ARN, and of kinds of callers and accounts (`arn:*:…`) add up."""
    found = [p for p in predicates if isinstance(p, Tokens) and _has_text_after_star(p)]
    return len(found) >= OVERLAPPING and (sum(len(p.tokens) for p in found) >= SHORT or any(p.tokens[0] == _STAR for p in found))


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
    if attribute.domain is not None:
        if budget == 0:
            raise OverBudget(attribute.name)
        return WordTable(attribute.domain, predicates, budget)
    if attribute.values is not None:
        return ListTable(attribute.values)
    return AddressTable(predicates) if attribute.line is None else LineTable(attribute.line, predicates)
