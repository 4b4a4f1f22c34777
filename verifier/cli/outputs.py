"""Where results go: `--output FORMAT`, `--output FORMAT=FILE`, any number of them.

In: the values of `--output`. Out: `Sink`s; files and stdout written.
Guarantee: at most one result goes to stdout; a format that does not exist, a file named twice or in a folder that does
not exist is a usage error before anything is done; no input is written over; a file is complete or is not there: it is
written beside its place and then moved. Where there is no answer, the outputs hold the errors, so that an upload step
of a pipeline finds its file; an error stays one (exit code 2, a fault of the verifier 4), and 0 is only that an input
that may be empty holds no key (S3).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from verifier.cli import completion
from verifier.cli.run import OutputError, colours, columns, emit, warn
from verifier.frozen import Frozen
from verifier.model.choices import FORMATS, SUMMARY
from verifier.report.exit_codes import ExitCode
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.text import did_you_mean, of_files, printable

if TYPE_CHECKING:
    from verifier.report.document import Document
    from verifier.report.forms import Forms


class Sink(Frozen):
    """One result: a format, and the file that it goes to; `None`: stdout."""

    format: str
    path: Path | None = None


_TEXT = Sink("text")


def sinks(
    values: Sequence[str], formats: Sequence[str] = FORMATS, folder: Path | None = None, *, quiet: bool = False
) -> tuple[Sink, ...]:
    """What `--output` asks for; none: text on stdout, of which the summary alone where it is to be `quiet`. Files are
    from `folder`. Raises `ValueError` with a message for people."""
    found = tuple(_sink(value, formats, folder) for value in values) or (_TEXT,)
    if sum(sink.path is None for sink in found) > 1:
        raise ValueError("only one output can go to stdout: give the others a file, as in sarif=report.sarif")
    paths = [os.path.abspath(sink.path) for sink in found if sink.path is not None]
    twice = next((path for path in paths if paths.count(path) > 1), None)
    if twice is not None:
        raise ValueError(f"two outputs go to {twice}")
    return tuple(Sink(SUMMARY) if quiet and sink == _TEXT else sink for sink in found)


def _sink(value: str, formats: Sequence[str], folder: Path | None) -> Sink:
    name, equals, file = value.partition("=")
    if name not in formats:
        hint = did_you_mean(name, formats)
        raise ValueError(f"{name!r} is no format; {f'{hint} ' if hint else ''}the formats are {', '.join(formats)}")
    if not equals or file == "-":
        return Sink(name)
    if not file:
        raise ValueError(f"a file is missing behind {value!r}; for example {name}=report.{name}")
    if "\0" in file:
        raise ValueError(f"{file!r} is not the name of a file")
    path = Path(file) if folder is None else folder / file
    try:
        if path.is_dir() or not path.parent.is_dir():
            raise ValueError(
                f"{path} is a folder" if path.is_dir() else f"there is no folder {path.parent} for {path.name}"
            )
    except OSError as error:
        raise ValueError(f"cannot write {path}: {str(error.strerror).lower()}") from None
    return Sink(name, path)


def check_no_input(written: Iterable[Path | None], given: Iterable[Path]) -> None:
    """Raises `InputError` iff a file that is to be written is among what a command was given, or may be read as a part
    of a folder that it was given."""
    inputs = list(given)
    with of_files():
        for path in written:
            if path is not None and path.is_file() and any(_is_read(path, one) for one in inputs):
                message = f"`{printable(str(path))}` would be overwritten, and is an input"
                raise InputError.of(message, hint="name another file")


def _is_read(file: Path, given: Path) -> bool:
    try:
        if not given.is_dir():
            return file.samefile(given)
    except (OSError, ValueError):  # nothing that is given is called so
        return False
    from verifier.inputs.snapshot.files_inside import may_be_part  # an output that is there in a folder is rare

    return may_be_part(file, given)


def checked_formats(formats: Sequence[str]) -> Callable[[list[str]], list[str]]:
    """The check of an option `--output`: a wrong value is a usage error."""

    def check(values: list[str]) -> list[str]:
        try:
            sinks(values, formats)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        return values

    return check


def output_option(what: str, formats: Sequence[str] = FORMATS) -> Any:
    """The option `--output FORMAT[=FILE]` of a command that writes `what`."""
    return typer.Option(
        metavar="FORMAT[=FILE]",
        callback=checked_formats(formats),
        autocompletion=lambda incomplete: completion.among(formats, incomplete),
        help=f"How to write the {what}, and where (stdout): {', '.join(formats)}; may be repeated.",
    )


def write(outputs: Sequence[Sink], forms: Forms, warnings: Sequence[Diagnostic] = ()) -> None:
    """Writes a result to each sink, files first, and the warnings to stderr but for JSON alone. Raises
    `OutputError`."""

    def render(name: str, colour: bool, width: int | None) -> str:
        if name in ("text", SUMMARY) and forms.text is None:
            return _as_text(forms.document(), name, colour, width)
        from verifier.report.formats import written  # which imports what each format needs

        return written(forms, name, colour=colour, width=width)

    _write(outputs, render, warnings)


def write_text(outputs: Sequence[Sink], document: Document, warnings: Sequence[Diagnostic]) -> None:
    """As `write`, where each sink is for text or its summary."""
    _write(outputs, partial(_as_text, document), warnings)


def _as_text(document: Document, name: str, colour: bool, width: int | None) -> str:
    from verifier.report.render.text import document_summary, document_text

    if name == SUMMARY:
        return document_summary(document, colour=colour)
    return document_text(document, colour=colour, width=width)


def _write(
    outputs: Sequence[Sink], render: Callable[[str, bool, int | None], str], warnings: Sequence[Diagnostic]
) -> None:
    if any(sink.format != "json" for sink in outputs):
        warn(warnings)
    for sink in sorted(outputs, key=lambda sink: sink.path is None):
        if sink.path is None:
            emit(render(sink.format, colours(sys.stdout), columns(sys.stdout)))
        else:
            write_file(sink.path, render(sink.format, False, None))


def write_file(path: Path, text: str) -> None:
    """Writes a file at once. Raises `OutputError`."""
    device = path.exists() and not path.is_file()  # or a pipe: what is there is written to, not replaced
    beside = path if device else path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        if beside != path:
            beside.replace(path)
    except OSError as error:
        if beside != path:
            beside.unlink(missing_ok=True)
        raise OutputError(str(path)) from error


@dataclass
class Ending:
    """What is written where there is no answer: the name of the schema of the answers, the outputs, whether the input
    may be empty. A body that reads its outputs from a file sets them."""

    kind: str
    sinks: tuple[Sink, ...] = ()
    allow_empty: bool = False


def exit_code_of(body: Callable[[], int], ending: Ending) -> int:
    """The exit code of a body. Writes its errors to the outputs, and raises them again, for stderr."""
    try:
        with of_files():
            return body()
    except OutputError:
        raise
    except InputError as error:
        if ending.allow_empty and error.nothing:
            warnings = [replace(found, severity=Severity.WARNING, hint=None) for found in error.diagnostics]
            _unanswered(ending.kind, ending.sinks, warnings, ExitCode.PROVED)
            return ExitCode.PROVED
        _failed(ending, error.diagnostics, ExitCode.INPUT_ERROR)
        raise
    # a fault of the program, which `run` tells and ends: here it is left in the outputs alone
    except Exception as error:
        fault = Diagnostic(Severity.ERROR, f"internal error: {type(error).__name__}: {str(error)[:500]}")
        try:
            _failed(ending, (fault,), ExitCode.INTERNAL_ERROR)
        except OutputError as unwritten:
            if not str(unwritten):  # of stdout nothing more can be said
                raise
        raise


def _failed(ending: Ending, diagnostics: Sequence[Diagnostic], code: ExitCode) -> None:
    """Writes to all outputs but to a terminal: stderr is told by whoever ends the command."""
    outputs = [sink for sink in ending.sinks if sink not in (_TEXT, Sink(SUMMARY))]
    try:
        _unanswered(ending.kind, outputs, diagnostics, code)
    except OutputError:
        warn(diagnostics)
        raise


def _unanswered(kind: str, outputs: Sequence[Sink], diagnostics: Sequence[Diagnostic], code: ExitCode) -> None:
    if not outputs:
        return
    from verifier.report.forms import Forms
    from verifier.report.tables import diagnostics_table
    from verifier.report.unanswered import unanswered_document, unanswered_json, unanswered_notices

    document, notices = partial(unanswered_document, diagnostics, code), partial(unanswered_notices, diagnostics, code)
    json, table = partial(unanswered_json, kind, diagnostics, code), partial(diagnostics_table, diagnostics)
    write(outputs, Forms(document, json, notices, table))
