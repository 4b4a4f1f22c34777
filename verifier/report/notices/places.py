"""Places as programs name them: a file's URI or path, and a region in it.

In: a span. Out: a path and, where lines of that file are meant, a region. Guarantee: a thing in a file that is named
after a `#` (`plan.json#aws_kms_key.payments`) is the file and a name, with no region: its lines are not lines of the
file.
"""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import quote

from verifier.frozen import Frozen
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import printable


class Place(Frozen):
    """`name` is a thing in the file, `None` where the place is a region of the file's own text, or all of it."""

    path: str
    name: str | None
    region: Span | None

    @property
    def uri(self) -> str:
        """A URI reference (RFC 3986)."""
        path = PurePath(self.path)
        text = quote(path.as_posix(), safe="/~")
        return f"file://{text}" if path.is_absolute() else text

    @property
    def absolute(self) -> bool:
        """True iff the path is from the root, or leads out of the folder that it is from."""
        path = PurePath(self.path)
        return path.is_absolute() or ".." in path.parts


def place(span: Span) -> Place | None:
    """`None` for what no file holds."""
    if span == NOWHERE or not span.file:
        return None
    path, mark, name = span.file.partition("#")
    if not path:
        return None
    return Place(printable(path), name if mark else None, span if span.line and not mark else None)
