"""Runs the body of a command: streams, exit codes, and what to say when it fails.

In: a body that returns an exit code. Out: the process's exit code. Guarantee: results alone go to stdout; an
`InputError` is reported with its places and ends in 2; anything unexpected ends in 4 with a short message (never a
traceback, unless asked for); a reader of stdout that goes away is not an error message, and one of stderr changes no
exit code.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn, TextIO

import typer

from verifier import __version__
from verifier.report.exit_codes import ExitCode
from verifier.syntax.diagnostic import Diagnostic, InputError

if TYPE_CHECKING:
    from verifier.report.style import Style

INTERRUPTED = 130
"""128 + SIGINT."""
READER_GONE = 141
"""128 + SIGPIPE: the results were not all read, so this is not a verdict."""

_DEBUG = "VERIFIER_DEBUG"


Color = StrEnum("Color", "AUTO ALWAYS NEVER")
"""When to colour what people read."""

_COLOR = ContextVar("color", default=Color.AUTO)


class OutputError(Exception):
    """The results could not be written to stdout, or to the file that it names."""


def emit(text: str) -> None:
    """Writes results to stdout, at once. Raises `OutputError`."""
    if sys.stdout is None:  # the process was started without one (`>&-`), and `print` would drop the results in silence
        raise OutputError from OSError(errno.EBADF, "there is no standard output")
    try:
        print(text, end="", flush=True)
    except OSError as error:
        raise OutputError from error


def tell(message: str) -> None:
    """Writes a message to stderr. Where nobody reads that, it is left out, and changes neither results nor exit
    code."""
    if sys.stderr is None:
        return
    try:
        print(message, file=sys.stderr, flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def warn(warnings: Sequence[Diagnostic]) -> None:
    """Tells remarks on the input, if there are any, on stderr."""
    if warnings:
        from verifier.report.diagnostics import render_diagnostics

        tell(render_diagnostics(warnings, style_of(sys.stderr)))


def run(body: Callable[[], int], color: Color = Color.AUTO) -> NoReturn:
    """Ends the command with the body's exit code, or the code of what went wrong in it."""
    token = _COLOR.set(color)
    try:
        raise typer.Exit(int(_guarded(body)))
    finally:
        _COLOR.reset(token)


def _guarded(body: Callable[[], int]) -> int:
    try:
        return body()
    except InputError as error:
        return _input_error(error)
    except OutputError as error:
        return _output_error(error.__cause__, str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # a fault of the program: exit code 4, and no verdict
        return internal_error(error)


def _input_error(error: InputError) -> int:
    from verifier.report.diagnostics import render_input_errors

    tell(render_input_errors(error.diagnostics, style_of(sys.stderr)))
    return ExitCode.INPUT_ERROR


def _output_error(cause: BaseException | None, file: str = "") -> int:
    """A reader that went away needs no message. Either way the interpreter must not flush into that stream again."""
    if file:
        from verifier.syntax.text import printable

        tell(f"error: cannot write `{printable(file)}`: {getattr(cause, 'strerror', None) or cause}")
        return ExitCode.INPUT_ERROR
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(cause, BrokenPipeError):
        return READER_GONE
    tell(f"error: cannot write the results: {getattr(cause, 'strerror', None) or cause}")
    return ExitCode.INPUT_ERROR


def internal_error(error: Exception) -> int:
    """Says that the verifier itself failed, and how to report it."""
    if os.environ.get(_DEBUG, "0") not in ("", "0"):
        import traceback

        traceback.print_exception(error)
    from verifier.syntax.text import printable

    tell(f"verifier: internal error: {type(error).__name__}: {printable(str(error))[:500]}")
    tell("No verdict was reached. This is a fault of the verifier, not of your input.")
    tell(f"Please report it with the output of the same command run as `verifier --debug …` (version {__version__}).")
    return ExitCode.INTERNAL_ERROR


def debug() -> None:
    """Shows the traceback of an internal error (also in processes that this one starts)."""
    os.environ[_DEBUG] = "1"


def colours(stream: TextIO | None) -> bool:
    """True iff what is written to a stream has colours: as `--color` says; else not where NO_COLOR is set
    (https://no-color.org), but where FORCE_COLOR is (https://force-color.org), and on a terminal that has them."""
    color = _COLOR.get()
    if stream is None or color is Color.NEVER or (color is Color.AUTO and os.environ.get("NO_COLOR")):
        return False
    if color is Color.ALWAYS:
        return True
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def columns(stream: TextIO | None) -> int | None:
    """How long a line may be: as a terminal is wide, but readable; `None` for what is no terminal."""
    from shutil import get_terminal_size

    return min(max(get_terminal_size().columns, 60), 200) if stream is not None and stream.isatty() else None


def style_of(stream: TextIO | None) -> Style:
    """How text is written to a stream."""
    from verifier.report.style import WIDTH, Style

    return Style(colours(stream), columns(stream) or WIDTH)


def prepare_streams() -> None:
    """Where the locale's encoding lacks a character, an escape is written instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


PROGRESS_AFTER = 0.5
"""Seconds after which progress is worth a line."""


class ProgressLine:
    """One line on a terminal's stderr, written only when the work takes long."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown = False

    def __call__(self, done: int, total: int, name: str) -> None:
        from verifier.syntax.text import printable

        if time.monotonic() - self._started < PROGRESS_AFTER:
            return
        self._shown = True
        print(f"\r\x1b[K{done}/{total}  {printable(name)[:90]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Takes the line away again."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def progress_line() -> Iterator[ProgressLine | None]:
    """The line, taken away at the end however that comes; `None` where stderr is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    progress = ProgressLine()
    try:
        yield progress
    finally:
        progress.clear()
