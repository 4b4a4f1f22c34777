"""The one refinement loop: what concrete values show to be impossible the oracle learns, and is asked again.

In: an oracle, an attempt to answer by what it finds. Out: the answer, or Unknown after too many rounds.
Guarantee: an oracle learns only what holds of no request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from verifier.ask.answers import Unknown
from verifier.model.results.verdict import Reason
from verifier.problem.expression import Expression

ROUNDS = 300
"""Rounds between oracle and concrete values before an answer is Unknown."""
T = TypeVar("T")


class Impossible(Exception):
    """No request is as an assignment says, as concrete values showed; `clause` says why."""

    def __init__(self, clause: Expression) -> None:
        self.clause = clause


class Oracle(Protocol):
    """What finds assignments: a solver session, or decision diagrams."""

    def learn(self, impossible: Expression) -> None:
        """From now on no assignment satisfies an expression that no request does."""


def refined(oracle: Oracle, attempt: Callable[[], T]) -> T | Unknown:
    """What the attempt answers once nothing in it is impossible."""
    for _ in range(ROUNDS):
        try:
            return attempt()
        except Impossible as shown:
            oracle.learn(shown.clause)
    return Unknown(Reason("budget", f"no answer within {ROUNDS} rounds of refinement"))
