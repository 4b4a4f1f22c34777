"""The engines by name: the one way in to the solvers.

In: an engine's name, a finite problem. Out: a `Session`.
Guarantee: a solver is imported only when it is used; one that is not installed is an `InputError` that says how to
install it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from verifier.deadline import after
from verifier.frozen import Frozen
from verifier.model.choices import Engine
from verifier.problem.diagrams.finite import Finite
from verifier.problem.expression import Expression
from verifier.solve.session import Session
from verifier.syntax.diagnostic import InputError


class _Needs(Frozen):
    module: str
    package: str
    extra: str | None
    """`None` where it comes with the verifier."""


_CVC5 = _Needs("cvc5", "cvc5", "cvc5")
_NEEDS = {Engine.SAT: _Needs("pysat.solvers", "python-sat", None), Engine.CVC5_STRINGS: _CVC5}


def require_solver(engine: Engine) -> None:
    """Raises `InputError` where the engine's solver is not installed."""
    needs = _NEEDS.get(engine)
    if needs is None:
        return
    try:
        import_module(needs.module)
    except ImportError as error:
        message = f"the engine `{engine.value}` needs the package {needs.package}, which cannot be imported: {error}"
        raise InputError.of(message, hint=_hint(needs)) from None


def _hint(needs: _Needs) -> str:
    wanted = needs.package if needs.extra is None else f"'kms-verifier[{needs.extra}]'"
    return f"install it with: pip install {wanted}"


def _installed(engine: Engine) -> bool:
    try:
        require_solver(engine)
    except InputError:
        return False
    return True


def usual_engines() -> tuple[Engine, ...]:
    """The engines on classes and boxes that are installed: what a benchmark compares if nothing else is asked."""
    return tuple(engine for engine in (Engine.Z3, Engine.SAT) if _installed(engine))


def second_engine(first: Engine) -> Engine:
    """A string engine to hold the first one's verdicts against: cvc5 if it is installed, Z3 otherwise.

    Raises `InputError` where only the first one itself is left.
    """
    for second in (Engine.CVC5_STRINGS, Engine.Z3_STRINGS):
        if second is not first and _installed(second):
            return second
    message = f"nothing to hold the engine `{first.value}` against: it is the only string engine that is installed"
    raise InputError.of(message, hint=_hint(_CVC5))


def open_session(
    engine: Engine,
    finite: Finite,
    background: Sequence[Expression],
    queries: Sequence[Expression],
    timeout: float | None = None,
) -> Session:
    """A session of an engine on classes and boxes, with `timeout` seconds from now on for all that is asked of it
    (`Session.deadline`). `queries` are the expressions that will be asked later: no test may be asked whose classes
    neither they nor the background tell apart.

    Raises `InputError` where the solver is not installed.
    """
    require_solver(engine)
    return _maker(engine)(finite, background, queries, after(timeout))


def _maker(engine: Engine) -> Callable[[Finite, Sequence[Expression], Sequence[Expression], float | None], Session]:
    match engine:
        case Engine.SAT:
            from verifier.solve.sat_solver import SatSession

            return SatSession
        case Engine.Z3:
            from verifier.solve.z3_solver import Z3Session

            return Z3Session
    raise ValueError(f"{engine.value} does not decide questions over classes")
