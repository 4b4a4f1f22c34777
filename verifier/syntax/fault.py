"""A syntax error before anybody knows which file the text is of. In: nothing. Out: `SyntaxFault`. Guarantee: without Lark."""

from __future__ import annotations


class SyntaxFault(Exception):
    """The text at `[start, end)` is no part of its language."""

    def __init__(self, start: int, end: int, message: str, hint: str | None = None) -> None:
        self.start = start
        self.end = end
        self.message = message
        self.hint = hint
        super().__init__(message)
