"""`make mutation`: semantic faults put into the rooms on purpose, to see the tests go red.

    python tools/mutation.py [--only LABEL-OR-TITLE …] [--processes 2] [--page docs/mutation.md]
    python tools/mutation.py --check

Each entry of `tests/mutation/*.yaml` is one fault about one rule, written for `evaluate` and for `problem`. It is tried
three times: in `evaluate` alone and in `problem` alone, where the cited cases, the agreement tests or the room's own
tests must fail, and in both at once, where the rooms agree on the fault and only expectations argued from AWS's pages
can fail. Ends with exit code 1 if a fault goes unseen that the entry does not say survives, or the other way round.
Without `--only` the tests are first run on what is not changed: where they are red anyway, a fault proves nothing.
With `--only` a page keeps what it says of the faults that are not tried, and its section *Runs*.
Outside the two rooms there is one reading: such a fault is put into `verifier`, its `label` names the part, and its
`tests` are those that ought to see it.
`--check` runs no tests: it sees that every entry can be made, and that its files compile and define the names that they
use.
"""

from __future__ import annotations

import argparse
import builtins
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dis import get_instructions
from pathlib import Path
from types import CodeType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.case_format import load_cases
from tests.yaml_files import document

ROOT = Path(__file__).resolve().parents[1]

FAULTS = ROOT / "tests" / "mutation"
EXEMPT = FAULTS / "exempt.yaml"
ROOMS = ("evaluate", "problem")
WHERE = (*ROOMS, "both")
REST = "verifier"
"""Where a fault is that is in neither room."""
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
_RUNS = re.compile(r"^## Runs\n.*?(?=^## )", re.MULTILINE | re.DOTALL)
_SURVIVES, _NOT_TRIED = "**survives**", "–"
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
    """One fault about one rule, or in one part of the rest. `survives` says, for `evaluate`, `problem`, `both` or
    `verifier`, why nothing can see it there. `tests`, if any, are the only ones that are run."""

    label: str
    title: str
    edits: Mapping[str, tuple[Edit, ...]]
    survives: Mapping[str, str]
    tests: tuple[str, ...] = ()

    @property
    def name(self) -> tuple[str, str]:
        """What tells it apart from others."""
        return self.label, self.title

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
    unknown = set(entry) - {"label", "title", "survives", *(("tests", REST) if REST in entry else ROOMS)}
    edits = {room: tuple(Edit(**edit) for edit in entry[room]) for room in (*ROOMS, REST) if room in entry}
    if unknown or not edits:
        raise ValueError(f"{entry.get('title')}: unknown members {sorted(unknown)}, or no room")
    tests = tuple(entry["tests"]) if REST in entry else ()
    fault = Fault(entry["label"], entry["title"], edits, entry.get("survives", {}), tests)
    if not set(fault.survives) <= {*places(fault)}:
        raise ValueError(f"{entry['title']}: `survives` names a place where the fault is not made")
    return fault


def places(fault: Fault) -> Iterator[str]:
    """Where a fault is tried."""
    yield from fault.edits
    if len(fault.edits) == len(ROOMS):
        yield "both"


def changed(root: Path, fault: Fault, where: str) -> dict[Path, str]:
    """The files of a tree as the fault makes them. Raises `ValueError` where a text does not stand there exactly once,
    is not changed, or becomes something that does not compile or uses a name that its file has not."""
    found: dict[Path, str] = {}
    for room in fault.rooms(where):
        for edit in fault.edits[room]:
            path = root / "verifier" / ("" if room == REST else room) / edit.file
            text = found.get(path) or path.read_text(encoding="utf-8")
            if text.count(edit.old) != 1 or edit.new == edit.old:
                raise ValueError(
                    f"{fault.label} ({fault.title}): {room}/{edit.file} has {text.count(edit.old)} times {edit.old!r}"
                )
            found[path] = text.replace(edit.old, edit.new)
    for path, text in found.items():
        try:
            missing = _undefined(compile(text, str(path), "exec"))
        except SyntaxError as error:
            raise ValueError(f"{fault.label} ({fault.title}): {path.name} does not compile: {error}") from error
        if missing:
            raise ValueError(f"{fault.label} ({fault.title}): {path.name} does not define {', '.join(missing)}")
    return found


def _undefined(module: CodeType) -> list[str]:
    """The global names that a module uses and nothing in it defines."""
    codes = [module]
    for code in codes:
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    steps = [step for code in codes for step in get_instructions(code)]
    used = {step.argval for step in steps if step.opname in ("LOAD_NAME", "LOAD_GLOBAL")}
    made = {step.argval for step in steps if step.opname in ("STORE_NAME", "STORE_GLOBAL")}
    return sorted(used - made - vars(builtins).keys() - {"__annotations__", "__file__", "__name__"})


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
    red = [result for result in _run(unchanged, options.processes) if result.seen_by]
    if red:
        print(f"the tests fail without a fault: {', '.join(result.seen_by for result in red)}")
        return 1
    return _told(_run(faults, options.processes), options.page, keep=bool(options.only))


def _told(results: Sequence[Result], to: Path | None, *, keep: bool) -> int:
    """Writes the page, prints what was not as expected, and returns the exit code."""
    if to:
        before = to.read_text(encoding="utf-8") if keep else ""
        to.write_text(page(results, before), encoding="utf-8")
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


def page(results: Sequence[Result], before: str = "") -> str:
    """The results as a page of `docs/`, which keeps what the one `before` says of other faults."""
    faults = {fault.name: fault for fault in (*load_faults(), *(result.fault for result in results))}
    found = _cells(results, {name: cells for name, cells in _rows_of(before).items() if name in faults})
    rows = {name: found[name] for name in faults if name in found}
    survivors = [
        f"- **{name[0]}**, {name[1]}, in {where}: {faults[name].survives.get(where, 'not explained')}"
        for name, cells in rows.items()
        for where, cell in cells.items()
        if cell == _SURVIVES
    ]
    runs = _RUNS.search(before)
    tried = sum(cell != _NOT_TRIED for cells in rows.values() for cell in cells.values())
    return _PAGE.format(
        tried=tried,
        seen=tried - len(survivors),
        survived=len(survivors),
        survivors="\n".join(survivors) or "None.",
        rows=_table(cells for cells in rows.items() if REST not in cells[1]),
        rest=_table(cells for cells in rows.items() if REST in cells[1]),
        exempt="\n".join(f"- **{exemption.label}**: {exemption.reason}" for exemption in load_exemptions()),
        runs=runs[0] if runs else "",
    )


Cells = dict[str, str]
"""What became of a fault, by place."""


def _cells(results: Sequence[Result], before: Mapping[tuple[str, str], Cells]) -> dict[tuple[str, str], Cells]:
    found = dict(before)
    for result in results:
        kept = found.get(result.fault.name) or dict.fromkeys(
            (REST,) if REST in result.fault.edits else WHERE, _NOT_TRIED
        )
        found[result.fault.name] = {**kept, result.where: result.seen_by or _SURVIVES}
    return found


def _rows_of(text: str) -> dict[tuple[str, str], Cells]:
    """What a page says of each fault."""
    rows = (line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| "))
    return {
        (label, title): dict(zip((REST,) if len(cells) == 1 else WHERE, cells, strict=True))
        for label, title, *cells in rows
        if title not in ("fault", "---")
    }


def _table(rows: Iterable[tuple[tuple[str, str], Cells]]) -> str:
    return "\n".join(f"| {' | '.join((*name, *cells.values()))} |" for name, cells in rows)


_PAGE = """# Faults put in on purpose

Written by `make mutation` (`tools/mutation.py`); the faults are in `tests/mutation/`. Each of the first table is a
plausible misreading of one rule, put into `evaluate`, into `problem`, and into both at once. The table names the first
tests that failed. In both at once the rooms agree on the fault: only expectations argued from AWS's pages, and the
third reading, which is written from them, can see it.

{tried} faults were tried: {seen} were seen, {survived} survived.

## Survivors, and what was done about each

{survivors}

## Rules without a fault

{exempt}

{runs}## All faults

| rule | fault | in `evaluate` | in `problem` | in both |
| --- | --- | --- | --- | --- |
{rows}

## Faults in the rest

Outside the two rooms there is one reading. Each of these leads to a wrong verdict, or to none where there is one; only
the tests that ought to see it are run. The table names the first that failed.

| part | fault | seen by |
| --- | --- | --- |
{rest}
"""


if __name__ == "__main__":
    sys.exit(main())
