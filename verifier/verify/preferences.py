"""What makes a counterexample plausible and small (F9).

In: a question. Out: finite expressions, the most wanted first.
Guarantee: preferences only; none changes whether a violation exists.
"""

from __future__ import annotations

from verifier.model.readings import OUTSIDE_DENY, READINGS
from verifier.problem.expression import Expression, Symbol, negation
from verifier.problem.finite import In
from verifier.problem.question import Question
from verifier.problem.space import OTHER_SPELLING

_COMPUTED = frozenset({"userid", "issuer", "facts"})
"""Attributes that are not keys of a context: their absence makes no request smaller."""


def preferences(question: Question) -> list[Expression]:
    """Prefer a role of no service, then a user; a common action; no readings that are needed; absent context keys; empty sets."""
    finite = question.finite
    wanted: list[Expression] = [negation(Symbol(name)) for name in (OUTSIDE_DENY, *(reading.label for reading in READINGS))]
    wanted += [In(name, 1 << finite.tables[name].size) for name in finite.tables if name.endswith(OTHER_SPELLING)]
    wanted += question.wishes
    for name, optional in finite.optional.items():
        if optional and name in finite.tables and name not in finite.held and name not in _COMPUTED:
            wanted.append(In(name, 1 << finite.tables[name].size))
    wanted += [negation(Symbol(lazy.present)) for lazy in finite.lazy.values() if lazy.present is not None]
    wanted += [negation(Symbol(held)) for symbols in finite.held.values() for held in symbols]
    return wanted
