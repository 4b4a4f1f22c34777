"""The string solvers of Z3 and cvc5.

In: the text of an SMT-LIB script that ends in `(check-sat)`. Out: `Sat`, `Unsat` (without a core) or `Undecided`.
Guarantee: each call has a solver of its own; whatever it says but `sat` and `unsat` is `Undecided`, and so is an error.
"""

from __future__ import annotations

import z3

from verifier.model.choices import Engine
from verifier.solve.engines import require_solver
from verifier.solve.session import Result, Sat, Undecided, Unsat


def solver_answer(engine: Engine, text: str, timeout: float | None) -> Result:
    """What a string solver says of a script. `timeout` is in seconds. Raises `InputError` where the solver is not
    installed."""
    require_solver(engine)
    limit = None if timeout is None else max(1, int(timeout * 1000))
    said = _cvc5(text, limit) if engine is Engine.CVC5_STRINGS else _z3(text, limit)
    if said == "sat":
        return Sat()
    return Unsat((), ()) if said == "unsat" else Undecided(said)


def _cvc5(text: str, limit: int | None) -> str:
    import cvc5

    solver = cvc5.Solver(cvc5.TermManager())
    if limit is not None:
        solver.setOption("tlimit-per", str(limit))
    parser = cvc5.InputParser(solver)
    said = ""
    try:
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "formula")
        while not (command := parser.nextCommand()).isNull():
            said = str(command.invoke(solver, parser.getSymbolManager())).strip() or said
    except RuntimeError as error:
        return str(error)
    return said


def _z3(text: str, limit: int | None) -> str:
    solver = z3.Solver(ctx=z3.Context())
    if limit is not None:
        solver.set("timeout", limit)
    try:
        solver.from_string(text)
        said = solver.check()
    except z3.Z3Exception as error:
        return str(error)
    return str(solver.reason_unknown()) if said == z3.unknown else str(said)
