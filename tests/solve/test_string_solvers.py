"""The string solvers: each answer as what it is, errors and limits as no answer (S1)."""

from __future__ import annotations

import pytest

from verifier.model.choices import Engine
from verifier.solve.session import Sat, Undecided, Unsat
from verifier.solve.string_solvers import solver_answer

STRINGS = (Engine.Z3_STRINGS, Engine.CVC5_STRINGS)
DECLARED = "(set-logic ALL)\n(declare-const |x y| String)\n"


@pytest.mark.parametrize("engine", STRINGS)
def test_answers(engine: Engine) -> None:
    assert solver_answer(engine, DECLARED + '(assert (= |x y| "a"))\n(check-sat)\n', 20) == Sat()
    assert solver_answer(engine, DECLARED + '(assert (and (= |x y| "a") (= |x y| "b")))\n(check-sat)\n', None) == Unsat(
        (), ()
    )


@pytest.mark.parametrize("engine", STRINGS)
def test_text_that_is_no_script_is_no_answer(engine: Engine) -> None:
    found = solver_answer(engine, "(set-logic ALL)\n(assert (= |y| 1))\n(check-sat)\n", 20)
    assert isinstance(found, Undecided) and found.reason


@pytest.mark.parametrize("engine", STRINGS)
def test_a_limit_is_no_answer(engine: Engine) -> None:
    factors = (
        "(declare-const a Int)(declare-const b Int)(assert (and (< 1 a b) (= (* a b) "
        "1000000016000000063)))\n(check-sat)\n"
    )
    found = solver_answer(engine, "(set-logic ALL)\n" + factors, 0.05)
    assert isinstance(found, Undecided) and found.reason
