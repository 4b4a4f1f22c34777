"""`verifier prove --certificate` and `verifier recheck`: what is accepted, and that no other input, question or verdict
is."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

import verifier
from benchmarks.families import KEY, policy_of, random_policy
from tests.cli.conftest import Run
from verifier.language.invariants.files import read_invariants
from verifier.model.choices import FORMATS
from verifier.model.symbols import OUTSIDE_ALLOW
from verifier.problem.semantics.targets import key_target
from verifier.recheck.check import formula_of
from verifier.syntax.source import Source
from verifier.verify.certifying import certify

RULES = """account prod = 111122223333
invariant "nobody deletes it":
  no caller can kms:ScheduleKeyDeletion
invariant "no service uses it":
  no service can kms:Decrypt
"""
NO_ROLE = 'invariant "no role":\n  no role can kms:Decrypt\n'
MORE = """invariant "no user encrypts":
  no user can kms:Encrypt
invariant "no grant":
  no grant that allows kms:Decrypt names a caller outside prod
invariant "no other account decrypts":
  no caller outside prod can kms:Decrypt
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.json").write_text(json.dumps(random_policy(0, 6)))
    (tmp_path / "rules.inv").write_text(RULES)
    return tmp_path


def certified(run: Run, folder: Path, *options: str) -> Path:
    run("prove", str(folder / "policy.json"), "--key-arn", KEY, "--certificate", str(folder / "x.cert"), *options)
    return folder / "x.cert"


def rechecked(run: Run, folder: Path, *options: str) -> Any:
    return run("recheck", str(folder / "x.cert"), str(folder / "policy.json"), "--key-arn", KEY, *options)


def test_a_certificate_is_accepted(run: Run, folder: Path) -> None:
    certified(run, folder)
    result = rechecked(run, folder)
    assert (
        result.code == 0
        and result.out.count("✔ accepted") == 2
        and result.out.endswith("2 accepted, 0 rejected, 0 without proof\n")
    )
    assert ", 1 step)" in result.out


@pytest.mark.parametrize("case", ["accepted", "lacking", "another input"])
def test_every_format_says_what_became_of_each_proof(run: Run, folder: Path, case: str) -> None:
    """In each the exit code is the same, and what is not accepted is no pass."""
    (folder / "rules.inv").write_text(RULES + MORE if case == "lacking" else RULES)
    certified(run, folder)
    if case == "another input":
        (folder / "policy.json").write_text((folder / "policy.json").read_text() + "\n")
    code = {"accepted": 0, "lacking": 3, "another input": 1}[case]
    found = {name: rechecked(run, folder, "--output", name) for name in FORMATS}
    assert {name: one.code for name, one in found.items()} == dict.fromkeys(FORMATS, code)
    document = json.loads(found["json"].out)
    Draft202012Validator(verifier.schema("recheck")).validate(document)
    assert document["summary"]["exit_code"] == code and (document["refused"] is not None) == (case == "another input")
    counts = document["summary"]
    (suites,) = (ElementTree.fromstring(found["junit"].out),)
    failed = len(suites.findall(".//failure")) + len(suites.findall(".//error"))
    assert failed == counts["no_proof"] + (case == "another input")
    (ran,) = json.loads(found["sarif"].out)["runs"]
    assert len(ran["results"]) == failed and ran["invocations"][0]["exitCode"] == code
    assert len(json.loads(found["gitlab"].out)) == failed
    annotations = re.findall(r"^::(?:error|warning)", found["github"].out, re.MULTILINE)
    assert len(annotations) == (failed + 1 if failed else 0)  # the summary is one
    rows = list(csv.DictReader(io.StringIO(found["csv"].out)))
    assert sum(row["status"] != "accepted" for row in rows) == failed
    for name in ("text", "markdown", "html"):
        assert ("no other account decrypts" in found[name].out) == (case == "lacking")
        assert ("the input is another one" in found[name].out) == (case == "another input")
    quiet = rechecked(run, folder, "--quiet")
    assert (quiet.code, len(quiet.out.splitlines())) == (code, 1)


def test_an_error_is_in_the_output(run: Run, folder: Path) -> None:
    (folder / "x.cert").write_text("{}")
    result = rechecked(run, folder, "--output", "json")
    assert result.code == 2 and "is no certificate" in json.loads(result.out)["errors"][0]["message"]
    Draft202012Validator(verifier.schema("recheck")).validate(json.loads(result.out))


def test_what_is_not_proved_is_told(run: Run, folder: Path) -> None:
    (folder / "rules.inv").write_text(RULES + MORE)
    certified(run, folder)
    result = rechecked(run, folder)
    assert result.code == 3 and "? no proof  no other account decrypts" in result.out
    assert "3 accepted, 0 rejected, 2 without proof" in result.out


def test_it_takes_neither_a_solver_nor_an_encoder(run: Run, folder: Path) -> None:
    certified(run, folder)
    program = """import runpy, sys
sys.argv[0] = "verifier"
try:
    runpy.run_module("verifier", run_name="__main__")
finally:
    print(sorted(sys.modules))"""
    command = [
        sys.executable,
        "-c",
        program,
        "recheck",
        str(folder / "x.cert"),
        str(folder / "policy.json"),
        "--key-arn",
        KEY,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "2 accepted" in done.stdout
    loaded = done.stdout.splitlines()[-1]
    for name in (
        "'z3'",
        "'pysat'",
        "'cvc5'",
        "'verifier.encode'",
        "'verifier.solve'",
        "'verifier.verify'",
        "'verifier.evaluate'",
    ):
        assert name not in loaded
    assert "'verifier.recheck.check'" in loaded


def test_another_input_is_rejected(run: Run, folder: Path) -> None:
    certified(run, folder)
    (folder / "policy.json").write_text((folder / "policy.json").read_text() + "\n")
    result = rechecked(run, folder)
    assert result.code == 1 and "the input is another one" in result.out and "policy.json" in result.out


def test_what_is_asked_beside_what_was_proved_is_not_covered(run: Run, folder: Path) -> None:
    certified(run, folder)
    (folder / "rules.inv").write_text(RULES + MORE)
    result = rechecked(run, folder)
    assert (
        result.code == 3
        and result.out.count("✔ accepted") == 2
        and result.out.count("the certificate does not cover it") == 3
    )
    for name in ("no user encrypts", "no grant", "no other account decrypts"):
        assert f"? no proof  {name}  on {KEY}" in result.out


def test_what_was_proved_beside_what_is_asked_does_not_count(run: Run, folder: Path) -> None:
    certified(run, folder)
    (folder / "rules.inv").write_text(NO_ROLE)
    result = rechecked(run, folder)
    assert result.code == 3 and "? no proof  no role" in result.out
    assert (
        "2 of its proofs are about what was not asked" in result.out
        and "0 accepted, 0 rejected, 1 without proof" in result.out
    )


def test_an_invariant_of_the_same_words_and_another_meaning_is_rejected(run: Run, folder: Path) -> None:
    """`prod` is another account: the words of the invariant are those of the certificate, the question is not."""
    outside = 'invariant "outside":\n  no caller outside prod can kms:ScheduleKeyDeletion\n'
    (folder / "rules.inv").write_text("account prod = 111122223333\n" + outside)
    certified(run, folder)
    assert rechecked(run, folder).code == 0
    (folder / "rules.inv").write_text("account prod = 444455556666\n" + outside)
    assert rechecked(run, folder).code == 1


def test_a_certificate_of_a_builtin_says_nothing_about_the_invariants_beside_the_input(run: Run, folder: Path) -> None:
    """The certificate does not choose the question."""
    (folder / "policy.json").write_text(json.dumps(policy_of([ROOT])))
    (folder / "rules.inv").write_text('invariant "nobody":\n  no caller can kms:Decrypt\n')
    assert run("prove", str(folder / "policy.json"), "--key-arn", KEY).code == 1
    certified(run, folder, "--builtin", "no-external-access")
    result = rechecked(run, folder)
    assert result.code == 3 and f"? no proof  nobody  on {KEY}: the certificate does not cover it" in result.out
    assert rechecked(run, folder, "--builtin", "no-external-access").code == 0
    assert rechecked(run, folder, "--builtin", "no-external-access", "--builtin", "no-public-access").code == 3
    (folder / "rules.inv").unlink()
    assert rechecked(run, folder).code == 2


def test_a_reading_that_the_certificate_holds_must_be_held_by_the_caller(run: Run, folder: Path) -> None:
    """C2, read as *matches nothing*: then nobody may decrypt. The input's own invariants are refuted where it is not
    held."""
    several = {"StringEquals": {"aws:CalledVia": "athena.amazonaws.com"}}
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": several,
    }
    (folder / "policy.json").write_text(json.dumps(policy_of([allowed])))
    (folder / "rules.inv").write_text('invariant "nobody":\n  no caller can kms:Decrypt\n')
    assert run("prove", str(folder / "policy.json"), "--key-arn", KEY).code == 1
    certified(run, folder, "--reading", "C2=no")
    result = rechecked(run, folder)
    assert (
        result.code == 3 and f"? no proof  nobody  on {KEY}: the certificate covers it only where C2=no" in result.out
    )
    assert rechecked(run, folder, "--reading", "C2=yes").code == 3
    assert rechecked(run, folder, "--reading", "C2=no").code == 0
    assert rechecked(run, folder, "--reading", "C2=no", "--reading", "P5=no").code == 0


def test_a_proof_under_every_reading_is_one_under_each(run: Run, folder: Path) -> None:
    certified(run, folder)
    assert rechecked(run, folder, "--reading", "P5=no").code == 0


def change(path: Path, how: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(path.read_text())
    how(document)
    path.write_text(json.dumps(document))


QUESTION = ("nodes", "tests", "roots", "classes", "clauses", "proof")
ROOT = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*", "Resource": "*"}
OTHER = {"invariant": "no service uses it", "text": "", "target": KEY}
CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], int]] = {
    "digest": (lambda d: d["inputs"][0].update(sha256="0" * 64), 1),
    "input left out": (lambda d: d["inputs"].pop(), 1),
    "reading": (lambda d: d["readings"].update(P5=False), 1),
    "a free fact held": (lambda d: d["readings"].update({"U1:outside": False}), 1),
    "data": (lambda d: d.update(data_version="x"), 1),
    "name": (lambda d: d["proofs"][0].update(invariant="nobody uses it"), 3),
    "text": (lambda d: d["proofs"][0].update(text="no caller can kms:*"), 3),
    "target": (lambda d: d["proofs"][0].update(target=KEY[:-1] + "1"), 3),
    "swapped": (
        lambda d: d["proofs"][0].update({name: d["proofs"][1][name] for name in QUESTION}),
        1,
    ),
    "verdict": (lambda d: d["proofs"][0].update(verdict="refuted"), 1),
    "left out": (lambda d: d["proofs"].pop(), 3),
    "twice": (lambda d: d["proofs"].append(d["proofs"][0]), 0),
    "demoted": (lambda d: d["without_proof"].append({**d["proofs"].pop(), "reason": "x"}), 3),
    "promoted": (
        lambda d: d["proofs"][1].clear() or d["proofs"][1].update(OTHER),
        3,
    ),
    "malformed": (lambda d: d["proofs"][0].update(classes=3), 1),
    "format": (lambda d: d.update(format="x"), 2),
    "version": (lambda d: d.update(format_version=1), 2),
    "member": (lambda d: d.pop("readings"), 2),
    "kind": (lambda d: d.update(proofs={}), 2),
    "entries": (lambda d: d["proofs"].append(3), 2),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_the_certificate_is_noticed(run: Run, folder: Path, name: str) -> None:
    how, code = CHANGES[name]
    change(certified(run, folder), how)
    result = rechecked(run, folder)
    assert result.code == code and "Traceback" not in result.err
    assert ("✘ rejected" in result.out) == (code == 1)


def test_u1_a_proof_that_holds_a_free_fact_is_no_proof(run: Run, folder: Path) -> None:
    """Whoever writes the certificate supposes that nobody outside is allowed anything by policies of their own."""
    root = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    (folder / "policy.json").write_text(json.dumps(policy_of([root])))
    (folder / "rules.inv").write_text(NO_ROLE)
    path = certified(run, folder)
    assert rechecked(run, folder).code == 3
    estate = verifier.load(folder / "policy.json", key_arn=KEY)
    (invariant,) = read_invariants(Source("rules.inv", NO_ROLE)).about_requests
    made = certify(formula_of(estate, key_target(estate.keys[0]), invariant), {OUTSIDE_ALLOW: False})
    assert isinstance(made, dict)

    def forge(document: dict[str, Any]) -> None:
        about = {name: document["without_proof"][0][name] for name in ("invariant", "text", "target")}
        document.update(readings={OUTSIDE_ALLOW: False}, proofs=[{**about, **made}], without_proof=[])

    change(path, forge)
    result = rechecked(run, folder)
    assert result.code == 1 and f"{OUTSIDE_ALLOW} is no reading" in result.out


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "\x00", "[" * 100_000, '{"format": "kms-verifier/certificate", "format_version": 2}']
)
def test_what_is_no_certificate_is_an_input_error(run: Run, folder: Path, text: str) -> None:
    (folder / "x.cert").write_text(text)
    result = rechecked(run, folder)
    assert result.code == 2 and "x.cert" in result.err and result.out == ""


def test_a_certificate_that_cannot_be_written_is_an_input_error(run: Run, folder: Path) -> None:
    result = run("prove", str(folder / "policy.json"), "--key-arn", KEY, "--certificate", str(folder / "no" / "x.cert"))
    assert result.code == 2 and "cannot write" in result.err


def test_escapes_in_a_certificate_do_not_reach_the_terminal(run: Run, folder: Path) -> None:
    change(certified(run, folder), lambda d: d["without_proof"].append({**d["proofs"].pop(), "reason": "\x1b[31m"}))
    assert "\x1b" not in rechecked(run, folder).out
