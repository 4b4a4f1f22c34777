"""The clock that measures are taken with. In: which one. Out: milliseconds.

The clock on the wall, or what this process has of the processor: on a machine with other work the second changes
little. All engines run in this process, in one thread, so that both are fair.
"""

from __future__ import annotations

import time
from collections.abc import Callable

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
_chosen = ["wall"]


def choose(name: str) -> None:
    """Takes the clock with this name from now on."""
    assert name in CLOCKS
    _chosen[:] = [name]


def now() -> float:
    """Milliseconds, of which differences count."""
    return CLOCKS[_chosen[0]]() * 1000
