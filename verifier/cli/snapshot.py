"""`verifier snapshot`: reads live accounts, and reports what was not read."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.run import emit, progress_line, tell
from verifier.syntax.diagnostic import InputError

if TYPE_CHECKING:
    from verifier.model.results.collection import Wanted


def _wanted(
    directory: Annotated[
        Path, typer.Argument(metavar="DIRECTORY", help="A new folder, or that of an earlier run, to go on.")
    ],
    region: Annotated[
        list[str], typer.Option(metavar="REGION", help="A Region whose keys to read; may be repeated.")
    ] = [],
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="A profile of the AWS CLI; else its default.")
    ] = None,
    assume_role: Annotated[
        list[str],
        typer.Option(
            metavar="ARN[,ARN…]",
            help="A role, to read its account as well; several with commas are a chain. May be repeated.",
        ),
    ] = [],
    only_assumed: Annotated[
        bool, typer.Option("--only-assumed", help="Leave out the account of the profile itself.")
    ] = False,
    workloads: Annotated[
        bool,
        typer.Option(
            "--workloads",
            help="Also read what runs as which role, in every Region that the account has enabled (docs/live.md).",
        ),
    ] = False,
    concurrency: Annotated[
        int, typer.Option(metavar="N", min=1, max=32, help="How many calls at a time, at most.")
    ] = 4,
) -> _Wanted:
    """What is to be read, and where it goes."""
    from verifier.model.results.collection import Wanted

    return Wanted(directory, tuple(region), profile, tuple(assume_role), not only_assumed, concurrency, workloads)


_Wanted = Annotated["Wanted", _wanted]


@command(
    short_help="Read the keys of live accounts.",
    epilog=(
        "Exit codes: 0 everything was read; 2 usage or credentials; 3 something was not read, and is named; 4 internal "
        "error."
    ),
)
def snapshot(
    wanted: _Wanted, output: Annotated[given.Output, typer.Option(help="How to write the report.")] = given.Output.TEXT
) -> int:
    """Read the keys of live accounts, and what decides about them, into a snapshot folder.

    Keys with policies, grants, aliases and tags; users, groups, roles and their policies; the organization with its
    control policies; VPC endpoints. It only reads (docs/live.md has the IAM policy that it needs), needs the extra
    [aws], and is the only command that connects to AWS. What it may not read is named and is unknown to every other
    command, never taken as empty. Run it again to go on after an interruption, or to try again what it could not read.

    \b
    verifier snapshot live --profile audit --region eu-west-1 --region us-east-1
    verifier snapshot live --region us-east-1 --assume-role arn:aws:iam::444455556666:role/audit
    verifier snapshot live --region us-east-1 --workloads     # for invariants that say `can eventually`
    verifier prove live --builtin no-external-access
    """
    if find_spec("boto3") is None:
        raise InputError.of(
            "`verifier snapshot` needs boto3, which is not installed", hint="pip install 'kms-verifier[aws]'"
        )
    from verifier.collect import CollectError, collect
    from verifier.report.collection import collection_exit_code, collection_to_json, render_collection
    from verifier.report.wire.values import json_text

    with progress_line() as progress:
        try:
            collection = collect(wanted, progress)
        except CollectError as error:
            raise InputError.of(str(error)) from None
        except KeyboardInterrupt:
            tell("stopped: the same command goes on from here")
            raise
    emit(json_text(collection_to_json(collection)) if output is given.Output.JSON else render_collection(collection))
    return collection_exit_code(collection)
