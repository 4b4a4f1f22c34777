"""`make mutation`: semantic faults put into the rooms on purpose, to see the tests go red.

    python tools/mutation.py [--only LABEL …] [--processes 2] [--page docs/mutation.md]
    python tools/mutation.py --check

Each entry of `tests/mutation/*.yaml` is one fault about one rule, written for `evaluate` and for `problem`. It is tried
three times: in `evaluate` alone and in `problem` alone, where the cited cases, the agreement tests or the room's own
tests must fail, and in both at once, where the rooms agree on the fault and only expectations argued from AWS's pages
can fail. Ends with exit code 1 if a fault goes unseen that the entry does not say survives, or the other way round.
Without `--only` the tests are first run on what is not changed: where they are red anyway, a fault proves nothing.
`--check` runs no tests: it sees that every entry can be made, and that its files compile.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.case_format import load_cases
from tests.yaml_files import document

ROOT = Path(__file__).resolve().parents[1]

FAULTS = ROOT / "tests" / "mutation"
EXEMPT = FAULTS / "exempt.yaml"
ROOMS = ("evaluate", "problem")
WHERE = (*ROOMS, "both")
_COPIED = ("verifier", "grammar", "docs", "tests", "tools", "pyproject.toml")
_BROKEN = re.compile(
    r"^E\s+(NameError|TypeError|AttributeError|ImportError|SyntaxError|UnboundLocalError|KeyError)", re.MULTILINE
)
_PASSED, _FAILED = 0, 1
"""Exit codes of pytest. With others no test was run, or not all could be: the fault only broke the program."""
_TIMEOUT = 900
"""Seconds for one stage; a fault that makes the tests hang is seen."""


@dataclass(frozen=True)
class Edit:
    """A text of one file that stands there once, and what replaces it. `file` is relative to the room."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Fault:
    """One fault about one rule. `survives` says, for `evaluate`, `problem` or `both`, why nothing can see it there."""

    label: str
    title: str
    edits: Mapping[str, tuple[Edit, ...]]
    survives: Mapping[str, str]

    def rooms(self, where: str) -> tuple[str, ...]:
        """The rooms that are changed."""
        return ROOMS if where == "both" else (where,)


@dataclass(frozen=True)
class Exemption:
    """A rule label that has no fault, and why."""

    label: str
    reason: str


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


def load_faults() -> tuple[Fault, ...]:
    """Every entry, in the order of the files. Raises `ValueError` for a malformed one."""
    files = [path for path in sorted(FAULTS.glob("*.yaml")) if path != EXEMPT]
    return tuple(_fault(entry) for path in files for entry in document(path))


def load_exemptions() -> tuple[Exemption, ...]:
    """The rule labels that no fault is made for."""
    return tuple(Exemption(**entry) for entry in document(EXEMPT))


def _fault(entry: Mapping[str, Any]) -> Fault:
    unknown = set(entry) - {"label", "title", "survives", *ROOMS}
    if unknown or not any(room in entry for room in ROOMS):
        raise ValueError(f"{entry.get('title')}: unknown members {sorted(unknown)}, or no room")
    edits = {room: tuple(Edit(**edit) for edit in entry[room]) for room in ROOMS if room in entry}
    survives = entry.get("survives", {})
    if not set(survives) <= {*edits, *(("both",) if len(edits) == len(ROOMS) else ())}:
        raise ValueError(f"{entry['title']}: `survives` names a place where the fault is not made")
    return Fault(entry["label"], entry["title"], edits, survives)


def places(fault: Fault) -> Iterator[str]:
    """Where a fault is tried."""
    yield from fault.edits
    if len(fault.edits) == len(ROOMS):
        yield "both"


def changed(root: Path, fault: Fault, where: str) -> dict[Path, str]:
    """The files of a tree as the fault makes them. Raises `ValueError` where a text does not stand there exactly once,
    is not changed, or becomes something that does not compile."""
    found: dict[Path, str] = {}
    for room in fault.rooms(where):
        for edit in fault.edits[room]:
            path = root / "verifier" / room / edit.file
            text = found.get(path) or path.read_text(encoding="utf-8")
            if text.count(edit.old) != 1 or edit.new == edit.old:
                raise ValueError(
                    f"{fault.label} ({fault.title}): {room}/{edit.file} has {text.count(edit.old)} times {edit.old!r}"
                )
            found[path] = text.replace(edit.old, edit.new)
    for path, text in found.items():
        try:
            compile(text, str(path), "exec")
        except SyntaxError as error:
            raise ValueError(f"{fault.label} ({fault.title}): {path.name} does not compile: {error}") from error
    return found


def problems(root: Path, faults: Sequence[Fault]) -> Iterator[str]:
    """What keeps entries from being tried, in sentences."""
    for fault in faults:
        for where in places(fault):
            try:
                changed(root, fault, where)
            except (OSError, ValueError) as error:
                yield str(error)


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
    """The tests that may see a fault, the ones that see most of them soonest first: the cases that cite its rule, then
    everything else."""
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
        _copy(tree)
    files = changed(tree, fault, where)
    before = {path: path.read_text(encoding="utf-8") for path in files}
    try:
        for path, text in files.items():
            path.write_text(text, encoding="utf-8")
        for stage in stages(fault.label, where):
            code, output = _tests(tree, stage.arguments)
            if code != _PASSED:
                return Result(fault, where, stage.name, code != _FAILED or bool(_BROKEN.search(output)))
        return Result(fault, where, "")
    finally:
        for path, text in before.items():
            path.write_text(text, encoding="utf-8")


def _copy(tree: Path) -> None:
    tree.mkdir(parents=True)
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)


def _tests(tree: Path, arguments: Sequence[str]) -> tuple[int, str]:
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
    try:
        ran = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return _FAILED, ""
    return ran.returncode, ran.stdout


def main() -> int:
    """Tries every fault; returns the exit code."""
    parser = argparse.ArgumentParser(description="Put semantic faults into the rooms and see the tests go red.")
    parser.add_argument("--only", nargs="*", metavar="LABEL", help="these rules only")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--page", type=Path, help="write the results as a page")
    parser.add_argument("--check", action="store_true", help="run no tests: see that every fault can be made")
    options = parser.parse_args()
    faults = [fault for fault in load_faults() if not options.only or fault.label in options.only]
    wrong = list(dict.fromkeys(problems(ROOT, faults)))
    if wrong or options.check:
        print("\n".join([*wrong, f"{len(faults)} entries, {len(wrong)} cannot be made"]))
        return 1 if wrong or not faults else 0
    red = [] if options.only else [result for result in _run([NOTHING], options.processes) if result.seen_by]
    if red:
        print(f"the tests fail without a fault: {', '.join(result.seen_by for result in red)}")
        return 1
    return _told(_run(faults, options.processes), options.page)


def _told(results: Sequence[Result], to: Path | None) -> int:
    """Writes the page, prints what was not as expected, and returns the exit code."""
    if to:
        to.write_text(page(results), encoding="utf-8")
    surprises = [result for result in results if not result.expected]
    for result in surprises:
        state = (
            "broke the program"
            if result.broken
            else f"was seen by {result.seen_by}"
            if result.seen_by
            else "went unseen"
        )
        print(f"{result.fault.label} in {result.where}: {result.fault.title}: {state}")
    seen = sum(bool(result.seen_by) for result in results)
    print(f"{len(results)} faults tried, {seen} seen, {len(results) - seen} survived, {len(surprises)} not as expected")
    return 1 if surprises or not results else 0


def _run(faults: Sequence[Fault], processes: int) -> list[Result]:
    started = time.monotonic()
    results = []
    with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(processes) as pool:
        jobs = [(Path(folder), fault, where) for fault in faults for where in places(fault)]
        for result in pool.imap(attempt, jobs):
            results.append(result)
            mark = "." if result.expected else "!"
            done = f"{len(results)} of {len(jobs)} faults, {time.monotonic() - started:.0f} s"
            print(
                f"\r{done} {mark} {result.fault.label} in {result.where}: {result.seen_by or 'unseen':<20}",
                end="",
                file=sys.stderr,
                flush=True,
            )
    print(file=sys.stderr)
    return results


def page(results: Sequence[Result]) -> str:
    """The results as a page of `docs/`."""
    by_fault: dict[tuple[str, str], dict[str, Result]] = {}
    for result in results:
        by_fault.setdefault((result.fault.label, result.fault.title), {})[result.where] = result
    rows = [
        f"| {label} | {title} | " + " | ".join(_cell(found.get(where)) for where in WHERE) + " |"
        for (label, title), found in by_fault.items()
    ]
    seen = sum(bool(result.seen_by) for result in results)
    survivors = [
        f"- **{result.fault.label}**, {result.fault.title}, in {result.where}: "
        f"{result.fault.survives.get(result.where, 'not explained')}"
        for result in results
        if not result.seen_by
    ]
    return _PAGE.format(
        tried=len(results),
        seen=seen,
        survived=len(results) - seen,
        survivors="\n".join(survivors) or "None.",
        rows="\n".join(rows),
        exempt="\n".join(f"- **{exemption.label}**: {exemption.reason}" for exemption in load_exemptions()),
    )


def _cell(result: Result | None) -> str:
    return "–" if result is None else result.seen_by or "**survives**"


_PAGE = """# Faults put in on purpose

Written by `make mutation` (`tools/mutation.py`); the faults are in `tests/mutation/`. Each is a plausible misreading of
one rule, put into `evaluate`, into `problem`, and into both at once. The table names the first tests that failed. In
both at once the rooms agree on the fault: only expectations argued from AWS's pages, and the third reading, which is
written from them, can see it.

{tried} faults were tried: {seen} were seen, {survived} survived.

## Survivors, and what was done about each

{survivors}

## Rules without a fault

{exempt}

## All faults

| rule | fault | in `evaluate` | in `problem` | in both |
| --- | --- | --- | --- | --- |
{rows}
"""


if __name__ == "__main__":
    sys.exit(main())
