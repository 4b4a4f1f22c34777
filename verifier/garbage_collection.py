"""How often Python looks for cyclic garbage.

In: nothing. Out: `collect_seldom`, `collection_paused`. Guarantee: the first is for processes of this program alone; as
a library the verifier leaves the collector as it is.
"""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


def collect_seldom() -> None:
    """Looks for cycles seldom, never among what is there already, and not when the process ends: modules, policies and
    formulas are many objects and few cycles. After every 700 objects, as Python does by itself, the search took half of
    the time that a process spends on an estate of 1,000 keys."""
    gc.freeze()
    gc.set_threshold(150_000, 20, 20)
    atexit.register(gc.freeze)


@contextmanager
def collection_paused(*, keep: bool = False) -> Iterator[None]:
    """No search for cycles while something large is read, which takes longer than reading does: a tree of nodes has
    none. What is read for `keep` stays until the end, so that it is never searched."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if keep:
            gc.freeze()
        if was_enabled:
            gc.enable()
