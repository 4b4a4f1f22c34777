"""`verifier readings`: lists the open questions of AWS's documentation."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli.options import Output, command_app
from verifier.cli.run import colours, emit, run

app = command_app()


@app.command(short_help="List open questions of AWS's documentation.")
def readings(output: Annotated[Output, typer.Option(help="How to write the list.")] = Output.TEXT) -> None:
    """List the open questions of AWS's documentation.

    Each is tried both ways unless `--reading` settles it.

    \b
    verifier readings
    verifier prove examples/payments --reading P5=no
    """

    def body() -> int:
        import sys

        from verifier.report.readings import readings_json, render_readings

        emit(readings_json() + "\n" if output is Output.JSON else render_readings(colours(sys.stdout)))
        return 0

    run(body)
