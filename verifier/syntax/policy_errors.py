"""What to say of a text that is not a policy document.

In: the text and the parser's complaint. Out: one `SyntaxFault` that says what was found and what was expected.
"""

from __future__ import annotations

import re

from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from verifier.syntax.diagnostic import SyntaxFault
from verifier.syntax.parsers import position_of

_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"')
_INSIDE_STRING = re.compile(r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*')
_WORD = re.compile(r"[A-Za-z_$][\w$]*|-?[\d.]+")
_PUNCTUATION = {"COMMA": "`,`", "RBRACE": "`}`", "RBRACKET": "`]`", "$END": "the end of the document"}


def policy_error(text: str, error: UnexpectedInput) -> SyntaxFault:
    """The complaint of the parser, in terms of JSON and of policies."""
    expected = _expected(error)
    position = position_of(text, error)
    if position >= len(text):
        return SyntaxFault(
            len(text), len(text), f"the document ends too early; expected {_say(expected)}", _unclosed_hint(expected)
        )
    if text[position] == '"' and not _STRING.match(text, position):
        return _broken_string(text, position)
    if text[position] == '"' and "NAME" in expected:
        return _missing_colon(text, position)
    found, end = _found(text, position)
    hint = _hint(text, position, expected)
    return SyntaxFault(position, end, f"expected {_say(expected)}, found {found}", hint)


def _expected(error: UnexpectedInput) -> frozenset[str]:
    """The names of the terminals that could stand here."""
    if isinstance(error, UnexpectedToken):
        return frozenset(error.accepts or error.expected)
    if isinstance(error, UnexpectedCharacters):
        return frozenset(error.allowed or ())
    return frozenset({"$END"})


def _say(expected: frozenset[str]) -> str:
    """The expected terminals in words, such as ``a value or `]` ``."""
    words = []
    if "NAME" in expected:
        words.append("a name in double quotes")
    if "SCALAR" in expected:
        words.append("a value")
    elif "LBRACE" in expected:
        words.append("a policy document, which begins with `{`")
    words += [word for name, word in _PUNCTUATION.items() if name in expected]
    return " or ".join(words) or "the end of the document"


def _broken_string(text: str, position: int) -> SyntaxFault:
    """Why the string that begins at `position` is none."""
    inside = _INSIDE_STRING.match(text, position)
    at = inside.end() if inside else position
    if at >= len(text) or text[at] in "\r\n":
        return SyntaxFault(position, at, "this string has no closing quote")
    if text[at] == "\\":
        escape = text[at : at + 2]
        return SyntaxFault(
            at, at + len(escape), f"`{escape}` does not begin a JSON escape", "write `\\\\` for a backslash"
        )
    return SyntaxFault(
        at, at + 1, f"control character U+{ord(text[at]):04X} inside a string", f"write `\\u{ord(text[at]):04x}`"
    )


def _missing_colon(text: str, position: int) -> SyntaxFault:
    string = _STRING.match(text, position)
    assert string is not None
    after = len(text) - len(text[string.end() :].lstrip(" \t\r\n"))
    found = _found(text, after)[0] if after < len(text) else "the end of the document"
    return SyntaxFault(position, string.end(), f"expected `:` after the name {string.group()}, found {found}")


def _found(text: str, position: int) -> tuple[str, int]:
    """What stands at `position`, in words, and where it ends."""
    string = _STRING.match(text, position)
    if string:
        return "a string", string.end()
    word = _WORD.match(text, position)
    if word:
        return f"`{word.group()[:40]}`", word.end()
    character = text[position]
    shown = f"`{character}`" if character.isprintable() and character != "`" else f"U+{ord(character):04X}"
    return shown, position + 1


def _unclosed_hint(expected: frozenset[str]) -> str | None:
    return "a bracket is not closed" if expected & {"RBRACE", "RBRACKET"} else None


def _hint(text: str, position: int, expected: frozenset[str]) -> str | None:
    character = text[position]
    before = text[:position].rstrip(" \t\r\n")[-1:]
    if character in "]}" and before == ",":
        return "JSON has no comma after the last item; remove it"
    if character == "'":
        return "JSON strings take double quotes"
    if character in "/#":
        return "JSON has no comments"
    if character == "\ufeff":
        return "remove the byte order mark"
    if "COMMA" in expected and character in '"{[':
        return "is a comma missing before it?"
    word = _WORD.match(text, position)
    if word and "SCALAR" in expected and word.group().lower() in ("true", "false", "null", "none"):
        return "JSON writes `true`, `false` and `null` in lower case"
    return "strings take double quotes" if word and ("SCALAR" in expected or "NAME" in expected) else None
