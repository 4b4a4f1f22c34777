"""`verifier explain`: where the request comes from, formats, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import verifier
from tests.cli.conftest import Run

PAYMENTS = "examples/payments"
API = "arn:aws:sts::111122223333:assumed-role/api/task-1"
GLOBEX = ("--context", "kms:EncryptionContext:tenant=globex")


def test_a_request_in_options(run: Run) -> None:
    result = run("explain", PAYMENTS, "--principal", API, "--action", "kms:Decrypt", "--key", "payments", *GLOBEX)
    assert (result.code, result.err) == (0, "")
    assert "✘ refused" in result.out
    assert "kms:EncryptionContext:tenant: globex → acme" in result.out
    assert "smallest change of the key policy" in result.out


@pytest.mark.parametrize("name", ["payments", "alias/payments", "1234abcd-12ab-34cd-56ef-1234567890ab"])
def test_a_key_by_any_of_its_names(run: Run, name: str) -> None:
    assert run("explain", PAYMENTS, "--principal", API, "--action", "kms:Decrypt", "--key", name).code == 0


def test_a_line_of_a_file(run: Run) -> None:
    result = run("explain", PAYMENTS, "--request", f"{PAYMENTS}/requests.jsonl", "--line", "3", "--output", "json")
    document = json.loads(result.out)
    jsonschema.validate(document, verifier.schema("explanation"))
    assert document["request"]["context"] == {"kms:EncryptionContext:tenant": "globex"}


def test_a_file_with_one_request_over_several_lines(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "request.json"
    request = {"principal": API, "action": "kms:ListKeys", "resource": None}
    path.write_text(json.dumps(request, indent=2))
    assert run("explain", PAYMENTS, "--request", str(path), "--output", "markdown").code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "there is no request"),
        (("--principal", API), "there is no request"),
        (("--request", f"{PAYMENTS}/requests.jsonl"), "say which: --line 1"),
        (("--request", f"{PAYMENTS}/requests.jsonl", "--line", "99"), "none is line 99"),
        (("--request", "nowhere.json"), "cannot read `nowhere.json`"),
        (("--request", "x", "--action", "kms:Decrypt"), "the request is given twice"),
        (("--principal", API, "--action", "kms:Decrypt"), "there are several keys"),
        (("--principal", API, "--action", "kms:Decrypt", "--key", "nobody"), "no key of the input is called nobody"),
        (("--principal", "nobody", "--action", "kms:Decrypt", "--key", "payments"), "`principal` is not a caller"),
        (("--principal", API, "--action", "kms:Decrypt", "--line", "1"), "--line goes with --request"),
    ],
)
def test_what_is_no_request_says_what_to_do(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run("explain", PAYMENTS, *arguments)
    assert (result.code, result.out) == (2, "")
    assert said in result.err


def test_a_pair_without_a_value_is_a_usage_error(run: Run) -> None:
    assert run("explain", PAYMENTS, "--principal", API, "--action", "kms:Decrypt", "--context", "a").code == 2


def test_a_broken_file_is_an_input_error(run: Run, tmp_path: Path) -> None:
    for content in (b"", b"\xff\xfe{", b"[" * 100_000, b'{"principal": NaN}', b'{"a": 1, "a": 2}'):
        path = tmp_path / "request.json"
        path.write_bytes(content)
        result = run("explain", PAYMENTS, "--request", str(path))
        assert (result.code, result.out) == (2, "")
        assert "Traceback" not in result.err


def test_the_library_explains_as_well() -> None:
    found = verifier.load(PAYMENTS)
    key = next(key.arn for key in found.keys if key.name == "payments")
    explanation = verifier.explain(found, {"principal": API, "action": "kms:Decrypt", "resource": key})
    assert explanation.decision.outcome is verifier.Outcome.DENY
    assert explanation.flips
