"""`verifier check-access-not-granted`: its options and help. The work is in `bodies/access_checks.py`."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli import completion
from verifier.cli import options as given
from verifier.cli.check_no_new_access import PASS_FAIL_EXIT_CODES
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks


@command(
    short_help="Check that some access is not granted.", epilog=PASS_FAIL_EXIT_CODES, writes="check", may_be_empty=True
)
def check_access_not_granted(
    paths: given.Paths,
    *,
    action: Annotated[
        list[str],
        typer.Option(
            metavar="ACTION",
            autocompletion=completion.complete_actions,
            help="An action, or a pattern such as kms:ReEncrypt*; may be repeated. Without it: any.",
        ),
    ] = [],
    principal: Annotated[
        list[str],
        typer.Option(
            metavar="CALLERS",
            help='Whom it is about, as invariants say it: "role/reports in 111122223333". Without it: anyone.',
        ),
    ] = [],
    resource: Annotated[
        list[str],
        typer.Option(
            metavar="KEY", help="The ARN or alias of a key; may be repeated. Without it: every key of the input."
        ),
    ] = [],
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: Annotated[list[str], output_option("answer")] = ["text"],
) -> int:
    """Check that nobody, or nobody of some callers, is granted some access.

    It passes where it is proved that none of the actions is allowed to any of the callers on any of the keys, in any
    request.

    \b
    verifier check-access-not-granted key-policy.json --action kms:Decrypt --action "kms:ReEncrypt*"
    verifier check-access-not-granted snapshot --action "kms:*" --resource alias/payments \\
        --principal "callers outside 111122223333"
    """
    from verifier.cli.bodies.access_checks import access_check, not_granted

    invariant = not_granted(action, principal, resource)
    return access_check("access-not-granted", invariant, paths, key_arn, supplied, readings, timeout, sinks(output))
