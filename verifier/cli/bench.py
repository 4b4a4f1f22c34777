"""`verifier bench`: its options and help. The work is in `bodies/bench.py`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from verifier.cli.options import command_app
from verifier.cli.run import run
from verifier.model.engine import Engine

app = command_app()


class ClockChoice(StrEnum):
    """What times are times of."""

    WALL = "wall"
    CPU = "cpu"


class BenchOutput(StrEnum):
    """How a run is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


Sets = Annotated[
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
        help="An engine; may be repeated. The first one is what ratios are to. Without it: z3, and sat if it is installed.",
        show_default=False,
    ),
]
ClockOption = Annotated[ClockChoice, typer.Option(help="Times by the clock on the wall, or of the processor, for a busy machine.")]


@app.command(
    short_help="Measure engines on questions about policies.",
    epilog="Exit codes: 0 the run is complete; 2 usage or input error; 4 two engines contradict each other, or an internal error.",
)
def bench(
    sets: Sets,
    engine: Engines = [],  # noqa: B006  (typer copies it)
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="Rounds that count, after one that does not.")] = 3,
    limit: Annotated[float, typer.Option(min=0.01, max=3600, help="Seconds for one answer.")] = 2.0,
    clock: ClockOption = ClockChoice.WALL,
    output: Annotated[BenchOutput, typer.Option(help="How to write the run.")] = BenchOutput.TEXT,
    sizes: Annotated[bool, typer.Option("--sizes", help="A line for each size of a family, in the text.")] = False,
    baseline: Annotated[Path | None, typer.Option(metavar="FILE", help="A run saved with `--output json`, to be compared with.")] = None,
    examples: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the set `examples` is.")] = Path("examples"),
    corpus: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the set `corpus` is.")] = Path("../shared/corpus"),
) -> None:
    """Measure engines on queries about key policies.

    Engines take turns, each in a process of its own; a time covers everything from the model of the policy to the answer. Two answers that
    contradict each other end the run with an error.

    \b
    verifier bench statements --engine sat --engine z3 --engine cvc5-strings
    verifier bench all --output json > run.json
    verifier bench all --baseline run.json
    verifier bench families --engine sat --engine cvc5-strings --output html > bench.html
    verifier bench families --clock cpu             # on a machine with other work
    """

    def body() -> int:
        from verifier.bench.records import Clock
        from verifier.cli.bodies.bench import BenchOptions, bench_command
        from verifier.solve.engines import usual_engines

        engines = tuple(dict.fromkeys(engine)) or usual_engines()
        return bench_command(
            BenchOptions(tuple(sets), engines, rounds, limit, output.value, Clock(clock.value), sizes, baseline, examples, corpus)
        )

    run(body)
