"""Clauses → a solution, or a propositional proof that there is none.

In: clauses. Out: `Solution`, or `Refutation` whose steps name the clauses that they follow from (as in LRAT), without
what is not needed.
Guarantee: none that anyone has to rely on: `verifier.recheck` checks every step.

Glucose writes its learned clauses (DRUP). Each follows from those before it by unit propagation; which ones is found
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pysat.solvers import Glucose4

from verifier.frozen import Frozen

Clause = list[int]
_Step = tuple[Clause, list[int]]


class Solution(Frozen):
    """The true variables of a solution."""

    true: frozenset[int]


class Refutation(Frozen):
    """Clauses, each with the numbers of the clauses that it follows from; the last is empty. Numbers go on from the
    given clauses'."""

    steps: list[_Step]


def refute(clauses: Sequence[Clause]) -> Solution | Refutation:
    """Solves. Takes as long as it takes: the callers' questions have been answered before."""
    with Glucose4(bootstrap_with=clauses, with_proof=True) as solver:
        if solver.solve():
            return Solution(frozenset(literal for literal in solver.get_model() if literal > 0))
        learned = [[int(text) for text in line.split()[:-1]] for line in solver.get_proof() if not line.startswith("d")]
    trace = _Trace(list(clauses))
    for clause in (*learned, []):
        if trace.add(clause):
            break
    return Refutation(_trimmed(trace, len(clauses)))


@dataclass
class _Trace:
    """Unit propagation with two watched literals a clause. `hints` are those of the clauses that were added."""

    clauses: list[Clause]
    hints: list[list[int]] = field(default_factory=list)
    _watched: dict[int, list[int]] = field(default_factory=dict)
    _units: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number in range(len(self.clauses)):
            self._watch(number)

    def _watch(self, number: int) -> None:
        clause = self.clauses[number] = list(dict.fromkeys(self.clauses[number]))
        if len(clause) < 2:
            self._units.append(number)
        for literal in clause[:2] if len(clause) > 1 else ():
            self._watched.setdefault(literal, []).append(number)

    def add(self, clause: Clause) -> bool:
        """True iff a clause, which must follow by unit propagation, was shown empty. What was shown of it is added."""
        reasons: dict[int, int | None] = {-literal: None for literal in clause}
        order: list[int] = []
        conflict = next((n for n in self._units if not self._satisfiable_unit(n, reasons, order)), None)
        if conflict is None:
            conflict = self._propagate([*reasons], reasons, order)
        if conflict is None:
            raise ValueError("a clause of the proof does not follow by unit propagation")
        used = self._used(conflict, reasons, order)
        assumed = {abs(literal) for number in used for literal in self.clauses[number]}
        kept = [literal for literal in clause if abs(literal) in assumed]
        self.clauses.append(kept)
        self.hints.append(used)
        self._watch(len(self.clauses) - 1)
        return not kept

    def _satisfiable_unit(self, number: int, reasons: dict[int, int | None], order: list[int]) -> bool:
        """True iff a clause of at most one literal is not false; then its literal is taken over."""
        if not self.clauses[number]:
            return False
        literal = self.clauses[number][0]
        if -literal in reasons:
            return False
        if literal not in reasons:
            reasons[literal] = number
            order.append(literal)
        return True

    def _propagate(self, todo: list[int], reasons: dict[int, int | None], order: list[int]) -> int | None:
        """The number of a clause that is false, if propagation meets one."""
        while todo:
            false = -todo.pop()
            watching = self._watched.get(false, [])
            for number in list(watching):
                clause = self.clauses[number]
                if clause[0] == false:
                    clause[0], clause[1] = clause[1], clause[0]
                if clause[0] in reasons:
                    continue
                other = next((at for at in range(2, len(clause)) if -clause[at] not in reasons), None)
                if other is not None:
                    clause[1], clause[other] = clause[other], clause[1]
                    watching.remove(number)
                    self._watched.setdefault(clause[1], []).append(number)
                elif -clause[0] in reasons:
                    return number
                else:
                    reasons[clause[0]] = number
                    order.append(clause[0])
                    todo.append(clause[0])
        return None

    def _used(self, conflict: int, reasons: dict[int, int | None], order: list[int]) -> list[int]:
        """The clauses that led to the conflict, in the order in which each leaves one literal; the false one last."""
        needed = {-literal for literal in self.clauses[conflict]}
        used = [conflict]
        for literal in reversed(order):
            reason = reasons[literal]
            if literal in needed and reason is not None:
                used.append(reason)
                needed.update(-other for other in self.clauses[reason] if other != literal)
        return used[::-1]


def _trimmed(trace: _Trace, given: int) -> list[_Step]:
    """The steps that the last one needs, numbered anew."""
    needed = {len(trace.clauses) - 1}
    for number in range(len(trace.clauses) - 1, given - 1, -1):
        if number in needed:
            needed.update(hint for hint in trace.hints[number - given] if hint >= given)
    return list(_renumbered(trace, given, sorted(needed)))


def _renumbered(trace: _Trace, given: int, kept: Sequence[int]) -> Iterator[_Step]:
    places = {number: given + at for at, number in enumerate(kept)}
    for number in kept:
        yield list(trace.clauses[number]), [places.get(hint, hint) for hint in trace.hints[number - given]]
