"""The faults of `make mutation`: texts of the rooms, and what replaces them.

Each entry of `tests/mutation/*.yaml` is one fault about one rule, written for `evaluate` and for `problem`. Outside the
two rooms there is one reading: such a fault is put into `verifier`, its `label` names the part, and its `tests` are
those that ought to see it.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dis import get_instructions
from pathlib import Path
from types import CodeType
from typing import Any

from tests.yaml_files import document

ROOT = Path(__file__).resolve().parents[1]
FAULTS = ROOT / "tests" / "mutation"
EXEMPT = FAULTS / "exempt.yaml"
ROOMS = ("evaluate", "problem")
WHERE = (*ROOMS, "both")
REST = "verifier"
"""Where a fault is that is in neither room."""


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
