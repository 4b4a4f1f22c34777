"""`verifier bench`: collects the queries, runs them, writes the run."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from verifier.bench.records import Clock, Run
from verifier.cli.command import command
from verifier.cli.run import emit, progress_line, tell
from verifier.model.choices import Engine
from verifier.syntax.diagnostic import InputError

BenchOutput = StrEnum("BenchOutput", "TEXT JSON CSV HTML")
"""How a run is written."""

_Sets = Annotated[
    list[str],
    typer.Argument(
        metavar="SET...",
        help="Query sets: a family, `families`, `examples`, `corpus`, `hundred`, `many`, or `all`.",
        show_default=False,
    ),
]
Engines = Annotated[
    list[Engine],
    typer.Option(
        help=(
            "An engine; may be repeated. The first one is what ratios are to. Without it: z3, and sat if it is "
            "installed."
        ),
        show_default=False,
    ),
]
ClockOption = Annotated[
    Clock, typer.Option(help="Times by the clock on the wall, or of the processor, for a busy machine.")
]


_Rounds = Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Rounds that count, after one that does not.")]
_Limit = Annotated[
    float, typer.Option(metavar="SECONDS", min=0.01, max=3600, help="The most that one answer may take.")
]
_Output = Annotated[BenchOutput, typer.Option(help="How to write the run.")]
_Sizes = Annotated[bool, typer.Option("--sizes", help="A line for each size of a family, in the text.")]
_Baseline = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A run saved with `--output json`, to be compared with.")
]
_Examples = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the set `examples` is.")]
_Corpus = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Where the set `corpus` is, which has no usual place.")
]


@command(
    short_help="Measure engines on questions about policies.",
    epilog=(
        "Exit codes: 0 the run is complete; 2 usage or input error; 4 two engines contradict each other, or an "
        "internal error."
    ),
)
def bench(
    sets: _Sets,
    engine: Engines = [],
    rounds: _Rounds = 3,
    limit: _Limit = 2.0,
    clock: ClockOption = Clock.WALL,
    output: _Output = BenchOutput.TEXT,
    sizes: _Sizes = False,
    baseline: _Baseline = None,
    examples: _Examples = Path("examples"),
    corpus: _Corpus = None,
) -> int:
    """Measure engines on queries about key policies.

    Engines take turns, each in a process of its own; a time covers everything from the model of the policy to the
    answer. Two answers that contradict each other end the run with an error.

    \b
    verifier bench statements --engine sat --engine z3 --engine cvc5-strings
    verifier bench all --output json > run.json
    verifier bench all --baseline run.json
    verifier bench families --engine sat --engine cvc5-strings --output html > bench.html
    verifier bench families --clock cpu             # on a machine with other work
    """
    from verifier.bench.running import run_queries, this_machine
    from verifier.bench.sets import QueryFolders, collect_queries
    from verifier.solve.engines import require_solver, usual_engines
    from verifier.syntax.text import printable

    engines = tuple(dict.fromkeys(engine)) or usual_engines()
    for one in engines:
        require_solver(one)
    saved = None if baseline is None else _saved(baseline, output, clock)
    collected = collect_queries(sets, QueryFolders(examples, corpus))
    for reason in collected.skipped[:10]:
        tell(f"left out: {printable(reason)}")
    if len(collected.skipped) > 10:
        tell(f"left out: {len(collected.skipped) - 10} more")
    machine, started = this_machine(engines), datetime.now(UTC).isoformat(timespec="seconds")
    with progress_line() as progress:
        results, peaks = run_queries(collected.queries, engines, rounds, limit, progress, clock)
    about = tuple(sets), tuple(one.value for one in engines), rounds, limit, started, machine
    run = Run(*about, tuple(results), tuple(peaks.items()), tuple(collected.skipped), clock)
    emit(_written(run, saved, output, sizes))
    return 0


def _saved(baseline: Path, output: BenchOutput, clock: Clock) -> Run:
    """The run to compare with. Raises `InputError` where it cannot be."""
    from verifier.bench.tables import saved_run

    if output not in (BenchOutput.TEXT, BenchOutput.HTML):
        raise InputError.of(f"`--baseline` is shown in text and html; `--output {output.value}` is one run alone")
    saved = saved_run(baseline)
    if saved.clock is not clock:
        raise InputError.of(
            f"the saved run is one of `--clock {saved.clock}`, and times of two clocks cannot be compared"
        )
    return saved


def _written(run: Run, saved: Run | None, output: BenchOutput, sizes: bool) -> str:
    from verifier.bench.plots import html_of
    from verifier.bench.tables import csv_of, json_of, tables_text

    match output:
        case BenchOutput.JSON:
            return json_of(run)
        case BenchOutput.CSV:
            return csv_of(run)
        case BenchOutput.HTML:
            return html_of(run, saved)
        case BenchOutput.TEXT:
            return tables_text(run, saved, sizes=sizes)
