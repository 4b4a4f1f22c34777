"""`verifier readings`: lists the open questions of AWS's documentation."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.listings import listed
from verifier.cli.run import emit, style_of


@command(short_help="List open questions of AWS's documentation.")
def readings(
    output: Annotated[given.ListOutput, typer.Option(help="How to write the list.")] = given.ListOutput.TEXT,
) -> int:
    """List the open questions of AWS's documentation.

    Each is tried both ways unless `--reading` settles it.

    \b
    verifier readings
    verifier prove examples/payments --reading P5=no
    """
    import sys

    from verifier.report.listings import readings_json, render_readings

    emit(listed(output, lambda: render_readings(style_of(sys.stdout)), readings_json))
    return 0
