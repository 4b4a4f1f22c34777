"""`verifier lint`: its options and help. The work is in `bodies/lint.py`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from verifier.cli.options import AccountOption, KeyArn, ParameterOption, Paths, RegionOption, Timeout, command_app, supplied
from verifier.cli.outputs import output_option, sinks
from verifier.cli.run import run

app = command_app()

EXIT_CODES = (
    "Exit codes: 0 nothing found that fails, and everything decided; 1 a finding as bad as --fail-on; 2 usage or input error; "
    "3 something undecided; 4 internal error."
)


FORMATS = ("text", "json", "sarif", "junit", "markdown", "github")


class LintFailOn(StrEnum):
    """What makes a run fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"


@app.command(short_help="Find what is wrong with policies as written.", epilog=EXIT_CODES)
def lint(
    paths: Paths,
    fail_on: Annotated[LintFailOn, typer.Option(help="The least severity that ends in exit code 1.")] = LintFailOn.WARNING,
    key_arn: KeyArn = None,
    account: AccountOption = None,
    region: RegionOption = None,
    parameter: ParameterOption = [],  # noqa: B006
    timeout: Timeout = None,
    output: Annotated[list[str], output_option("findings", FORMATS)] = ["text"],  # noqa: B006
    verbose: Annotated[bool, typer.Option("--verbose", help="Every finding in full, with the rewritten statement.")] = False,
) -> None:
    """Find what is provably wrong with policies as they are written.

    Statements that never match, that others make redundant, or that everything is denied by; conditions that restrict nothing, or let
    requests without the key through; principals, actions, resources and values that match nothing; sizes that AWS refuses. Each finding has
    a proof over all requests, or a request that shows it; each rewrite is checked. docs/lint.md lists the rules.

    \b
    verifier lint key-policy.json
    verifier lint snapshots/monday --fail-on error
    verifier lint examples/payments --verbose
    verifier lint key-policy.json --output markdown >> comment.md
    """

    def body() -> int:
        from verifier.cli.bodies.lint import LintOptions, lint_command
        from verifier.model.results.lint import Severity

        worst = None if fail_on is LintFailOn.NEVER else Severity(fail_on.value)
        given = supplied(account, region, parameter)
        return lint_command(LintOptions(tuple(paths), worst, key_arn, timeout, sinks(output, FORMATS), verbose, given))

    run(body)
