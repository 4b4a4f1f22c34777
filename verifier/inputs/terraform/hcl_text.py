"""The texts of HCL: escapes, and texts of several lines.

In: characters as they are written. Out: characters as they are meant. [HCL native syntax: Template expressions]
"""

from __future__ import annotations

import re

_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))')
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


def unescaped(text: str, kind: str) -> str | None:
    """A part of a quoted text. `$${` and `%%{` are a literal `${` and `%{`; python-hcl2 takes all that follows to a brace with them, and
    that is `None` where it has more than text in it."""
    if kind.startswith("ESCAPED"):
        text = text[1:]
        if re.search(r'["\n]|[$%]\{', text[2:]):
            return None

    def character(match: re.Match[str]) -> str:
        simple, short, long = match.groups()
        return _SIMPLE[simple] if simple else chr(min(int(short or long, 16), 0x10FFFF))

    return _ESCAPE.sub(character, text)


def heredoc_parts(token: str) -> list[tuple[str, bool]] | None:
    """The parts of a heredoc, each with whether it is an expression; `None` where it has directives, or an expression that has no end."""
    head, _, rest = token.partition("\n")
    lines = rest.rstrip("\n").split("\n")[:-1]
    if head.startswith("<<-"):
        indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        lines = [line[indent:] if line.strip() else line for line in lines]
    text = "".join(f"{line}\n" for line in lines)
    parts: list[tuple[str, bool]] = []
    position = 0
    while position < len(text):
        at = _next(text, position)
        if at is None:
            parts.append((text[position:], False))
            break
        if text[at] == "%" and not text.startswith("%%{", at):
            return None
        if text.startswith(("$${", "%%{"), at):
            parts += [(text[position:at], False), (text[at + 1 : at + 3], False)]
            position = at + 3
            continue
        end = _end(text, at + 2)
        if end is None:
            return None
        parts += [(text[position:at], False), (text[at + 2 : end], True)]
        position = end + 1
    return parts


def _next(text: str, position: int) -> int | None:
    match = re.compile(r"\$\$\{|%%\{|\$\{|%\{").search(text, position)
    return None if match is None else match.start()


def _end(text: str, position: int) -> int | None:
    """Where the brace that is open at a position closes. A brace in a quoted text counts as well, so that text is not read."""
    depth = 1
    for at in range(position, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return None
