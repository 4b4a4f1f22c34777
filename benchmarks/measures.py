"""What is measured, a function each. In: sizes. Out: rows of figures, times in milliseconds, memory in MiB.

Guarantee: engines are asked in turn, round by round, after a round that does not count; times are medians; garbage is
collected before each measurement, alike for all; a contradiction between two verdicts ends the run.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

from benchmarks.access import access
from benchmarks.certificates import certificates
from benchmarks.chains import chains
from benchmarks.clock import now
from benchmarks.closures import closures
from benchmarks.comparisons import comparisons
from benchmarks.engines import ENGINES, Answer, further
from benchmarks.families import KEY, Problem, large_policy, overlap_problems, speed_problem
from benchmarks.scale import keys, roles
from benchmarks.snapshots import policy_texts
from benchmarks.starts import start
from benchmarks.surroundings import granted_problem, surrounded_problem
from benchmarks.whole_runs import html, load, plan
from verifier.language.policies.documents import read_policy
from verifier.model.policy import PolicyKind
from verifier.syntax.policy import OffsetLexer, policy_parser
from verifier.syntax.source import Source

Row = dict[str, Any]


class Contradiction(Exception):
    """Two engines answer one question differently: a bug."""


def speed(
    seeds: int = 6, rounds: int = 3, limit: float = 2.0, engines: Sequence[str] = tuple(ENGINES), statements: int = 32
) -> list[Row]:
    """A first query against a policy of 32 statements, sat and unsat, by engine; and a further invariant on the same
    key."""
    problems = [speed_problem(seed, statements) for seed in range(seeds)]
    asked = [(problem, number) for problem in problems for number in range(len(problem.invariants))]
    rows = _compared("first query", asked, rounds, limit, engines)
    further(problems[0])
    each = [_further(problem) for problem in problems for _ in range(rounds)]
    return [
        *rows,
        {"what": "further invariant", "engine": "verifier", "ms": median(each), "answered": f"{len(each)}/{len(each)}"},
    ]


def surroundings(seeds: int = 6, rounds: int = 3, limit: float = 5.0) -> list[Row]:
    """The first query of the speed measure with 20 grants, four levels of SCPs and RCPs, and a boundary."""
    problems = [surrounded_problem(seed) for seed in range(seeds)]
    asked = [(problem, number) for problem in problems for number in range(len(problem.invariants))]
    return _compared("first query, surrounded", asked, rounds, limit, ("verifier",))


def grants(counts: Sequence[int] = (1250, 2500, 5000), rounds: int = 2, limit: float = 30.0) -> list[Row]:
    """The second invariant of the speed measure (proved) and the third (refuted by a grant), on keys with many
    grants."""
    rows: list[Row] = []
    for count in counts:
        problem = granted_problem(count)
        rows += _compared(f"{count} grants", [(problem, 1), (problem, 2)], rounds, limit, ("verifier",))
    return rows


def overlap(count: int = 20, rounds: int = 3, limit: float = 5.0, engines: Sequence[str] = tuple(ENGINES)) -> list[Row]:
    """Twenty overlapping patterns on one attribute."""
    rows: list[Row] = []
    for problem in overlap_problems(count):
        rows += _compared(f"{count} patterns, {problem.name}", [(problem, 0)], rounds, limit, engines)
    return rows


Asked = tuple[str, int]
"""A question: the name of a problem and the number of its invariant."""


def _compared(
    what: str, asked: Sequence[tuple[Problem, int]], rounds: int, limit: float, engines: Sequence[str]
) -> list[Row]:
    answers: dict[str, dict[Asked, list[Answer]]] = {name: {} for name in engines}
    given_up: set[tuple[str, Asked]] = set()
    for round_number in range(rounds + 1):
        for problem, number in asked:
            question, verdicts = (problem.name, number), {}
            for name in engines:
                if (name, question) in given_up:
                    continue  # a question that met its limit once is not asked again
                gc.collect()
                answer = ENGINES[name](problem, number, limit)
                verdicts[name] = answer.verdict
                if answer.verdict == "unknown":
                    given_up.add((name, question))
                    answers[name].pop(question, None)
                elif round_number:
                    answers[name].setdefault(question, []).append(answer)
            agree(problem, number, verdicts)
    return [_row(what, name, found, len(asked), answers[engines[0]]) for name, found in answers.items()]


def _further(problem: Problem) -> float:
    gc.collect()
    return further(problem)


def agree(problem: Problem, number: int, verdicts: dict[str, str]) -> None:
    """Raises `Contradiction` unless all who answered say the same."""
    said = {verdict for verdict in verdicts.values() if verdict != "unknown"}
    if len(said) > 1:
        raise Contradiction(f"{problem.name}, {problem.invariants[number].name!r}: {verdicts}")


def _row(
    what: str, engine: str, found: dict[Asked, list[Answer]], asked: int, baseline: dict[Asked, list[Answer]]
) -> Row:
    """`ratio` is the median over the questions that both answered: how many times as long as the verifier this engine
    takes."""
    row: Row = {"what": what, "engine": engine, "answered": f"{len(found)}/{asked}"}
    times = {question: median(a.elapsed for a in answers) for question, answers in found.items()}
    ratios = [
        times[question] / median(a.elapsed for a in baseline[question]) for question in times if question in baseline
    ]
    if times:
        row["ms"] = median(times.values())
        for verdict in ("proved", "refuted"):
            own = [times[question] for question, answers in found.items() if answers[0].verdict == verdict]
            row |= {f"{verdict} ms": median(own)} if own else {}
    if ratios:
        row["ratio"] = median(ratios)
    counts = [answers[0].statistics for answers in found.values()]
    if counts and counts[0].classes:
        row |= {name: median(getattr(count, name) for count in counts) for name in ("classes", "terms", "solver_calls")}
    return row


def parse(size: int = 32 * 1024, rounds: int = 5, keys: int = 1000, roles: int = 5000) -> list[Row]:
    """A minified key policy from text to model, and many policies from text to tree. Each round changes one character,
    since equal texts are parsed once."""
    text = large_policy(size)
    times = [_timed(partial(_read, text.replace('"S0"', f'"R{n}"', 1))) for n in range(rounds + 1)]
    first = [float(_child(_FIRST, str(size))) for _ in range(rounds)]
    rows = [{"what": f"parse {len(text.encode())} bytes", "engine": "verifier", "ms": median(times[1:])}]
    rows.append({"what": "the same, parser construction included", "engine": "verifier", "ms": median(first)})
    return rows + _trees(policy_texts(keys, roles), rounds)


def _trees(texts: Sequence[str], rounds: int) -> list[Row]:
    """Policies that differ from text to tree, by the tokens of the verifier and by those of Lark."""
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for engine, lexer in (("verifier", OffsetLexer), ("Lark's lexer", None)):
            parser = policy_parser(lexer)
            found.setdefault(engine, []).append(
                _timed(partial(lambda read: [read(text) for text in texts], parser.parse))
            )
    return [
        {"what": f"{len(texts)} policies, trees alone", "engine": engine, "ms": median(times)}
        for engine, times in found.items()
    ]


_FIRST = "import sys; from benchmarks.measures import first_parse; print(first_parse(int(sys.argv[1])))"


def first_parse(size: int) -> float:
    """Milliseconds for the first policy that a process reads."""
    return _timed(partial(_read, large_policy(size)))


def _child(code: str, argument: str) -> str:
    """What a fresh process prints."""
    return subprocess.run([sys.executable, "-c", code, argument], check=True, capture_output=True, text=True).stdout


def _read(text: str) -> None:
    read_policy(Source("large.json", text), PolicyKind.KEY, identity=f"{KEY}#default", name="default")


def _timed(action: Callable[[], object]) -> float:
    gc.collect()
    started = now()
    action()
    return now() - started


MEASURES: dict[str, Callable[[], list[Row]]] = {
    "speed": speed,
    "surroundings": surroundings,
    "grants": grants,
    "overlap": overlap,
    "compare": comparisons,
    "access": access,
    "parse": parse,
    "start": start,
    "plan": plan,
    "load": load,
    "html": html,
    "keys": keys,
    "roles": roles,
    "chains": chains,
    "closures": closures,
    "certificates": certificates,
}
"""`memory` is a column of `start`."""
