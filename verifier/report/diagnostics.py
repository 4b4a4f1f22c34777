"""Diagnostics → text: the place, what is wrong, the line with the fault marked, a remedy."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.report.exit_codes import ExitCode
from verifier.report.style import PLAIN, Style, pad, width_of
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import counted, printable, printable_line

_MOST_SHOWN = 50
"""Diagnostics written out; of more than these only the number is shown."""

_EXCERPT_BEFORE = 50
_EXCERPT_AFTER = 50


def render_diagnostics(diagnostics: Sequence[Diagnostic], style: Style = PLAIN) -> str:
    """Every diagnostic in the order given, each with its excerpt; empty for none. Ends without a newline."""
    lines = [line for diagnostic in diagnostics[:_MOST_SHOWN] for line in _diagnostic(diagnostic, style)]
    if len(diagnostics) > _MOST_SHOWN:
        lines.append(style.dim(f"… and {len(diagnostics) - _MOST_SHOWN} more"))
    return "\n".join(lines)


def render_input_errors(diagnostics: Sequence[Diagnostic], style: Style = PLAIN) -> str:
    """The diagnostics of a run that stopped on its input, and the line that says so."""
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
    said = pad(f"{counted(errors, 'error')}; nothing was checked", min(style.width - 8, 88))
    return f"{render_diagnostics(diagnostics, style)}\n{said}exit {ExitCode.INPUT_ERROR}"


def _diagnostic(diagnostic: Diagnostic, style: Style) -> list[str]:
    span = diagnostic.span if diagnostic.span and diagnostic.span != NOWHERE else None
    paint = style.bad if diagnostic.severity is Severity.ERROR else style.doubt
    place = _place(span) if span else ""
    rule = style.dim(f" [{diagnostic.rule}]") if diagnostic.rule else ""
    head = f"{place}{paint(diagnostic.severity.value + ':')} {printable(diagnostic.message)}{rule}"
    if span and diagnostic.line_text is not None:
        return [head, *_excerpt(span, diagnostic.line_text, diagnostic.hint, style)]
    return [head, *(style.prose(printable(diagnostic.hint), "   = ") if diagnostic.hint else [])]


def _place(span: Span) -> str:
    file = printable(span.file)
    return f"{file}:{span.line}:{span.column}: " if span.line else f"{file}: "


def _excerpt(span: Span, line_text: str, hint: str | None, style: Style) -> list[str]:
    """The marked line. Of a long one (a minified policy) only the part around the mark is shown."""
    start = min(span.column - 1, len(line_text))
    end = min(span.end_column - 1, len(line_text)) if span.end_line == span.line else len(line_text)
    end = min(max(end, start + 1), start + _EXCERPT_AFTER)
    is_long = len(line_text) > _EXCERPT_BEFORE + _EXCERPT_AFTER
    first = max(0, start - _EXCERPT_BEFORE) if is_long else 0
    last = max(end, start + _EXCERPT_AFTER) if is_long else len(line_text)
    before = ("…" if first else "") + printable_line(line_text[first:start])
    marked = printable_line(line_text[start:end])
    after = printable_line(line_text[end:last]) + ("…" if last < len(line_text) else "")
    gutter = style.dim(f"{span.line:>5} | ")
    underline = " " * width_of(before) + style.bad("^" * max(1, width_of(marked)))
    marked_line = f"{style.dim('      | ')}{underline}"
    lines = [f"{gutter}{before}{marked}{after}".rstrip(), marked_line]
    if hint and width_of(f"{marked_line} {printable(hint)}") <= style.width:
        lines[-1] += f" {printable(hint)}"
    elif hint:
        lines += style.prose(printable(hint), "      = ")
    return lines
