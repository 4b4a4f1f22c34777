"""`verifier check`: its options and help. The work is in `bodies/check.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import checked_formats
from verifier.model.choices import FORMATS, MOST_STEPS

_Config = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="The configuration; without it verifier.toml here, or [tool.verifier] in pyproject.toml."
    ),
]
_Outputs = Annotated[
    list[str],
    typer.Option(
        metavar="FORMAT[=FILE]",
        callback=checked_formats(FORMATS),
        help="Instead of the outputs of the configuration; may be repeated.",
    ),
]
_Baseline = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Record what is refuted now, so that only what breaks an invariant beyond it fails."
    ),
]
_Steps = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=0, max=MOST_STEPS, help="Instead of the steps of the configuration (`can eventually`)."
    ),
]


@command(
    short_help="Prove what a configuration asks for.",
    epilog=(
        "Exit codes: 0 everything is proved, waived or in the baseline; 1 something is refuted beyond that (see "
        "fail-on); 2 usage, configuration or input error; 3 something is unknown; 4 internal error."
    ),
)
def check(
    *,
    config: _Config = None,
    output: _Outputs = [],
    write_baseline: _Baseline = None,
    steps: _Steps = None,
    cache: given.Caching = True,
    processes: given.Processes = None,
    allow_empty: given.AllowEmpty = False,
    only: given.ListedStatuses,
    quiet: given.Quiet = False,
) -> int:
    """Prove what a configuration asks for, in a word.

    \b
    verifier.toml:
        inputs = ["snapshots/prod"]
        builtins = ["no-external-access"]
        outputs = ["text", "sarif=verifier.sarif"]

    \b
        [[waivers]]
        invariant = "decrypting takes the tenant's own context"
        key = "alias/payments"
        allow = "role/reports in 111122223333 can kms:Decrypt"
        reason = "the report job moves to the new client in January"
        owner = "payments team"
        expires = 2027-01-31

    \b
    verifier check
    verifier check --output github
    verifier check --write-baseline verifier-baseline.json
    docs/check.md has all of it.
    """
    from verifier.cli.bodies.check import check_command

    return check_command(config, output, write_baseline, cache, processes, steps, allow_empty, only, quiet)
