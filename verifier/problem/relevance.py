"""Which statements and grants can bear on what is asked, by their actions and callers: the others need not be read.

In: the actions and callers that invariants are about, statements, grants; expressions over tests. Out: `Relevance`;
`callers_of`, `can_hold`. Guarantee: what is found to be irrelevant matches no request in the scope of any of the
invariants. `callers_of` names at least the callers that an expression holds of, `can_hold` is false only if it holds of
none of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from operator import or_

from verifier.model.grant import Grant
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Statement
from verifier.model.reference import actions
from verifier.problem.classes.predicates import OneOf, Predicate, Tokens, like, like_arn
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Test

_REMEMBERED = 4096
"""Patterns of which it is remembered what they match."""


@dataclass(frozen=True)
class InAccount:
    """The callers of one account."""

    account: str


Callers = str | InAccount
"""One principal ARN or service name, or an account."""


def account_pattern(account: str) -> Tokens:
    """The principal ARNs of an account's callers."""
    return like_arn(f"arn:*:*::{account}:*")


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


@dataclass(frozen=True)
class _Actions:
    """The actions of one invariant: the known ones as bits, and the patterns that ones that the data does not know may
    match (U4)."""

    known: int
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Relevance:
    """What is asked, by actions, and by callers: an expression for each invariant. `guarantees` is set where some
    invariant is about what must be allowed."""

    actions: tuple[_Actions, ...]
    callers: tuple[Expression, ...]
    guarantees: bool
    _reached: dict[Callers, bool] = field(default_factory=dict)

    def with_callers(self, whom: Expression) -> bool:
        """Whether a request in some scope could be of a caller of whom an expression holds."""
        named = callers_of(whom)
        return named is None or any(self._reaches(callers) for callers in named)

    def _reaches(self, callers: Callers) -> bool:
        known = self._reached.get(callers)
        if known is None:
            known = self._reached[callers] = any(can_hold(expression, callers) for expression in self.callers)
        return known

    def with_action(self, name: str) -> bool:
        """Whether a request in some scope could have an action that the data knows."""
        return any(wanted.known & _known(name.lower()) for wanted in self.actions)

    def with_grants(self, alike: Sequence[Grant]) -> list[Grant]:
        """Those of some grants of the same operations by which a request in some scope could be allowed, retiring
        aside."""
        if not any(map(self.with_action, alike[0].operations)):
            return []
        accounts = {grant.grantee.account for grant in alike} - {None}
        others = {account for account in accounts if account is not None and not self._reaches(InAccount(account))}
        return [grant for grant in alike if grant.grantee_hidden or grant.grantee.account not in others]

    def with_statement(self, statement: Statement) -> bool:
        """Whether a request in some scope could have an action that the statement is about."""
        patterns = [text.value.lower() for text in statement.actions]
        known = _known_to(patterns)
        if statement.not_action:
            return any(wanted.known & ~known or wanted.unknown for wanted in self.actions)
        if any(wanted.known & known for wanted in self.actions):
            return True
        return any(_may_meet(own, other) for wanted in self.actions for other in wanted.unknown for own in patterns)


def relevance_of(invariants: Sequence[Invariant], callers: Sequence[Expression]) -> Relevance:
    """The actions that invariants are about, and the callers, given as expressions."""
    found = []
    for invariant in invariants:
        patterns = [text.value.lower() for text in invariant.actions]
        known = _known_to(patterns)
        for text in invariant.not_actions:
            known &= ~_known(text.value.lower())
        found.append(_Actions(known, tuple(pattern for pattern in patterns if _matches_unknown(pattern))))
    guarantees = any(invariant.expectation is Expectation.ALLOWED for invariant in invariants)
    return Relevance(tuple(dict.fromkeys(found)), tuple(callers), guarantees)


def _known_to(patterns: Iterable[str]) -> int:
    return reduce(or_, map(_known, patterns), 0)


@lru_cache(_REMEMBERED)
def _known(pattern: str) -> int:
    """The known actions that a pattern in lower case matches (L3, L6), as bits."""
    matched = like(pattern)
    return sum(1 << number for number, action in enumerate(actions()) if matched.matches(action.name.lower()))


@lru_cache(_REMEMBERED)
def _matches_unknown(pattern: str) -> bool:
    """Whether a pattern may match an action that the data does not know."""
    return "*" in pattern or "?" in pattern or not _known(pattern)


@lru_cache(_REMEMBERED)
def _may_meet(one: str, other: str) -> bool:
    """Whether some action may match both patterns: false only if their fixed beginnings, or their fixed ends,
    differ."""
    return _compatible(_start(one), _start(other)) and _compatible(_start(one[::-1]), _start(other[::-1]))


def _start(pattern: str) -> str:
    """What stands before the first wildcard."""
    return pattern[: next((at for at, character in enumerate(pattern) if character in "*?"), len(pattern))]


def _compatible(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
