"""`verifier evaluate`: every line is answered, in order, and a malformed one does not stop the rest."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Rooms, Run
from verifier.cli.bodies.evaluate import parse_request
from verifier.syntax.diagnostic import InputError


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, rooms: Rooms) -> None:
    """An evaluator that answers with the principal it was asked about."""
    import verifier.evaluate

    def request(estate: object, data: Mapping[str, Any]) -> str:
        if "principal" not in data:
            raise InputError.of("`principal` is missing")
        return str(data["principal"])

    monkeypatch.setattr(verifier.evaluate, "request_from_json", request, raising=False)
    monkeypatch.setattr(verifier.evaluate, "evaluate", lambda estate, request: request, raising=False)
    monkeypatch.setattr(
        verifier.evaluate,
        "decision_to_json",
        lambda decision, trace, estate: {"decision": "allow", "of": decision, "trace": trace},
        raising=False,
    )


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.usefixtures("answers")
def test_answers_come_in_order(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text("".join(f'{{"principal": "p{i}"}}\n' for i in range(20)))
    result = run("evaluate", "x", "--requests", str(tmp_path / "r.jsonl"))
    assert result.code == 0 and result.err == ""
    assert [answer["of"] for answer in lines(result.out)] == [f"p{i}" for i in range(20)]
    assert not lines(result.out)[0]["trace"]
    assert lines(run("evaluate", "x", "--requests", str(tmp_path / "r.jsonl"), "--trace").out)[0]["trace"]


MALFORMED = [
    b"",
    b"   ",
    b"not json",
    b"[1]",
    b'"text"',
    b"{}",
    b'{"principal": "a"} trailing',
    b'{"principal": "a", "principal": "b"}',
    b'{"principal": NaN}',
    b'{"principal": "\xff"}',
    b"\xff\xfe{\x00}\x00",
    b'{"principal": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    b'{"principal": "' + b"a" * (1 << 20) + b'"}',
]


@pytest.mark.usefixtures("answers")
@pytest.mark.parametrize("bad", MALFORMED)
def test_a_malformed_line_is_answered_and_the_rest_go_on(run: Run, tmp_path: Path, bad: bytes) -> None:
    (tmp_path / "r.jsonl").write_bytes(b'{"principal": "a"}\r\n' + bad + b'\n{"principal": "c"}')
    result = run("evaluate", "x", "--requests", str(tmp_path / "r.jsonl"))
    first, second, third = lines(result.out)
    assert first["of"] == "a" and third["of"] == "c"
    assert second["line"] == 2 and second["error"]
    assert result.code == 2 and "1 of 3 lines" in result.err and "Traceback" not in result.err


@pytest.mark.usefixtures("answers")
@pytest.mark.parametrize("value", ["\x1b]0;x\x07", "\u202e", "\x9b"])
def test_answers_are_safe_for_a_terminal(run: Run, tmp_path: Path, value: str) -> None:
    (tmp_path / "r.jsonl").write_text(json.dumps({"principal": value}) + "\n" + value + "\n", encoding="utf-8")
    assert run("evaluate", "x", "--requests", str(tmp_path / "r.jsonl")).out.replace("\n", "").isascii()


@pytest.mark.usefixtures("answers")
def test_s3_no_requests_is_an_input_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text("")
    result = run("evaluate", "x", "--requests", str(tmp_path / "r.jsonl"))
    assert result.code == 2 and result.out == "" and "no requests" in result.err


@pytest.mark.usefixtures("answers")
def test_a_missing_file_of_requests(run: Run, tmp_path: Path) -> None:
    result = run("evaluate", "x", "--requests", str(tmp_path / "missing"))
    assert result.code == 2 and "missing" in result.err
    assert run("evaluate", "x").code == 2


def test_the_whole_line_is_read_even_where_it_is_too_long() -> None:
    from verifier.cli.bodies.evaluate import MOST_LINE_BYTES, _lines

    stream = io.BytesIO(b"a" * (3 * MOST_LINE_BYTES + 7) + b"\nb\n")
    first, second = _lines(stream)
    assert len(first) > MOST_LINE_BYTES and second == b"b"


@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_line_of_just_the_greatest_length_is_one_line(size: int) -> None:
    from verifier.cli.bodies.evaluate import MOST_LINE_BYTES, _lines

    line = b"a" * (MOST_LINE_BYTES - 1 + size)
    assert [entry[:1] for entry in _lines(io.BytesIO(line + b"\nb"))] == [b"a", b"b"]
    assert [entry[:1] for entry in _lines(io.BytesIO(line))] == [b"a"]


def test_duplicate_members_are_found_at_every_depth() -> None:
    with pytest.raises(InputError, match="`k` is given twice"):
        parse_request(b'{"context": {"k": "1", "k": "2"}}')
    assert parse_request(b'{"context": {"k": "1", "K": "2"}}')["context"] == {"k": "1", "K": "2"}


SERVER = """
import json, sys
import verifier.inputs, verifier.evaluate
from verifier.model.estate import Estate
verifier.inputs.load_estate = lambda *a, **k: Estate(keys=())
verifier.evaluate.request_from_json = lambda e, d: d
verifier.evaluate.evaluate = lambda e, r: r
verifier.evaluate.decision_to_json = lambda d, trace, estate: {"decision": "allow", "of": d}
sys.argv = ["verifier", "evaluate", "x", "--requests", "-"]
from verifier.cli import main
main()
"""


def test_standard_input_is_answered_line_by_line() -> None:
    """The answer to a line comes before the next line is sent."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        for number in range(3):
            process.stdin.write(f'{{"n": {number}}}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["of"] == {"n": number}
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def test_a_reader_that_goes_away_is_quiet() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        process.stdout.close()
        process.stdin.write('{"n": 1}\n' * 10)
        process.stdin.close()
        assert process.wait(timeout=60) == 141
        assert process.stderr.read() == ""


@pytest.mark.parametrize("stderr", ["2>&-", "2>&1 >/dev/null | true; exit ${PIPESTATUS[0]}"])
def test_a_reader_of_messages_that_goes_away_changes_no_exit_code(stderr: str) -> None:
    command = f"{sys.executable} -m verifier prove nothing-there.json --builtin no-such {stderr}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")


def test_a_request_that_cannot_be_sent_is_answered_so(run: Run, tmp_path: Path) -> None:
    from jsonschema import Draft202012Validator

    import verifier

    key = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    policy, requests = tmp_path / "policy.json", tmp_path / "requests.jsonl"
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    request = {"principal": "arn:aws:iam::111122223333:root", "action": "kms:Decrypt", "resource": key, "context": {}}
    lines = [request, {**request, "context": {"kms:GrantOperations": ["Decrypt"]}}, {}]
    requests.write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = run("evaluate", str(policy), "--key-arn", key, "--requests", str(requests))
    answers = [json.loads(line) for line in result.out.splitlines()]
    for found in answers:
        Draft202012Validator(verifier.schema("decision")).validate(found)
    assert [found.get("decision") for found in answers] == ["allow", "impossible", None] and result.code == 2
    assert answers[1]["policies"] == "allow" and answers[1]["impossible"] == [
        "F6: kms:Decrypt has no kms:grantoperations"
    ]
    decision = verifier.decide(verifier.load(policy, key_arn=key), lines[1])
    assert (decision.outcome.value, decision.policies and decision.policies.value) == ("impossible", "allow")
