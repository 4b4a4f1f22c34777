"""`verifier check-no-public-access`: its options and help. The work is in `bodies/access_checks.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli.check_no_new_access import EXIT_CODES
from verifier.cli.options import (
    AccountOption,
    KeyArn,
    Output,
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


@app.command(short_help="Check that no key is open to everybody.", epilog=EXIT_CODES)
def check_no_public_access(
    paths: Paths,
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006  (typer copies it)
    output: Annotated[Output, typer.Option(help="How to write the answer.")] = Output.TEXT,
) -> None:
    """Check that no arbitrary account on the internet can use a key.

    It is the built-in invariant `no-public-access` on every key of the input: no caller can use the key whose account
    nothing in the input names, in no organization that it names.

    \b
    verifier check-no-public-access key-policy.json
    """

    def body() -> int:
        from verifier.cli.bodies.access_checks import no_public_access

        given = supplied(account, region, parameter)
        return no_public_access(tuple(paths), key_arn, given, settled_readings(reading), output is Output.JSON)

    run(body)
