"""`python -m tests.reach.paths [published|further]` prints what the program says of each escalation path, and how many
are found, unknown and proved; `… --all` asks every form of them that `variants.py` makes, and prints those that are not
as expected."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path as File

from tests.reach.paths.asking import asked, told
from tests.reach.paths.form import FILES, Path, load_paths, with_facts
from tests.reach.paths.variants import FORMS


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 iff an open path is proved or a shut one is found, 2 for other arguments."""
    everything, names = "--all" in arguments, [one for one in arguments if one != "--all"]
    if set(names) - set(FILES):
        print(__doc__, file=sys.stderr)
        return 2
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for name in names or FILES:
            paths = load_paths(name)
            given = tuple(with_facts(paths))
            wrong += _plain(name, paths, File(folder)) + _plain(f"{name}, what runs being given", given, File(folder))
            if everything:
                wrong += _forms(name, (*paths, *given), File(folder))
    return 1 if wrong else 0


def _plain(name: str, paths: tuple[Path, ...], folder: File) -> int:
    """Prints the table of one file, and returns how many are proved."""
    counts: Counter[str] = Counter()
    for path in paths:
        line = told(asked(path, path.snapshot(path.needs), folder))
        counts[line.partition(":")[0]] += 1
        print(f"{path.name:24} {line}", flush=True)
    print(f"{name}: {_numbers(counts)}\n")
    return counts["proved"]


def _forms(name: str, paths: tuple[Path, ...], folder: File) -> int:
    """Prints the forms of one file's paths that are not as expected, and returns how many these are."""
    wrong = 0
    for title, forms, bad in FORMS:
        counts: Counter[str] = Counter()
        for path in paths:
            for form, snapshot in forms(path):
                line = told(asked(path, snapshot, folder))
                status = line.partition(":")[0]
                counts[status] += 1
                wrong += status == bad
                if status == bad:
                    print(f"{path.name:24} {title}, {form}: {line}", flush=True)
        print(f"{name}, {title}: {_numbers(counts)}\n")
    return wrong


def _numbers(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[status]} {status}" for status in ("found", "unknown", "proved"))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
