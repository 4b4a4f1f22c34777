"""Which statements and grants can bear on what is asked, by their actions and callers: the others need not be read.

In: the actions and callers that invariants are about, statements, grants. Out: `Concern`.
Guarantee: what is found to be of no concern matches no request in the scope of any of the invariants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from verifier.model.grant import Grant
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Statement
from verifier.model.reference import actions
from verifier.problem.classes.predicates import like
from verifier.problem.expression import Expression
from verifier.problem.reached import Callers, InAccount, callers_of, can_hold

_REMEMBERED = 4096
"""Patterns whose known actions are remembered."""


@dataclass(frozen=True)
class _Actions:
    """The actions of one invariant: the known ones as bits, and the patterns that ones that the data does not know may match (U4)."""

    known: int
    unknown: tuple[str, ...]


@dataclass(frozen=True)
class Concern:
    """What is asked, by actions, and by callers: an expression for each invariant. `guarantees` is set where some invariant is about
    what must be allowed."""

    asked: tuple[_Actions, ...]
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
        return any(wanted.known & _known(name.lower()) for wanted in self.asked)

    def with_grants(self, alike: Sequence[Grant]) -> list[Grant]:
        """Those of some grants of the same operations by which a request in some scope could be allowed, retiring aside."""
        if not any(map(self.with_action, alike[0].operations)):
            return []
        accounts = {grant.grantee.account for grant in alike} - {None}
        others = {account for account in accounts if account is not None and not self._reaches(InAccount(account))}
        return [grant for grant in alike if grant.grantee_hidden or grant.grantee.account not in others]

    def with_statement(self, statement: Statement) -> bool:
        """Whether a request in some scope could have an action that the statement is about."""
        patterns = [text.value.lower() for text in statement.actions]
        known = 0
        for pattern in patterns:
            known |= _known(pattern)
        if statement.not_action:
            return any(wanted.known & ~known or wanted.unknown for wanted in self.asked)
        if any(wanted.known & known for wanted in self.asked):
            return True
        return any(_may_meet(own, other) for wanted in self.asked for other in wanted.unknown for own in patterns)


def concern_of(invariants: Sequence[Invariant], callers: Sequence[Expression]) -> Concern:
    """The actions that invariants are about, and the callers, given as expressions."""
    found = []
    for invariant in invariants:
        patterns = [text.value.lower() for text in invariant.actions]
        known = 0
        for pattern in patterns:
            known |= _known(pattern)
        for text in invariant.not_actions:
            known &= ~_known(text.value.lower())
        found.append(_Actions(known, tuple(pattern for pattern in patterns if _matches_unknown(pattern))))
    guarantees = any(invariant.expectation is Expectation.ALLOWED for invariant in invariants)
    return Concern(tuple(dict.fromkeys(found)), tuple(callers), guarantees)


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
    """Whether some action may match both patterns: false only if their fixed beginnings, or their fixed ends, differ."""
    return _compatible(_start(one), _start(other)) and _compatible(_start(one[::-1]), _start(other[::-1]))


def _start(pattern: str) -> str:
    """What stands before the first wildcard."""
    return pattern[: next((at for at, character in enumerate(pattern) if character in "*?"), len(pattern))]


def _compatible(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
