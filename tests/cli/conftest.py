"""Runs the command in this process, with the rooms behind it replaced where a test asks for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.report.samples import report
from verifier.cli import main
from verifier.model.estate import Estate
from verifier.model.results.verdict import Report, Verdict


@dataclass(frozen=True)
class Result:
    """What a run of the command left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("prove", "x")` is the command `verifier prove x`, without the environment that changes output."""
    for name in ("VERIFIER_DEBUG", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["verifier", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        code = end.value.code
        return Result(code if isinstance(code, int) else 0 if code is None else 1, out, err)

    return call


@dataclass
class Rooms:
    """Stands for the rooms behind `prove`: what they were asked, and what they answer."""

    answer: Report | BaseException
    load_error: BaseException | None = None
    asked: dict[str, Any] | None = None
    loaded: dict[str, Any] | None = None

    def load(self, paths: Any, **options: Any) -> Estate:
        self.loaded = {"paths": tuple(paths), **options}
        if self.load_error:
            raise self.load_error
        return Estate(keys=())

    def prove(self, estate: Estate, invariants: Any, where: Any, deciders: Any, **options: Any) -> tuple[Report, None]:
        self.asked = {"invariants": tuple(invariants), "where": where, **options}
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer, None


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Rooms:
    """Replaces `load_estate` and `prove_many`."""
    import verifier.inputs
    import verifier.runs

    fake = Rooms(report())
    monkeypatch.setattr("verifier.question.load_estate", fake.load)
    monkeypatch.setattr(verifier.inputs, "load_estate", fake.load, raising=False)
    monkeypatch.setattr(verifier.runs, "prove_many", fake.prove, raising=False)
    return fake


def verdicts(*some: Verdict) -> Report:
    """A report without warnings."""
    from dataclasses import replace

    return replace(report(*some), warnings=())
