"""The command line: options and help. The bodies are in `cli_prove` and `cli_evaluate`, imported when a command runs.

This file and its `cli_…` companions are the only place that prints or exits. Exit codes: docs/exit-codes.md.
"""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from verifier import __version__
from verifier.cli_run import colours, debug, emit, internal_error, prepare_streams, run

app = typer.Typer(
    name="verifier",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

_EXIT_CODES = "Exit codes: 0 all proved; 1 something refuted; 2 usage or input error; 3 something unknown; 4 internal error."


class Output(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"


class Schema(StrEnum):
    """The published JSON Schemas."""

    SNAPSHOT = "snapshot"
    REPORT = "report"


def main() -> None:
    """The command `verifier`. Ends the process."""
    prepare_streams()
    try:
        app()
    except Exception as error:  # what fails outside a command's body is a fault of the program as well: exit code 4, never 1
        raise SystemExit(int(internal_error(error))) from None


def _version(asked: bool) -> None:
    if asked:
        print(f"verifier {__version__}")
        raise typer.Exit


@app.callback(epilog=_EXIT_CODES)
def verifier(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False,
    show_traceback: Annotated[bool, typer.Option("--debug", help="Show the traceback of an internal error.")] = False,
) -> None:
    """Proves or refutes who can use an AWS KMS key, over all requests.

    \b
    verifier prove examples/payments
    verifier prove key-policy.json --builtin no-external-access
    """
    if show_traceback:
        debug()


def _seconds(value: float | None) -> float | None:
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise typer.BadParameter("expected a number of seconds greater than 0")
    return value


def _settled(values: list[str]) -> list[str]:
    """Checks `LABEL=yes|no`. A label that does not exist, or one settled both ways, is a usage error."""
    from verifier.model.readings import READINGS

    labels = [reading.label for reading in READINGS]
    chosen: dict[str, str] = {}
    for value in values:
        label, _, answer = value.partition("=")
        if label not in labels:
            raise typer.BadParameter(f"{label!r} is no reading; {_suggestion(label, labels)}`verifier readings` lists them")
        if answer not in ("yes", "no"):
            raise typer.BadParameter(f"expected {label}=yes or {label}=no")
        if chosen.setdefault(label, answer) != answer:
            raise typer.BadParameter(f"{label} is given as yes and as no")
    return values


def _suggestion(word: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}? " if close else ""


Paths = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Snapshots (JSON, YAML or a folder) and single key policies.", show_default=False)
]
KeyArn = Annotated[str | None, typer.Option(metavar="ARN", help="The key that a single policy belongs to, where nothing else tells it.")]
InvariantFilesOption = Annotated[
    list[Path], typer.Option(metavar="FILE", help="A file of invariants; may be repeated. Without it: the *.inv files beside the input.")
]
Builtins = Annotated[list[str], typer.Option(metavar="NAME[:ARGS]", help="A built-in invariant; may be repeated.")]
Timeout = Annotated[
    float | None, typer.Option(metavar="SECONDS", callback=_seconds, help="The most that one query may take; past it, unknown.")
]
Settled = Annotated[
    list[str],
    typer.Option(
        metavar="LABEL=yes|no", callback=_settled, help="Settles an open question of AWS's documentation (see `verifier readings`)."
    ),
]


@app.command(epilog=_EXIT_CODES)
def prove(
    paths: Paths,
    invariants: InvariantFilesOption = [],  # noqa: B006  (typer copies it; a list is how an option is repeated)
    builtin: Builtins = [],  # noqa: B006
    key_arn: KeyArn = None,
    output: Annotated[Output, typer.Option(help="How to write the report.")] = Output.TEXT,
    timeout: Timeout = None,
    reading: Settled = [],  # noqa: B006
) -> None:
    """Prove or refute invariants about the keys of an input.

    \b
    A folder that holds a snapshot and its invariants:
        verifier prove examples/payments

    \b
    One key policy, and a question from the shelf:
        verifier prove key-policy.json --builtin no-external-access \\
            --key-arn arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab

    \b
    In a pipeline:
        verifier prove snapshot.yaml --invariants payments.inv --output json > report.json

    \b
    A file of invariants:
        account prod = 111122223333
        invariant "no external account can decrypt":
          no caller outside prod can kms:Decrypt, kms:ReEncryptFrom
        invariant "no grant for outsiders":
          no caller can create a grant to a grantee outside prod
    """

    def body() -> int:
        from verifier.cli_prove import ProveOptions, prove_command

        settled = {label: answer == "yes" for label, _, answer in (value.partition("=") for value in reading)}
        options = ProveOptions(tuple(paths), tuple(invariants), tuple(builtin), key_arn, output is Output.JSON, timeout, settled)
        return prove_command(options)

    run(body)


@app.command(epilog="Exit codes: 0 every line was answered; 2 usage or input error, or some line held no request; 4 internal error.")
def evaluate(
    paths: Paths,
    requests: Annotated[
        Path, typer.Option(metavar="FILE", help="JSON Lines, a request a line; `-` reads standard input.", show_default=False)
    ],
    trace: Annotated[bool, typer.Option("--trace", help="Tell which statement did what, and by which rule.")] = False,
    key_arn: KeyArn = None,
) -> None:
    """Decide concrete requests, one JSON object a line.

    A request a line in, an answer a line out, in the same order.

    \b
    A request (context values are strings or lists of strings; `resource` is a key or alias ARN, or null):
        {"principal": "arn:aws:sts::111122223333:assumed-role/reports/nightly", "action": "kms:Decrypt",
         "resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
         "context": {"kms:EncryptionContext:tenant": "acme"}}

    \b
    A role session or federated session may have session policies: `session_policy` is a policy document, or a list of them:
        {"principal": ..., "action": "kms:Decrypt", "resource": ..., "context": {},
         "session_policy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}}

    \b
    An answer: {"decision": "allow" | "deny" | "depends", ...}, or for a line that is no request
    {"error": ..., "line": N}; the lines after it are answered all the same.

    \b
    verifier evaluate examples/payments --requests examples/payments/requests.jsonl
    echo '{"principal": ...}' | verifier evaluate examples/payments --requests - --trace
    """

    def body() -> int:
        from verifier.cli_evaluate import evaluate_command

        return evaluate_command(tuple(paths), requests, key_arn=key_arn, trace=trace)

    run(body)


@app.command()
def schema(name: Annotated[Schema, typer.Argument(help="Which one.", show_default=False)]) -> None:
    """Print the JSON Schema of a snapshot or of a report.

    \b
    verifier schema snapshot > snapshot.schema.json
    """

    def body() -> int:
        import json

        import verifier as api

        emit(json.dumps(api.schema(name.value), indent=2) + "\n")
        return 0

    run(body)


@app.command()
def readings(output: Annotated[Output, typer.Option(help="How to write the list.")] = Output.TEXT) -> None:
    """List the open questions of AWS's documentation.

    Each is tried both ways unless `--reading` settles it.

    \b
    verifier readings
    verifier prove examples/payments --reading P5=no
    """

    def body() -> int:
        import sys

        from verifier.report.readings import readings_json, render_readings

        emit(readings_json() + "\n" if output is Output.JSON else render_readings(colours(sys.stdout)))
        return 0

    run(body)
