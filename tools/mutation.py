"""`make mutation`: semantic faults put into the rooms on purpose, to see the tests go red.

    python tools/mutation.py [--only LABEL-OR-TITLE …] [--processes 2] [--page docs/mutation.md]
    python tools/mutation.py --check

Each fault (`tools/mutation_faults.py`) is tried three times: in `evaluate` alone and in `problem` alone, where the
cited cases, the agreement tests or the room's own tests must fail, and in both at once, where the rooms agree on the
fault and only expectations argued from AWS's pages can fail; one outside the two rooms is tried once. Ends with exit
code 1 if a fault goes unseen that the entry does not say survives, or the other way round. Without `--only` the tests
are first run on what is not changed: where they are red anyway, a fault proves nothing. With `--only` a page keeps what
it says of the faults that are not tried, and its section *Runs*. `--check` runs no tests: it sees that every entry can
be made, and that its files compile and define the names that they use.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.mutation_faults import REST, ROOT, Fault, load_faults, problems
from tools.mutation_page import page
from tools.mutation_runs import NOTHING, Result, run


def main() -> int:
    """Tries every fault; returns the exit code."""
    parser = argparse.ArgumentParser(description="Put semantic faults into the rooms and see the tests go red.")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these labels or titles only")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--page", type=Path, help="write the results as a page")
    parser.add_argument("--check", action="store_true", help="run no tests: see that every fault can be made")
    options = parser.parse_args()
    faults = [fault for fault in load_faults() if not options.only or {*fault.name} & {*options.only}]
    wrong = list(dict.fromkeys(problems(ROOT, faults)))
    if wrong or options.check:
        print("\n".join([*wrong, f"{len(faults)} entries, {len(wrong)} cannot be made"]))
        return 1 if wrong or not faults else 0
    named = tuple(dict.fromkeys(path for fault in faults for path in fault.tests))
    unchanged = [] if options.only else [NOTHING, Fault("", "nothing is changed", {REST: ()}, {}, named)]
    red = [result for result in run(unchanged, options.processes) if result.seen_by]
    if red:
        print(f"the tests fail without a fault: {', '.join(result.seen_by for result in red)}")
        return 1
    return _report(run(faults, options.processes), options.page, keep=bool(options.only))


def _report(results: Sequence[Result], to: Path | None, *, keep: bool) -> int:
    """Writes the page, prints what was not as expected, and returns the exit code."""
    if to:
        before = to.read_text(encoding="utf-8") if keep else ""
        to.write_text(page(results, before), encoding="utf-8")
    surprises = [result for result in results if not result.expected]
    for result in surprises:
        seen = f"was seen by {result.seen_by}" if result.seen_by else "went unseen"
        what = "broke the program" if result.broken else seen
        print(f"{result.fault.label} in {result.where}: {result.fault.title}: {what}")
    tried, survived = len(results), sum(not result.seen_by for result in results)
    print(f"{tried} faults tried, {tried - survived} seen, {survived} survived, {len(surprises)} not as expected")
    return 1 if surprises or not results else 0


if __name__ == "__main__":
    sys.exit(main())
