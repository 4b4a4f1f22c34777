"""A run as text, CSV or JSON.

In: a `Run`. Out: texts; rows of figures, by family and engine, against the first engine and against another run.
Guarantee: pure; a saved JSON run is read back as it was written. A ratio compares two engines on the queries that both
answered, as a geometric mean; timeouts are counted, and are in no mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from statistics import median

import msgspec

from verifier.bench.records import FORMAT, FORMAT_VERSION, AnswerCounts, Clock, EngineAnswer, EngineRun, Run
from verifier.frozen import Frozen
from verifier.syntax.csv_text import CsvRow as Cells
from verifier.syntax.csv_text import csv_text
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import counted, printable

TIMES_OF = {Clock.WALL: "times by the clock on the wall", Clock.CPU: "times of the processor (CPU)"}
LEGEND = (
    "ms, median: geometric mean and median of what was answered, building included; ratio: to the first engine, on "
    "what both answered"
)
_COUNTS = tuple(field.name for field in fields(AnswerCounts))
HEAD = ("family", "engine", "answered", "timeouts", "ms", "median", "ratio", *_COUNTS[:-1], "calls")
SLOWER = 1.25
"""A family that takes so many times as long as in the saved run is marked."""


def tables_text(run: Run, saved: Run | None = None, *, sizes: bool = False) -> str:
    """Tables for a terminal."""
    lines = [*_about(run), "", *_table(HEAD, [cells_of(row) for row in by_family(run, sizes=sizes)])]
    if saved is not None:
        lines += [
            "",
            f"beside the run of {printable(saved.started)}",
            *_table(("family", "engine", "new / old", ""), map_shifts(against(run, saved))),
        ]
    if run.skipped:
        lines.append("")
    lines += [f"left out: {printable(reason)}" for reason in run.skipped[:10]]
    if len(run.skipped) > 10:
        lines.append(f"left out: {len(run.skipped) - 10} more (JSON has them all)")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _about(run: Run) -> list[str]:
    machine = run.machine
    versions = ", ".join(f"{printable(name)} {printable(version)}" for name, version in machine.versions)
    memory = ", ".join(f"{printable(engine)} {peak:.0f} MiB" for engine, peak in run.peak_mib)
    queries = len({result.query for result in run.results})
    return [
        f"{queries} queries of {', '.join(map(printable, run.sets))}; "
        f"{counted(run.rounds, 'round')} after a warm-up; limit {run.limit:g} s",
        TIMES_OF[run.clock],
        f"{printable(machine.processor)}, {machine.cores} cores, {machine.memory_mib:,} MiB, load "
        f"{machine.load:.2f}{busy(run)}",
        printable(machine.system),
        versions,
        f"peak memory: {memory}",
        LEGEND,
    ]


def busy(run: Run) -> str:
    """What to say of a machine that was not idle before the run."""
    if run.machine.load <= run.machine.cores / 2:
        return ""
    return ": other work ran, so that times are too long" if run.clock is Clock.WALL else ": other work ran"


def cells_of(row: _Row) -> tuple[str, ...]:
    """A row of the table under `HEAD`."""
    return (
        printable(row.family),
        printable(row.engine),
        f"{row.answered}/{row.queries}",
        str(row.timeouts) if row.timeouts else "",
        f"{row.mean:.1f}" if row.mean is not None else "",
        f"{row.middle:.1f}" if row.middle is not None else "",
        f"{row.ratio:.2f}" if row.ratio is not None else "",
        *(f"{count:g}" if count else "" for count in row.counts),
    )


def map_shifts(shifts: Sequence[_Shift]) -> list[tuple[str, ...]]:
    """The rows of a comparison with a saved run."""
    return [
        (
            printable(shift.family),
            printable(shift.engine),
            f"{shift.ratio:.2f}" if shift.ratio is not None else "",
            "; ".join([*(["slower"] if (shift.ratio or 0) > SLOWER else []), *map(printable, shift.changed)]),
        )
        for shift in shifts
    ]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return [
        "  ".join(_cell(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in (head, *rows)
    ]


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column < 2 else text.rjust(width)


def csv_of(run: Run) -> str:
    """A line for each engine and query."""
    columns = ["family", "size", "query", "engine", "answer", "median_ms", "rounds", *_COUNTS, "note"]
    return csv_text(columns, map(_csv_row, run.results))


def _csv_row(result: EngineRun) -> Cells:
    about = {name: getattr(result, name) for name in ("family", "size", "query", "engine", "note")}
    times = {"rounds": len(result.times), "median_ms": f"{result.median:.3f}" if result.times else ""}
    return {**about, "answer": result.answer.value, **times, **asdict(result.counts)}


def json_of(run: Run) -> str:
    """The whole run."""
    return msgspec.json.format(msgspec.json.encode(run), indent=1).decode() + "\n"


def saved_run(path: Path) -> Run:
    """A run that `json_of` wrote. Raises `InputError`."""
    try:
        run = msgspec.json.decode(path.read_bytes(), type=Run)
    except OSError as error:
        raise InputError.of(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from None
    except msgspec.MsgspecError as error:
        raise InputError.of(f"`{path}` is no saved run of `verifier bench --output json`: {error}") from None
    if (run.format, run.format_version) != (FORMAT, FORMAT_VERSION):
        raise InputError.of(
            f"`{path}` has the format {run.format} {run.format_version}; expected {FORMAT} {FORMAT_VERSION}"
        )
    return run


class _Row(Frozen):
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
    counts: tuple[float, ...]


def by_family(run: Run, *, sizes: bool = False) -> list[_Row]:
    """A row for each family (and size) and engine, in the order of the run."""
    groups: dict[str, list[EngineRun]] = {}
    for result in run.results:
        groups.setdefault(f"{result.family} {result.size}" if sizes else result.family, []).append(result)
    rows = []
    for name, results in groups.items():
        first = {result.query: result.median for result in results if result.engine == run.engines[0] and result.times}
        rows += [_row(name, engine, [r for r in results if r.engine == engine], first) for engine in run.engines]
    return rows


def _row(name: str, engine: str, results: Sequence[EngineRun], first: dict[str, float]) -> _Row:
    times = {result.query: result.median for result in results if result.times}
    ratios = [time / first[query] for query, time in times.items() if first.get(query)]
    counted = [result.counts for result in results if result.answer.answered]
    counts = [median(getattr(count, field) for count in counted) if counted else 0.0 for field in _COUNTS]
    timeouts = sum(result.answer is EngineAnswer.TIMEOUT for result in results)
    answered = sum(result.answer.answered for result in results)
    middle = median(times.values()) if times else None
    mean, ratio = geometric(times.values()), geometric(ratios)
    return _Row(name, engine, len(results), answered, timeouts, mean, middle, ratio, tuple(counts))


def geometric(values: Iterable[float]) -> float | None:
    """The geometric mean of positive values; `None` of none."""
    found = [math.log(value) for value in values if value > 0]
    return math.exp(sum(found) / len(found)) if found else None


class _Shift(Frozen):
    """How one engine on one family fares beside a saved run: `ratio` is the new time over the old one; `changed` are
    the queries whose answer is not the same."""

    family: str
    engine: str
    ratio: float | None
    changed: tuple[str, ...]


def against(run: Run, saved: Run) -> list[_Shift]:
    """This run beside a saved one, on the queries that both have."""
    old = {(result.engine, result.query): result for result in saved.results}
    groups: dict[tuple[str, str], list[tuple[EngineRun, EngineRun]]] = {}
    for result in run.results:
        before = old.get((result.engine, result.query))
        if before is not None:
            groups.setdefault((result.family, result.engine), []).append((result, before))
    return [_shift(family, engine, pairs) for (family, engine), pairs in groups.items()]


def _shift(family: str, engine: str, pairs: Sequence[tuple[EngineRun, EngineRun]]) -> _Shift:
    ratios = [new.median / old.median for new, old in pairs if new.times and old.times and old.median]
    changed = tuple(
        f"{new.query}: {old.answer.value} → {new.answer.value}" for new, old in pairs if new.answer is not old.answer
    )
    return _Shift(family, engine, geometric(ratios), changed)
