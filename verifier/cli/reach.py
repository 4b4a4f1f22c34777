"""`verifier reach`: its options and help. The work is in `bodies/reach.py`."""

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
    Suppose,
    command_app,
    settled_readings,
    supplied,
)
from verifier.cli.outputs import PAGE, output_option, sinks
from verifier.cli.run import run
from verifier.model.engine import MOST_STEPS

app = command_app()


EXIT_CODES = "Exit codes: 0 the answer is complete (nobody gets there is one too); 2 usage or input error; 3 it is not; 4 internal error."


HELP = """Show what a caller can bring about, step by step, or who can come to do something.

Who may not decrypt, but may create a grant, write a policy, change a tag or assume a role, can decrypt one step later. Each answer has
the shortest chain that was found: requests, each replayed on the state that those before it made. What is not listed was proved to be
out of reach; how long the chains are for which that holds is always said (docs/reach.md).

\b
What one caller can bring about, on one key, on every key:
    verifier reach user/oncall --key tickets examples/escalation
    verifier reach arn:aws:iam::444455556666:role/analyst examples/cross-account

\b
Who can come to decrypt with a key:
    verifier reach --to kms:Decrypt --key tickets examples/escalation

\b
Who can take over its policy in one step:
    verifier reach --to kms:PutKeyPolicy --key tickets --steps 1 examples/escalation

\b
For a machine, or a page:
    verifier reach --to kms:Decrypt snapshot.yaml --output json
    verifier reach --to kms:Decrypt snapshot.yaml --output text --output markdown=reach.md
"""


@app.command(short_help="Show what callers can bring about in steps.", help=HELP, epilog=EXIT_CODES)
def reach(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="CALLER PATH...",
            help="Who is asked about (an ARN, or role/NAME or user/NAME of the key's account; nobody where there is --to), then snapshots "
            "or key policies.",
            show_default=False,
        ),
    ],
    to: Annotated[
        list[str], typer.Option("--to", metavar="ACTION", help="Asks who can come to do this (`kms:Decrypt`, `kms:*`); may be repeated.")
    ] = [],  # noqa: B006  (typer copies it; a list is how an option is repeated)
    key: KeysOption = [],  # noqa: B006
    steps: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=MOST_STEPS, help="Looks at chains of up to N steps; without it, of every length.")
    ] = None,
    suppose: Suppose = [],  # noqa: B006
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
    output: Annotated[list[str], output_option("answer", PAGE)] = ["text"],  # noqa: B006
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Every caller; of each request why it is allowed, and the command that sends it.")
    ] = False,
) -> None:
    """Show what a caller can bring about, step by step, or who can come to do something."""

    def body() -> int:
        from verifier.cli.bodies.reach import ReachOptions, reach_command

        asked = supplied(account, region, parameter)
        settled = settled_readings(reading)
        return reach_command(
            ReachOptions(tuple(words), tuple(to), tuple(key), steps, key_arn, asked, settled, sinks(output, PAGE), verbose, tuple(suppose))
        )

    run(body)
