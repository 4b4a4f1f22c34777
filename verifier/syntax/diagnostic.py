"""What is wrong with an input, said so that a person can mend it.

In: a message and the place it is about. Out: `Diagnostic`, or `InputError` carrying several.
Guarantee: a diagnostic knows its file, line and column wherever a text is at fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

from verifier.frozen import Frozen
from verifier.syntax.source import Span


class Severity(Enum):
    """Whether an input is refused (`ERROR`) or only remarked upon (`WARNING`)."""

    ERROR = "error"
    WARNING = "warning"


class Diagnostic(Frozen):
    """One remark on an input.

    `message` says what is wrong and what was expected, in one line. `line_text` is the source line at
    `span`, for the excerpt. `hint` is a short remedy shown below the marked text. `rule` is the label in
    docs/semantics.md that the remark rests on, such as `L4`. `nothing` is true of one that says that there is nothing
    to check, which `--allow-empty` lets pass.
    """

    severity: Severity
    message: str
    span: Span | None = None
    line_text: str | None = None
    hint: str | None = None
    rule: str | None = None
    nothing: bool = False


class InputError(Exception):
    """The input cannot be used. Carries every error found, not only the first. Exit code 2."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...] | list[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("; ".join(f"{d.span or ''}: {d.message}" for d in self.diagnostics))

    def __reduce__(self) -> tuple[object, ...]:
        """It may have been met in another process."""
        return Exception.__new__, (type(self), *self.args), vars(self)

    @property
    def nothing(self) -> bool:
        """True iff all that is wrong is that there is nothing to check."""
        return all(diagnostic.nothing for diagnostic in self.diagnostics)

    @property
    def asks(self) -> bool:
        """True iff all that is wrong is that an account or a Region is not given (S4)."""
        return all(found.rule == "S4" for found in self.diagnostics if found.severity is Severity.ERROR)

    @classmethod
    def of(
        cls, message: str, span: Span | None = None, *, hint: str | None = None, rule: str | None = None
    ) -> InputError:
        """An error with a single diagnostic."""
        return cls((Diagnostic(Severity.ERROR, message, span, None, hint, rule),))


@contextmanager
def collected(errors: list[Diagnostic]) -> Iterator[None]:
    """Adds the errors of an `InputError` that is raised inside to others, and goes on behind."""
    try:
        yield
    except InputError as error:
        errors += error.diagnostics


class SyntaxFault(Exception):
    """The text at `[start, end)` is no part of its language."""

    def __init__(self, start: int, end: int, message: str, hint: str | None = None) -> None:
        self.start = start
        self.end = end
        self.message = message
        self.hint = hint
        super().__init__(message)
