"""`verifier explain`: reads the estate and the request, explains, writes the explanation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verifier.cli import completion
from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks, write
from verifier.model.choices import FORMATS

if TYPE_CHECKING:
    from verifier.cli.bodies.evaluate import RequestOptions

_FORMATS = tuple(name for name in FORMATS if name != "csv")


def _pairs(values: list[str]) -> list[str]:
    for pair in values:
        name, equals, _ = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"expected KEY=VALUE, found {pair!r}")
    return values


def _request(
    request: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The request, a JSON object as `verifier evaluate` takes it; `-` is standard input."
        ),
    ] = None,
    line: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Which line of FILE, where it holds a request a line.")
    ] = None,
    principal: Annotated[
        str | None, typer.Option(metavar="ARN", help="Who calls: an ARN, an account (its root user), a service.")
    ] = None,
    action: Annotated[
        str | None,
        typer.Option(
            metavar="ACTION", autocompletion=completion.complete_actions, help="The permission, such as kms:Decrypt."
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            metavar="KEY",
            autocompletion=completion.keys,
            help="The key: ARN, ID, alias or name; not needed where there is one.",
        ),
    ] = None,
    context: Annotated[
        list[str],
        typer.Option(
            metavar="KEY=VALUE", callback=_pairs, help="A condition key; several values of one key make a set."
        ),
    ] = [],
) -> _RequestOptions:
    """Where the request stands. Raises `InputError` where it stands nowhere, or twice."""
    from verifier.cli.bodies.evaluate import RequestOptions, check_options

    options = RequestOptions(request, line, principal, action, key, tuple(context))
    check_options(options)
    return options


_RequestOptions = Annotated["RequestOptions", _request]


@command(
    short_help="Explain why a request is allowed or refused.",
    epilog=(
        "Exit codes: 0 the request was explained, whatever its decision; 2 usage or input error; 4 internal error."
    ),
    writes="explanation",
)
def explain(
    paths: given.Paths,
    *,
    request: _RequestOptions,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: Annotated[list[str], output_option("explanation", _FORMATS)] = ["text"],
    verbose: Annotated[bool, given.verbose("Every statement of every gate.")] = False,
) -> int:
    """Explain why a request is allowed or refused, and what would change that.

    Gate by gate, with the statements and their places; then the smallest change of the request, and the smallest edits
    of the key policy, that decide it otherwise. Every one that is shown was decided by `verifier evaluate`.

    \b
    verifier explain examples/payments --principal arn:aws:sts::111122223333:assumed-role/api/task-1 \\
        --action kms:Decrypt --key payments --context kms:EncryptionContext:tenant=globex

    \b
    A request of a file:
        verifier explain examples/payments --request examples/payments/requests.jsonl --line 3
        echo '{"principal": ...}' | verifier explain examples/payments --request - --output markdown
    """
    from verifier.cli.bodies.evaluate import request_of
    from verifier.inputs import load_estate

    estate = load_estate(paths, key_arn=key_arn, supplied=supplied)
    meant = request_of(estate, request)
    from verifier.report.pages.explanation import explanation_forms

    # after the input has been accepted: importing a solver takes a while
    from verifier.verify.explanation.explain import explain_request

    found = explain_request(estate, meant, readings=readings, timeout=timeout)
    write(sinks(output, _FORMATS), explanation_forms(found, in_full=verbose))
    return 0
