"""What was concluded about the key's own account stands in the verdict, in every format, and not on standard error (S4)."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.cli.conftest import Run
from verifier.report.comparison.notices import notices_of_comparison
from verifier.report.formats import FORMATS
from verifier.report.github import render_github
from verifier.report.sarif import sarif

HOME, PARTNER = "111122223333", "444455556666"
BY_LOCKOUT = f"of account {HOME}: the input does not tell the account"
UNLIKE = "the own account is not told: it is unlike every account that the input names"


def policy(*principals: Any) -> dict[str, Any]:
    """A key policy that lets accounts do everything, and a partner decrypt."""
    allowed = [*((principal, "kms:*") for principal in principals), (PARTNER, "kms:Decrypt")]
    statements = [{"Effect": "Allow", "Principal": {"AWS": who}, "Action": what, "Resource": "*"} for who, what in allowed]
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


def flat(text: str) -> str:
    """A text in one line, without the marks of its format."""
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", text)).replace("`", "").split())


@pytest.mark.parametrize("sentence", INPUTS)
@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("builtin", ["no-external-access", "no-public-access"])
def test_s4_every_format_tells_it(tmp_path: Path, run: Run, sentence: str, name: str, builtin: str) -> None:
    """Of a refuted verdict, and of a proved one."""
    found = run("prove", str(INPUTS[sentence](tmp_path)), "--builtin", builtin, "--output", name)
    assert found.code == (1 if builtin == "no-external-access" else 0), found.err
    assert sentence in flat(found.out)
    assert "account" not in found.err


def test_s4_what_is_told_is_not_concluded(tmp_path: Path, run: Run) -> None:
    for path in (key_policy(tmp_path), template(tmp_path)):
        found = run("prove", str(path), "--builtin", "no-public-access", "--account", HOME, "--region", "us-west-2", "--output", "json")
        (verdict,) = json.loads(found.out)["verdicts"]
        assert "S4" not in [assumption["rule"] for assumption in verdict["assumptions"]]


def test_s4_a_partner_is_not_taken_for_the_owner(tmp_path: Path, run: Run) -> None:
    """The fault: the account that a policy happened to name was the own one, and nobody outside it could use the key."""
    found = run("prove", str(written(tmp_path, policy())), "--builtin", "no-external-access")
    assert found.code == 2 and "which account the key belongs to is not given" in found.err and "--key-arn" in found.err
    found = run("prove", str(template(tmp_path)), "--builtin", "no-external-access")
    assert found.code == 1 and f"{PARTNER}:assumed-role" in found.out


def test_s4_an_account_that_the_invariants_declare_is_not_taken_for_the_owner(tmp_path: Path, run: Run) -> None:
    """The only account that the invariants declare may be a partner: the own account reads what nobody outside the partner's is to read."""
    rules = tmp_path / "rules.inv"
    rules.write_text(f'account partner = {PARTNER}\ninvariant "x": no caller outside partner can kms:Decrypt\n', encoding="utf-8")
    found = run("prove", str(template(tmp_path)), "--invariants", str(rules))
    assert found.code == 1 and "refuted" in found.out


@pytest.mark.parametrize("command", [["who-can", "kms:Decrypt"], ["findings"], ["reach", "--to", "kms:Decrypt"]])
@pytest.mark.parametrize("sentence", INPUTS)
def test_s4_other_commands_tell_it(tmp_path: Path, run: Run, command: list[str], sentence: str) -> None:
    found = run(*command, str(INPUTS[sentence](tmp_path)))
    assert sentence in flat(found.out), found.err


@pytest.mark.parametrize("command", [["lint"], ["suggest", "--builtin", "no-external-access"]])
def test_s4_answers_without_suppositions_warn_of_it(tmp_path: Path, run: Run, command: list[str]) -> None:
    assert BY_LOCKOUT in flat(run(*command, str(key_policy(tmp_path))).err)


def test_s4_a_comparison_tells_it(tmp_path: Path) -> None:
    estate = verifier.load(key_policy(tmp_path))
    other = verifier.load(written(tmp_path, policy(f"arn:aws:iam::{HOME}:root", f"arn:aws:iam::{HOME}:role/x"), "other.json"))
    notices = notices_of_comparison(verifier.compare(estate, other))
    assert BY_LOCKOUT in json.dumps(sarif(notices)) and BY_LOCKOUT in render_github(notices)
