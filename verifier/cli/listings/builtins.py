"""`verifier builtins`: lists the invariants that are built in."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli import completion
from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.listings import listed
from verifier.cli.run import emit, style_of
from verifier.syntax.diagnostic import InputError


@command(short_help="List the built-in invariants.")
def builtins(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="Which one; all without it.", autocompletion=completion.builtins, show_default=False
        ),
    ] = None,
    output: Annotated[given.ListOutput, typer.Option(help="How to write them.")] = given.ListOutput.TEXT,
) -> int:
    """List the built-in invariants: how each is written, and what it demands.

    \b
    verifier builtins
    verifier builtins no-external-access
    verifier prove key-policy.json --builtin no-external-access:444455556666
    """
    import sys

    from verifier.language.builtins.catalogue import BUILTINS
    from verifier.report.listings import builtins_json, render_builtins
    from verifier.syntax.text import did_you_mean, printable

    found = tuple(one for one in BUILTINS if name in (None, one.name))
    if not found:
        hint = did_you_mean(name or "", [one.name for one in BUILTINS]) or "`verifier builtins` lists them"
        raise InputError.of(f"there is no built-in `{printable(name or '')}`", hint=hint)
    emit(listed(output, lambda: render_builtins(found, style_of(sys.stdout)), lambda: builtins_json(found)))
    return 0
