"""Caller sets: joining them, and whether one can have a member at all (S3).

In: `CallerSet`s. Out: their union or intersection; whether a set is empty for want of a kind of caller, whatever the
estate.
Guarantee: `is_empty` is true only for sets that are empty; one that is empty for other reasons may go unnoticed here.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.model.invariant import (
    AnyCaller,
    CallersAnd,
    CallerSet,
    CallersNot,
    CallersOr,
    IdentityOf,
    InAccount,
    IssuedBy,
    KeyAccount,
    OfKind,
    ServiceLike,
    SessionLike,
    Tagged,
    parts_of,
)
from verifier.model.request import CallerKind

Kinds = frozenset[CallerKind]
_ALL: Kinds = frozenset(CallerKind)
_NONE: Kinds = frozenset()
_WITH_ACCOUNT: Kinds = _ALL - {CallerKind.SERVICE, CallerKind.WEB}


def either(operands: tuple[CallerSet, ...]) -> CallerSet:
    """The union, without a needless node."""
    return operands[0] if len(operands) == 1 else CallersOr(operands)


def both(operands: tuple[CallerSet, ...]) -> CallerSet:
    """The intersection, without needless nodes."""
    proper = tuple(operand for operand in operands if operand != AnyCaller())
    if not proper:
        return AnyCaller()
    return proper[0] if len(proper) == 1 else CallersAnd(proper)


def with_parts(callers: CallerSet, change: Callable[[CallerSet], CallerSet]) -> CallerSet:
    """The set, with each of its parts (`parts_of`) changed."""
    match callers:
        case CallersNot(operand):
            return CallersNot(with_parts(operand, change))
        case IssuedBy(inner):
            return IssuedBy(with_parts(inner, change))
        case CallersOr(operands):
            return CallersOr(tuple(with_parts(operand, change) for operand in operands))
        case CallersAnd(operands):
            return CallersAnd(tuple(with_parts(operand, change) for operand in operands))
    return change(callers)


def of_account(callers: CallerSet, account: str) -> CallerSet:
    """The set, with the account of the key by its digits."""
    return with_parts(callers, lambda part: InAccount(account) if part == KeyAccount() else part)


def is_empty(callers: CallerSet) -> bool:
    """Whether no caller of any kind can be in the set."""
    return not possible_kinds(callers)


def asks_for_tags(callers: CallerSet) -> bool:
    """Whether the set depends on the tags of a caller, which its ARN does not tell."""
    return any(isinstance(part, Tagged) for part in parts_of(callers))


def possible_kinds(callers: CallerSet) -> Kinds:
    """The kinds of which some caller may be in the set; of no other kind one is."""
    return _kinds(callers)[0]


def _kinds(callers: CallerSet) -> tuple[Kinds, Kinds]:
    """The kinds of which some caller may be in the set, and those of which every caller certainly is."""
    match callers:
        case AnyCaller():
            return _ALL, _ALL
        case OfKind():
            kind = frozenset({callers.kind})
            return kind, _NONE if callers.service_linked else kind
        case IssuedBy():
            return frozenset({CallerKind.FEDERATED}), _NONE
        case SessionLike():
            return frozenset({CallerKind.ROLE}), _NONE
        case ServiceLike():
            return frozenset({CallerKind.SERVICE}), _NONE
        case IdentityOf():
            return frozenset({CallerKind.WEB}), _NONE
        case Tagged():
            # An absent tag satisfies negated operators, so a service may be in it as well.
            return _ALL, _NONE
        case CallersNot():
            some, every = _kinds(callers.operand)
            return _ALL - every, _ALL - some
        case CallersOr() | CallersAnd():
            return _join(callers)
        case _:
            return _WITH_ACCOUNT, _NONE


def _join(callers: CallersOr | CallersAnd) -> tuple[Kinds, Kinds]:
    found = [_kinds(operand) for operand in callers.operands]
    if isinstance(callers, CallersOr):
        return _NONE.union(*(some for some, _ in found)), _NONE.union(*(every for _, every in found))
    return _ALL.intersection(*(some for some, _ in found)), _ALL.intersection(*(every for _, every in found))
