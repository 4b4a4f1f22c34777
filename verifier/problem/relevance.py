"""Which actions, and which accounts' callers, are in question.

In: the actions and callers that invariants are about; statements. Out: `RelevantActions`, `CallersInQuestion`.
Guarantee: what is found not to be in question is in no scope of any of the invariants.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial, reduce
from operator import or_

from verifier.frozen import Frozen
from verifier.model.invariant import Invariant
from verifier.model.policy import Principal, PrincipalType, Statement
from verifier.model.reference import actions
from verifier.problem.classes.predicates import Predicate, Tokens, like
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Test
from verifier.problem.semantics.caller_tests import account_pattern

_CACHE_SIZE = 4096
"""Patterns of which it is remembered what they match."""


class RelevantActions(Frozen):
    """The actions that invariants are about, an entry each: the known ones as bits, and the patterns that ones that the
    data does not know may match (U4). `patterns` match all of them."""

    entries: tuple[tuple[int, tuple[str, ...]], ...]
    patterns: tuple[str, ...]

    def named(self, names: Iterable[str]) -> bool:
        """True iff some of these actions, which the data knows, are in question."""
        known = _known_to(map(str.lower, names))
        return any(wanted & known for wanted, _ in self.entries)

    def alike(self, some: Iterable[str], others: Iterable[str]) -> bool:
        """True iff each of the invariants is about an action of both, or of neither."""
        one, other = _known_to(map(str.lower, some)), _known_to(map(str.lower, others))
        return all(bool(wanted & one) == bool(wanted & other) for wanted, _ in self.entries)

    def meet(self, statement: Statement) -> bool:
        """False only if no action in question is one that a statement is about."""
        patterns = [text.value.lower() for text in statement.actions]
        known = _known_to(patterns)
        if statement.not_action:
            return any(wanted & ~known or unknown for wanted, unknown in self.entries)
        if any(wanted & known for wanted, _ in self.entries):
            return True
        return any(_may_meet(own, other) for _, unknown in self.entries for other in unknown for own in patterns)


def actions_of(invariants: Iterable[Invariant]) -> RelevantActions:
    """The actions that some of the invariants are about."""
    found, every = [], dict[str, None]()
    for invariant in invariants:
        patterns = [text.value.lower() for text in invariant.actions]
        every.update(dict.fromkeys(patterns))
        known = _known_to(patterns) & ~_known_to(text.value.lower() for text in invariant.not_actions)
        found.append((known, tuple(pattern for pattern in patterns if _matches_unknown(pattern))))
    return RelevantActions(tuple(dict.fromkeys(found)), tuple(every))


def _known_to(patterns: Iterable[str]) -> int:
    return reduce(or_, map(_known, patterns), 0)


@lru_cache(_CACHE_SIZE)
def _known(pattern: str) -> int:
    """The known actions that a pattern in lower case matches (L3, L6), as bits."""
    matched = like(pattern)
    return sum(1 << number for number, action in enumerate(actions()) if matched.matches(action.name.lower()))


@lru_cache(_CACHE_SIZE)
def _matches_unknown(pattern: str) -> bool:
    """False only if a pattern matches no action that the data does not know."""
    return "*" in pattern or "?" in pattern or not _known(pattern)


@lru_cache(_CACHE_SIZE)
def _may_meet(one: str, other: str) -> bool:
    """False only if no action matches both patterns: their fixed beginnings, or their fixed ends, differ."""
    return _compatible(_start(one), _start(other)) and _compatible(_start(one[::-1]), _start(other[::-1]))


def _start(pattern: str) -> str:
    """What stands before the first wildcard."""
    return pattern[: next((at for at, character in enumerate(pattern) if character in "*?"), len(pattern))]


def _compatible(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


_ALONE = (PrincipalType.ROLE, PrincipalType.FEDERATED_USER, PrincipalType.SERVICE)
"""The principals that are one value of the attribute `principal`."""


TruthOf = Callable[[Predicate], bool | None]
"""Whether a predicate holds of all of some callers, or of none; `None` where neither is known."""


class CallersInQuestion:
    """Which callers are in question: those of whom some of the expressions could hold."""

    def __init__(self, callers: Sequence[Expression]) -> None:
        self._callers = callers
        self._known: dict[str, bool] = {}

    def account(self, account: str | None) -> bool:
        """False only if no caller of an account is in question; true where the account is not known."""
        return account is None or self._found(account, partial(_of_account, account=account))

    def names(self, statement: Statement) -> bool:
        """False only if a statement is about no caller in question."""
        listed = statement.principals
        return listed is None or statement.not_principal or any(map(self._is_named, listed))

    def _is_named(self, principal: Principal) -> bool:
        if principal.type in _ALONE:
            return self._found(principal.value, partial(_of_caller, name=principal.value))
        return self.account(principal.account)

    def _found(self, whom: str, truth: TruthOf) -> bool:
        found = self._known.get(whom)
        if found is None:
            found = self._known[whom] = any(_holds(expression, truth) is not False for expression in self._callers)
        return found


def _holds(expression: Expression, truth: TruthOf) -> bool | None:
    """True only if an expression holds of all of the callers, and false only if of none; `None` where neither is
    known."""
    match expression:
        case Constant(value):
            return value
        case Test("principal", predicate):
            return truth(predicate)
        case Not(operand):
            found = _holds(operand, truth)
            return None if found is None else not found
        case And(operands):
            return _first([_holds(operand, truth) for operand in operands], False)
        case Or(operands):
            return _first([_holds(operand, truth) for operand in operands], True)
        case Part(_, operand):
            return _holds(operand, truth)
    return None


def _first(values: list[bool | None], decisive: bool) -> bool | None:
    if decisive in values:
        return decisive
    return None if None in values else not decisive


_ANY_ARN = like("arn:*")


def _of_caller(predicate: Predicate, name: str) -> bool:
    return predicate.matches(name)


def _of_account(predicate: Predicate, account: str) -> bool | None:
    if predicate == _ANY_ARN:
        return True
    other = _account_of(predicate) if isinstance(predicate, Tokens) else None
    return None if other is None else other == account


@lru_cache(_CACHE_SIZE)
def _account_of(pattern: Tokens) -> str | None:
    """The account whose callers, all of them and no others, a pattern matches."""
    found = re.match(r"arn: : ::([0-9]{12}): \Z", pattern.fixed)
    return found[1] if found and pattern == account_pattern(found[1]) else None
