"""The solver's session: answers, cores, assignments, and giving up (S1)."""

from __future__ import annotations

import z3

from tests.encode.test_z3_terms import finite
from verifier.problem.expression import FALSE, TRUE, And, Expression, Not, Or, Part, Symbol
from verifier.problem.finite import In
from verifier.solve.z3_solver import Sat, Session, Undecided, Unsat

A, B, C = (In("a", 1 << i) for i in range(3))
P, Q = Symbol("p"), Symbol("q")


def session(*background: Expression, queries: tuple[Expression, ...] = (), timeout: float | None = None) -> Session:
    return Session(finite(a=3), background, (A, B, C, *queries), timeout)


def test_satisfiable_with_the_classes_and_symbols_of_a_solution() -> None:
    opened = session(Or((A, B)), Or((Not(A), P)))
    assert isinstance(opened.check([A]), Sat)
    found = opened.assignment()
    assert found.classes["a"] == A.mask and found.symbols["p"] is True
    assert isinstance(opened.check([B, Not(P)]), Sat)
    found = opened.assignment()
    assert found.classes["a"] == B.mask and found.symbols["p"] is False
    assert isinstance(opened.check([C]), Unsat)


def test_names_that_are_hard_to_print_come_back() -> None:
    for name in ("é", 'a "b"\n|c|', "\\", "x" * 3000, "日本"):
        symbol = Symbol(name)
        opened = session(symbol)
        assert isinstance(opened.check([]), Sat)
        assert opened.assignment().symbols == {name: True}


def test_a_core_names_statements_and_expressions() -> None:
    opened = session(Not(And((Part(7, P), Part(8, Q)))))
    result = opened.check([P, Q, A], minimal=True)
    assert isinstance(result, Unsat)
    assert set(result.core) == {7, 8} and set(result.blamed) == {0, 1}
    assert isinstance(opened.check([P, A]), Sat)


def test_a_minimal_core_has_no_superfluous_statement() -> None:
    opened = session(Part(1, Not(P)), Part(2, Not(Q)), Part(3, And((Not(P), Not(Q)))))
    result = opened.check([P], minimal=True)
    assert isinstance(result, Unsat) and len(result.core) == 1 and result.core[0] in (1, 3)


def test_constants_are_queries_too() -> None:
    opened = session()
    assert isinstance(opened.check([TRUE]), Sat)
    assert isinstance(opened.check([FALSE]), Unsat)
    assert isinstance(opened.check([TRUE, A]), Sat)


def test_what_is_added_stays() -> None:
    opened = session()
    assert isinstance(opened.check([A]), Sat)
    opened.add(Not(A))
    assert isinstance(opened.check([A]), Unsat)
    assert isinstance(opened.check([B]), Sat)


def pigeons(holes: int) -> list[Expression]:
    """One pigeon more than holes: unsatisfiable, and slow to show."""
    inside = [[Symbol(f"{pigeon} in {hole}") for hole in range(holes)] for pigeon in range(holes + 1)]
    constraints: list[Expression] = [Or(tuple(row)) for row in inside]
    for hole in range(holes):
        for first in range(holes + 1):
            constraints += [Not(And((inside[first][hole], inside[other][hole]))) for other in range(first)]
    return constraints


def test_a_time_limit_is_undecided_with_a_reason() -> None:
    hard = session(*pigeons(12), timeout=0.02)
    result = hard.check([])
    assert isinstance(result, Undecided) and result.reason
    assert isinstance(session(*pigeons(3), timeout=60).check([]), Unsat)


def test_an_error_of_the_solver_is_undecided() -> None:
    class Broken:
        def check(self, *_: object) -> object:
            raise z3.Z3Exception("out of memory")

        def set(self, *_: object) -> None: ...

    opened = session()
    opened._solver = Broken()
    result = opened.check([])
    assert isinstance(result, Undecided) and "memory" in result.reason
