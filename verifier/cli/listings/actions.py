"""`verifier actions`: what the catalogue says of actions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.listings import listed
from verifier.cli.run import emit, style_of
from verifier.syntax.diagnostic import InputError


class HeadOption(StrEnum):
    """The heads of the catalogue."""

    HARMLESS = "harmless"
    STEP = "step"
    DOUBT = "doubt"
    UNKNOWN = "unknown"


@command(short_help="List what actions of AWS can bring about.")
def actions(
    pattern: Annotated[
        list[str],
        typer.Argument(metavar="[PATTERN]...", help="Which actions (`lambda:*`); all without it.", show_default=False),
    ] = [],
    head: Annotated[list[HeadOption], typer.Option("--head", help="Only those under this head; may be repeated.")] = [],
    output: Annotated[given.ListOutput, typer.Option(help="How to write the list.")] = given.ListOutput.TEXT,
) -> int:
    """List the actions of AWS, and whether they can change who may use a key: a step, doubt, harmless, or unknown
    (docs/reach.md).

    \b
    verifier actions 'lambda:*'
    verifier actions --head doubt 'ssm:*' 'ec2:*'
    verifier actions --head unknown --output json
    """
    import sys

    from verifier.model.steps.catalogue import Head, entries
    from verifier.report.listings import actions_json, render_actions

    wanted = {Head(one.value) for one in head} or set(Head)
    found = {entry.name: entry for one in pattern or ["*"] for entry in entries(one)}
    if not found:
        raise InputError.of(
            f"the catalogue knows no action like {' or '.join(pattern)}", hint="write a pattern such as `lambda:*`"
        )
    matching = [entry for entry in found.values() if entry.head in wanted]
    emit(listed(output, lambda: render_actions(matching, style_of(sys.stdout)), lambda: actions_json(matching)))
    return 0
