"""Random CloudFormation templates against the estates that they were written for.

    python tools/templates.py [--samples 5000] [--first 0]

In: how many, and the number of the first; the same numbers are the same templates. Out: each disagreement (a proof that
the estate refutes, a refutation that it proves, a template that is refused), then how many verdicts of each kind there
were, and why some are unknown. Ends with exit code 1 if there was a disagreement. `tests/inputs/template_estates.py`
says what is asked.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.inputs.template_estates import Counts, disagreements


def run(what: str, disagreeing: Callable[[Path, int, Counts], Iterable[str]]) -> int:
    """Asks of as many samples as the command line says, and prints; the exit code."""
    parser = argparse.ArgumentParser(description=f"Random {what} against the estates that they were written for.")
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    counts, found = Counts(), 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.first, given.first + given.samples):
            for disagreement in disagreeing(Path(folder), number, counts):
                found += 1
                print(disagreement)
    print(f"{given.samples} {what}, {found} disagreements")
    print("verdicts: " + ", ".join(f"{count} {status}" for status, count in counts.verdicts.most_common()))
    reasons: Counter[str] = Counter()
    for reason, count in counts.reasons.items():
        reasons[_kind(reason)] += count
    print("why unknown:")
    for kind, count in reasons.most_common():
        print(f"  {count:5} {kind}")
    return 1 if found else 0


def _kind(reason: str) -> str:
    """A reason without names and numbers, and with the first thing alone that it depends on."""
    plain = re.sub(r"`[^`]*`|arn:[^ ,]*|\d+", "…", reason)
    return re.sub(r"(not known: (?:it depends on )?[^,(]*).*", r"\1", plain)


if __name__ == "__main__":
    sys.exit(run("templates", disagreements))
