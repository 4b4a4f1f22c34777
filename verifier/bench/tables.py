"""A run as text, CSV or JSON.

In: a `Run`. Out: texts. Guarantee: pure; a saved JSON run is read back as it was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path

import msgspec

from verifier.bench.records import FORMAT, FORMAT_VERSION, Clock, Counts, Result, Run
from verifier.bench.summary import Row, Shift, against, by_family
from verifier.syntax.csv_text import Row as Cells
from verifier.syntax.csv_text import csv_text
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable

TIMES_OF = {Clock.WALL: "times by the clock on the wall", Clock.CPU: "times of the processor (CPU)"}
LEGEND = (
    "ms, median: geometric mean and median of what was answered, building included; ratio: to the first engine, on "
    "what both answered"
)
HEAD = (
    "family",
    "engine",
    "answered",
    "timeouts",
    "ms",
    "median",
    "ratio",
    "classes",
    "terms",
    "clauses",
    "conflicts",
    "calls",
)
SLOWER = 1.25
"""A family that takes so many times as long as in the saved run is marked."""


def text_of(run: Run, saved: Run | None = None, *, sizes: bool = False) -> str:
    """Tables for a terminal."""
    lines = [*_about(run), "", *_table(HEAD, [cells_of(row) for row in by_family(run, sizes=sizes)])]
    if saved is not None:
        lines += [
            "",
            f"beside the run of {printable(saved.started)}",
            *_table(("family", "engine", "new / old", ""), map_shifts(against(run, saved))),
        ]
    lines += [""] if run.skipped else []
    lines += [f"left out: {printable(reason)}" for reason in run.skipped[:10]]
    lines += [f"left out: {len(run.skipped) - 10} more (JSON has them all)"] if len(run.skipped) > 10 else []
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _about(run: Run) -> list[str]:
    machine = run.machine
    versions = ", ".join(f"{printable(name)} {printable(version)}" for name, version in machine.versions)
    memory = ", ".join(f"{printable(engine)} {peak:.0f} MiB" for engine, peak in run.peak_mib)
    queries = len({result.query for result in run.results})
    return [
        f"{queries} queries of {', '.join(map(printable, run.sets))}; {run.rounds} rounds after a warm-up; limit "
        f"{run.limit:g} s",
        TIMES_OF[run.clock],
        f"{printable(machine.processor)}, {machine.cores} cores, {machine.memory_mib:,} MiB, load "
        f"{machine.load:.2f}{busy(run)}",
        printable(machine.system),
        f"{versions}",
        f"peak memory: {memory}",
        LEGEND,
    ]


def busy(run: Run) -> str:
    """What to say of a machine that was not idle before the run."""
    if run.machine.load <= run.machine.cores / 2:
        return ""
    return ": other work ran, so that times are too long" if run.clock is Clock.WALL else ": other work ran"


def cells_of(row: Row) -> tuple[str, ...]:
    """A row of the table under `HEAD`."""
    counts = (row.classes, row.terms, row.clauses, row.conflicts, row.solver_calls)
    return (
        printable(row.family),
        printable(row.engine),
        f"{row.answered}/{row.queries}",
        str(row.timeouts) if row.timeouts else "",
        f"{row.mean:.1f}" if row.mean is not None else "",
        f"{row.middle:.1f}" if row.middle is not None else "",
        f"{row.ratio:.2f}" if row.ratio is not None else "",
        *(f"{count:g}" if count else "" for count in counts),
    )


def map_shifts(shifts: Sequence[Shift]) -> list[tuple[str, ...]]:
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
    columns = [
        "family",
        "size",
        "query",
        "engine",
        "answer",
        "median_ms",
        "rounds",
        *(field.name for field in fields(Counts)),
        "note",
    ]
    return csv_text(columns, map(_csv_row, run.results))


def _csv_row(result: Result) -> Cells:
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
