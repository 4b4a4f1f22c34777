"""`--timeout`: what is not decided in time is unknown, for every command that asks; and it is not remembered."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.evaluate.estates import HOME, KEY, ROOT, allow, aws, document
from verifier.cli import options

COMMANDS = {
    "prove new.json --builtin no-public-access --no-cache": "0",
    "prove new.json --invariants eventually.inv --no-cache": "0",
    "compare old.json new.json": "1",
    "check-no-new-access old.json new.json": "1",
    "check-no-public-access new.json": "0",
    "check-access-not-granted new.json --action kms:Encrypt": "0",
    "who-can kms:Decrypt new.json": "0",
    "findings new.json": "0",
    "reach --to kms:Decrypt new.json": "0",
    f"reach {ROOT} new.json": "0",
    "lint new.json": "0",
    "suggest new.json --builtin no-public-access": "0",
}
INVARIANTS = f"""account prod = {HOME}
invariant "nobody else": no caller outside prod can eventually kms:Decrypt
"""


def snapshot(*statements: dict[str, Any]) -> str:
    entities: dict[str, Any] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    key = {"arn": KEY, "policies": {"default": document(*statements)}, "grants": [], "aliases": [], "tags": []}
    return json.dumps({"keys": [key], "accounts": {HOME: {"authorization_details": entities}}})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "old.json").write_text(snapshot(allow(aws(ROOT), "kms:Put*")))
    (tmp_path / "new.json").write_text(snapshot(allow(aws(ROOT), ["kms:Put*", "kms:Decrypt"])))
    (tmp_path / "eventually.inv").write_text(INVARIANTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock finds the time over."""
    clock = count(step=10)
    monkeypatch.setattr("verifier.deadline.time.monotonic", lambda: float(next(clock)))


@pytest.mark.parametrize("command", COMMANDS)
def test_s1_each_command_that_asks_ends_in_time(run: Run, late: None, command: str) -> None:
    result = run(*command.split(), "--timeout", "5")
    assert result.code == 3 and "[timeout]" in result.out and "--timeout" in result.out, result.out
    assert "✔" not in result.out and "complete:" not in result.out and "equivalent" not in result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_with_time_enough_each_answers(run: Run, command: str) -> None:
    result = run(*command.split(), "--timeout", "100000")
    assert str(result.code) == COMMANDS[command] and "timeout" not in result.out, result.out


def test_a_configuration_has_it_too(run: Run, folder: Path, late: None) -> None:
    (folder / "verifier.toml").write_text(
        'inputs = ["new.json"]\nbuiltins = ["no-public-access"]\ntimeout = 5\noutputs = ["text"]\n'
    )
    result = run("check", "--no-cache")
    assert result.code == 3 and "[timeout]" in result.out


def test_what_was_not_decided_in_time_is_not_remembered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("prove", "new.json", "--builtin", "no-public-access")
    with monkeypatch.context() as patch:
        clock = count(step=10)
        patch.setattr("verifier.deadline.time.monotonic", lambda: float(next(clock)))
        assert run(*asked, "--timeout", "5").code == 3
    assert run(*asked).code == 0
    assert run(*asked, "--timeout", "5").code == 0


def test_the_time_is_told_alike_by_all(run: Run) -> None:
    told = options.Timeout.__metadata__[0].help  # type: ignore[attr-defined]
    names = {command.split()[0] for command in COMMANDS} | {"explain"}
    for name in names:
        text = " ".join(run(name, "--help").out.replace("│", " ").split())
        assert told in text, name
