"""An answer about each of some keys.

In: keys, a function. Out: what it says of each. Guarantee: none beyond its types.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from verifier.model.choices import Progress
from verifier.model.estate import Key
from verifier.model.results.access import KeyAccess, KeyFindings
from verifier.model.results.reach_report import KeyReach

OfKey = TypeVar("OfKey", KeyAccess, KeyFindings, KeyReach)


def each_key(keys: Sequence[Key], answer: Callable[[Key], OfKey], progress: Progress | None) -> tuple[OfKey, ...]:
    """The answers, in the order of the keys, each with the seconds that it took."""
    found = []
    for done, key in enumerate(keys, start=1):
        started = time.perf_counter()
        about_key = answer(key)
        found.append(replace(about_key, elapsed=time.perf_counter() - started))
        if progress is not None:
            progress(done, len(keys), key.name or key.arn)
    return tuple(found)
