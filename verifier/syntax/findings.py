"""Collects what is wrong with one text, so that all of it is reported together.

In: ranges of characters of a source, with messages. Out: diagnostics with spans and excerpts.
Guarantee: every message, hint and excerpt is safe to print (`verifier.syntax.text.printable`), and there are never
more than a reader, or the memory, can hold: past `MAXIMUM` of a kind they are counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.source import Source
from verifier.syntax.text import printable, printable_line

MAXIMUM = 100
"""How many errors, and how many warnings, of one text are listed one by one."""

LONGEST_LINE = 1 << 16
"""Lines with more characters than this are not shown."""


@dataclass
class Findings:
    """The errors and warnings found in `source` so far. Ranges are offsets into `source.text`, the end exclusive."""

    source: Source
    _found: dict[Severity, list[Diagnostic]] = field(default_factory=lambda: {severity: [] for severity in Severity})
    _counts: dict[Severity, int] = field(default_factory=lambda: dict.fromkeys(Severity, 0))
    _lines: dict[int, str | None] = field(default_factory=dict)

    def error(self, start: int, end: int, message: str, *, hint: str | None = None, rule: str | None = None) -> None:
        self._record(Severity.ERROR, start, end, message, hint, rule)

    def warning(self, start: int, end: int, message: str, *, hint: str | None = None, rule: str | None = None) -> None:
        self._record(Severity.WARNING, start, end, message, hint, rule)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The warnings in the order of the text; the last one counts those left out."""
        return self._sorted(Severity.WARNING)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The errors in the order of the text; the last one counts those left out."""
        return self._sorted(Severity.ERROR)

    def raise_errors(self) -> None:
        """Raises `InputError` with the errors; does nothing if there are none."""
        if self.errors:
            raise InputError(self.errors)

    def _record(
        self, severity: Severity, start: int, end: int, message: str, hint: str | None, rule: str | None
    ) -> None:
        self._counts[severity] += 1
        if self._counts[severity] > MAXIMUM:
            return
        span = self.source.span(start, end)
        line = self._line(span.line)
        self._found[severity].append(
            Diagnostic(severity, printable(message), span, line, printable(hint) if hint else None, rule)
        )

    def _line(self, line: int) -> str | None:
        """The excerpt. One text serves all diagnostics of a line: a minified document has only one line."""
        if line not in self._lines:
            text = self.source.line_text(line)
            self._lines[line] = printable_line(text) if len(text) <= LONGEST_LINE else None
        return self._lines[line]

    def _sorted(self, severity: Severity) -> tuple[Diagnostic, ...]:
        found = sorted(self._found[severity], key=_position)
        left_out = self._counts[severity] - len(found)
        if left_out:
            found.append(
                Diagnostic(severity, f"{left_out:,} more {severity.value}s in {printable(self.source.root().name)}")
            )
        return tuple(found)


def _position(diagnostic: Diagnostic) -> tuple[int, int]:
    return (diagnostic.span.line, diagnostic.span.column) if diagnostic.span else (0, 0)
