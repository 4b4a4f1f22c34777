"""Faults are tried: each is put into a copy of the tree, and the tests that may see it are run there."""

from __future__ import annotations

import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.case_format import load_cases
from tools.mutation_faults import ROOMS, ROOT, Fault, changed, places

_LEFT_OUT = (".git", ".venv", "*.egg-info", "build", "dist", "__pycache__", ".*_cache", ".hypothesis")
_BROKEN = re.compile(
    r"^E\s+(NameError|TypeError|AttributeError|ImportError|SyntaxError|UnboundLocalError|KeyError)"
    r"|^ERROR [^:\s]+(?: |$)",
    re.MULTILINE,
)
"""An error that no decision makes, or one before there is a test."""
_FIRST = re.compile(r"^(?:FAILED|ERROR) (tests/[^\s\[]+)", re.MULTILINE)
"""The first test that failed, without its parameters."""
_PASSED, _FAILED = 0, 1
"""Exit codes of pytest. With others no test was run, or not all could be: the fault only broke the program."""
_TIMEOUT = 900
"""Seconds for one stage; a fault that makes the tests hang is seen."""

NOTHING = Fault("", "nothing is changed", dict.fromkeys(ROOMS, ()), {})
"""The tests must pass without a fault, or their failing with one says nothing."""


@dataclass(frozen=True)
class Result:
    """What became of a fault in one place: the tests that saw it (`""`: none), and whether the program merely broke."""

    fault: Fault
    where: str
    seen_by: str
    broken: bool = False

    @property
    def expected(self) -> bool:
        """Whether it was seen, or is said to survive, and did not merely break."""
        return bool(self.seen_by) != (self.where in self.fault.survives) and not self.broken


@dataclass(frozen=True)
class Stage:
    """Tests that are run together. `only`, if not empty, chooses among them by parts of their names."""

    name: str
    paths: tuple[str, ...]
    only: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """For pytest."""
        return [*(("-k", " or ".join(self.only)) if self.only else ()), *self.paths]


def stages(label: str, where: str) -> Iterator[Stage]:
    """The tests that may see a fault about a rule, the ones that see most of them soonest first: the cases that cite
    the rule, then everything else."""
    about = tuple(case.name for case in load_cases() if label in case.rules)
    if about:
        yield Stage(f"cited cases of {label}", ("tests/test_cases.py",), about)
    yield Stage("cited cases", ("tests/test_cases.py",))
    if where != "both":
        yield Stage("agreement", ("tests/test_agreement.py",))
    yield Stage("unit tests", (*(f"tests/{room}" for room in (ROOMS if where == "both" else (where,))), "tests/verify"))


def attempt(job: tuple[Path, Fault, str]) -> Result:
    """Tries one fault in a tree of its own process."""
    tree, fault, where = job
    tree = tree / str(os.getpid())
    if not tree.exists():
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    files = changed(tree, fault, where)
    before = {path: path.read_text(encoding="utf-8") for path in files}
    try:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
        for stage in [Stage("", fault.tests)] if fault.tests else stages(fault.label, where):
            code, output = _tests(tree, stage.arguments)
            if code != _PASSED:
                first = _FIRST.search(output)
                seen_by = stage.name or (first[1] if first else "no end")
                return Result(fault, where, seen_by, code != _FAILED or bool(_BROKEN.search(output)))
        return Result(fault, where, "")
    finally:
        for path, text in before.items():
            path.write_text(text, encoding="utf-8")


def _tests(tree: Path, arguments: Sequence[str]) -> tuple[int, str]:
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    try:
        ran = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return _FAILED, ""
    return ran.returncode, ran.stdout


def run(faults: Sequence[Fault], processes: int) -> list[Result]:
    """What becomes of every fault in each of its places, in their order; says on stderr how far it is."""
    started = time.monotonic()
    results = []
    with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(processes) as pool:
        jobs = [(Path(folder), fault, where) for fault in faults for where in places(fault)]
        for result in pool.imap(attempt, jobs):
            results.append(result)
            mark = "." if result.expected else "!"
            done = f"{len(results)} of {len(jobs)} faults, {time.monotonic() - started:.0f} s"
            what = f"{result.fault.label} in {result.where}: {result.seen_by or 'unseen':<20}"
            print(f"\r{done} {mark} {what}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return results
