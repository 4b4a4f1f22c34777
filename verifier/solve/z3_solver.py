"""Z3 as the engine.

In: expressions of a finite problem. Out: `Sat`, `Unsat` or `Undecided`.
Guarantee: as for every `Session`.

Z3 gets clauses as the text of a DIMACS file: one call for all of them. Terms built one by one through its Python layer
took five times as long as everything else (docs/performance.md).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import z3

from verifier.deadline import seconds_left
from verifier.encode.clauses import ClauseEncoder, group_classes
from verifier.problem.diagrams.finite import Finite, In
from verifier.problem.expression import Expression, Not, Symbol
from verifier.solve.session import NO_TIME, Assignment, Counts, Result, Sat, Session, Undecided, Unsat

_TRUTH = {z3.Z3_L_TRUE: True, z3.Z3_L_FALSE: False}


class _Literals:
    """The literals of clauses as Z3 knows them: variables by their number, and the negations of these."""

    def __init__(self) -> None:
        self.context = z3.Context()
        self._made: dict[int, z3.BoolRef] = {}
        self._ids: dict[int, int] = {}
        self._functions: dict[int, z3.FuncDeclRef] = {}

    def __getitem__(self, number: int) -> z3.BoolRef:
        found = self._made.get(number)
        if found is None:
            found = self._made[number] = z3.Bool(number, self.context) if number > 0 else z3.Not(self[-number])
        return found

    def function(self, variable: int) -> z3.FuncDeclRef:
        """What a model gives a variable's value as: a function without arguments."""
        found = self._functions.get(variable)
        if found is None:
            found = self._functions[variable] = self[variable].decl()
        return found

    def id_of(self, number: int) -> int:
        """By which Z3 names a literal."""
        found = self._ids.get(number)
        if found is None:
            found = self._ids[number] = self[number].get_id()
        return found


class _Shared(_Literals, threading.local):
    """A context takes longer to make than most questions to answer, so the sessions of a thread share one.

    Their literals are made in order, once and for all: what Z3 finds must not depend on the questions that were asked
    before, and it orders things by when they were made.
    """

    def grow(self, variables: int) -> None:
        """Makes the literals of so many variables."""
        for number in range(len(self._made) // 2 + 1, variables + 1):
            self[number], self[-number]


SMALL = 2000
"""Sessions with no more variables share a context; for others making the literals would take longer than a context of
their own."""
_shared = _Shared()


@dataclass
class Z3Session(Session):
    """One incremental solver for one question. `background` is asserted for good; queries come and go."""

    finite: Finite
    background: Sequence[Expression]
    queries: Sequence[Expression]
    deadline: float | None = None
    _calls: int = 0
    _clauses: int = 0
    _encoder: ClauseEncoder = field(init=False)
    _literals: _Literals = field(init=False)
    _solver: z3.Solver = field(init=False)
    _minimal: bool = False

    def __post_init__(self) -> None:
        self._encoder = ClauseEncoder(group_classes(self.finite, [*self.background, *self.queries]))
        for fact in self.background:
            self._encoder.require(fact)
        for query in self.queries:
            if not isinstance(query, In | Not | Symbol):  # What is only preferred must not seem to matter (`bears_on`).
                self._encoder.literal(query)  # now, so that all goes to Z3 at once
        self._literals = _shared if self._encoder.variables <= SMALL else _Literals()
        context = self._literals.context
        # As `z3.SolverFor`, which makes Z3's main context besides.
        self._solver = z3.Solver(z3.Z3_mk_solver_for_logic(context.ref(), z3.to_symbol("QF_FD", context)), context)

    @property
    def counts(self) -> Counts:
        """The calls that Z3 makes for a minimal core are not counted. Variables are counted as terms."""
        statistics = self._solver.statistics()
        found = (statistics[at] for at in range(len(statistics)))
        conflicts = next((int(value) for name, value in found if name == "sat conflicts"), 0)
        return Counts(self._calls, self._encoder.variables, self._clauses, conflicts)

    def learn(self, impossible: Expression) -> None:
        self._encoder.require(~impossible)

    def _flush(self) -> None:
        clauses = self._encoder.clauses
        if self._literals is _shared:
            _shared.grow(self._encoder.variables)
        if clauses:
            lines = [" ".join(map(str, clause)) + " 0" for clause in clauses]
            self._solver.from_string(f"p cnf {self._encoder.variables} {len(clauses)}\n" + "\n".join(lines) + "\n")
            self._clauses += len(clauses)
            clauses.clear()

    def check(
        self, expressions: Sequence[Expression], *, minimal: bool = False, without: frozenset[int] = frozenset()
    ) -> Result:
        wanted = [self._encoder.literal(expression) for expression in expressions]
        self._flush()
        assumptions = [literal for owner, literal in self._encoder.assumptions.items() if owner not in without]
        if minimal != self._minimal:
            self._solver.set("core.minimize", minimal)
            self._minimal = minimal
        left = seconds_left(self.deadline)
        if left is not None:
            if not left:
                return Undecided(NO_TIME)
            self._solver.set("timeout", max(1, int(left * 1000)))
        self._calls += 1
        try:
            answer = self._answer([*assumptions, *wanted])
        except z3.Z3Exception as error:
            return Undecided(str(error))
        if answer == z3.Z3_L_TRUE:
            return Sat()
        if answer == z3.Z3_L_FALSE:
            return self._unsat(wanted)
        said = self._solver.reason_unknown()
        return Undecided(NO_TIME if left is not None and said == "canceled" else said)

    def _answer(self, numbers: Sequence[int]) -> int:
        """`Solver.check` without its coercions, which take longer than the answer. The literals stay alive, so that no
        reference to them needs to be counted."""
        literals = (z3.Ast * len(numbers))(*[self._literals[number].ast for number in numbers])
        context = self._literals.context.ref()
        return int(z3.Z3_solver_check_assumptions(context, self._solver.solver, len(numbers), literals))

    def _unsat(self, wanted: Sequence[int]) -> Unsat:
        context, found = self._literals.context.ref(), self._solver.unsat_core()
        core = {z3.Z3_get_ast_id(context, z3.Z3_ast_vector_get(context, found.vector, at)) for at in range(len(found))}
        id_of = self._literals.id_of
        owners = tuple([owner for owner, literal in self._encoder.assumptions.items() if id_of(literal) in core])
        return Unsat(owners, tuple([position for position, literal in enumerate(wanted) if id_of(literal) in core]))

    def bears_on(self, expression: Expression) -> bool:
        """True iff an expression can matter to what was encoded."""
        return self._encoder.may_matter(expression)

    def assignment(self) -> Assignment:
        literals, context, model = self._literals, self._literals.context.ref(), self._solver.model()

        def value(variable: int) -> bool | None:
            # As in `_answer`: the model stays alive, and with it what it gives. Its whole text would take five times as
            # long.
            found = z3.Z3_model_get_const_interp(context, model.model, literals.function(variable).ast)
            return _TRUTH.get(z3.Z3_get_bool_value(context, found)) if found else None

        symbols = {
            name: said for name, variable in self._encoder.symbols.items() if (said := value(variable)) is not None
        }
        return Assignment(self._encoder.assigned_classes(value), symbols)
