"""Z3 as the engine.

In: expressions of a finite problem. Out: `Sat`, `Unsat` or `Undecided`.
Guarantee: as for every `Session`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import z3

from verifier.encode.groups import group_classes
from verifier.encode.z3_terms import Encoder
from verifier.problem.expression import Expression, Not, Symbol
from verifier.problem.finite import Finite
from verifier.solve.session import Assignment, Counts, Result, Sat, Session, Undecided, Unsat


@dataclass
class Z3Session(Session):
    """One incremental solver for one question. `background` is asserted for good; queries come and go."""

    finite: Finite
    background: Sequence[Expression]
    queries: Sequence[Expression]
    timeout: float | None = None
    """Seconds for one call of the solver."""
    _calls: int = 0
    _encoder: Encoder = field(init=False)
    _solver: z3.Solver = field(init=False)
    _asserted: int = 0
    _minimal: bool = False
    _literals: dict[int, tuple[Expression, z3.BoolRef]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._encoder = Encoder(group_classes(self.finite, [*self.background, *self.queries]))
        self._solver = z3.SimpleSolver(ctx=self._encoder.context)
        if self.timeout is not None:
            self._solver.set("timeout", max(1, int(self.timeout * 1000)))
        for fact in self.background:
            self.add(fact)

    @property
    def counts(self) -> Counts:
        """The calls that Z3 makes for a minimal core are not counted."""
        statistics = self._solver.statistics()
        conflicts = statistics.get_key_value("conflicts") if "conflicts" in statistics.keys() else 0  # noqa: SIM118  (no dictionary)
        return Counts(self._calls, self._encoder.terms, 0, int(conflicts))

    def add(self, expression: Expression) -> None:
        term = self._encoder.term(expression)
        self._flush()
        self._solver.add(term)

    def _flush(self) -> None:
        definitions = self._encoder.definitions
        self._solver.add(*definitions[self._asserted :])
        self._asserted = len(definitions)

    def check(self, expressions: Sequence[Expression], *, minimal: bool = False, without: frozenset[int] = frozenset()) -> Result:
        wanted = [self._literal(expression) for expression in expressions]
        assumptions = [literal for owner, literal in self._encoder.assumptions.items() if owner not in without]
        if minimal != self._minimal:
            self._solver.set("core.minimize", minimal)
            self._minimal = minimal
        self._calls += 1
        try:
            answer = self._solver.check(*assumptions, *wanted)
        except z3.Z3Exception as error:
            return Undecided(str(error))
        if answer == z3.sat:
            return Sat()
        if answer == z3.unsat:
            return self._unsat(wanted)
        return Undecided(self._solver.reason_unknown())

    def _literal(self, expression: Expression) -> z3.BoolRef:
        """Assumptions must be literals: others get a variable of their own."""
        known = self._literals.get(id(expression))
        if known is not None:
            return known[1]
        term = self._encoder.term(expression)
        self._flush()
        if not _is_literal(term):
            name = z3.Bool(f"query:{len(self._literals)}", self._encoder.context)
            self._solver.add(z3.Implies(name, term))
            term = name
        self._literals[id(expression)] = (expression, term)
        return term

    def _unsat(self, wanted: list[z3.BoolRef]) -> Unsat:
        core = {literal.get_id() for literal in self._solver.unsat_core()}
        owners = tuple(owner for owner, literal in self._encoder.assumptions.items() if literal.get_id() in core)
        return Unsat(owners, tuple(position for position, literal in enumerate(wanted) if literal.get_id() in core))

    def bears_on(self, expression: Expression) -> bool:
        if isinstance(expression, Not) and isinstance(expression.operand, Symbol):
            return expression.operand.name in self._encoder.symbols
        return True

    def assignment(self) -> Assignment:
        model = self._solver.model()
        true = {str(variable): z3.is_true(model[variable]) for variable in model.decls()}
        classes = {}
        for attribute, bits in self._encoder.bits.items():
            groups = self._encoder.groups[attribute].masks
            values = [true.get(bit.decl().name(), False) for bit in bits]
            if len(groups) == 2:
                classes[attribute] = groups[0] if values[0] else groups[1]
            elif any(values):
                classes[attribute] = groups[values.index(True)]
        return Assignment(classes, {name: true[name] for name in self._encoder.symbols if name in true})


def _is_literal(term: z3.BoolRef) -> bool:
    atom = term.arg(0) if z3.is_not(term) else term
    return bool(z3.is_const(atom) and not z3.is_true(atom) and not z3.is_false(atom))
