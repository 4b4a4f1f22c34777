"""Which callers an expression could hold of, by what it says of the caller alone.

In: expressions over tests. Out: `callers_of`, `can_hold`.
Guarantee: `callers_of` names at least the callers that the expression holds of, `can_hold` is false only if it holds of none of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from verifier.problem.classes.predicates import OneOf, Predicate, Tokens, like
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Test

_REMEMBERED = 4096


@dataclass(frozen=True)
class InAccount:
    """The callers of one account."""

    account: str


Callers = str | InAccount
"""One principal ARN or service name, or an account."""


def account_pattern(account: str) -> Tokens:
    """The principal ARNs of an account's callers."""
    return like(f"arn:*:*::{account}:*")


def callers_of(expression: Expression) -> frozenset[Callers] | None:
    """Callers outside which the expression is false; `None` where it does not say."""
    match expression:
        case Test("principal", predicate):
            return _named_by(predicate)
        case And(operands):
            return next((found for found in map(callers_of, operands) if found is not None), None)
        case Or(operands):
            parts = [callers_of(operand) for operand in operands]
            return None if None in parts else frozenset[Callers]().union(*(part for part in parts if part is not None))
        case Constant(False):
            return frozenset()
    return None


def _named_by(predicate: Predicate) -> frozenset[Callers] | None:
    if isinstance(predicate, OneOf):
        return frozenset(predicate.values)
    if not isinstance(predicate, Tokens):
        return None
    if predicate.literal is not None:
        return frozenset({predicate.literal})
    account = _account_of(predicate)
    return None if account is None else frozenset({InAccount(account)})


@lru_cache(_REMEMBERED)
def _account_of(pattern: Tokens) -> str | None:
    """The account whose callers, all of them and no others, a pattern matches."""
    found = re.match(r"arn: : ::([0-9]{12}): \Z", pattern.fixed)
    return found[1] if found and pattern == account_pattern(found[1]) else None


def can_hold(expression: Expression, callers: Callers) -> bool:
    """Whether the expression could hold of one of these callers."""
    return _holds(expression, callers) is not False


def _holds(expression: Expression, callers: Callers) -> bool | None:
    """Whether it holds of all of them, or of none; `None` where neither is known."""
    match expression:
        case Constant(value):
            return value
        case Test("principal", predicate):
            return predicate.matches(callers) if isinstance(callers, str) else _of_account(predicate, callers.account)
        case Not(operand):
            found = _holds(operand, callers)
            return None if found is None else not found
        case And(operands):
            return _first([_holds(operand, callers) for operand in operands], False)
        case Or(operands):
            return _first([_holds(operand, callers) for operand in operands], True)
        case Part(_, operand):
            return _holds(operand, callers)
    return None


def _first(values: list[bool | None], decisive: bool) -> bool | None:
    if decisive in values:
        return decisive
    return None if None in values else not decisive


_ANY_ARN = like("arn:*")


def _of_account(predicate: Predicate, account: str) -> bool | None:
    if predicate == _ANY_ARN:
        return True
    other = _account_of(predicate) if isinstance(predicate, Tokens) else None
    return None if other is None else other == account
