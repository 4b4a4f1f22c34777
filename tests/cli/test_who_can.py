"""`verifier who-can`: what is an action and what a path, exit codes, errors."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.project.shown import ROOT

PAYMENTS = str(ROOT / "examples" / "payments")


def test_actions_and_paths_in_any_order(run: Run) -> None:
    first, second = run("who-can", "kms:Decrypt", PAYMENTS), run("who-can", PAYMENTS, "KMS:Decrypt")
    assert first.code == second.code == 0
    assert (
        first.out.replace("kms:Decrypt", "KMS:Decrypt").splitlines()[2:]
        == second.out.replace("kms:Decrypt", "KMS:Decrypt").splitlines()[2:]
    )
    assert "role/reports" in first.out and "exit 0" in first.out and first.err == ""


def test_transpose_needs_no_action(run: Run) -> None:
    found = run("who-can", "--transpose", "role/reports", "--key", "payments", PAYMENTS)
    assert found.code == 0 and "role/reports can" in found.out


def test_json_is_alone_on_stdout(run: Run) -> None:
    found = run("who-can", "kms:Decrypt", PAYMENTS, "--output", "json")
    assert json.loads(found.out)["format"] == "kms-verifier/who-can"


def test_markdown(run: Run) -> None:
    assert run("who-can", "kms:Decrypt", PAYMENTS, "--output", "markdown").out.startswith("## Who can")


def test_verbose_shows_requests(run: Run) -> None:
    assert "for example" in run("who-can", "kms:Decrypt", "--key", "payments", PAYMENTS, "--verbose").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PAYMENTS,), "no action to ask about"),
        (("decrypt", PAYMENTS), "did you mean kms:Decrypt?"),
        (("kms:Decrypt",), "no input"),
        (("kms:Decryp", PAYMENTS), "did you mean `kms:Decrypt`"),
        (("kms:Decrypt", "--key", "paymnts", PAYMENTS), "did you mean `payments`"),
        (("kms:Decrypt", "--except", "role/", PAYMENTS), "--except:1:1: error: `role/` is not complete"),
        (("--transpose", "role/\x1b[31m", PAYMENTS), "--transpose:1:"),
        (("kms:Decrypt", "--reading", "P5", PAYMENTS), "expected P5=yes"),
    ],
)
def test_input_errors(run: Run, arguments: tuple[str, ...], message: str) -> None:
    found = run("who-can", *arguments)
    assert found.code == 2 and message in found.err and found.out == "" and "\x1b" not in found.err


def test_s1_a_policy_that_is_missing_ends_in_3(run: Run, tmp_path: object) -> None:
    path = f"{tmp_path}/snapshot.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write("keys:\n  - arn: arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\n")
    found = run("who-can", "kms:Decrypt", path)
    assert found.code == 3, found
    assert "not complete" in found.out and "[U3]" in found.out
