"""`verifier explain`: its options and help. The work is in `bodies/explain.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verifier.cli.options import (
    AccountOption,
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

EXIT_CODES = "Exit codes: 0 the request was explained, whatever its decision; 2 usage or input error; 4 internal error."


def _pairs(values: list[str]) -> list[str]:
    for given in values:
        name, equals, _ = given.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"expected KEY=VALUE, found {given!r}")
    return values


@app.command(short_help="Explain why a request is allowed or refused.", epilog=EXIT_CODES)
def explain(
    paths: Paths,
    request: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The request, a JSON object as `verifier evaluate` takes it; `-` is standard input.")
    ] = None,
    line: Annotated[int | None, typer.Option(metavar="N", min=1, help="Which line of FILE, where it holds a request a line.")] = None,
    principal: Annotated[str | None, typer.Option(metavar="ARN", help="Who calls: an ARN, an account (its root user), a service.")] = None,
    action: Annotated[str | None, typer.Option(metavar="ACTION", help="The permission, such as kms:Decrypt.")] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="The key: ARN, ID, alias or name; not needed where there is one.")] = None,
    context: Annotated[
        list[str], typer.Option(metavar="KEY=VALUE", callback=_pairs, help="A condition key; several values of one key make a set.")
    ] = [],  # noqa: B006  (typer copies it)
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    reading: Settled = [],  # noqa: B006
    timeout: Timeout = None,
    output: Annotated[list[str], output_option("explanation", PAGE)] = ["text"],  # noqa: B006
    verbose: Annotated[bool, typer.Option("--verbose", help="Every statement of every gate.")] = False,
) -> None:
    """Explain why a request is allowed or refused, and what would change that.

    Gate by gate, with the statements and their places; then the smallest change of the request, and the smallest edits of the key policy,
    that decide it otherwise. Every one that is shown was decided by `verifier evaluate`.

    \b
    verifier explain examples/payments --principal arn:aws:sts::111122223333:assumed-role/api/task-1 \\
        --action kms:Decrypt --key payments --context kms:EncryptionContext:tenant=globex

    \b
    A request of a file:
        verifier explain examples/payments --request examples/payments/requests.jsonl --line 3
        echo '{"principal": ...}' | verifier explain examples/payments --request - --output markdown
    """

    def body() -> int:
        from verifier.cli.bodies.explain import ExplainOptions, RequestOptions, explain_command

        asked = RequestOptions(request, line, principal, action, key, tuple(context))
        settled = settled_readings(reading)
        options = ExplainOptions(
            tuple(paths), asked, key_arn, supplied(account, region, parameter), settled, timeout, sinks(output, PAGE), verbose
        )
        return explain_command(options)

    run(body)
