"""How long a question may take: a deadline, at which whatever loops looks between two rounds.

In: seconds. Out: `until`, inside which `look` raises `TimeIsOver` once the deadline has passed.
Guarantee: without a deadline nothing ever ends early. Rules look at no time: what finds answers does, and what it was
at when the time was over is given up, not gone on with.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


class TimeIsOver(Exception):
    """The deadline of a question has passed: it is not answered."""


def after(seconds: float | None) -> float | None:
    """The deadline that is so many seconds away; `None`: there is none."""
    return None if seconds is None else time.monotonic() + seconds


def seconds_left(deadline: float | None) -> float | None:
    """Seconds until a deadline, 0 once it is over; `None` where there is none."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


@contextmanager
def until(deadline: float | None) -> Iterator[None]:
    """The deadline, or an earlier one that holds already, is that of what is done inside. No `yield` of a generator is
    to be inside: who asks it would have the deadline too."""
    earliest = min((one for one in (deadline, _deadline.get()) if one is not None), default=None)
    token = _deadline.set(earliest)
    try:
        yield
    finally:
        _deadline.reset(token)


def look() -> None:
    """Raises `TimeIsOver` once the deadline has passed."""
    if seconds_left(_deadline.get()) == 0:
        raise TimeIsOver
