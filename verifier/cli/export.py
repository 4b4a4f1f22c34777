"""`verifier export`: writes a formula for each invariant and key to a folder or to stdout."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from verifier.cli import options as given
from verifier.cli.command import command
from verifier.cli.run import emit, tell
from verifier.syntax.diagnostic import InputError

MOST_NAME = 60
"""Characters of an invariant's name, or of a key's, that go into the name of a file."""


def _format(value: bool) -> bool:
    if not value:
        raise typer.BadParameter("name the format: --smtlib")
    return value


@command(
    short_help="Write the questions for other solvers.",
    epilog=(
        "Exit codes: 0 everything was written; 2 usage or input error; 3 some question has no formula; 4 internal "
        "error."
    ),
    may_be_empty=True,
)
def export(
    paths: given.Paths,
    *,
    smtlib: Annotated[
        bool, typer.Option("--smtlib", callback=_format, help="SMT-LIB 2.6 with the theory of strings.")
    ] = False,
    directory: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A file for each question, in this folder.")
    ] = None,
    invariants: given.InvariantFilesOption = [],
    builtin: given.Builtins = [],
    key_arn: given.KeyArnOption = None,
    supplied: given.SuppliedOptions,
    readings: given.Readings,
) -> int:
    """Write the questions for other solvers: one formula for each invariant and key.

    A formula is unsatisfiable iff no request breaks the invariant (docs/engines.md says what it leaves open).
    Several formulas on stdout are separated by `(reset)`.

    \b
    verifier export examples/payments --smtlib --directory formulas
    verifier export key-policy.json --smtlib --builtin no-external-access | cvc5 --incremental
    """
    from verifier.invariant_files import files_of_question
    from verifier.question import QuestionOptions, read_question
    from verifier.report.exit_codes import ExitCode
    from verifier.syntax.text import printable

    options = QuestionOptions(tuple(paths), tuple(invariants), tuple(builtin), key_arn, supplied)
    question = read_question(options, files_of_question)
    from verifier.verify.export import export as formulas

    written = lacking = 0
    for number, exported in enumerate(formulas(question.estate, question.invariants, readings), start=1):
        if exported.text is None:
            lacking += 1
            message = f"{exported.invariant.name!r} on {exported.target} has no formula: {exported.reason}"
            tell(printable(message))
        elif directory is None:
            emit(("(reset)\n" if written else "") + exported.text)
            written += 1
        else:
            key = _plain(exported.target.rsplit(":", 1)[-1])
            _write(directory, f"{number:03}-{_plain(exported.invariant.name)}-{key}.smt2", exported.text)
            written += 1
    if not written:
        raise InputError.of("no question has a formula, so nothing was written", rule="S3")
    return ExitCode.UNKNOWN if lacking else ExitCode.PROVED


def _plain(text: str) -> str:
    """Letters, digits and hyphens, for the name of a file."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")[:MOST_NAME] or "unnamed"


def _write(directory: Path, name: str, text: str) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError.of(f"cannot write `{directory / name}`: {(error.strerror or str(error)).lower()}") from None
