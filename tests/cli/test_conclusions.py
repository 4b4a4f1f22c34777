"""What was concluded about the key's own account stands in the answer of every command, in every format, and not on
standard error (S4)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Result, Run
from verifier.cli import COMMANDS
from verifier.model.choices import FORMATS

HOME, PARTNER = "111122223333", "444455556666"
BY_LOCKOUT = f"of account {HOME}: the input does not tell the account"
UNLIKE = "the own account is not given: it is unlike every account that the input or the invariants name"


def policy(*principals: Any) -> dict[str, Any]:
    """A key policy that lets accounts do everything, and a partner decrypt."""
    allowed = [*((principal, "kms:*") for principal in principals), (PARTNER, "kms:Decrypt")]
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": who}, "Action": what, "Resource": "*"} for who, what in allowed
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def written(folder: Path, document: Any, name: str = "input.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def key_policy(folder: Path) -> Path:
    return written(folder, policy(HOME))


def template(folder: Path) -> Path:
    properties = {"KeyPolicy": policy({"Ref": "AWS::AccountId"})}
    return written(folder, {"Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": properties}}})


INPUTS = {BY_LOCKOUT: key_policy, UNLIKE: template}
PRINCIPAL = f"arn:aws:iam::{PARTNER}:root"
ANSWERS = [
    "prove INPUT --builtin no-external-access",
    "prove INPUT --builtin no-public-access",
    "check --no-cache --config CONFIG",
    "export INPUT --smtlib --builtin no-public-access",
    "recheck CERTIFICATE INPUT --builtin no-public-access",
    "evaluate INPUT --requests REQUESTS",
    "evaluate INPUT --requests REQUESTS --trace",
    f"explain INPUT --principal {PRINCIPAL} --action kms:Decrypt",
    "suggest INPUT --builtin no-external-access",
    "suggest INPUT --builtin no-public-access",
    "compare INPUT OTHER",
    "compare INPUT INPUT",
    "check-no-new-access INPUT OTHER",
    "check-no-new-access INPUT INPUT",
    "check-access-not-granted INPUT --action kms:Decrypt",
    "check-no-public-access INPUT",
    "who-can kms:Decrypt INPUT",
    "reach --to kms:Decrypt INPUT",
    f"reach {PRINCIPAL} INPUT --steps 1",
    "findings INPUT",
    "lint INPUT",
]
"""Every command that answers something about keys: where it fails, and where it finds nothing."""
WITHOUT_KEYS = {"snapshot", "bench", "schema", "builtins", "readings", "rule", "actions", "lsp"}
"""Commands that are given no key: nothing that they print rests on whose it is. What `lsp` shows goes to an editor."""


def flat(text: str) -> str:
    """A text in one line, without the marks of its format."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", text)).replace("`", "").replace("%3A", ":").split())


@dataclass(frozen=True)
class Asking:
    """One input, and what else the commands are given."""

    folder: Path
    run: Run
    input: Path

    def __call__(self, answer: str, *more: str) -> Result:
        return self.run(*(self._given(word) for word in answer.split()), *more)

    def in_all_formats(self, answer: str) -> Iterator[tuple[str, str]]:
        """Each format that the command has with what it writes, as it names them where it is asked for another; all in
        one run if it can write files."""
        told = self(answer, "--output", "none").err
        names = [name for name in FORMATS if re.search(rf"\b{name}\b", told.partition("--output':")[2])]
        assert names or "No such option" in told, told
        if "the formats are" in told:
            found = self(answer, *(word for name in names for word in ("--output", f"{name}={self.folder / name}")))
            written = {name: (self.folder / name).read_text(encoding="utf-8") for name in names}
        else:
            answers = {name: self(answer, *(["--output", name] if name else [])) for name in names or [""]}
            written = {name: found.out for name, found in answers.items()}
            found = [*answers.values()][0]
        assert found.code in (0, 1, 3) and "S4" not in found.err, found.err
        yield from written.items()

    def _given(self, word: str) -> str:
        match word:
            case "INPUT":
                return str(self.input)
            case "OTHER":
                return str(
                    self.written("other.json", self.input.read_text(encoding="utf-8").replace("kms:Decrypt", "kms:*"))
                )
            case "CONFIG":
                return str(
                    self.written("verifier.toml", f'inputs = ["{self.input.name}"]\nbuiltins = ["no-public-access"]\n')
                )
            case "REQUESTS":
                return str(
                    self.written("requests", json.dumps({"principal": PRINCIPAL, "action": "kms:ListKeys"}) + "\n")
                )
            case "CERTIFICATE":
                path = self.folder / "certificate"
                self.run("prove", str(self.input), "--builtin", "no-public-access", "--certificate", str(path))
                return str(path)
        return word

    def written(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.mark.parametrize("sentence", INPUTS)
@pytest.mark.parametrize("answer", ANSWERS)
def test_s4_every_answer_tells_it_in_every_format(tmp_path: Path, run: Run, sentence: str, answer: str) -> None:
    """In what it writes, and not on standard error."""
    for name, text in Asking(tmp_path, run, INPUTS[sentence](tmp_path)).in_all_formats(answer):
        assert sentence in flat(text) and "S4" in text, name


def test_s4_no_command_is_left_out() -> None:
    assert {answer.split()[0] for answer in ANSWERS} | WITHOUT_KEYS == {*COMMANDS}


def test_s4_what_is_told_is_not_concluded(tmp_path: Path, run: Run) -> None:
    for path in (key_policy(tmp_path), template(tmp_path)):
        found = run(
            "prove",
            str(path),
            "--builtin",
            "no-public-access",
            "--account",
            HOME,
            "--region",
            "us-west-2",
            "--output",
            "json",
        )
        (verdict,) = json.loads(found.out)["verdicts"]
        assert "S4" not in [assumption["rule"] for assumption in verdict["assumptions"]]


def test_s4_a_partner_is_not_taken_for_the_owner(tmp_path: Path, run: Run) -> None:
    """The fault: the account that a policy happened to name was the own one, and nobody outside it could use the
    key."""
    found = run("prove", str(written(tmp_path, policy())), "--builtin", "no-external-access")
    assert found.code == 3 and f"proved in {PARTNER}" in " ".join(found.out.split()) and "--account" in found.out
    found = run("prove", str(template(tmp_path)), "--builtin", "no-external-access")
    assert found.code == 1 and f"{PARTNER}:assumed-role" in found.out


def test_s4_an_account_that_the_invariants_declare_is_not_taken_for_the_owner(tmp_path: Path, run: Run) -> None:
    """The only account that the invariants declare may be a partner: the own account reads what nobody outside the
    partner's is to read."""
    rules = tmp_path / "rules.inv"
    rules.write_text(
        f'account partner = {PARTNER}\ninvariant "x": no caller outside partner can kms:Decrypt\n', encoding="utf-8"
    )
    found = run("prove", str(template(tmp_path)), "--invariants", str(rules))
    assert found.code == 1 and "refuted" in found.out
