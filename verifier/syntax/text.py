"""Bytes to text, and text to something that a terminal can show; what the file system refuses, as an `InputError`.

In: the bytes of a file, or any text of the input. Out: a `str` without a byte order mark; printable text; names as
prose.
Guarantee: what `printable` and `printable_line` return holds no control, format or lone surrogate character,
so no input can move a reader's cursor, recolour or reorder a message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

from verifier.syntax.diagnostic import Diagnostic, InputError, Severity
from verifier.syntax.source import Source

_UTF_8_MARK = b"\xef\xbb\xbf"
_WIDE_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)


def decode_bytes(data: bytes, name: str) -> str:
    """The text of a file that must be UTF-8; a leading UTF-8 byte order mark is dropped.

    Raises `InputError` for UTF-16 and UTF-32 (with or without a mark), and, with line and column, for broken UTF-8.
    """
    encoding = _wide_encoding(data)
    if encoding:
        raise InputError.of(
            f"the file is {encoding}, expected UTF-8", Source(name, "").span(0, 0), hint="save it as UTF-8"
        )
    data = data.removeprefix(_UTF_8_MARK)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise _broken_utf_8(data, name, error.start, error.reason) from None


def printable(text: str) -> str:
    """`text` with every character that a terminal would act upon written as an escape, such as `\\x1b`."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def printable_line(line: str) -> str:
    """`line` with the same characters replaced one for one, so that columns stay where they are; for excerpts."""
    if line.isprintable():
        return line
    return "".join(character if character.isprintable() else _picture(character) for character in line)


def brief(text: str, length: int = 80) -> str:
    """`text`, cut to `length` characters with an ellipsis; for quoting a part of the input in a message."""
    return text if len(text) <= length else text[: length - 1] + "…"


def first_few(texts: Sequence[str], between: str = ", ") -> str:
    """The first three of the texts, with an ellipsis where there are more; for a message about any number of things."""
    return between.join(texts[:3]) + (" …" if len(texts) > 3 else "")


def _broken_utf_8(data: bytes, name: str, offset: int, reason: str) -> InputError:
    source = Source(name, data.decode(errors="replace"))
    position = len(data[:offset].decode())
    span = source.span(position, position + 1)
    message = f"byte 0x{data[offset]:02x} is not UTF-8 here ({reason})"
    line = printable_line(source.line_text(span.line))
    return InputError((Diagnostic(Severity.ERROR, message, span, line, "save the file as UTF-8"),))


def _wide_encoding(data: bytes) -> str | None:
    for mark, encoding in _WIDE_MARKS:
        if data.startswith(mark):
            return encoding
    # A JSON or YAML text begins with two ASCII characters, so the place of the zeros tells the width (RFC 4627, section
    # 3).
    zeros = tuple(byte == 0 for byte in data[:4])
    if zeros in ((True, True, True, False), (False, True, True, True)):
        return "UTF-32"
    if zeros in ((True, False, True, False), (False, True, False, True)):
        return "UTF-16"
    return None


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _picture(character: str) -> str:
    """One visible character for one that is not: Unicode's control pictures, a space for white space."""
    code = ord(character)
    if character in "\t\u00a0":
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


@contextmanager
def of_files() -> Iterator[None]:
    """Makes an `InputError` that names the file of what the file system refuses inside: a folder that may not be
    searched, a name that is too long."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        raise InputError.of(f"cannot read `{printable(str(error.filename))}`: {str(error.strerror).lower()}") from error


# -- names --

_LONGEST_NAME = 200
"""Longer names are not compared with the known ones: the comparison takes quadratic time."""


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """A hint that names the most similar of the known names, if one is similar."""
    if len(name) > _LONGEST_NAME:
        return None
    names = tuple(known)
    lowered = {candidate.lower(): candidate for candidate in names}
    close = get_close_matches(name.lower(), lowered, n=1, cutoff=0.7)
    return f"did you mean `{lowered[close[0]]}`?" if close else None


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 grant`, `2,000 grants`; `plural` is given where it is not the noun with an `s`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def enumerate_names(names: Iterable[str]) -> str:
    """Names as prose: `A`, `B` or `C`."""
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + " or " + quoted[-1]
