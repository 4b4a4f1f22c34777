"""`verifier who-can`: its options and help. The work is in `bodies/who_can.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli.options import (
    AccountOption,
    KeyArn,
    KeysOption,
    ParameterOption,
    RegionOption,
    Settled,
    command_app,
    settled_readings,
    supplied,
)
from verifier.cli.outputs import PAGE, output_option, sinks
from verifier.cli.run import run

app = command_app()

EXIT_CODES = "Exit codes: 0 the list is complete (nobody can is an answer too); 2 usage or input error; 3 it is not; 4 internal error."


HELP = """List everybody who can do something with a key.

Known callers by name, all others as regions, each with the weakest conditions under which they can and the statements and grants that
let them. The list is proved to be complete: no other request is allowed.

\b
Who can decrypt with one key, with any key:
    verifier who-can kms:Decrypt --key payments examples/payments
    verifier who-can kms:Decrypt examples/payments

\b
Several actions; nobody of the account itself:
    verifier who-can kms:Decrypt kms:CreateGrant --key alias/payments --except 111122223333 examples/payments

\b
What one caller can do (role/NAME alone is of the key's account):
    verifier who-can --transpose role/reports --key payments examples/payments
    verifier who-can --transpose "role/analyst in 444455556666" examples/cross-account

\b
For a machine, or a page:
    verifier who-can kms:Decrypt snapshot.yaml --output json
    verifier who-can kms:Decrypt snapshot.yaml --output markdown
"""


@app.command(short_help="List everybody who can do something.", help=HELP, epilog=EXIT_CODES)
def who_can(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="ACTION... PATH...",
            help="Actions (`kms:Decrypt`, `kms:ReEncrypt*`), and snapshots or key policies. What begins with `kms:` is an action.",
            show_default=False,
        ),
    ],
    key: KeysOption = [],  # noqa: B006  (typer copies it; a list is how an option is repeated)
    excluding: Annotated[
        list[str], typer.Option("--except", metavar="CALLERS", help="Leaves callers out, written as in invariants; may be repeated.")
    ] = [],  # noqa: B006
    transpose: Annotated[
        str | None, typer.Option(metavar="CALLERS", help="What these can do; without ACTION: of all actions on a key.", show_default=False)
    ] = None,
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
    output: Annotated[list[str], output_option("list", PAGE)] = ["text"],  # noqa: B006
    verbose: Annotated[bool, typer.Option("--verbose", help="Every caller and every condition, each with a request, replayed.")] = False,
) -> None:
    """List everybody who can do something with a key."""

    def body() -> int:
        from verifier.cli.bodies.who_can import WhoCanOptions, who_can_command

        actions = tuple(word for word in words if word.lower().startswith("kms:"))
        paths = tuple(word for word in words if not word.lower().startswith("kms:"))
        asked, settled, chosen = supplied(account, region, parameter), settled_readings(reading), sinks(output, PAGE)
        return who_can_command(
            WhoCanOptions(paths, actions, tuple(key), tuple(excluding), transpose, key_arn, asked, settled, chosen, verbose)
        )

    run(body)
