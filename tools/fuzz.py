"""`make fuzz`: the agreement tests with new seeds, in several processes, until enough cases were asked.

    python tools/fuzz.py [--cases 50000] [--estates 1000] [--seed N] [--processes 2]
    python tools/fuzz.py --estate FIRST [LAST] [--quick]

First requests, by which `problem` is held against `evaluate`; then small estates, on which the verdict about what a
caller can eventually do is held against an exhaustive search. Ends with exit code 1 at the first disagreement (told in
full; about a request made small, as a file for `tests/cases/regressions`; about an estate with its number), when a rule
did not fire
often enough both ways, or when too many verdicts are Unknown. The counts are printed at the end. The seed is printed
first: the same one asks the same cases again. `--estate` asks about one estate or about those of some numbers in turn,
in one process, and tells each disagreement and each verdict that is Unknown without need, with its reason, when it
meets it, and how far it came. With
`--quick` nothing is searched where the verdict is Unknown, so that many more estates are asked about in the time.
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
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.agreement.counts import LEAST_FIRED, Counts
from tests.agreement.scenarios import REQUESTS, Disagreement, check, scenarios
from tests.agreement.steps import StepCounts, check_steps, step_scenarios
from tests.reach.agreement import ReachCounts, check_reach
from verifier.ask.answers import InternalDisagreement
from verifier.garbage_collection import collect_seldom

T = TypeVar("T")
ESTATES, STEP_ESTATES = 50, 10
"""Estates in one batch: with requests to KMS, and with steps, of which each estate has more."""


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
    done.found = _asked(number, ESTATES, scenarios(), lambda scenario: check(scenario, done.counts))
    if not done.found:
        done.found = _asked(number, STEP_ESTATES, step_scenarios(), lambda scenario: check_steps(scenario, done.steps))
    return done


def _asked(number: int, estates: int, strategy: st.SearchStrategy[T], ask: Callable[[T], None]) -> str:
    """The disagreement that ended a run, or nothing."""

    @seed(number)
    @settings(
        database=None,
        deadline=None,
        max_examples=estates,
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


@dataclass
class Reach:
    """Some estates: what was seen of them, and the disagreement that ended it (or nothing)."""

    counts: ReachCounts = field(default_factory=ReachCounts)
    found: str = ""


def reach(number: int, *, unknown: bool = True) -> Reach:
    """Asks about one estate, as `check_reach` does."""
    done = Reach()
    try:
        check_reach(number, done.counts, unknown=unknown)
    except (Disagreement, InternalDisagreement) as found:
        done.found = f"estate {number}: {found}"
    return done


def main() -> int:
    """Runs until enough cases were asked; returns the exit code."""
    parser = argparse.ArgumentParser(description="Hold problem against evaluate on random policies and requests.")
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--estates", type=int, default=1_000)
    parser.add_argument(
        "--estate", type=int, nargs="+", metavar="N", help="ask about this estate alone, or about the first to the last"
    )
    parser.add_argument(
        "--quick", action="store_true", help="with --estate: search nothing where the verdict is Unknown"
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if options.estate is not None:
        return _in_turn(options.estate[0], options.estate[-1], quick=options.quick)
    print(f"seed {options.seed} (--seed {options.seed} asks the same cases again)", flush=True)
    spawned = multiprocessing.get_context("spawn")
    complaints: list[str] = []
    for ask, number in ((_requests, options.cases), (_estates, options.estates)):
        with spawned.Pool(options.processes) as pool:
            complaints += ask(pool, number, options.seed) if number else []
    agreed = "every rule fired both ways, and the rooms agreed on everything"
    print("\n".join(("FAILED", *complaints) if complaints else (agreed,)))
    return 1 if complaints else 0


def _in_turn(first: int, last: int, *, quick: bool) -> int:
    """Asks about the estates from the first to the last; returns the exit code."""
    collect_seldom()
    counts = ReachCounts()
    disagreements = 0
    for number in range(first, last + 1):
        done = reach(number, unknown=not quick)
        counts.add(done.counts)
        disagreements += bool(done.found)
        told = [done.found] * bool(done.found) + [
            f"estate {seed} without need: {reason}" for seed, reason in done.counts.needless.items()
        ]
        told += [
            f"estates {first} to {number}: {disagreements} disagreements; {len(counts.needless)} Unknown without need"
        ] * (number % 50 == 0)
        print("".join(f"{line}\n" for line in told), end="", flush=True)
    print(f"{counts}\n  {disagreements} disagreements; {len(counts.needless)} Unknown without need")
    return 1 if disagreements else 0


def _requests(pool: Pool, cases: int, first: int) -> list[str]:
    """Complaints about requests."""
    counts = Counts()
    steps = StepCounts()
    found = _run(pool, counts, steps, cases, first)
    print(counts.table())
    print(steps, flush=True)
    # A short run, as while one works on it, cannot fire everything often.
    return found or list(counts.complaints(LEAST_FIRED * min(cases, 50_000) // 50_000))


def _run(pool: Pool, counts: Counts, steps: StepCounts, cases: int, first: int) -> list[str]:
    started = time.monotonic()
    # A few more than would do, since equal requests about an estate are asked once.
    batches = -(-cases * 21 // (20 * ESTATES * REQUESTS))
    for done in pool.imap_unordered(batch, islice(seeds(first), batches)):
        counts.add(done.counts)
        steps.add(done.steps)
        if done.found:
            return [f"batch {done.seed}: {done.found}"]
        if counts.cases >= cases:
            break
        _progress(counts.cases, cases, "cases", started)
    print(file=sys.stderr)
    return [] if counts.cases >= cases else [f"only {counts.cases:,} cases were asked"]


def _estates(pool: Pool, estates: int, first: int) -> list[str]:
    """Complaints about estates."""
    counts = ReachCounts()
    started = time.monotonic()
    found: list[str] = []
    for done in pool.imap_unordered(reach, islice(seeds(first), estates), chunksize=4):
        counts.add(done.counts)
        found += [done.found] if done.found else []
        if found:
            break
        _progress(counts.estates, estates, "estates", started)
    print(file=sys.stderr)
    print(counts, flush=True)
    return found or list(counts.complaints())


def _progress(done: int, of: int, what: str, started: float) -> None:
    rate = done / (time.monotonic() - started)
    print(f"\r{done:>7,} of {of:,} {what}, {rate:.1f} a second", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
