"""docs/eight-policies.md: every file of the example has the verdicts that its table tells."""

from __future__ import annotations

import re

import pytest

import verifier
from tests.cli.conftest import Run, run
from tests.project.shown import ROOT
from verifier.model.invariant import Invariant

__all__ = ["run"]  # the fixture

FOLDER = ROOT / "examples" / "eight-policies"
PAGE = (ROOT / "docs" / "eight-policies.md").read_text(encoding="utf-8")
HEAD, *ROWS = [
    [cell.strip(" `") for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| ")
]
TOLD = {row[0]: dict(zip(HEAD[1:], row[1:], strict=True)) for row in ROWS if row[0].endswith(".json")}
KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def test_the_page_tells_of_every_file() -> None:
    assert sorted(TOLD) == sorted(path.name for path in FOLDER.glob("*.json"))
    assert len(re.findall(r"^\d\. \*\*", PAGE, re.MULTILINE)) == 8


@pytest.mark.parametrize("name", TOLD)
def test_the_verdicts_are_those_of_the_page(name: str) -> None:
    invariants = verifier.invariants(FOLDER / "access.inv")
    estate = verifier.load(FOLDER / name, key_arn=None if name.endswith(".plan.json") else KEY)
    report = verifier.prove(estate, invariants)
    assert {verdict.invariant.name: verdict.status.value for verdict in report.verdicts} == TOLD[name]
    assert len(report.verdicts) == len(TOLD[name]), "one key each"


def test_the_counterexamples_are_those_of_the_page() -> None:
    def caller(name: str, invariant: str) -> str | None:
        estate = verifier.load(FOLDER / name, key_arn=None if name.endswith(".plan.json") else KEY)
        (asked,) = (found for found in verifier.invariants(FOLDER / "access.inv") if found.name == invariant)
        assert isinstance(asked, Invariant)
        (verdict,) = verifier.prove(estate, [asked]).verdicts
        assert verdict.counterexample is not None
        return verdict.counterexample.request.caller.account

    assert caller("1-any-arn.json", "inside the account, or the partner") not in ("111122223333", "444455556666")
    assert caller("5-caller-account.json", "inside the organization") == "111122223333"
    assert caller("6-other-account.json", "inside the account") == "444455556666"
    assert caller("8-separate-grant.plan.json", "inside the account") == "444455556666"


def test_its_configuration_passes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = run("check", "--config", "examples/eight-policies/verifier.toml", "--no-cache")
    assert result.code == 0 and "3 proved, 1 refuted" in result.out and "the account joins" in result.out
