"""What the file system refuses is an input error, or left open; it is never passed over, and no fault of the
verifier."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from verifier.inputs import load_estate
from verifier.syntax.diagnostic import InputError

OWN = "111122223333"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "kms:*", "Resource": "*"}],
}
ASKED = ("--builtin", "no-external-access", "--account", OWN, "--region", "us-west-2")
LONG = "x" * 300


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of policies; one below it may not be listed."""
    for name in ("open", "closed"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.json").write_text(json.dumps(POLICY), encoding="utf-8")

    def refusing(known: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def listed(path: Any = ".") -> Any:
            if os.path.realpath(path) == os.path.realpath(tmp_path / "closed"):
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            return known(path)

        return listed

    monkeypatch.setattr(os, "listdir", refusing(os.listdir))
    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
    return tmp_path


@pytest.mark.parametrize("command", [("prove", *ASKED), ("lint",), ("who-can", "kms:Decrypt")])
def test_a_folder_of_policies_with_one_that_may_not_be_listed(run: Run, closed: Path, command: tuple[str, ...]) -> None:
    result = run(*command, str(closed))
    assert (result.code, result.out) == (
        2,
        "",
    ) and f"cannot read `{closed / 'closed'}`: permission denied" in result.err
    assert run(*command, str(closed / "open")).code in (0, 1)


@pytest.mark.parametrize(
    ("pattern", "expected"), [("*/*.json", 2), ("**/*.json", 2), ("**", 2), ("open/*.json", 0), ("*.json", 2)]
)
def test_a_pattern_of_inputs_that_may_match_there(run: Run, closed: Path, pattern: str, expected: int) -> None:
    text = f'inputs = ["{pattern}"]\nbuiltins = ["no-external-access"]\naccount = "{OWN}"\nregion = "us-west-2"\n'
    (closed / "verifier.toml").write_text(text, encoding="utf-8")
    result = run("check", "--config", str(closed / "verifier.toml"))
    assert result.code == expected
    assert ("permission denied" in result.err) == (expected == 2 and pattern != "*.json")


def test_a_module_that_may_not_be_listed_is_in_doubt(run: Run, closed: Path) -> None:
    (closed / "main.tf").write_text(
        'module "m" {\n  source = "./closed"\n}\nresource "aws_kms_key" "k" {}\n', encoding="utf-8"
    )
    result = run("prove", str(closed), *ASKED)
    assert result.code == 3 and "this folder may not be listed: permission denied" in result.err


@pytest.mark.parametrize(
    "command",
    [
        ("prove", LONG, *ASKED),
        ("compare", LONG, LONG),
        ("lint", LONG),
        ("who-can", "kms:Decrypt", LONG),
        ("reach", "--to", "kms:Decrypt", LONG),
        ("findings", LONG),
        ("suggest", LONG, *ASKED),
        ("check-no-public-access", LONG),
        ("prove", ".", *ASKED, "--output", f"json={LONG}"),
        ("prove", ".", *ASKED, "--output", f"json={LONG}/report.json"),
    ],
)
def test_a_name_that_is_too_long(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.code == 2 and "too long" in " ".join(result.err.split()) and "internal" not in result.err


def test_in_python_as_well() -> None:
    with pytest.raises(InputError, match="too long"):
        load_estate([LONG])


def test_a_pipe_in_a_folder_of_policies_is_no_file(run: Run, tmp_path: Path) -> None:
    """Nobody writes to it, so who opens it waits without end."""
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "policy.json").write_text(json.dumps(POLICY), encoding="utf-8")
    for command in (
        ("compare", str(tmp_path), str(tmp_path / "policy.json")),
        ("prove", str(tmp_path), *ASKED),
        ("lint", str(tmp_path)),
    ):
        result = run(*command)
        assert result.code == 2 and "is not a file" in result.err


def test_the_name_of_a_file_of_requests_moves_no_cursor(run: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(json.dumps(POLICY), encoding="utf-8")
    requests = tmp_path / "a\x1b[2Jb.jsonl"
    requests.write_text("{}\n", encoding="utf-8")
    result = run("evaluate", str(tmp_path / "policy.json"), "--requests", str(requests), *ASKED[2:])
    assert result.code == 2 and "\x1b" not in result.out + result.err and "1 of 1 lines of" in result.err
