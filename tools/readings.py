"""Counts the verdicts that hang on a reading (S2): refutations whose counterexample needs one.

    python tools/readings.py examples [FOLDER ...]

In: folders. Each folder with files of invariants (`*.inv`) is asked these; of every other file that loads as an input
some built-ins are asked. Out: how many verdicts there are, how many hang on a reading, and on which. What does not load
is counted, and not asked.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import verifier
from verifier import InputError
from verifier.model.estate import Estate

BUILTINS = (
    "no-external-access",
    "no-public-access",
    "no-policy-lockout",
    "encryption-context-required",
    "no-confused-deputy",
    "grants-stay-inside",
)
KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ENDINGS = frozenset({".json", ".yaml", ".yml", ".template"})


def inputs(folder: Path) -> Iterator[tuple[tuple[Path, ...], tuple[Path, ...]]]:
    """Paths of an input, and of the files of invariants that go with it."""
    asked = {path.parent for path in folder.rglob("*.inv")}
    for parent in sorted(asked):
        yield (parent,), tuple(sorted(parent.glob("*.inv")))
    for path in sorted(folder.rglob("*")):
        if path.suffix in ENDINGS and path.is_file() and not any(parent in asked for parent in path.parents):
            yield (path,), ()


def loaded(paths: Sequence[Path]) -> Estate:
    """The input, as of the example account where it says none. Raises `InputError`."""
    try:
        return verifier.load(*paths)
    except InputError:
        return verifier.load(*paths, key_arn=KEY)


def main() -> int:
    """Counts, and prints the figures; returns the exit code."""
    parser = argparse.ArgumentParser(description="Count the verdicts that hang on a reading.")
    parser.add_argument("folders", nargs="+", type=Path)
    verdicts, hanging, labels, left = 0, 0, Counter[str](), 0
    builtins = tuple(map(verifier.builtin, BUILTINS))
    for folder in parser.parse_args().folders:
        for paths, files in inputs(folder):
            try:
                report = verifier.prove(loaded(paths), verifier.invariants(*files) if files else builtins)
            except InputError:
                left += 1
                continue
            for verdict in report.verdicts:
                readings = verdict.counterexample.readings if verdict.counterexample is not None else ()
                verdicts, hanging = verdicts + 1, hanging + bool(readings)
                labels.update(f"{label} = {'yes' if value else 'no'}" for label, value in readings)
    print(f"{verdicts} verdicts, {hanging} hang on a reading; {left} inputs did not load")
    for label, count in labels.most_common():
        print(f"  {label:<20} {count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
