"""`verifier rule`: prints a rule of docs/semantics.md by its label."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli import completion
from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.listings import listed
from verifier.cli.run import emit, style_of
from verifier.syntax.diagnostic import InputError


@command(short_help="Print a rule of the semantics.")
def rule(
    label: Annotated[
        str | None,
        typer.Argument(
            metavar="LABEL",
            help="Which rule, as reports and traces cite it; all without it.",
            autocompletion=completion.rules,
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

    from verifier.model.rules import rule_of, rules
    from verifier.report.listings import render_rule, render_rules, rules_json

    found = None if label is None else rules().get(rule_of(label))
    if label is not None and found is None:
        close = get_close_matches(rule_of(label).upper(), rules(), n=3, cutoff=0.5)
        hint = f"did you mean {', '.join(close)}?" if close else "`verifier rule` lists them"
        raise InputError.of(f"no rule has the label `{label}`", hint=hint)
    style = style_of(sys.stdout)
    emit(listed(output, lambda: render_rule(found, style) if found else render_rules(style), lambda: rules_json(found)))
    return 0
