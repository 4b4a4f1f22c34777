"""`verifier export`: reads the question, writes a formula for each invariant and key to a folder or to stdout."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from verifier.cli.bodies.asked import Asked, read
from verifier.cli.run import emit
from verifier.report.exit_codes import ExitCode
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import printable

MOST_NAME = 60
"""Characters of an invariant's name, or of a key's, that go into the name of a file."""


def export_command(asked: Asked, directory: Path | None, readings: Mapping[str, bool]) -> int:
    """Writes the formulas; says on stderr for which questions there is none, and returns the exit code."""
    question = read(asked)
    from verifier.verify.export import export

    written = lacking = 0
    for number, exported in enumerate(export(question.estate, question.invariants, readings), start=1):
        if exported.text is None:
            lacking += 1
            told = f"{exported.invariant.name!r} on {exported.target} has no formula: {exported.reason}"
            print(printable(told), file=sys.stderr)
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
