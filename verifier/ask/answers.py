"""What is found of a question, and what must not be found.

In: nothing (plain data). Out: `Proved`, `Refuted`, `Unknown`; what ends an attempt to answer; errors of the verifier
itself.
Guarantee: an answer has what its kind has and nothing else.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from verifier.frozen import Frozen
from verifier.model.invariant import Invariant
from verifier.model.request import Request
from verifier.model.results.verdict import Counterexample, Reason
from verifier.problem.expression import Expression
from verifier.solve.session import NO_TIME

Shown = TypeVar("Shown", covariant=True)


class Proved(Frozen):
    """No request is as was asked. `core` are the numbers of the statements that the proof needs; `blamed` are the
    expressions asked for that cannot hold together, by position: none of them can be left out."""

    core: tuple[int, ...] = ()
    blamed: tuple[int, ...] = ()


class Refuted(Frozen, Generic[Shown]):
    """Some request is as was asked, as is `shown`."""

    shown: Shown


class Unknown(Frozen):
    """What was asked is not settled, and why; by `rests`, if what was found rests on these symbols of things that are
    not modelled."""

    reason: Reason
    rests: tuple[str, ...] = ()


OUT_OF_TIME = Reason("timeout", "it was not decided within the time of `--timeout`")
"""Why a question is Unknown whose deadline passed."""
Answer = Proved | Refuted[Counterexample] | Unknown


class Impossible(Exception):
    """No request is as an assignment says, as concrete values showed: `clause` holds of none."""

    def __init__(self, clause: Expression) -> None:
        self.clause = clause


class GaveUp(Exception):
    """A solver or a search gave up. `open_part` is the part of the assignment, if any, of which no value is known."""

    def __init__(self, reason: Reason, open_part: Expression | None = None) -> None:
        self.reason, self.open_part = reason, open_part

    @classmethod
    def solver(cls, why: str, who: str = "the solver") -> GaveUp:
        """A solver did not answer."""
        return cls(OUT_OF_TIME if why == NO_TIME else Reason("solver", f"{who} gave up: {why}"))


class InternalDisagreement(Exception):
    """`problem` and `evaluate` decide one request differently: an error of the verifier, exit code 4."""

    @classmethod
    def on(cls, request: Request, where: str = "") -> InternalDisagreement:
        """The two readings of the rules disagree on a request."""
        return cls(f"the two readings of the rules disagree on {request!r}{where}; please report this")


class Contradiction(InternalDisagreement):
    """Two engines answer one question differently: an error of the verifier, exit code 4. It carries what reproduces
    it."""

    def __init__(
        self, invariant: Invariant, target: str, formula: str, answers: tuple[tuple[str, str], tuple[str, str]]
    ) -> None:
        (first, said), (second, other) = answers
        super().__init__(
            f"{first} says {said} and {second} says {other} of {invariant.name!r} on {target}; please report this"
        )
        self.invariant = invariant
        self.target = target
        self.formula = formula
        self.answers = answers
        """For each engine, by name, what it says."""

    def __reduce__(self) -> tuple[type[Contradiction], tuple[object, ...]]:
        """It may have been met in another process."""
        return Contradiction, (self.invariant, self.target, self.formula, self.answers)
