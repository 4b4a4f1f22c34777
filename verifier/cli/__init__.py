"""The command line: one module a command, imported when the command is used.

In: arguments. Out: results on stdout, messages on stderr, an exit code (docs/exit-codes.md).
Guarantee: the only room that prints or ends the process; what one command does not need is not imported for it. A
command is a module here with a function of its name, or a function of `listings`, and a name in `COMMANDS`.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
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

_LISTINGS = ("schema", "builtins", "readings", "rule", "actions")
COMMANDS = (
    *("prove", "check", "export", "recheck", "evaluate", "explain", "suggest", "compare"),
    *("check-no-new-access", "check-access-not-granted", "check-no-public-access", "who-can", "reach", "findings"),
    *("lint", "snapshot", "lsp", "bench", *_LISTINGS),
)
"""The commands in the order of the help text."""


class _Commands(MutableMapping[str, Any]):
    """The commands by name; each is imported when it is first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        if name not in self._made:
            function = name.replace("-", "_")
            module = "listings" if name in _LISTINGS else function
            self._made[name] = typer.main.get_command(getattr(import_module(f"verifier.cli.{module}"), function))
            self._made[name].name = name
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __contains__(self, name: object) -> bool:
        return name in COMMANDS

    def __setitem__(self, name: str, command: Any) -> None:
        self._made[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError("the commands are those of the table")


class LazyGroup(typer.core.TyperGroup):
    """A group whose commands are imported one at a time."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": None})
        self.commands = _Commands()


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
