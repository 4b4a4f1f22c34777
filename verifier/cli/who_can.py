"""`verifier who-can`: reads the input, asks, writes the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from verifier.cli import completion
from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.outputs import output_option, sinks, write
from verifier.cli.run import progress_line
from verifier.syntax.diagnostic import InputError

if TYPE_CHECKING:
    from verifier.model.estate import Estate
    from verifier.model.results.access import WhoCan


def _actions_and_paths(words: Sequence[str], transpose: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is asked about, and the input. Raises `InputError`."""
    actions = tuple(word for word in words if word.lower().startswith("kms:"))
    paths = tuple(word for word in words if word not in actions)
    if not paths:
        raise InputError.of(
            "no input: name a snapshot or a key policy", hint="verifier who-can kms:Decrypt examples/payments"
        )
    if not actions and transpose is None:
        raise InputError.of("no action to ask about", hint=_which_action(paths), rule="S3")
    return actions, paths


def _which_action(words: Sequence[str]) -> str:
    """How to name an action: one of the words without `kms:`, or any."""
    from verifier.model.reference import action

    found = next(filter(None, (action(f"kms:{word}") for word in words)), None)
    return "for example kms:Decrypt, or kms:* for every one" if found is None else f"did you mean {found.name}?"


_Words = Annotated[
    list[str],
    typer.Argument(
        metavar="ACTION... PATH...",
        autocompletion=completion.complete_actions,
        help=(
            "Actions (`kms:Decrypt`, `kms:ReEncrypt*`), and snapshots or key policies. What begins with `kms:` "
            "is an action."
        ),
        show_default=False,
    ),
]
_Except = Annotated[
    list[str],
    typer.Option("--except", metavar="CALLERS", help="Leaves callers out, written as in invariants; may be repeated."),
]
_Transpose = Annotated[
    str | None,
    typer.Option(
        metavar="CALLERS", help="What these can do; without ACTION: of all actions on a key.", show_default=False
    ),
]
_Outputs = Annotated[list[str], output_option("list")]
_Verbose = Annotated[bool, given.verbose("Every caller and every condition, each with a request, replayed.")]


@command(
    short_help="List everybody who can do something.",
    epilog=(
        "Exit codes: 0 the list is complete (nobody can is an answer too); 2 usage or input error; 3 it is not; 4 "
        "internal error."
    ),
    writes="who-can",
    may_be_empty=True,
)
def who_can(
    words: _Words,
    *,
    key: given.KeysOption = [],
    excluding: _Except = [],
    transpose: _Transpose = None,
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
    timeout: given.Timeout = None,
    output: _Outputs = ["text"],
    quiet: given.Quiet = False,
    verbose: _Verbose = False,
) -> int:
    """List everybody who can do something with a key.

    Known callers by name, all others as regions, each with the weakest conditions under which they can and the
    statements and grants that let them. The list is proved to be complete: no other request is allowed.

    \b
    Who can decrypt with one key, with any key:
        verifier who-can kms:Decrypt --key payments examples/payments
        verifier who-can kms:Decrypt examples/payments

    \b
    Several actions; nobody of the account itself:
        verifier who-can kms:Decrypt kms:CreateGrant --key alias/payments --except 111122223333 examples/payments

    \b
    What one caller can do (role/NAME alone is of the key's account):
        verifier who-can --transpose role/reports --key payments examples/payments
        verifier who-can --transpose "role/analyst in 444455556666" examples/cross-account

    \b
    For a machine, or a page:
        verifier who-can kms:Decrypt snapshot.yaml --output json
        verifier who-can kms:Decrypt snapshot.yaml --output markdown
    """
    from verifier.cli.bodies.listed import listed_answer, rows_of_key

    actions, paths = _actions_and_paths(words, transpose)

    def ask(estate: Estate) -> WhoCan:
        from verifier.verify.access.who_can import list_who_can as find  # after the input has been accepted

        with progress_line() as progress:
            return find(
                estate,
                actions,
                keys=tuple(key),
                caller=transpose,
                excluding=tuple(excluding),
                readings=readings,
                timeout=timeout,
                witnesses=verbose,
                progress=progress,
            )

    def said(answer: WhoCan) -> object:
        return tuple((rows_of_key(each.key.arn, each.rows), each.reasons, each.exact) for each in answer.keys)

    _, answer = listed_answer(paths, key_arn, supplied, ask, said, names=(*excluding, transpose or ""))
    from verifier.report.pages.who_can import who_can_forms
    from verifier.report.words.access import who_can_exit_code

    write(sinks(output, quiet=quiet), who_can_forms(answer, in_full=verbose), answer.warnings)
    return who_can_exit_code(answer)
