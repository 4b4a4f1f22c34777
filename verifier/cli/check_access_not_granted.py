"""`verifier check-access-not-granted`: its options and help. The work is in `bodies/access_checks.py`."""

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


@app.command(short_help="Check that some access is not granted.", epilog=EXIT_CODES)
def check_access_not_granted(
    paths: Paths,
    action: Annotated[
        list[str], typer.Option(metavar="ACTION", help="An action, or a pattern such as kms:ReEncrypt*; may be repeated. Without it: any.")
    ] = [],  # noqa: B006  (typer copies it)
    principal: Annotated[
        list[str],
        typer.Option(metavar="CALLERS", help='Whom it is about, as invariants say it: "role/reports in 111122223333". Without it: anyone.'),
    ] = [],  # noqa: B006
    resource: Annotated[
        list[str], typer.Option(metavar="KEY", help="The ARN or alias of a key; may be repeated. Without it: every key of the input.")
    ] = [],  # noqa: B006
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
    output: Annotated[Output, typer.Option(help="How to write the answer.")] = Output.TEXT,
) -> None:
    """Check that nobody, or nobody of some callers, is granted some access.

    It passes where it is proved that none of the actions is allowed to any of the callers on any of the keys, in any request.

    \b
    verifier check-access-not-granted key-policy.json --action kms:Decrypt --action "kms:ReEncrypt*"
    verifier check-access-not-granted snapshot --action "kms:*" --principal "callers outside 111122223333" --resource alias/payments
    """

    def body() -> int:
        from verifier.cli.bodies.access_checks import Access, access_not_granted

        access = Access(tuple(action), tuple(principal), tuple(resource))
        given = supplied(account, region, parameter)
        return access_not_granted(tuple(paths), access, key_arn, given, settled_readings(reading), output is Output.JSON)

    run(body)
