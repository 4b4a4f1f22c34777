"""What an engine for finite problems does: check, with an assignment or a core.

In: expressions of a finite problem. Out: `Sat`, `Unsat` or `Undecided`.
Guarantee: every engine means the same by them; whatever a solver does not decide is `Undecided`, never one of the
others (S1).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from verifier.frozen import Frozen
from verifier.model.symbols import SymbolName
from verifier.problem.expression import Expression


class Assignment(Frozen):
    """A satisfying assignment: for each attribute in use the mask of classes that may be chosen, and the values of
    symbols that matter."""

    classes: dict[str, int]
    symbols: dict[SymbolName, bool]


class Sat(Frozen):
    """The constraints have a solution: `Session.assignment()` tells it until the next call."""


class Unsat(Frozen):
    """The constraints have no solution, by what these statements (numbers of owners) say, and these of the expressions
    asked for (their positions)."""

    core: tuple[int, ...]
    blamed: tuple[int, ...]


class Undecided(Frozen):
    """The solver gave up; `reason` is its word for it, `NO_TIME` where the deadline passed."""

    reason: str


NO_TIME = "timeout"


Result = Sat | Unsat | Undecided


class Counts(Frozen):
    """What a session has done so far. An engine without clauses of its own tells 0."""

    calls: int = 0
    terms: int = 0
    clauses: int = 0
    conflicts: int = 0


class Session(ABC):
    """One incremental solver for one question: a background that is asserted for good, and queries that come and go.
    What is asked past the `deadline` is `Undecided`; whoever asks several things of a session sets it anew for each."""

    deadline: float | None

    @abstractmethod
    def learn(self, impossible: Expression) -> None:
        """Asserts for good that an expression holds of no request."""

    @abstractmethod
    def check(
        self, expressions: Sequence[Expression], *, minimal: bool = False, without: frozenset[int] = frozenset()
    ) -> Result:
        """Are the background and these expressions satisfiable together? `minimal` asks for a core without a
        superfluous part; of the statements `without`, nothing is supposed: they may say anything."""

    @abstractmethod
    def assignment(self) -> Assignment:
        """The solution that the last call of `check` found."""

    @abstractmethod
    def bears_on(self, expression: Expression) -> bool:
        """True iff an expression can matter: a symbol that nothing asserted or asked so far mentions cannot."""

    @property
    @abstractmethod
    def counts(self) -> Counts:
        """What has been done so far."""
