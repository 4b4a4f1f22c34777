"""The examples, and the parts of the documentation that show what the program says of them.

A page says what it shows in a comment, and the fenced block after it is the output:

    <!-- prove examples/grants: name of an invariant; name of another -->
    <!-- evaluate examples/boundary: examples/boundary/requests.jsonl -->

`UPDATE_GOLDEN=1 .venv/bin/pytest tests/project/test_mechanisms.py` writes the blocks anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import verifier
from verifier import Report
from verifier.report.pages.verdicts import render_text

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = tuple(sorted(path.name for path in (ROOT / "examples").iterdir() if (path / f"{path.name}.inv").is_file()))
"""The examples of `verifier prove`."""
PAGES = tuple(sorted((ROOT / "docs" / "mechanisms").glob("*.md")))
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))

_COMMENT = re.compile(r"<!-- (prove|evaluate) examples/([\w-]+): (.*?) -->\n(?:\n```\n(.*?)```\n)?", re.DOTALL)
_HEADLINE = re.compile(r"^(?:\x1b\[\d+m)*[✔✘?] +(\w+) +(.*?)(?: {2,}on (.*?))? +(?:<?\d+ ms|\d+\.\d s)$")


@dataclass(frozen=True)
class Shown:
    """One comment with its block; `what` are the names after the colon, `block` is the text shown (empty where there is
    none yet)."""

    command: str
    example: str
    what: tuple[str, ...]
    block: str


def shown(page: Path) -> tuple[Shown, ...]:
    """The blocks that a page shows."""
    found = _COMMENT.finditer(page.read_text(encoding="utf-8"))
    return tuple(Shown(match[1], match[2], tuple(match[3].split("; ")), match[4] or "") for match in found)


@cache
def report(example: str) -> Report:
    """The report on an example, as `verifier prove examples/NAME` makes it from the root of the project."""
    with chdir(ROOT):
        folder = Path("examples") / example
        return verifier.prove(verifier.load(folder), verifier.invariants(folder / f"{example}.inv"))


def output(entry: Shown) -> str:
    """What the block of a comment has to be."""
    return "\n".join(_decisions(entry) if entry.command == "evaluate" else _verdicts(entry)) + "\n"


def headlines(text: str) -> list[tuple[str, str, str | None]]:
    """Status, invariant and key of every verdict in a text."""
    return [(match[1], match[2], match[3]) for line in text.splitlines() if (match := _HEADLINE.match(line))]


def update(page: Path) -> None:
    """Writes the blocks of a page anew."""

    def renew(match: re.Match[str]) -> str:
        entry = Shown(match[1], match[2], tuple(match[3].split("; ")), "")
        return f"{match[0].splitlines()[0]}\n\n```\n{output(entry)}```\n"

    page.write_text(_COMMENT.sub(renew, page.read_text(encoding="utf-8")), encoding="utf-8")


def _verdicts(entry: Shown) -> Iterator[str]:
    yield f"$ verifier prove examples/{entry.example}"
    chunks = render_text(report(entry.example), colour=False).rstrip("\n").split("\n\n")
    wanted = False
    for chunk in chunks[1:]:
        if chunk[0] in "✔✘?":
            wanted = any(name in entry.what for _, name, _ in headlines(chunk))
        if wanted and (chunk[0] in "✔✘? "):
            yield from (chunk, "")
    yield from ("…", "", chunks[-1])


def _decisions(entry: Shown) -> Iterator[str]:
    (requests,) = entry.what
    arguments = ["evaluate", f"examples/{entry.example}", "--requests", requests]
    yield "$ verifier " + " ".join(arguments)
    yield subprocess.run(
        [sys.executable, "-m", "verifier", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    ).stdout.rstrip("\n")
