"""The sessions of both engines on classes: answers, cores, assignments, and giving up (S1)."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import z3

from tests.encode.test_groups import finite
from verifier.model.choices import Engine
from verifier.model.symbols import RequestFact
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import FALSE, TRUE, And, Expression, Not, Or, Part, Symbol
from verifier.solve.engines import open_session
from verifier.solve.session import Sat, Session, Undecided, Unsat
from verifier.solve.z3_solver import Z3Session

A, B, C = (In("a", 1 << i) for i in range(3))
P, Q = Symbol(RequestFact("p")), Symbol(RequestFact("q"))

Opening = Callable[..., Session]


@pytest.fixture(params=[Engine.Z3, Engine.SAT])
def opening(request: pytest.FixtureRequest) -> Opening:
    """Opens a session of one of the engines."""

    def opened(*background: Expression, queries: tuple[Expression, ...] = (), timeout: float | None = None) -> Session:
        return open_session(request.param, finite(a=3), background, (A, B, C, *queries), timeout)

    return opened


def test_satisfiable_with_the_classes_and_symbols_of_a_solution(opening: Opening) -> None:
    opened = opening(Or((A, B)), Or((Not(A), P)))
    assert isinstance(opened.check([A]), Sat)
    found = opened.assignment()
    assert found.classes["a"] == A.mask and found.symbols[RequestFact("p")] is True
    assert isinstance(opened.check([B, Not(P)]), Sat)
    found = opened.assignment()
    assert found.classes["a"] == B.mask and found.symbols[RequestFact("p")] is False
    assert isinstance(opened.check([C]), Unsat)


def test_names_that_are_hard_to_print_come_back(opening: Opening) -> None:
    for name in ("é", 'a "b"\n|c|', "\\", "x" * 3000, "日本"):
        symbol = Symbol(RequestFact(name))
        opened = opening(symbol)
        assert isinstance(opened.check([]), Sat)
        assert opened.assignment().symbols == {name: True}


def test_a_core_names_statements_and_expressions(opening: Opening) -> None:
    opened = opening(Not(And((Part(7, P), Part(8, Q)))))
    result = opened.check([P, Q, A], minimal=True)
    assert isinstance(result, Unsat)
    assert set(result.core) == {7, 8} and set(result.blamed) == {0, 1}
    assert isinstance(opened.check([P, A]), Sat)


def test_a_minimal_core_has_no_superfluous_statement(opening: Opening) -> None:
    opened = opening(Part(1, Not(P)), Part(2, Not(Q)), Part(3, And((Not(P), Not(Q)))))
    result = opened.check([P], minimal=True)
    assert isinstance(result, Unsat) and len(result.core) == 1 and result.core[0] in (1, 3)


def test_constants_are_queries_too(opening: Opening) -> None:
    opened = opening()
    assert isinstance(opened.check([TRUE]), Sat)
    assert isinstance(opened.check([FALSE]), Unsat)
    assert isinstance(opened.check([TRUE, A]), Sat)


def test_what_is_added_stays(opening: Opening) -> None:
    opened = opening()
    assert isinstance(opened.check([A]), Sat)
    opened.learn(A)
    assert isinstance(opened.check([A]), Unsat)
    assert isinstance(opened.check([B]), Sat)


def pigeons(holes: int) -> list[Expression]:
    """One pigeon more than holes: unsatisfiable, and slow to show."""
    inside = [[Symbol(RequestFact(f"{pigeon} in {hole}")) for hole in range(holes)] for pigeon in range(holes + 1)]
    constraints: list[Expression] = [Or(tuple(row)) for row in inside]
    for hole in range(holes):
        for first in range(holes + 1):
            constraints += [Not(And((inside[first][hole], inside[other][hole]))) for other in range(first)]
    return constraints


def test_a_time_limit_is_undecided_with_a_reason(opening: Opening) -> None:
    hard = opening(*pigeons(12), timeout=0.02)
    result = hard.check([])
    assert isinstance(result, Undecided) and result.reason
    easy = opening(*pigeons(3), timeout=60)
    assert isinstance(easy.check([]), Unsat)
    easy.deadline = 0.0
    assert isinstance(easy.check([]), Undecided)


def test_an_error_of_the_solver_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> int:
        raise z3.Z3Exception("out of memory")

    opened = Z3Session(finite(a=3), (), ())
    monkeypatch.setattr(z3, "Z3_solver_check_assumptions", broken)
    result = opened.check([])
    assert isinstance(result, Undecided) and "memory" in result.reason


def test_counts_grow_with_the_work(opening: Opening) -> None:
    opened = opening(*pigeons(6))
    before = opened.counts
    assert isinstance(opened.check([]), Unsat)
    after = opened.counts
    assert after.calls == before.calls + 1 and after.conflicts > before.conflicts and after.terms > 20


def test_of_statements_left_out_nothing_is_supposed(opening: Opening) -> None:
    opened = opening(Part(1, Not(P)), Or((Part(2, Q), Part(3, P))))
    assert isinstance(opened.check([P]), Unsat)
    assert isinstance(opened.check([P], without=frozenset({1})), Sat)
    assert isinstance(opened.check([Not(P), Not(Q)]), Unsat)
    assert isinstance(opened.check([Not(P), Not(Q)], without=frozenset({3})), Sat)


def test_a_statement_left_out_says_one_thing_everywhere(opening: Opening) -> None:
    said = Part(1, P)
    opened = opening(Or((said, Q)), Or((Not(said), Q)))
    assert isinstance(opened.check([Not(Q)], without=frozenset({1})), Unsat)


def some_constraint(dice: random.Random, owner: int, depth: int = 3) -> Expression:
    """A random expression, some parts of which are said by statements."""
    kind = dice.choice("sscc" if depth == 0 else "nnaooop")
    match kind:
        case "s":
            return Symbol(RequestFact(dice.choice("pqrst")))
        case "c":
            return In("a", dice.randint(1, 6))
        case "n":
            return Not(some_constraint(dice, owner, depth - 1))
        case "p":
            return Part(dice.randint(0, 3), some_constraint(dice, owner, depth - 1))
    operands = tuple(some_constraint(dice, owner, depth - 1) for _ in range(dice.randint(1, 3)))
    return And(operands) if kind == "a" else Or(operands)


@pytest.mark.parametrize("seed", range(150))
def test_the_engines_agree(seed: int) -> None:
    dice = random.Random(seed)
    background = [some_constraint(dice, 0) for _ in range(dice.randint(0, 6))]
    queries = [some_constraint(dice, 0) for _ in range(4)]
    first, second = (
        open_session(engine, finite(a=3), background, (A, B, C, *queries)) for engine in (Engine.Z3, Engine.SAT)
    )
    for _ in range(4):
        asked = dice.sample(queries, dice.randint(0, 3))
        without = frozenset(owner for owner in range(4) if dice.random() < 0.3)
        answers = [opened.check(asked, minimal=dice.random() < 0.5, without=without) for opened in (first, second)]
        assert isinstance(answers[0], Sat) == isinstance(answers[1], Sat)
        for opened, other, answer in ((first, second, answers[0]), (second, first, answers[1])):
            if isinstance(answer, Unsat):  # the core is enough, for the other engine too
                blamed, left_out = [asked[at] for at in answer.blamed], frozenset(range(4)) - frozenset(answer.core)
                assert isinstance(other.check(blamed, without=left_out), Unsat)
            else:  # the solution is one, for the other engine too
                assert isinstance(opened.check(asked, without=without), Sat)
                found = opened.assignment()
                values: list[Expression] = [In("a", mask) for mask in found.classes.values()]
                values += [
                    Symbol(RequestFact(name)) if value else Not(Symbol(RequestFact(name)))
                    for name, value in found.symbols.items()
                ]
                assert isinstance(other.check([*asked, *values], without=without), Sat)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_can_be_left_out_of_a_minimal_core(opening: Opening, seed: int) -> None:
    dice = random.Random(seed)
    said: list[Expression] = []
    for owner in range(40):
        symbols = [Symbol(RequestFact(name)) for name in dice.sample("pqrstuv", 3)]
        said.append(Part(owner, Or(tuple(symbol if dice.random() < 0.5 else Not(symbol) for symbol in symbols))))
    opened = opening(*said)
    found = opened.check([P, Q], minimal=True)
    if isinstance(found, Unsat):
        asked = [(P, Q)[position] for position in found.blamed]
        for owner in found.core:
            assert isinstance(opened.check(asked, without=frozenset(range(40)) - set(found.core) | {owner}), Sat)
