"""Escalation paths as cases: none is proved impossible, in any form; and shut, none is found. README.md beside this
file tells the form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import pytest

from tests.examples import RANDOM
from tests.reach.paths.asking import asked, told
from tests.reach.paths.form import Path, load_paths, with_facts
from tests.reach.paths.variants import FORMS, Snapshot

PATHS = (*load_paths(), *with_facts(load_paths()))
EVERY = 4
"""Of so many paths one is asked in one open form and one shut form, others of the next. `VERIFIER_RANDOM_TESTS=1` and
the command with `--all` ask all of all paths."""


UNKNOWN_STEP = "neither a step nor a doubt is known for what the path needs"


def _marked(path: Path, title: str, form: str, *values: Any) -> Any:
    """A parameter; an expected failure where the path says that this is still answered wrongly."""
    wrong = title if title in path.wrong else form
    marks = [pytest.mark.xfail(reason=UNKNOWN_STEP, strict=True, raises=AssertionError)] if wrong in path.wrong else []
    return pytest.param(path, *values, id=f"{path.name}-{form}".replace(" ", "-"), marks=marks)


def _forms(number: int) -> Iterator[Any]:
    title, forms, _ = FORMS[number]
    for turn, path in enumerate(PATHS):
        made = list(forms(path))
        chosen = range(len(made)) if RANDOM else [turn // EVERY % len(made)] if turn % EVERY == number else []
        yield from (_marked(path, title, made[index][0], made[index][1]) for index in chosen)


@pytest.mark.parametrize("path", [_marked(path, "plain", "plain") for path in PATHS])
def test_is_not_proved_impossible(path: Path, tmp_path: File) -> None:
    line = told(asked(path, path.snapshot(path.needs), tmp_path))
    assert line.startswith("found" if path.expect == "found" else ("found", "unknown")), f"{path.why}\n{line}"


@pytest.mark.parametrize(("path", "snapshot"), list(_forms(0)))
def test_is_open_under_conditions_that_hold(path: Path, snapshot: Snapshot, tmp_path: File) -> None:
    assert told(asked(path, snapshot, tmp_path)) != "proved", path.why


@pytest.mark.parametrize(("path", "snapshot"), list(_forms(1)))
def test_is_shut(path: Path, snapshot: Snapshot, tmp_path: File) -> None:
    line = told(asked(path, snapshot, tmp_path))
    assert not line.startswith("found"), line
