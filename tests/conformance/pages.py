"""Conformance cases: AWS's pages, sentence by sentence.

In: `kms/PAGE.yaml` and `iam/PAGE.yaml` in this folder, in the form that README.md tells. Out: `Page`s of `Entry`s,
whose cases are those of `tests/case_format.py`. Guarantee: a member that this module does not know is an error, and so
is an entry with neither cases nor a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import yaml_files
from tests.case_format import Case, case_of
from tests.case_snapshot import known

FOLDER = Path(__file__).parent

COMMITS = {"kms": "3447fd9", "iam": "651083f"}
"""The published versions of the guides that the pages were read in."""


@dataclass(frozen=True)
class Entry:
    """One sentence, by its page, heading and place, with its claim in our own words.

    `none` is the reason why it has no case, and `differs` why the program does not (yet) decide as the page says."""

    name: str
    heading: str
    sentence: str
    claim: str
    cases: tuple[Case, ...]
    none: str | None
    differs: str | None

    @property
    def count(self) -> int:
        """How many questions it asks: requests, invariants, and inputs that must be refused or remarked on."""
        return sum(_questions(case) for case in self.cases)


@dataclass(frozen=True)
class Page:
    """One page of a guide: `kms/grants`."""

    name: str
    entries: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """How many questions the page asks."""
        return sum(entry.count for entry in self.entries)


def _questions(case: Case) -> int:
    if case.error is not None:
        return 1
    return len(case.requests) + sum(len(invariants.expect) for invariants in case.invariants) + bool(case.remarks)


def load_pages(paths: tuple[Path, ...] = ()) -> tuple[Page, ...]:
    """The pages of some files, or of every file here. Raises `ValueError` that names the entry for a malformed one."""
    return tuple(_page(path) for path in paths or sorted(FOLDER.glob("*/*.yaml")))


def _page(path: Path) -> Page:
    document = yaml_files.document(path)
    try:
        known(document, {"page", "commit", "shared", "entries"})
        guide = document["page"].split("/")[0]
        if document["page"] != f"{path.parent.name}/{path.stem}" or document["commit"] != COMMITS[guide]:
            raise ValueError(f"`page` and `commit` must be {path.parent.name}/{path.stem} and {COMMITS[guide]}")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path.name}: {error!r}") from error
    return Page(
        document["page"],
        tuple(_entry(document["page"], number, each) for number, each in enumerate(document["entries"], start=1)),
    )


def _entry(page: str, number: int, given: Mapping[str, Any]) -> Entry:
    name = f"{page}-{number}"
    try:
        known(given, {"heading", "sentence", "claim", "cases", "none", "differs"})
        if ("cases" in given) == ("none" in given):
            raise ValueError("an entry has either cases or a reason why it has `none`")
        source = f"{page}, {given['heading']}, {given['sentence']}"
        cited = {"title": given["claim"], "rules": [], "source": source, "argument": given["claim"]}
        cases = tuple(
            case_of(f"{name}-{place}", {**case, **cited}) for place, case in enumerate(given.get("cases", ()), start=1)
        )
        return Entry(
            name,
            given["heading"],
            str(given["sentence"]),
            given["claim"],
            cases,
            given.get("none"),
            given.get("differs"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{name} ({given.get('heading')}, {given.get('sentence')}): {error!r}") from error
