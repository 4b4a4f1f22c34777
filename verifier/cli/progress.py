"""One line that says how far a command is, on a terminal's stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

PROGRESS_AFTER = 0.5
"""Seconds after which progress is worth a line."""


class Progress:
    """One line on a terminal's stderr, written only when the work takes long."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._shown = False

    def __call__(self, done: int, total: int, name: str) -> None:
        from verifier.syntax.text import printable

        if time.monotonic() - self._started < PROGRESS_AFTER:
            return
        self._shown = True
        print(f"\r\x1b[K{done}/{total}  {printable(name)[:90]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Takes the line away again."""
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def shown() -> Iterator[Progress | None]:
    """The line, taken away at the end however that comes; `None` where stderr is no terminal."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    progress = Progress()
    try:
        yield progress
    finally:
        progress.clear()
