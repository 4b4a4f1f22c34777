"""TOML with places: Python's `tomllib` reads the values, this module says on which line a key stands.

In: the text of a file. Out: the values; the span of a key by its path. Guarantee: a syntax error is an `InputError`
with line and column; a key whose line is not known (one in a line with others, say) has that of the table or value that
holds it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from msgspec import field

from verifier.frozen import Frozen
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.source import Source, Span

KeyPath = tuple[str | int, ...]
_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_TABLE = re.compile(rf"\s*(\[\[?)\s*({_DOTTED})\s*\]")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_AT = re.compile(r"\(at (?:line (\d+), column (\d+)|end of document)\)$")


class Toml(Frozen):
    """A document: its values, and the line of each key that stands at the beginning of one, and of each entry of its
    list."""

    source: Source
    values: dict[str, Any]
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def span(self, path: KeyPath) -> Span:
        """The line of a key, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        line = self.lines.get(path, 1)
        text = self.source.line_text(line)
        start = len(text) - len(text.lstrip())
        return Span(self.source.name, line, start + 1, line, len(text.rstrip()) + 1)

    def error(self, path: KeyPath, message: str, hint: str | None = None) -> Diagnostic:
        span = self.span(path)
        return Diagnostic(Severity.ERROR, message, span, self.source.line_text(span.line), hint)


def read_toml(source: Source) -> Toml:
    """Reads a document. Raises `InputError`."""
    try:
        values = tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(source, str(error)) from None
    except RecursionError:
        raise InputError.of("the file is nested too deeply", Span(source.name, 1, 1, 1, 2)) from None
    return Toml(source, values, _lines(source.text))


def _syntax_error(source: Source, message: str) -> InputError:
    at = _AT.search(message)
    last = source.text.count("\n") + 1
    line, column = (int(at[1]), int(at[2])) if at and at[1] else (last, 1)
    text = source.line_text(line) if line <= last else ""
    said = _AT.sub("", message).strip()
    return InputError(
        (
            Diagnostic(
                Severity.ERROR, f"this is not TOML: {said}", Span(source.name, line, column, line, column + 1), text
            ),
        )
    )


def _lines(text: str) -> dict[KeyPath, int]:
    found: dict[KeyPath, int] = {}
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    closing: str | None = None
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if closing is not None:  # within a text of several lines nothing is a key
            closing = None if closing in line else closing
            continue
        header = _TABLE.match(line)
        if header:
            table = _path(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            found.setdefault(table, number)
            continue
        key = _KEY.match(line)
        if key:
            path = (*table, *_path(key[1]))
            found.setdefault(path, number)
            found |= {
                (*path, index): number + line for index, line in enumerate(_entries(lines[number - 1 :], key.end()))
            }
        closing = next((mark for mark in ('"""', "'''") if line.count(mark) % 2), None)
    return found


_TOKEN = re.compile(r"""\"(?:[^"\\]|\\.)*"|'[^']*'|\#.*|[\[\]{},]|[^\s\[\]{},"'\#]+""")


def _entries(lines: list[str], start: int) -> Iterator[int]:
    """The lines of the entries of the list that begins behind a place in the first of some lines, counted from it, if
    one does."""
    depth, open_ = 0, True
    for number, line in enumerate(lines):
        for token in _TOKEN.findall(line[start:] if number == 0 else line):
            if token.startswith("#"):
                continue
            if depth == 0 and token != "[":
                return
            if depth == 1 and open_ and token not in "],":
                yield number
                open_ = False
            depth += (token in "[{") - (token in "]}")
            open_ = open_ or (depth == 1 and token == ",")
            if depth == 0:
                return


def _path(dotted: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in re.findall(_PART, dotted))
