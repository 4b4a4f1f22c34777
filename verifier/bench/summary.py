"""Figures of a run: by family and engine, against the first engine, and against another run.

In: a `Run`. Out: rows of figures. Guarantee: a ratio compares two engines on the queries that both answered, as a
geometric mean; timeouts are counted, and are in no mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from verifier.bench.records import Answer, Result, Run


@dataclass(frozen=True)
class Row:
    """One engine on one family, or on one size of it.

    `mean` is the geometric mean of what each answer took at its median round, in milliseconds, and `middle` the median
    of these; `ratio` is how many times as long as the first engine it takes; counts are medians.
    """

    family: str
    engine: str
    queries: int
    answered: int
    timeouts: int
    mean: float | None
    middle: float | None
    ratio: float | None
    classes: float
    terms: float
    clauses: float
    conflicts: float
    solver_calls: float


def by_family(run: Run, *, sizes: bool = False) -> list[Row]:
    """A row for each family (and size) and engine, in the order of the run."""
    groups: dict[str, list[Result]] = {}
    for result in run.results:
        groups.setdefault(f"{result.family} {result.size}" if sizes else result.family, []).append(result)
    rows = []
    for name, results in groups.items():
        first = {result.query: result.median for result in results if result.engine == run.engines[0] and result.times}
        rows += [_row(name, engine, [r for r in results if r.engine == engine], first) for engine in run.engines]
    return rows


def _row(name: str, engine: str, results: Sequence[Result], first: dict[str, float]) -> Row:
    times = {result.query: result.median for result in results if result.times}
    ratios = [time / first[query] for query, time in times.items() if first.get(query)]
    counted = [result.counts for result in results if result.answer.answered]
    counts = [median(getattr(count, field) for count in counted) if counted else 0.0 for field in COUNTS]
    timeouts = sum(result.answer is Answer.TIMEOUT for result in results)
    answered = sum(result.answer.answered for result in results)
    middle = median(times.values()) if times else None
    return Row(
        name, engine, len(results), answered, timeouts, geometric(times.values()), middle, geometric(ratios), *counts
    )


COUNTS = ("classes", "terms", "clauses", "conflicts", "solver_calls")


def geometric(values: Iterable[float]) -> float | None:
    """The geometric mean of positive values; `None` of none."""
    found = [math.log(value) for value in values if value > 0]
    return math.exp(sum(found) / len(found)) if found else None


@dataclass(frozen=True)
class Shift:
    """How one engine on one family fares beside a saved run: `ratio` is the new time over the old one; `changed` are
    the queries whose answer is not the same."""

    family: str
    engine: str
    ratio: float | None
    changed: tuple[str, ...]


def against(run: Run, saved: Run) -> list[Shift]:
    """This run beside a saved one, on the queries that both have."""
    old = {(result.engine, result.query): result for result in saved.results}
    groups: dict[tuple[str, str], list[tuple[Result, Result]]] = {}
    for result in run.results:
        before = old.get((result.engine, result.query))
        if before is not None:
            groups.setdefault((result.family, result.engine), []).append((result, before))
    return [_shift(family, engine, pairs) for (family, engine), pairs in groups.items()]


def _shift(family: str, engine: str, pairs: Sequence[tuple[Result, Result]]) -> Shift:
    ratios = [new.median / old.median for new, old in pairs if new.times and old.times and old.median]
    changed = tuple(
        f"{new.query}: {old.answer.value} → {new.answer.value}" for new, old in pairs if new.answer is not old.answer
    )
    return Shift(family, engine, geometric(ratios), changed)
