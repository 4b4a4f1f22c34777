"""Hostile and broken input, through the real rooms: exit code 2, a message that names the place, no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.report.samples import PAYMENTS

ESCAPE = "\x1b]0;owned\x07"

STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


def policy(**changes: object) -> bytes:
    return json.dumps({"Version": "2012-10-17", "Statement": [{**STATEMENT, **changes}]}).encode()


BAD = {
    "not JSON": b"Statement = none",
    "empty": b"",
    "UTF-16": policy().decode().encode("utf-16"),
    "not UTF-8": b'{"Statement": "\xff"}',
    "1,000 nested brackets": b'{"Statement": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "100,000 nested brackets": b"[" * 100_000,
    "10 MB": b'{"Statement": "' + b"a" * 10_000_000 + b'"}',
    "a principal with a wildcard": policy(Principal={"AWS": "arn:aws:iam::111122223333:role/*"}),
    "terminal escapes in a Sid": policy(Sid=ESCAPE, Effect="allow"),
    "terminal escapes in an operator": policy(Condition={ESCAPE: {"kms:ViaService": "x"}}),
    "a raw escape": b'{"Statement": "\x1b[2J"}',
    "an unknown element": policy(Actions="kms:*"),
    "an unknown operator": policy(Condition={"StringEqual": {"kms:ViaService": "x"}}),
    "Action and NotAction": policy(NotAction="kms:Encrypt"),
    "no Effect": b'{"Statement": [{"Principal": "*", "Action": "kms:*", "Resource": "*"}]}',
    "an empty Statement": b'{"Version": "2012-10-17", "Statement": []}',
    "an empty value list": policy(Condition={"StringNotEquals": {"kms:ViaService": []}}),
    "a duplicate member": b'{"Statement": [], "Statement": []}',
    "a key twice in different case": policy(Condition={"StringEquals": {"kms:ViaService": "a", "kms:viaservice": "b"}}),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_policies(run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(BAD[name])
    result = run("prove", str(path), "--builtin", "no-external-access", "--key-arn", PAYMENTS)
    assert result.code == 2, result.err
    assert result.out == ""
    assert "policy.json:" in result.err and "error:" in result.err and "exit 2" in result.err
    assert "Traceback" not in result.err and "internal" not in result.err
    assert result.err.replace("\n", "").isprintable()


def test_invariants_given_as_an_input_say_how_to_give_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_bytes(policy())
    (tmp_path / "own.inv").write_text('invariant "x": no caller can kms:Decrypt', encoding="utf-8")
    result = run("prove", str(tmp_path / "policy.json"), str(tmp_path / "own.inv"), "--key-arn", PAYMENTS)
    assert result.code == 2
    assert "own.inv` is a file of invariants by its name, no input" in result.err and "--invariants" in result.err


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.symlink_to(path)])
def test_a_path_that_is_no_file(run: Run, tmp_path: Path, make: object) -> None:
    path = tmp_path / "policy.json"
    make(path)  # type: ignore[operator]
    result = run("prove", str(path), "--builtin", "no-external-access", "--key-arn", PAYMENTS)
    assert result.code == 2 and "policy.json" in result.err and "Traceback" not in result.err


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x1b[2J",
        "invariant",
        'invariant "x":\n  no caller can',
        "(" * 10_000,
        "\ud800".encode("utf-8", "surrogatepass"),
    ],
)
def test_bad_invariants(run: Run, tmp_path: Path, text: str | bytes) -> None:
    (tmp_path / "policy.json").write_bytes(policy())
    path = tmp_path / "rules.inv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = run("prove", str(tmp_path / "policy.json"), "--invariants", str(path), "--key-arn", PAYMENTS)
    assert result.code == 2 and result.out == ""
    assert "rules.inv" in result.err and "Traceback" not in result.err
    assert result.err.replace("\n", "").isprintable()


def test_all_errors_of_a_policy_are_told(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(policy(NotAction="kms:Encrypt", Condition={"StringEqual": {"kms:ViaService": "x"}}, Nonsense=1))
    result = run("prove", str(path), "--builtin", "no-external-access", "--key-arn", PAYMENTS)
    assert "3 errors; nothing was checked" in result.err
    assert "did you mean `StringEquals`?" in result.err


def test_of_a_mistyped_path_the_name_beside_it_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_bytes(policy())
    result = run("prove", str(tmp_path / "policy.jsn"))
    assert result.code == 2 and "did you mean `policy.json`?" in result.err


@pytest.mark.parametrize("text", ["1s", "0", "-1", "inf", "nan", ""])
def test_a_time_that_is_none_is_refused_in_one_sentence(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.json").write_bytes(policy())
    result = run("prove", str(tmp_path / "policy.json"), "--timeout", text)
    assert result.code == 2 and "expected a number of seconds greater than 0" in " ".join(result.err.split())


def test_a_built_in_in_place_of_a_path_is_told_with_its_option(run: Run, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_bytes(policy())
    result = run("prove", "no-external-access:444455556666", str(tmp_path / "policy.json"))
    assert result.code == 2 and "= --builtin no-external-access:444455556666" in result.err


def test_of_an_input_that_is_not_there_that_is_all_there_is_to_say(run: Run) -> None:
    result = run("prove", "no-such-folder")
    assert result.code == 2 and result.err.count("error:") == 1 and "no such file or directory" in result.err
