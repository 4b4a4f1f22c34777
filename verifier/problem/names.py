"""The spellings of encryption-context names in everything that a question reads (F7).

In: an estate, a target, invariants. Out: spellings of condition keys, by lower-case key.
Guarantee: every policy that can decide about the target is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.estate import Estate
from verifier.model.invariant import ConditionAnd, ConditionExpression, ConditionNot, ConditionOr, Holds, Invariant
from verifier.model.policy import Policy
from verifier.problem.space import PAIR_PREFIX
from verifier.problem.targets import Target


def pair_names(estate: Estate, target: Target, invariants: Sequence[Invariant]) -> dict[str, tuple[str, ...]]:
    """The spellings under which conditions ask for pairs of the encryption context."""
    found: dict[str, dict[str, None]] = {}
    for key in _keys(estate, target, invariants):
        if key.lower().startswith(PAIR_PREFIX):
            found.setdefault(key.lower(), {})[PAIR_PREFIX + key[len(PAIR_PREFIX) :]] = None
    return {name: tuple(spellings) for name, spellings in found.items()}


def _keys(estate: Estate, target: Target, invariants: Sequence[Invariant]) -> Iterator[str]:
    for policy in _policies(estate, target):
        for statement in policy.statements:
            for condition in statement.conditions:
                yield condition.key.value
    for invariant in invariants:
        yield from _in_condition(invariant.when)


def _policies(estate: Estate, target: Target) -> Iterator[Policy]:
    if target.key is not None:
        yield from target.key.policies or ()
    seen: set[int] = set()
    for account in estate.accounts:
        for identity in (*account.users, *account.roles):
            for policy in identity.policies:
                if id(policy) not in seen:
                    seen.add(id(policy))
                    yield policy


def _in_condition(expression: ConditionExpression) -> Iterator[str]:
    match expression:
        case Holds(condition):
            yield condition.key.value
        case ConditionNot(operand):
            yield from _in_condition(operand)
        case ConditionAnd(operands) | ConditionOr(operands):
            for operand in operands:
                yield from _in_condition(operand)
