"""What is found of a claim, and what must not be found.

In: nothing (plain data). Out: `Answer`, `Rests`; reasons for Unknown; errors of the verifier itself.
Guarantee: an answer has what its kind has and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.model.invariant import Invariant
from verifier.model.request import Request
from verifier.model.results.verdict import Counterexample, Reason

if TYPE_CHECKING:
    from verifier.solve.session import Undecided


class InternalDisagreement(Exception):
    """`problem` and `evaluate` decide one request differently: an error of the verifier, exit code 4."""

    @classmethod
    def on(cls, request: Request, where: str = "") -> InternalDisagreement:
        """The two readings of the rules disagree on a request."""
        return cls(f"the two readings of the rules disagree on {request!r}{where}; please report this")


class Contradiction(InternalDisagreement):
    """Two engines answer one question differently: an error of the verifier, exit code 4. It carries what reproduces it."""

    def __init__(self, invariant: Invariant, target: str, formula: str, answers: tuple[tuple[str, str], tuple[str, str]]) -> None:
        (first, said), (second, other) = answers
        super().__init__(f"{first} says {said} and {second} says {other} of {invariant.name!r} on {target}; please report this")
        self.invariant = invariant
        self.target = target
        self.formula = formula
        self.answers = answers
        """For each engine, by name, what it says."""

    def __reduce__(self) -> tuple[type[Contradiction], tuple[object, ...]]:
        """It may have been met in another process."""
        return Contradiction, (self.invariant, self.target, self.formula, self.answers)


@dataclass(frozen=True)
class Proved:
    """No request violates the claim; `core` are the numbers of the statements that the proof needs."""

    core: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """A request that violates the claim."""

    counterexample: Counterexample


@dataclass(frozen=True)
class Rests:
    """A violation that rests on something that is not modelled."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Unknown:
    """What was asked is not settled, and why."""

    reason: Reason


Answer = Proved | Found | Reason


def gave_up(found: Undecided) -> Reason:
    """A solver gave up, as a reason."""
    return Reason("solver", f"the solver gave up: {found.reason}")
