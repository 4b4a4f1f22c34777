"""SARIF and annotations of every command that has them, on real inputs: valid, and the same whatever the layout."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Run
from tests.project.shown import ROOT
from tests.report.sarif_schema import sarif_validator

POLICY: dict[str, Any] = json.loads(
    (ROOT / "examples" / "payments" / "keys" / "payments" / "policy.json").read_text(encoding="utf-8")
)
KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
JUDGING = {
    "prove": ("prove", "policy.json", "--builtin", "no-external-access", "--builtin", "no-public-access", "--no-cache"),
    "lint": ("lint", "policy.json"),
    "findings": ("findings", "policy.json"),
    "compare": ("compare", "old.json", "policy.json"),
    "check-no-public-access": (
        "check-access-not-granted",
        "policy.json",
        "--principal",
        "role/partner-loader in 444455556666",
        "--action",
        "kms:*",
    ),
    "check-no-new-access": ("check-no-new-access", "old.json", "policy.json"),
}
ANSWERING = {
    "who-can": ("who-can", "kms:Decrypt", "policy.json"),
    "reach": ("reach", "--to", "kms:Decrypt", "--steps", "0", "policy.json"),
    "suggest": ("suggest", "policy.json", "--builtin", "no-external-access"),
    "explain": (
        "explain",
        "policy.json",
        "--principal",
        "arn:aws:iam::111122223333:root",
        "--action",
        "kms:Decrypt",
        "--key",
        KEY,
    ),
}
COMMANDS = JUDGING | ANSWERING


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.json").write_text(json.dumps({**POLICY, "Statement": POLICY["Statement"][:3]}))
    return tmp_path


def results(run: Run, name: str, policy: dict[str, Any], indent: int | None = 2) -> list[dict[str, Any]]:
    Path("policy.json").write_text(json.dumps(policy, indent=indent))
    result = run(*COMMANDS[name], "--key-arn", KEY, "--output", "sarif")
    document = json.loads(result.out)
    assert [error.message for error in sarif_validator().iter_errors(document)] == []
    (sarif,) = document["runs"]
    assert sarif["invocations"][0]["exitCode"] == result.code
    found: list[dict[str, Any]] = sarif["results"]
    return found


def prints(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return sorted((result["ruleId"], str(sorted(result["partialFingerprints"].items()))) for result in found)


@pytest.mark.parametrize("name", COMMANDS)
def test_fingerprints_survive_another_layout(run: Run, folder: Path, name: str) -> None:
    first = results(run, name, POLICY)
    assert first and len({line for _, line in prints(first)}) == len(first), "all different"
    assert all(result["locations"] for result in first)
    other = {
        "Statement": [dict(reversed(statement.items())) for statement in POLICY["Statement"]],
        "Version": POLICY["Version"],
    }
    again = results(run, name, other, indent=None)
    assert prints(again) == prints(first)
    assert [result["locations"] for result in again] != [result["locations"] for result in first]


def test_the_meaning_of_the_statements_tells_another_reason_apart(run: Run, folder: Path) -> None:
    before = results(run, "prove", POLICY)
    wider = json.loads(json.dumps(POLICY))
    wider["Statement"] = [
        {**statement, "Principal": "*"} if statement["Sid"] == "Partner" else statement
        for statement in wider["Statement"]
    ]
    after = results(run, "prove", wider)
    external = [next(found for found in side if found["ruleId"].startswith("no-external")) for side in (before, after)]
    assert external[0]["fingerprints"] == external[1]["fingerprints"]
    meanings = [found["partialFingerprints"]["statementsMeaning/v1"] for found in external]
    assert meanings[0] != meanings[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_annotations_are_commands(run: Run, folder: Path, name: str) -> None:
    Path("policy.json").write_text(json.dumps(POLICY, indent=2))
    wanted = ("json=a.json", "gitlab=b.json", *(() if name == "explain" else ("csv=a.csv",)))
    files = [word for file in wanted for word in ("--output", file)]
    result = run(*COMMANDS[name], "--key-arn", KEY, "--output", "github", *files)
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in result.out.splitlines())
    assert result.out.splitlines()[0].endswith(f"exit code {result.code}")
    assert json.loads((folder / "a.json").read_text())["verifier"]
    entries = json.loads((folder / "b.json").read_text())
    assert entries and len({entry["fingerprint"] for entry in entries}) == len(entries)
    for entry in entries:
        assert (
            entry["severity"] in ("info", "minor", "major", "critical", "blocker")
            and entry["description"]
            and entry["check_name"]
        )
        assert entry["location"]["path"].endswith(".json") and entry["location"]["lines"]["begin"] >= 1
    if name == "explain":
        return  # which is no table
    first, *rows = csv.reader(io.StringIO((folder / "a.csv").read_text()))
    assert first[0] == "status" and rows and all(len(row) == len(first) for row in rows)


@pytest.mark.parametrize("name", ANSWERING)
def test_what_an_answer_finds_is_a_note_and_a_passed_test(run: Run, folder: Path, name: str) -> None:
    found = results(run, name, POLICY)
    assert found and {result["level"] for result in found} == {"note"}
    root = ElementTree.fromstring(run(*COMMANDS[name], "--key-arn", KEY, "--output", "junit").out)
    assert root.findall("testsuite/testcase") and int(root.attrib["failures"]) + int(root.attrib["errors"]) == 0
    page = run(*COMMANDS[name], "--key-arn", KEY, "--output", "html").out
    assert page.lower().startswith("<!doctype html>") and "</html>" in page


@pytest.mark.parametrize("name", JUDGING)
def test_junit_passes_where_the_exit_code_is_0_and_nowhere_else(run: Run, folder: Path, name: str) -> None:
    codes = set()
    for policy in (POLICY, json.loads((folder / "old.json").read_text())):
        Path("policy.json").write_text(json.dumps(policy, indent=2))
        result = run(*COMMANDS[name], "--key-arn", KEY, "--output", "junit")
        root = ElementTree.fromstring(result.out)
        assert (int(root.attrib["failures"]) > 0) == (result.code == 1) and root.findall("testsuite/testcase")
        assert (int(root.attrib["failures"]) + int(root.attrib["errors"]) > 0) == (result.code in (1, 3))
        codes.add(result.code)
    assert codes == {0, 1}


@pytest.mark.parametrize("name", ["lint", "findings", "compare"])
def test_a_format_that_a_command_lacks_is_a_usage_error(run: Run, folder: Path, name: str) -> None:
    Path("policy.json").write_text(json.dumps(POLICY))
    result = run(*COMMANDS[name], "--output", "xml")
    assert result.code == 2 and "is no format" in result.err
