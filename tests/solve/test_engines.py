"""Engines by name, and what is said where a solver is not installed."""

from __future__ import annotations

import sys

import pytest

from tests.encode.test_groups import finite
from verifier.model.choices import Engine
from verifier.model.symbols import RequestFact
from verifier.problem.expression import Symbol
from verifier.solve.engines import open_session, require_solver, usual_engines
from verifier.solve.session import Sat
from verifier.syntax.diagnostic import InputError


@pytest.mark.parametrize(
    ("engine", "module", "wanted"),
    [(Engine.SAT, "pysat.solvers", "python-sat"), (Engine.CVC5_STRINGS, "cvc5", "'kms-verifier[cvc5]'")],
    ids=str,
)
def test_a_solver_that_is_not_installed_is_an_input_error(
    monkeypatch: pytest.MonkeyPatch, engine: Engine, module: str, wanted: str
) -> None:
    require_solver(engine)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InputError) as raised:
        require_solver(engine)
    (diagnostic,) = raised.value.diagnostics
    assert engine.value in diagnostic.message and f"pip install {wanted}" in (diagnostic.hint or "")


@pytest.mark.parametrize("engine", [Engine.Z3, Engine.SAT])
def test_an_engine_on_classes_opens_a_session(engine: Engine) -> None:
    opened = open_session(engine, finite(a=3), [Symbol(RequestFact("p"))], [])
    assert isinstance(opened.check([]), Sat) and opened.assignment().symbols == {"p": True}


def test_what_is_not_installed_is_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert usual_engines() == (Engine.Z3, Engine.SAT)
    monkeypatch.setitem(sys.modules, "pysat.solvers", None)
    assert usual_engines() == (Engine.Z3,)
