"""`verifier export`: its options and help. The work is in `bodies/export.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli.options import (
    AccountOption,
    Builtins,
    InvariantFilesOption,
    KeyArn,
    ParameterOption,
    Paths,
    RegionOption,
    Settled,
    command_app,
    settled_readings,
    supplied,
)
from verifier.cli.run import run

app = command_app()


def _format(value: bool) -> bool:
    if not value:
        raise typer.BadParameter("name the format: --smtlib")
    return value


@app.command(
    short_help="Write the questions for other solvers.",
    epilog="Exit codes: 0 everything was written; 2 usage or input error; 3 some question has no formula; 4 internal error.",
)
def export(
    paths: Paths,
    smtlib: Annotated[bool, typer.Option("--smtlib", callback=_format, help="SMT-LIB 2.6 with the theory of strings.")] = False,
    directory: Annotated[Path | None, typer.Option(metavar="DIR", help="A file for each question, in this folder.")] = None,
    invariants: InvariantFilesOption = [],  # noqa: B006  (typer copies it; a list is how an option is repeated)
    builtin: Builtins = [],  # noqa: B006
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
) -> None:
    """Write the questions for other solvers: one formula for each invariant and key.

    A formula is unsatisfiable iff no request breaks the invariant (docs/engines.md says what it leaves open).
    Several formulas on stdout are separated by `(reset)`.

    \b
    verifier export examples/payments --smtlib --directory formulas
    verifier export key-policy.json --smtlib --builtin no-external-access | cvc5 --incremental
    """

    def body() -> int:
        from verifier.cli.bodies.asked import Asked
        from verifier.cli.bodies.export import export_command

        asked = Asked(tuple(paths), tuple(invariants), tuple(builtin), key_arn, supplied(account, region, parameter))
        return export_command(asked, directory, settled_readings(reading))

    run(body)
