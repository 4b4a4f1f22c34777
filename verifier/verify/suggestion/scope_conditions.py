"""What an invariant speaks of, as conditions that a policy can have.

In: the callers and the condition of an invariant (resolved: `verifier.verify.preparation`), the key.
Out: alternatives, each a conjunction of conditions, for requests in the scope and for requests outside of it.
Guarantee: none is needed: what is made of them is proved, or it is not shown. What no condition key tells (the name of
a session) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import product

from verifier.model import invariant as model
from verifier.model.estate import Key
from verifier.model.operators import FOR_ALL, FOR_ANY, ORDERS
from verifier.model.policy import Condition, Operator, Text
from verifier.model.reference import ValueType
from verifier.model.request import CallerKind

Conjunction = tuple[Condition, ...]
_MOST = 8
"""Alternatives, and conditions in one, past which a scope is not put into conditions."""

_TYPES = {
    CallerKind.USER: "User",
    CallerKind.ROLE: "AssumedRole",
    CallerKind.ROOT: "Account",
    CallerKind.FEDERATED: "FederatedUser",
}


_Alternatives = list[tuple[Condition | None, ...]]
"""A disjunction of conjunctions: empty is false, an empty conjunction true. `None` stands for something that no
condition says."""


def inside_scope(invariant: model.Invariant, key: Key) -> list[Conjunction] | None:
    """Alternatives that together hold of all requests in the scope, actions aside; `None` where that takes too many."""
    found = _both(_callers(invariant.callers, key, True), _conditions(invariant.when, True))
    if found is None:
        return None
    # What no condition says is left out, which takes in more requests.
    merged = [_merged([condition for condition in one if condition is not None]) for one in found]
    return None if any(one is None for one in merged) else list(dict.fromkeys(one for one in merged if one is not None))


def outside_scope(invariant: model.Invariant, key: Key) -> list[Conjunction]:
    """Conjunctions each of which holds of requests outside the scope only. The fewest conditions come first."""
    found = [*(_callers(invariant.callers, key, False) or []), *(_conditions(invariant.when, False) or [])]
    candidates = [tuple(part for part in one if part is not None) for one in found if None not in one]
    merged = [one for one in (_merged(one) for one in _joined(candidates)) if one]
    return sorted(dict.fromkeys(merged), key=len)


# --- callers and conditions as alternatives ---------------------------------------------------------------------------


def _callers(callers: model.CallerSet, key: Key, wanted: bool) -> _Alternatives | None:
    match callers:
        case model.AnyCaller():
            return [()] if wanted else []
        case model.CallersNot(operand):
            return _callers(operand, key, not wanted)
        case model.CallersAnd(operands) | model.CallersOr(operands):
            parts = [_callers(operand, key, wanted) for operand in operands]
            return _all(parts) if isinstance(callers, model.CallersAnd) == wanted else _any(parts)
    condition = _caller_condition(callers, key)
    return [(condition if wanted or condition is None else inverse(condition),)]


def _caller_condition(callers: model.CallerSet, key: Key) -> Condition | None:
    match callers:
        case model.InAccount(account):
            return _test("StringEquals", "aws:PrincipalAccount", account)
        case model.KeyAccount():
            return _test("StringEquals", "aws:PrincipalAccount", key.account)
        case model.InOrganization(organization):
            return _test("StringEquals", "aws:PrincipalOrgID", organization)
        case model.OfKind(CallerKind.SERVICE):
            return _test("Bool", "aws:PrincipalIsAWSService", "true")
        case model.OfKind(kind, False):
            return _test("StringEquals", "aws:PrincipalType", _TYPES[kind])
        case model.OfKind(_, True):
            return _test("ArnLike", "aws:PrincipalArn", f"arn:{key.partition}:iam::*:role/aws-service-role/*")
        case model.PrincipalLike(pattern):
            return _test("ArnLike", "aws:PrincipalArn", in_partition(pattern.value, key))
        case model.ServiceLike(pattern):
            return _test("StringLike", "aws:PrincipalServiceName", pattern.value)
        case model.Tagged(condition):
            return condition
    return None


def _conditions(expression: model.ConditionExpression, wanted: bool) -> _Alternatives | None:
    match expression:
        case model.Holds(condition):
            return [(condition if wanted else inverse(condition),)]
        case model.ConditionNot(operand):
            return _conditions(operand, not wanted)
        case model.ConditionAnd(operands) | model.ConditionOr(operands):
            parts = [_conditions(operand, wanted) for operand in operands]
            return _all(parts) if isinstance(expression, model.ConditionAnd) == wanted else _any(parts)


def _all(parts: Sequence[_Alternatives | None]) -> _Alternatives | None:
    if any(part == [] for part in parts):
        return []
    found: _Alternatives | None = [()]
    for part in parts:
        found = _both(found, part)
    return found


def _both(left: _Alternatives | None, right: _Alternatives | None) -> _Alternatives | None:
    if left is None or right is None or len(left) * len(right) > _MOST:
        return None
    return [(*one, *other) for one, other in product(left, right)]


def _any(parts: Iterable[_Alternatives | None]) -> _Alternatives | None:
    found: _Alternatives = []
    for part in parts:
        if part is None:
            return None
        found += part
    return found if len(found) <= _MOST else None


def in_partition(pattern: str, key: Key) -> str:
    """The pattern of an ARN in the partition of the key, the only one that can match (R7)."""
    return f"arn:{key.partition}:{pattern.removeprefix('arn:*:')}" if pattern.startswith("arn:*:") else pattern


# --- conditions -------------------------------------------------------------------------------------------------------


def _test(operator: str, key: str, *values: str) -> Condition:
    return Condition(Operator(operator, None, False), Text(key), tuple(Text(value) for value in values))


def inverse(condition: Condition) -> Condition | None:
    """A condition that holds exactly where another does not (C, C1); `None` where no single one does."""
    operator, values = condition.operator, [value.value for value in condition.values]
    row = operator.row
    if row.type is None:
        flipped = ("false" if values == ["true"] else "true",) if values in (["true"], ["false"]) else None
        return None if flipped is None else replace(condition, values=tuple(Text(value) for value in flipped))
    if operator.set_operator is not None and operator.if_exists:
        return None
    other = {FOR_ALL: FOR_ANY, FOR_ANY: FOR_ALL, None: None}[operator.set_operator]
    if row.type is ValueType.BOOL:
        if len(values) != 1 or operator.if_exists or other is not None:
            return None
        flipped_value = "false" if values[0].lower() == "true" else "true"
        return replace(condition, operator=replace(operator, if_exists=True), values=(Text(flipped_value),))
    if row.inverse is None:
        return None
    if row.sign in ORDERS:
        if len(values) != 1 or other is not None:
            return None
        return replace(condition, operator=Operator(row.inverse, None, not operator.if_exists))
    if operator.if_exists and not row.negated:
        return None  # it would have to demand the key as well
    return replace(condition, operator=Operator(row.inverse, other, False))


# --- conditions with one operator and one key -------------------------------------------------------------------------


def _merged(conjunction: Sequence[Condition]) -> Conjunction | None:
    """The conjunction as a statement can have it: an operator has a key once. `None` where two cannot be one."""
    found: dict[tuple[str, str], Condition] = {}
    for condition in conjunction:
        name = (str(condition.operator), condition.key.value.lower())
        before = found.get(name)
        if before is None or before.values == condition.values:
            found[name] = condition
        elif condition.operator.row.negated:
            found[name] = _with_values(before, condition)
        else:
            return None
    return tuple(found.values())


_OF_ONE_VALUE = (None, ValueType.BOOL)


def _joined(alternatives: Sequence[Conjunction]) -> list[Conjunction]:
    """Alternatives of one condition each are one where only their values differ."""
    found: dict[object, Conjunction] = {}
    for alternative in alternatives:
        (first, *rest) = alternative or (None,)
        if first is None or rest or first.operator.row.negated or first.operator.row.type in _OF_ONE_VALUE:
            found[alternative] = alternative
            continue
        name = (str(first.operator), first.key.value.lower())
        found[name] = (_with_values(found[name][0], first),) if name in found else alternative
    return list(found.values())


def _with_values(one: Condition, other: Condition) -> Condition:
    values = dict.fromkeys(value.value for value in (*one.values, *other.values))
    return replace(one, values=tuple(Text(value) for value in values))
