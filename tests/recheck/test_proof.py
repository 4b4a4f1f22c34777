"""Propositional proofs: those of a solver are accepted, and nothing is accepted that does not follow."""

from __future__ import annotations

import random
from itertools import product

import pytest

from verifier.recheck.check import check_proof
from verifier.recheck.tables import Rejected
from verifier.solve.refutation import Refutation, Solution, refute

SQUARE = [[1, 2], [1, -2], [-1, 2], [-1, -2]]
STEPS = [([1], [0, 1]), ([], [4, 2, 3])]


def some_clauses(dice: random.Random) -> list[list[int]]:
    count = dice.randint(2, 9)
    sizes = [min(count, dice.randint(1, 3)) for _ in range(int(count * dice.uniform(2, 6)))]
    return [[number * dice.choice((1, -1)) for number in dice.sample(range(1, count + 1), size)] for size in sizes]


def satisfiable(clauses: list[list[int]]) -> bool:
    count = max(abs(literal) for clause in clauses for literal in clause)
    assignments = product((True, False), repeat=count)
    return any(all(any(chosen[abs(n) - 1] == (n > 0) for n in clause) for clause in clauses) for chosen in assignments)


@pytest.mark.parametrize("seed", range(120))
def test_what_a_solver_finds_is_right(seed: int) -> None:
    clauses = some_clauses(random.Random(seed))
    found = refute(clauses)
    assert isinstance(found, Solution) == satisfiable(clauses)
    if isinstance(found, Refutation):
        check_proof(clauses, found.steps)
    else:
        assert all(any((n > 0) == (abs(n) in found.true) for n in clause) for clause in clauses)


def test_a_proof_with_many_steps() -> None:
    holes = range(5)
    clauses = [[pigeon * 5 + hole + 1 for hole in holes] for pigeon in range(6)]
    clauses += [[-(a * 5 + hole + 1), -(b * 5 + hole + 1)] for hole in holes for a in range(6) for b in range(a)]
    found = refute(clauses)
    assert isinstance(found, Refutation) and len(found.steps) > 10
    check_proof(clauses, found.steps)
    for dropped in range(len(found.steps)):
        with pytest.raises((Rejected, IndexError)):
            check_proof(clauses, found.steps[:dropped] + found.steps[dropped + 1 :])
    for left_out in range(len(clauses)):
        with pytest.raises((Rejected, IndexError)):
            check_proof([clause if n != left_out else [31] for n, clause in enumerate(clauses)], found.steps)


def test_a_proof_of_clauses_that_hold_is_rejected() -> None:
    check_proof(SQUARE, STEPS)
    for broken in range(4):
        with pytest.raises(Rejected):
            check_proof([clause if n != broken else [*clause, 3] for n, clause in enumerate(SQUARE)], STEPS)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        STEPS[:1],  # no empty clause
        [([], [0, 1, 2, 3])],  # no unit to start from
        [([1], [0, 1]), ([], [4, 2])],  # no conflict at the end
        [([1], [0, 1]), ([], [])],
        [([1], [1]), ([], [4, 2, 3])],
        [([1], [0, 1]), ([], [4, 2, 3, 0])],
        [([1], [0, 1]), ([], [4, 2, 3]), ([2], [4, 2])],  # something after the end
    ],
)
def test_steps_that_do_not_follow_are_rejected(steps: list[tuple[list[int], list[int]]]) -> None:
    with pytest.raises(Rejected):
        check_proof(SQUARE, steps)


@pytest.mark.parametrize("seed", range(200))
def test_no_proof_of_what_is_satisfiable_is_accepted(seed: int) -> None:
    dice = random.Random(seed)
    clauses = some_clauses(dice)
    if not satisfiable(clauses):
        return
    for _ in range(30):
        steps: list[tuple[list[int], list[int]]] = []
        for _ in range(dice.randint(1, 4)):
            hints = [dice.randrange(-1, len(clauses) + len(steps)) for _ in range(dice.randint(0, 4))]
            steps.append(([dice.choice((1, -1)) * dice.randint(0, 9) for _ in range(dice.randint(0, 2))], hints))
        with pytest.raises((Rejected, IndexError)):
            check_proof(
                clauses, [*steps, ([], [dice.randrange(len(clauses) + len(steps)) for _ in range(dice.randint(0, 6))])]
            )
