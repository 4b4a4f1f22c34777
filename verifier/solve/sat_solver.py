"""A SAT solver (python-sat's MiniSat) as the engine.

In: expressions of a finite problem. Out: `Sat`, `Unsat` or `Undecided`.
Guarantee: as for every `Session`; a time limit is kept to within a few thousand conflicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pysat.solvers import Minisat22

from verifier.deadline import seconds_left
from verifier.encode.clauses import ClauseEncoder, group_classes
from verifier.problem.diagrams.finite import Finite
from verifier.problem.expression import Expression
from verifier.solve.session import NO_TIME, Assignment, Counts, Result, Sat, Session, Undecided, Unsat

CONFLICTS = 2000
"""Conflicts between two looks at the clock."""


class _OutOfTime(Exception):
    """The deadline is over."""


@dataclass
class SatSession(Session):
    """One incremental SAT solver for one question."""

    finite: Finite
    background: Sequence[Expression]
    queries: Sequence[Expression]
    deadline: float | None = None
    _encoder: ClauseEncoder = field(init=False)
    _solver: Minisat22 = field(init=False)
    _calls: int = 0
    _clauses: int = 0

    def __post_init__(self) -> None:
        self._encoder = ClauseEncoder(group_classes(self.finite, [*self.background, *self.queries]))
        self._solver = Minisat22()
        for fact in self.background:
            self._encoder.require(fact)

    @property
    def counts(self) -> Counts:
        """Variables are counted as terms, and calls of the solver one by one, those for minimal cores included."""
        return Counts(self._calls, self._encoder.variables, self._clauses, self._solver.accum_stats()["conflicts"])

    def learn(self, impossible: Expression) -> None:
        self._encoder.require(~impossible)

    def check(
        self, expressions: Sequence[Expression], *, minimal: bool = False, without: frozenset[int] = frozenset()
    ) -> Result:
        wanted = [self._encoder.literal(expression) for expression in expressions]
        self._flush()
        owners = self._encoder.assumptions
        assumptions = [literal for owner, literal in owners.items() if owner not in without]
        try:
            core = self._core([*wanted, *assumptions])
            if core is None:
                return Sat()
            if minimal:
                core = self._minimized(core, assumptions)
        except _OutOfTime:
            return Undecided(NO_TIME)
        kept = set(core)
        of_owners = tuple(owner for owner, literal in owners.items() if literal in kept)
        return Unsat(of_owners, tuple(position for position, literal in enumerate(wanted) if literal in kept))

    def _flush(self) -> None:
        add, clauses = self._solver.add_clause, self._encoder.clauses
        for clause in clauses:
            add(clause)
        self._clauses += len(clauses)
        clauses.clear()

    def _core(self, assumptions: Sequence[int]) -> list[int] | None:
        """Assumptions that cannot hold together; `None` if all can. Raises `_OutOfTime`."""
        self._calls += 1
        answer = self._solver.solve(assumptions) if self.deadline is None else self._within(assumptions)
        return None if answer else self._solver.get_core() or []

    def _within(self, assumptions: Sequence[int]) -> bool:
        """True iff the assumptions hold together. It is asked by the thousand conflicts, with a look at the clock in
        between: what was learned is kept, so that nothing is done twice."""
        while True:
            if seconds_left(self.deadline) == 0:
                raise _OutOfTime
            self._solver.conf_budget(CONFLICTS)
            answer: bool | None = self._solver.solve_limited(assumptions, expect_interrupt=True)
            if answer is not None:
                return answer

    def _minimized(self, core: Iterable[int], last: Iterable[int]) -> list[int]:
        """A core of which nothing can be left out. What comes last in the question is left out last."""
        later = set(last)
        needed: list[int] = []
        left = sorted(core, key=lambda literal: literal in later)
        while left:
            found = self._core([*needed, *left[1:]])
            if found is None:
                needed.append(left[0])
                left = left[1:]
            else:
                kept = set(found)
                left = [literal for literal in left[1:] if literal in kept]
        return needed

    def assignment(self) -> Assignment:
        true = self._solver.get_model()
        values = {abs(literal): literal > 0 for literal in true}
        symbols = {name: values[variable] for name, variable in self._encoder.symbols.items() if variable in values}
        return Assignment(self._encoder.assigned_classes(values.get), symbols)

    def bears_on(self, expression: Expression) -> bool:
        """True iff an expression can matter to what was encoded."""
        return self._encoder.may_matter(expression)
