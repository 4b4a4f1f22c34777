"""`verifier findings`: its options and help. The work is in `bodies/findings.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from verifier.cli.options import (
    AccountOption,
    KeyArn,
    KeysOption,
    ParameterOption,
    Paths,
    RegionOption,
    Settled,
    command_app,
    settled_readings,
    supplied,
)
from verifier.cli.outputs import output_option, sinks
from verifier.cli.run import run

app = command_app()

FORMATS = ("text", "json", "sarif", "junit", "markdown", "github")

EXIT_CODES = "Exit codes: 0 no finding; 1 findings; 2 usage or input error; 3 something is not known; 4 internal error."


class ZoneOption(StrEnum):
    """The zones of trust."""

    ACCOUNT = "account"
    ORGANIZATION = "organization"


@app.command(short_help="Find access from outside a zone of trust.", epilog=EXIT_CODES)
def findings(
    paths: Paths,
    key: KeysOption = [],  # noqa: B006  (typer copies it; a list is how an option is repeated)
    zone: Annotated[
        ZoneOption, typer.Option(help="Whom the key trusts anyway: its own account, or its organization.")
    ] = ZoneOption.ACCOUNT,
    trust: Annotated[
        list[str], typer.Option(metavar="ACCOUNT", help="An account, or organization (`o-…`), in the zone besides; may be repeated.")
    ] = [],  # noqa: B006
    services: Annotated[bool, typer.Option("--services", help="Let access of AWS service principals count as well.")] = False,
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
    output: Annotated[list[str], output_option("findings", FORMATS)] = ["text"],  # noqa: B006
    verbose: Annotated[bool, typer.Option("--verbose", help="Every action and every condition, and the command that shows it.")] = False,
) -> None:
    """Find the access from outside a zone of trust that keys allow.

    A minimal set of findings: who, which actions, under which conditions, through which statements and grants, each with a request,
    replayed. Together they are all external access and nothing else, Deny statements, conditions and control policies reasoned through;
    none of them is covered by the others. Identity policies outside the zone are taken to allow: they are others' to write.
    Roles that outsiders may assume, and other steps, are not followed here: `verifier reach --to`.

    \b
    verifier findings examples/payments
    verifier findings examples/payments --key logs --trust 444455556666
    verifier findings examples/organization --zone organization --services
    verifier findings snapshot.yaml --output markdown
    """

    def body() -> int:
        from verifier.cli.bodies.findings import FindingsOptions, findings_command

        asked = supplied(account, region, parameter)
        settled = settled_readings(reading)
        return findings_command(
            FindingsOptions(
                tuple(paths), tuple(key), zone.value, tuple(trust), services, key_arn, asked, settled, sinks(output, FORMATS), verbose
            )
        )

    run(body)
