"""`verifier bench`: collects the queries, runs them, writes the run."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from verifier.bench.machine import this_machine
from verifier.bench.plots import html_of
from verifier.bench.records import Clock, Run
from verifier.bench.running import run_queries
from verifier.bench.sets import Folders, collect
from verifier.bench.tables import csv_of, json_of, saved_run, text_of
from verifier.cli.progress import shown
from verifier.cli.run import emit
from verifier.model.engine import Engine
from verifier.report.exit_codes import ExitCode
from verifier.solve.engines import require
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable


@dataclass(frozen=True)
class BenchOptions:
    """What the command line asked for; `limit` is in seconds."""

    sets: tuple[str, ...]
    engines: tuple[Engine, ...]
    rounds: int
    limit: float
    output: str
    clock: Clock
    sizes: bool
    baseline: Path | None
    examples: Path
    corpus: Path


def bench_command(options: BenchOptions) -> int:
    """Writes the run to stdout; returns the exit code."""
    if options.baseline is not None and options.output not in ("text", "html"):
        raise InputError.of(f"`--baseline` is shown in text and html; `--output {options.output}` is one run alone")
    for engine in options.engines:
        require(engine)
    saved = saved_run(options.baseline) if options.baseline is not None else None
    if saved is not None and saved.clock is not options.clock:
        raise InputError.of(f"the saved run is one of `--clock {saved.clock}`, and times of two clocks cannot be compared")
    collected = collect(options.sets, Folders(options.examples, options.corpus))
    for reason in collected.skipped[:10]:
        print(f"left out: {printable(reason)}", file=sys.stderr)
    if len(collected.skipped) > 10:
        print(f"left out: {len(collected.skipped) - 10} more", file=sys.stderr)
    machine, started = this_machine(options.engines), datetime.now(UTC).isoformat(timespec="seconds")
    with shown() as progress:
        results, peaks = run_queries(collected.queries, options.engines, options.rounds, options.limit, progress, options.clock)
    engines = tuple(engine.value for engine in options.engines)
    run = Run(
        options.sets,
        engines,
        options.rounds,
        options.limit,
        started,
        machine,
        tuple(results),
        tuple(peaks.items()),
        tuple(collected.skipped),
        options.clock,
    )
    emit(_written(run, saved, options))
    return ExitCode.PROVED


def _written(run: Run, saved: Run | None, options: BenchOptions) -> str:
    match options.output:
        case "json":
            return json_of(run)
        case "csv":
            return csv_of(run)
        case "html":
            return html_of(run, saved)
    return text_of(run, saved, sizes=options.sizes)
