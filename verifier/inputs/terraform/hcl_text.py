"""The texts of HCL: escapes, and texts of several lines.

In: characters as they are written. Out: characters as they are meant. [HCL native syntax: Template expressions]
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))')
_OPENING = re.compile(r"\$\$\{|%%\{|\$\{|%\{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def unescaped(text: str, kind: str) -> str:
    """A part of a quoted text. `$${` and `%%{` are a literal `${` and `%{`."""

    def character(match: re.Match[str]) -> str:
        simple, short, long = match.groups()
        return _SIMPLE[simple] if simple else chr(min(int(short or long, 16), 0x10FFFF))

    return _ESCAPE.sub(character, text[1:] if kind.startswith("ESCAPED") else text)


def heredoc_parts(token: str) -> list[tuple[str, bool]] | None:
    """The parts of a heredoc, each with whether it is an expression; `None` where it has directives, an expression that has no end, or a
    line that Terraform may take for its end."""
    head, _, rest = token.partition("\n")
    *lines, end = rest.rstrip("\n").split("\n")
    if any(line.strip() == end.strip() for line in lines):
        return None
    if head.startswith("<<-"):
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        lines = [line[indent:] if line.strip() else line for line in lines]
    text = "".join(f"{line}\n" for line in lines)
    parts: list[tuple[str, bool]] = []
    position = 0
    while match := _OPENING.search(text, position):
        parts.append((text[position : match.start()], False))
        position = match.end()
        if len(match[0]) == 3:
            parts.append((match[0][1:], False))
            continue
        close = _close(text, position)
        if match[0] == "%{" or close is None:
            return None
        parts.append((text[position:close], True))
        position = close + 1
    return [*parts, (text[position:], False)]


def _close(text: str, position: int) -> int | None:
    """Where the brace that is open at a position closes. A brace in a quoted text counts as well, so that text is not read."""
    depth = 1
    for at in range(position, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return None
