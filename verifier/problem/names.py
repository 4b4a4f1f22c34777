"""The spellings of encryption-context names in everything that a question reads (F7).

In: an estate, a target, invariants. Out: spellings of condition keys, by lower-case key.
Guarantee: every policy and grant that can decide about the target is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from verifier.model.estate import Estate
from verifier.model.invariant import ConditionAnd, ConditionExpression, ConditionNot, ConditionOr, Holds, Invariant
from verifier.model.policy import Condition, Policy, Text
from verifier.problem.space import PAIR_PREFIX
from verifier.problem.spellings import is_pair, names_of, written
from verifier.problem.targets import Target
from verifier.problem.values import template


def pair_names(estate: Estate, target: Target, invariants: Sequence[Invariant]) -> dict[str, tuple[str, ...]]:
    """The spellings under which conditions, policy variables and the constraints of grants ask for pairs of the encryption context."""
    found: dict[str, dict[str, None]] = {}
    for key in _keys(estate, target, invariants):
        if is_pair(key):
            found.setdefault(key.lower(), {})[written(key)] = None
    return {name: tuple(spellings) for name, spellings in found.items()}


def _keys(estate: Estate, target: Target, invariants: Sequence[Invariant]) -> Iterator[str]:
    for policy in _once(_policies(estate, target)):
        for statement in policy.statements:
            for condition in statement.conditions:
                yield from _in_one(condition, policy.variables)
            yield from _in_values(statement.resources or (), policy.variables)
    for invariant in invariants:
        yield from _in_condition(invariant.when)
    for grant in (target.key.grants or ()) if target.key is not None else ():
        for name, _ in (*(grant.context_equals or ()), *(grant.context_subset or ())):
            yield PAIR_PREFIX + name


def _in_one(condition: Condition, variables: bool) -> Iterator[str]:
    yield condition.key.value
    yield from _in_values(condition.values, variables)


def _in_values(values: Sequence[Text], variables: bool) -> Iterator[str]:
    """The pairs that the variables of listed values name."""
    yield from names_of(template(value.value, variables) for value in values if "${" in value.value)


def _policies(estate: Estate, target: Target) -> Iterator[Policy]:
    if target.key is not None:
        yield from target.key.policies or ()
    if target.identity is not None and target.identity.trust is not None:
        yield target.identity.trust
    for account in estate.accounts:
        for identity in (*account.users, *account.roles):
            yield from identity.policies
            if identity.boundary is not None:
                yield identity.boundary
    for controls in estate.organization.controls if estate.organization is not None else ():
        for level in (*(controls.service or ()), *(controls.resource or ())):
            yield from level.policies
    for endpoint in estate.endpoints or ():
        if endpoint.policy is not None:
            yield endpoint.policy


def _once(policies: Iterator[Policy]) -> Iterator[Policy]:
    """Each policy once, however often it is attached."""
    return iter({id(policy): policy for policy in policies}.values())


def _in_condition(expression: ConditionExpression) -> Iterator[str]:
    match expression:
        case Holds(condition):
            yield from _in_one(condition, True)
        case ConditionNot(operand):
            yield from _in_condition(operand)
        case ConditionAnd(operands) | ConditionOr(operands):
            for operand in operands:
                yield from _in_condition(operand)
