"""How many of some expressions are true, as an expression.

In: expressions, a number. Out: an expression. Guarantee: exact; its size grows with the product of both (a sequential counter whose parts
are shared).
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.problem.expression import FALSE, TRUE, Expression, both, either, negation


def at_most(expressions: Sequence[Expression], most: int) -> Expression:
    """True iff at most so many of the expressions are."""
    if most >= len(expressions):
        return TRUE
    return negation(at_least(expressions, most + 1))


def at_least(expressions: Sequence[Expression], least: int) -> Expression:
    """True iff at least so many of the expressions are."""
    # `reached[n]`: at least n of the expressions read so far are true.
    reached: list[Expression] = [TRUE, *[FALSE] * least]
    for expression in expressions:
        reached = [TRUE, *(either(reached[n], both(reached[n - 1], expression)) for n in range(1, least + 1))]
    return reached[least]
