"""Comparing two versions of a random key policy.

In: sizes. Out: rows. Guarantee: the versions differ in one statement, in one condition or in three conditions, in turn,
and the answer is exact and known.
"""

from __future__ import annotations

import copy
import gc
import random
from statistics import median
from typing import Any

from benchmarks.clock import now
from benchmarks.families import INVARIANTS, problem, random_policy
from verifier.model.estate import Estate
from verifier.model.results.comparison import Comparison
from verifier.verify.comparison.compare import compare

Row = dict[str, Any]


def comparisons(seeds: int = 6, rounds: int = 3, sizes: tuple[int, ...] = (32, 128)) -> list[Row]:
    """Both directions of the difference with their regions, examples and causes, by the number of statements."""
    rows: list[Row] = []
    for statements in sizes:
        pairs = [versions(seed, statements) for seed in range(seeds)]
        times = [_times(old, new, rounds) for old, new in pairs]
        medians = [median(found) for found in times]
        what = f"compare {statements} statements"
        answered = f"{sum(_exact(compare(old, new)) for old, new in pairs)}/{len(pairs)}"
        rows.append(
            {
                "what": what,
                "engine": "verifier",
                "answered": answered,
                "ms": median(medians),
                "ratio": max(medians) / median(medians),
            }
        )
    return rows


def versions(seed: int, statements: int) -> tuple[Estate, Estate]:
    """A random policy before and after a change."""
    before = random_policy(seed, statements)
    after = copy.deepcopy(before)
    source, listed = random.Random(seed), after["Statement"]
    if seed % 3 == 1:
        listed.pop(source.randrange(len(listed)))
    else:
        for _ in range(1 if seed % 3 == 0 else 3):
            source.choice(listed).pop("Condition", None)
    return problem("old", before, INVARIANTS).estate, problem("new", after, INVARIANTS).estate


def _times(old: Estate, new: Estate, rounds: int) -> list[float]:
    """Milliseconds, after a round that does not count."""
    found = []
    for round_number in range(rounds + 1):
        gc.collect()
        started = now()
        compare(old, new)
        if round_number:
            found.append(now() - started)
    return found


def _exact(comparison: Comparison) -> bool:
    return all(target.exact and not target.reasons for target in comparison.targets)
