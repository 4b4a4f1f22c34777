"""`verifier suggest`: its options and help. The work is in `bodies/suggest.py`."""

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
    Timeout,
    command_app,
    settled_readings,
    supplied,
)
from verifier.cli.outputs import PAGE, output_option, sinks
from verifier.cli.run import run

app = command_app()

EXIT_CODES = (
    "Exit codes: 0 every refuted invariant has a suggestion, or none is refuted; 1 some has none; 2 usage or input error; "
    "3 something unknown; 4 internal error."
)


@app.command(short_help="Suggest the smallest edits of a key policy.", epilog=EXIT_CODES)
def suggest(
    paths: Paths,
    invariants: InvariantFilesOption = [],  # noqa: B006  (typer copies it; a list is how an option is repeated)
    builtin: Builtins = [],  # noqa: B006
    invariant: Annotated[
        list[str], typer.Option(metavar="NAME|NUMBER", help="Which invariant to mend; may be repeated. Without it: every refuted one.")
    ] = [],  # noqa: B006
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
    timeout: Timeout = None,
    output: Annotated[list[str], output_option("suggestions", PAGE)] = ["text"],  # noqa: B006
    write: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the key policy with a suggestion to a new file; no file is overwritten.")
    ] = None,
    choice: Annotated[int, typer.Option(metavar="N", min=1, help="Which suggestion to write.")] = 1,
) -> None:
    """Suggest the smallest edits of a key policy that make a refuted invariant hold.

    Each suggestion is proved: with it the invariant holds, and every other invariant has the verdict that it had. The access that it
    costs is told as `verifier compare` tells it. Up to three edits; where those do not suffice, it says so.

    \b
    verifier suggest examples/payments
    verifier suggest examples/payments --invariant "decrypting takes the tenant's own context"
    verifier suggest key-policy.json --builtin no-external-access --write tighter.json
    """

    def body() -> int:
        from verifier.cli.bodies.asked import Asked
        from verifier.cli.bodies.suggest import SuggestOptions, suggest_command

        asked = Asked(tuple(paths), tuple(invariants), tuple(builtin), key_arn, supplied(account, region, parameter))
        options = SuggestOptions(asked, tuple(invariant), settled_readings(reading), timeout, sinks(output, PAGE), write, choice)
        return suggest_command(options)

    run(body)
