"""`make fuzz`: the agreement tests with new seeds, in several processes, until enough cases were asked.

    python tools/fuzz.py [--cases 50000] [--seed N] [--processes 2]

Ends with exit code 1 at the first disagreement (told in full, made small, as a file for `tests/cases/regressions`), or when a rule did not
fire often enough both ways; the counts are printed at the end. The seed is printed first: the same one asks the same cases again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.agreement.counts import LEAST_FIRED, Counts
from tests.agreement.scenarios import REQUESTS, Disagreement, check, scenarios
from tests.agreement.steps import StepCounts, check_steps, step_scenarios

T = TypeVar("T")
ESTATES = 50
"""Estates in one batch."""


@dataclass
class Batch:
    """One batch: its seed, its counts, and the disagreement that ended it (or nothing)."""

    seed: int
    counts: Counts = field(default_factory=Counts)
    steps: StepCounts = field(default_factory=StepCounts)
    found: str = ""


def batch(number: int) -> Batch:
    """Asks about keys, then about what steps change."""
    done = Batch(number)
    done.found = _asked(number, scenarios(), lambda scenario: check(scenario, done.counts))
    if not done.found:
        done.found = _asked(number, step_scenarios(), lambda scenario: check_steps(scenario, done.steps))
    return done


def _asked(number: int, strategy: st.SearchStrategy[T], ask: Callable[[T], None]) -> str:
    """The disagreement that ended a run, or nothing."""

    @seed(number)
    @settings(
        database=None,
        deadline=None,
        max_examples=ESTATES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(strategy)
    def run(scenario: T) -> None:
        ask(scenario)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            run()
        except Disagreement as found:
            return str(found)
    return ""


def seeds(first: int) -> Iterator[int]:
    """A seed for each batch, without end."""
    source = random.Random(first)
    while True:
        yield source.getrandbits(48)


def main() -> int:
    """Runs until enough cases were asked; returns the exit code."""
    parser = argparse.ArgumentParser(description="Hold problem against evaluate on random policies and requests.")
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    print(f"seed {options.seed} (--seed {options.seed} asks the same cases again)", flush=True)
    counts = Counts()
    steps = StepCounts()
    found = _run(counts, steps, options.cases, options.seed, options.processes)
    print(counts.table())
    print(steps)
    # A short run, as while one works on it, cannot fire everything often.
    complaints = found or list(counts.complaints(LEAST_FIRED * min(options.cases, 50_000) // 50_000))
    print("\n".join(("FAILED", *complaints) if complaints else ("every rule fired both ways, and the rooms agreed on everything",)))
    return 1 if complaints else 0


def _run(counts: Counts, steps: StepCounts, cases: int, first: int, processes: int) -> list[str]:
    started = time.monotonic()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        # A few more than would do, since equal requests about an estate are asked once.
        batches = -(-cases * 21 // (20 * ESTATES * REQUESTS))
        for done in pool.imap_unordered(batch, islice(seeds(first), batches)):
            counts.add(done.counts)
            steps.add(done.steps)
            if done.found:
                return [f"batch {done.seed}: {done.found}"]
            if counts.cases >= cases:
                break
            rate = counts.cases / (time.monotonic() - started)
            print(f"\r{counts.cases:>7,} of {cases:,} cases, {rate:.0f} a second", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return [] if counts.cases >= cases else [f"only {counts.cases:,} cases were asked"]


if __name__ == "__main__":
    sys.exit(main())
