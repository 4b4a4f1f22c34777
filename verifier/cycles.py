"""How often Python looks for cyclic garbage.

In: nothing. Out: `seldom`, `kept`. Guarantee: for processes of this program alone; as a library the verifier leaves the collector as it is.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


def seldom() -> None:
    """Looks for cycles seldom, and never among what is there already: modules, policies and formulas are many objects and few cycles. After
    every 700 objects, as Python does by itself, the search took half of the time that a process spends on an estate of 1,000 keys."""
    gc.freeze()
    gc.set_threshold(150_000, 20, 20)


@contextmanager
def kept() -> Iterator[None]:
    """No search while something large is read that stays until the end, and none in it afterwards."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
