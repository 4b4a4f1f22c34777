"""Caller sets: joining them, and whether one can have a member at all (S3).

In: `CallerSet`s. Out: their union or intersection; whether a set is empty for want of a kind of caller, whatever the
estate.
Guarantee: `is_empty` is true only for sets that are empty; one that is empty for other reasons may go unnoticed here.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.model import invariant as model
from verifier.model.request import CallerKind

Kinds = frozenset[CallerKind]
_ALL: Kinds = frozenset(CallerKind)
_NONE: Kinds = frozenset()
_WITH_ACCOUNT: Kinds = _ALL - {CallerKind.SERVICE, CallerKind.WEB}


def either(operands: tuple[model.CallerSet, ...]) -> model.CallerSet:
    """The union, without a needless node."""
    return operands[0] if len(operands) == 1 else model.CallersOr(operands)


def both(operands: tuple[model.CallerSet, ...]) -> model.CallerSet:
    """The intersection, without needless nodes."""
    proper = tuple(operand for operand in operands if operand != model.AnyCaller())
    if not proper:
        return model.AnyCaller()
    return proper[0] if len(proper) == 1 else model.CallersAnd(proper)


def with_parts(callers: model.CallerSet, change: Callable[[model.CallerSet], model.CallerSet]) -> model.CallerSet:
    """The set, with each of its parts (`parts_of`) changed."""
    match callers:
        case model.CallersNot(operand):
            return model.CallersNot(with_parts(operand, change))
        case model.IssuedBy(inner):
            return model.IssuedBy(with_parts(inner, change))
        case model.CallersOr(operands):
            return model.CallersOr(tuple(with_parts(operand, change) for operand in operands))
        case model.CallersAnd(operands):
            return model.CallersAnd(tuple(with_parts(operand, change) for operand in operands))
    return change(callers)


def of_account(callers: model.CallerSet, account: str) -> model.CallerSet:
    """The set, with the account of the key by its digits."""
    return with_parts(callers, lambda part: model.InAccount(account) if part == model.KeyAccount() else part)


def is_empty(callers: model.CallerSet) -> bool:
    """True iff no caller of any kind can be in the set."""
    return not possible_kinds(callers)


def asks_for_tags(callers: model.CallerSet) -> bool:
    """True iff the set depends on the tags of a caller, which its ARN does not tell."""
    return any(isinstance(part, model.Tagged) for part in model.parts_of(callers))


def possible_kinds(callers: model.CallerSet) -> Kinds:
    """The kinds of which some caller may be in the set; of no other kind one is."""
    return _kinds(callers)[0]


def _kinds(callers: model.CallerSet) -> tuple[Kinds, Kinds]:
    """The kinds of which some caller may be in the set, and those of which every caller certainly is."""
    match callers:
        case model.AnyCaller():
            return _ALL, _ALL
        case model.OfKind():
            kind = frozenset({callers.kind})
            return kind, _NONE if callers.service_linked else kind
        case model.IssuedBy():
            return frozenset({CallerKind.FEDERATED}), _NONE
        case model.SessionLike():
            return frozenset({CallerKind.ROLE}), _NONE
        case model.ServiceLike():
            return frozenset({CallerKind.SERVICE}), _NONE
        case model.IdentityOf():
            return frozenset({CallerKind.WEB}), _NONE
        case model.Tagged():
            # An absent tag satisfies negated operators, so a service may be in it as well.
            return _ALL, _NONE
        case model.CallersNot():
            some, every = _kinds(callers.operand)
            return _ALL - every, _ALL - some
        case model.CallersOr() | model.CallersAnd():
            return _join(callers)
        case _:
            return _WITH_ACCOUNT, _NONE


def _join(callers: model.CallersOr | model.CallersAnd) -> tuple[Kinds, Kinds]:
    found = [_kinds(operand) for operand in callers.operands]
    if isinstance(callers, model.CallersOr):
        return _NONE.union(*(some for some, _ in found)), _NONE.union(*(every for _, every in found))
    return _ALL.intersection(*(some for some, _ in found)), _ALL.intersection(*(every for _, every in found))
