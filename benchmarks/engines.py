"""The verifier, and two solvers with string theories, each asked for one claim.

In: a problem, a time limit. Out: an `Answer`. Guarantee: `elapsed` covers everything from the model of the policy to
the answer: the formula, its translation (classes and terms, or text), and the solver. The verifier's also covers what
the others do not do: the counterexample, its replay, and the statements that a proof rests on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cvc5
import z3

from benchmarks.clock import now
from benchmarks.families import Problem
from verifier.bench.answering import clear_caches
from verifier.encode.string_theory import script
from verifier.model.results.verdict import Statistics, Status
from verifier.problem.rules import formulate
from verifier.problem.semantics.targets import key_target
from verifier.verify.proving import prove


@dataclass(frozen=True)
class Answer:
    """`verdict` is `proved`, `refuted` or `unknown`; `elapsed` in milliseconds."""

    verdict: str
    elapsed: float
    statistics: Statistics = Statistics()


Engine = Callable[[Problem, int, float], Answer]
"""Answers the invariant with this number of a problem within so many seconds."""


def verifier_classes(problem: Problem, number: int, limit: float) -> Answer:
    """The verifier as a user calls it."""
    clear_caches()
    started = now()
    report = prove(problem.estate, [problem.invariants[number]], timeout=limit)
    elapsed = _milliseconds(started)
    (verdict,) = report.verdicts
    return Answer(verdict.status.value, elapsed, verdict.statistics)


def cvc5_strings(problem: Problem, number: int, limit: float) -> Answer:
    """cvc5 from the text of SMT-LIB."""
    started = now()
    solver = cvc5.Solver(cvc5.TermManager())
    solver.setOption("tlimit-per", str(int(limit * 1000)))
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text_of(problem, number), problem.name)
    symbols, said = parser.getSymbolManager(), ""
    while not (command := parser.nextCommand()).isNull():
        said = str(command.invoke(solver, symbols)) or said
    return Answer(_VERDICTS.get(said.strip(), Status.UNKNOWN.value), _milliseconds(started))


def z3_strings(problem: Problem, number: int, limit: float) -> Answer:
    """Z3's own string solver from the text of SMT-LIB."""
    started = now()
    solver = z3.Solver(ctx=z3.Context())
    solver.set("timeout", int(limit * 1000))
    solver.from_string(text_of(problem, number))
    return Answer(_VERDICTS.get(str(solver.check()), Status.UNKNOWN.value), _milliseconds(started))


_VERDICTS = {"sat": Status.REFUTED.value, "unsat": Status.PROVED.value}

ENGINES: dict[str, Engine] = {"verifier": verifier_classes, "cvc5 strings": cvc5_strings, "Z3 strings": z3_strings}


def text_of(problem: Problem, number: int) -> str:
    """The formula of one claim, as `verify.claims` asks it first."""
    formula = formulate(problem.estate, key_target(problem.estate.keys[0]), [problem.invariants[number]])
    return script(formula, formula.violations[0] & formula.known_action).text


def further(problem: Problem) -> float:
    """Milliseconds for each invariant after the first, when all are asked together; taken from the elapsed time of the
    whole."""
    first = verifier_classes(problem, 0, 30).elapsed
    started = now()
    prove(problem.estate, problem.invariants)
    return (_milliseconds(started) - first) / (len(problem.invariants) - 1)


def _milliseconds(started: float) -> float:
    return now() - started
