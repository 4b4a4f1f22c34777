"""`verifier check-no-new-access`: its options and help. The work is in `bodies/access_checks.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks

PASS_FAIL_EXIT_CODES = "Exit codes: 0 pass; 1 fail; 2 usage or input error; 3 unknown; 4 internal error."


@command(short_help="Check that nothing new is allowed.", epilog=PASS_FAIL_EXIT_CODES, writes="check")
def check_no_new_access(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="The policy, snapshot or folder as it is.", show_default=False)
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same as it would be.", show_default=False)],
    *,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: Annotated[list[str], output_option("answer")] = ["text"],
) -> int:
    """Check that a new version allows nothing that the old one does not.

    It passes where `verifier compare OLD NEW` finds nothing that was gained; that command tells more, and takes
    `--allow`.

    \b
    verifier check-no-new-access old-policy.json new-policy.json
    """
    from verifier.cli.bodies.access_checks import no_new_access
    from verifier.cli.bodies.sides import SidesOptions

    options = SidesOptions((old, new), key_arn=key_arn, supplied=supplied)
    return no_new_access(options, readings, timeout, sinks(output))
