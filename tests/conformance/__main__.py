"""`python -m tests.conformance run [FILE …]` asks the pages' cases; `… count` prints how many there are, page by
page."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.conformance.asking import disagreements
from tests.conformance.pages import Page, load_pages


def main(arguments: list[str]) -> int:
    """Returns the exit code: 1 iff an entry without `differs` disagrees, or one with it does not."""
    match arguments:
        case ["run", *files]:
            return _run(load_pages(tuple(Path(file) for file in files)))
        case ["count"]:
            return _count(load_pages())
        case _:
            print(__doc__, file=sys.stderr)
            return 2


def _run(pages: tuple[Page, ...]) -> int:
    unexpected = asked = 0
    with tempfile.TemporaryDirectory() as folder:
        for entry in (entry for page in pages for entry in page.entries):
            found = disagreements(entry, Path(folder))
            asked += entry.count
            unexpected += bool(found) != (entry.differs is not None)
            if found:
                print(
                    f"{entry.name}  {entry.heading}, "
                    f"{entry.sentence}{'  DIFFERS: ' + entry.differs if entry.differs else ''}"
                )
                print("".join(f"    {line}\n" for line in found), end="")
            elif entry.differs is not None:
                print(f"{entry.name}  is marked as differing, and agrees")
    print(f"{asked} cases, {unexpected} entries not as expected")
    return 1 if unexpected else 0


def _count(pages: tuple[Page, ...]) -> int:
    for page in pages:
        without = sum(entry.none is not None for entry in page.entries)
        print(f"{page.name:60} {page.count:5} cases, {len(page.entries):4} sentences, {without} of them without a case")
    print(f"{sum(page.count for page in pages)} cases on {len(pages)} pages")
    for page in pages:
        for entry in page.entries:
            if entry.none is not None:
                print(f"  no case: {page.name}, {entry.heading}, {entry.sentence}: {entry.none}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
