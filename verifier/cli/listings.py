"""The commands that list what the program knows: `verifier schema`, `builtins`, `readings`, `rule`, `actions`."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, cast, get_args

import typer

from verifier.cli import completion
from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.run import emit, style_of
from verifier.model.choices import SchemaName
from verifier.syntax.diagnostic import InputError

Schema = StrEnum("Schema", {name: name for name in get_args(SchemaName)})  # type: ignore[misc]
"""The published JSON Schemas."""


@command(short_help="Print a JSON Schema.")
def schema(
    name: Annotated[Schema, typer.Argument(metavar="NAME", help=f"One of {', '.join(Schema)}.", show_default=False)],
) -> int:
    """Print the JSON Schema of a snapshot, of verifier.toml (configuration), or of what a command writes.

    \b
    verifier schema snapshot > snapshot.schema.json
    verifier schema configuration > verifier.schema.json
    """
    import json

    import verifier as api

    emit(json.dumps(api.schema(cast(SchemaName, name.value)), indent=2) + "\n")
    return 0


@command(short_help="List the built-in invariants.")
def builtins(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Which one; all without it.",
            autocompletion=completion.complete_builtins,
            show_default=False,
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
    _write(output, lambda: render_builtins(found, style_of(sys.stdout)), lambda: builtins_json(found))
    return 0


@command(short_help="List open questions of AWS's documentation.")
def readings(
    output: Annotated[given.ListOutput, typer.Option(help="How to write the list.")] = given.ListOutput.TEXT,
) -> int:
    """List the open questions of AWS's documentation.

    Each is tried both ways unless `--reading` settles it.

    \b
    verifier readings
    verifier prove examples/payments --reading P5=no
    """
    import sys

    from verifier.report.listings import readings_json, render_readings

    _write(output, lambda: render_readings(style_of(sys.stdout)), readings_json)
    return 0


@command(short_help="Print a rule of the semantics.")
def rule(
    label: Annotated[
        str | None,
        typer.Argument(
            metavar="LABEL",
            help="Which rule, as reports and traces cite it; all without it.",
            autocompletion=completion.complete_rules,
            show_default=False,
        ),
    ] = None,
    output: Annotated[given.ListOutput, typer.Option(help="How to write it.")] = given.ListOutput.TEXT,
) -> int:
    """Print a rule of the semantics: what it says, the pages of AWS that say so, and what tests it (docs/semantics.md).

    \b
    verifier rule
    verifier rule D4
    verifier rule P5-allow --output json
    """
    import sys
    from difflib import get_close_matches

    from verifier.model.readings import READINGS
    from verifier.model.rules import rule_of, rules
    from verifier.report.listings import render_rule, render_rules, rules_json

    labels = {one.upper(): one for one in (*rules(), *READINGS)}
    found = rules().get(rule_of(label)) if label is not None and (label in labels.values() or ":" in label) else None
    if label is not None and found is None:
        close = [labels[one] for one in get_close_matches(label.upper(), labels, n=3, cutoff=0.5)]
        hint = f"did you mean {', '.join(close)}?" if close else "`verifier rule` lists them"
        raise InputError.of(f"no rule has the label `{label}`", hint=hint)
    style = style_of(sys.stdout)
    _write(output, lambda: render_rule(found, style) if found else render_rules(style), lambda: rules_json(found))
    return 0


HeadOption = StrEnum("HeadOption", "HARMLESS STEP DOUBT UNKNOWN")
"""The heads of the catalogue."""


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

    from verifier.model.steps.catalogue import Head, catalogue_entries
    from verifier.report.listings import actions_json, render_actions

    wanted = {Head(one.value) for one in head} or set(Head)
    found = {entry.name: entry for one in pattern or ["*"] for entry in catalogue_entries(one)}
    if not found:
        raise InputError.of(
            f"the catalogue knows no action like {' or '.join(pattern)}", hint="write a pattern such as `lambda:*`"
        )
    matching = [entry for entry in found.values() if entry.head in wanted]
    style, wrapped = style_of(sys.stdout), sys.stdout.isatty()
    _write(output, lambda: render_actions(matching, style, wrapped=wrapped), lambda: actions_json(matching))
    return 0


def _write(output: given.ListOutput, text: Callable[[], str], as_json: Callable[[], str]) -> None:
    """Writes a list in the format asked for."""
    if output is given.ListOutput.TEXT:
        emit(text())
    elif output is given.ListOutput.JSON:
        emit(as_json())
    else:
        from verifier.report.listings import as_csv

        emit(as_csv(as_json()))
