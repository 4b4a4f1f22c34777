"""`verifier lint`: reads the input, looks, writes what was found."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks, write
from verifier.cli.run import progress_line

LintFailOn = StrEnum("LintFailOn", "ERROR WARNING NOTE NEVER")
"""What makes a run fail."""


@command(
    short_help="Find what is wrong with policies as written.",
    epilog=(
        "Exit codes: 0 nothing found that fails, and everything decided; 1 a finding as bad as --fail-on; 2 usage or "
        "input error; 3 something undecided; 4 internal error."
    ),
    writes="lint",
    may_be_empty=True,
)
def lint(
    paths: given.Paths,
    *,
    fail_on: Annotated[
        LintFailOn, typer.Option(help="The least severity that ends in exit code 1.")
    ] = LintFailOn.WARNING,
    everything: Annotated[
        bool, typer.Option("--all", help="Notes too: what is merely redundant, or of no use.")
    ] = False,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    timeout: given.Timeout = None,
    output: Annotated[list[str], output_option("findings")] = ["text"],
    quiet: given.Quiet = False,
    verbose: Annotated[bool, given.verbose("Every finding in full, with the rewritten statement.")] = False,
) -> int:
    """Find what is provably wrong with policies as they are written.

    Statements that never match, or that everything is denied by; conditions that restrict nothing, or let requests
    without the key through; principals, actions, resources and values that match nothing; sizes that AWS refuses; with
    --all also what is merely redundant. Each finding has a proof over all requests, or a request that shows it; each
    rewrite is checked. docs/lint.md has the rules.

    \b
    verifier lint key-policy.json
    verifier lint snapshots/monday --fail-on error
    verifier lint examples/payments --all --verbose
    verifier lint key-policy.json --output markdown >> comment.md
    """
    from verifier.runs.lint_places import estates, everywhere

    places = estates(paths, key_arn, supplied)
    from verifier.model.results.lint import LintSeverity
    from verifier.report.evidence import Evidence
    from verifier.report.meanings import meanings_of
    from verifier.report.pages.lint import lint_forms
    from verifier.report.words.lint import lint_exit_code

    # after the input has been accepted: importing a solver takes a while
    from verifier.verify.lint.linting import lint as look

    worst = None if fail_on is LintFailOn.NEVER else LintSeverity(fail_on.value)
    with progress_line() as progress:
        found = partial(look, timeout=timeout, progress=progress)
        notes = everything or worst is LintSeverity.NOTE
        report = everywhere(places, lambda estate: found(estate) if notes else found(estate).without_notes())
    write(
        sinks(output, quiet=quiet),
        lint_forms(report, worst, lambda: Evidence(meanings_of(places[0])), in_full=verbose),
        report.warnings,
    )
    return lint_exit_code(report, worst)
