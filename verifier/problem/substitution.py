"""Expressions with something in them replaced: a statement left out, symbols with values.

In: an expression. Out: the expression with the replacement made throughout. Guarantee: what holds nothing to replace is
the same object, so that it is reduced and encoded once.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import is_

from verifier.model.symbols import SymbolValues
from verifier.problem.expression import (
    FALSE,
    And,
    Expression,
    Not,
    Or,
    Part,
    Symbol,
    conjunction,
    constant,
    disjunction,
)

Replace = Callable[[Expression], Expression | None]


def without_statements(expression: Expression, owners: frozenset[int]) -> Expression:
    """True iff the expression is, where the statements with these numbers say nothing, as if they were not there."""
    return _replaced(expression, lambda found: FALSE if isinstance(found, Part) and found.owner in owners else None, {})


def with_values(expression: Expression, values: SymbolValues) -> Expression:
    """True iff the expression is, where these symbols have their values."""

    def value(found: Expression) -> Expression | None:
        return constant(values[found.name]) if isinstance(found, Symbol) and found.name in values else None

    return _replaced(expression, value, {})


def _replaced(expression: Expression, replace: Replace, memo: dict[int, Expression]) -> Expression:
    found = memo.get(id(expression))
    if found is None:
        found = replace(expression)
        found = memo[id(expression)] = _inside(expression, replace, memo) if found is None else found
    return found


def _inside(expression: Expression, replace: Replace, memo: dict[int, Expression]) -> Expression:
    match expression:
        case And(operands) | Or(operands):
            new = [_replaced(operand, replace, memo) for operand in operands]
            if all(map(is_, new, operands)):
                return expression
            return conjunction(new) if isinstance(expression, And) else disjunction(new)
        case Not(operand):
            inner = _replaced(operand, replace, memo)
            return expression if inner is operand else ~inner
        case Part(owner, operand):
            inner = _replaced(operand, replace, memo)
            return expression if inner is operand else FALSE if inner is FALSE else Part(owner, inner)
    return expression
