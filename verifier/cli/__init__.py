"""The command line: one module a command, imported when the command is used.

In: arguments. Out: results on stdout, messages on stderr, an exit code (docs/exit-codes.md).
Guarantee: the only room that prints or ends the process; what one command does not need is not imported for it. A
command is a module here with a function of its name, or a function of `listings` or `access_checks`, and a name in
`COMMANDS`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any

import typer
import typer.core
import typer.main

from verifier import __version__
from verifier.cli.command import SETTINGS
from verifier.cli.options import EXIT_CODES
from verifier.cli.run import debug, internal_error, prepare_streams
from verifier.garbage_collection import collect_seldom

_CHECKS = ("check-no-new-access", "check-access-not-granted", "check-no-public-access")
_LISTINGS = ("schema", "builtins", "readings", "rule", "actions")
COMMANDS = (
    *("prove", "check", "export", "recheck", "evaluate", "explain", "suggest", "compare"),
    *(*_CHECKS, "who-can", "reach", "findings", "lint", "snapshot", "lsp", "bench", *_LISTINGS),
)
"""The commands in the order of the help text."""


class LazyGroup(typer.core.TyperGroup):
    """A group whose commands are imported one at a time, each when it is first asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": None})
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; `None` where there is none."""
        if cmd_name in self.commands and self.commands[cmd_name] is None:
            function = cmd_name.replace("-", "_")
            module = "listings" if cmd_name in _LISTINGS else "access_checks" if cmd_name in _CHECKS else function
            made = typer.main.get_command(getattr(import_module(f"verifier.cli.{module}"), function))
            made.name, self.commands[cmd_name] = cmd_name, made
        return self.commands.get(cmd_name)


app = typer.Typer(
    name="verifier",
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings=SETTINGS,
)


def main() -> None:
    """The command `verifier`. Ends the process."""
    collect_seldom()
    prepare_streams()
    try:
        app()
    # what fails outside a command's body is a fault of the program as well: exit code 4, never 1
    except Exception as error:
        raise SystemExit(int(internal_error(error))) from None


def _version(wanted: bool) -> None:
    if wanted:
        print(f"verifier {__version__}")
        raise typer.Exit


@app.callback(epilog=EXIT_CODES)
def verifier(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    show_traceback: Annotated[bool, typer.Option("--debug", help="Show the traceback of an internal error.")] = False,
) -> None:
    """Proves or refutes who can use an AWS KMS key, over all requests.

    \b
    verifier prove examples/payments
    verifier prove key-policy.json --builtin no-external-access
    verifier who-can kms:Decrypt --key payments examples/payments
    verifier reach --to kms:Decrypt --key tickets examples/escalation
    verifier compare old-policy.json new-policy.json

    `verifier COMMAND --help` has examples of each command.
    """
    if show_traceback:
        debug()
