"""`--suppose`, `suppose` in files of invariants and in `verifier.toml`, and in the Python API (W3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.cli.conftest import Run
from tests.project.shown import ROOT

ESCALATION = str(ROOT / "examples" / "escalation" / "snapshot.yaml")
ASKED = (
    'account prod = 111122223333\ninvariant "oncall": no user/oncall in prod can eventually kms:Decrypt on '
    "alias/tickets\n"
)
SENTENCE = "nobody calls sts:AssumeRole"


def told(report: dict[str, Any]) -> tuple[str, list[str]]:
    (verdict,) = report["verdicts"]
    return verdict["status"], [one["text"] for one in verdict["assumptions"] if one["rule"] == "W3"]


@pytest.fixture
def asked(tmp_path: Path) -> str:
    file = tmp_path / "a.inv"
    file.write_text(ASKED, encoding="utf-8")
    return str(file)


def test_w3_the_command_line(run: Run, asked: str) -> None:
    before = run("prove", ESCALATION, "--invariants", asked, "--output", "json")
    after = run("prove", ESCALATION, "--invariants", asked, "--output", "json", "--suppose", SENTENCE)
    assert (before.code, after.code) == (1, 0)
    assert told(json.loads(after.out)) == ("proved", [SENTENCE])


def test_w3_what_is_not_needed_is_a_warning(run: Run, asked: str) -> None:
    result = run("prove", ESCALATION, "--invariants", asked, "--suppose", SENTENCE, "--suppose", "nobody calls sso:*")
    assert "not needed for any proof: nobody calls sso:*" in result.err and SENTENCE not in result.err


def test_w3_a_file_of_invariants(run: Run, asked: str) -> None:
    Path(asked).write_text(ASKED + f'suppose "reviewed": {SENTENCE}\n', encoding="utf-8")
    result = run("prove", ESCALATION, "--invariants", asked, "--output", "json")
    assert told(json.loads(result.out)) == ("proved", [f"reviewed: {SENTENCE}"])


def test_w3_the_configuration(run: Run, asked: str, tmp_path: Path) -> None:
    file = tmp_path / "verifier.toml"
    file.write_text(
        f"inputs = [{json.dumps(ESCALATION)}]\ninvariants = [{json.dumps(asked)}]\nsuppose = "
        f"[{json.dumps(SENTENCE)}]\n",
        encoding="utf-8",
    )
    result = run("check", "--config", str(file), "--output", "json")
    assert told(json.loads(result.out)) == ("proved", [SENTENCE])


def test_w3_reach_warns_of_what_keeps_nobody_out(run: Run) -> None:
    words = ("reach", "user/oncall", "--key", "tickets", ESCALATION, "--suppose")
    assert (
        "nobody is out of reach only because this is supposed: nobody calls sso:*"
        in run(*words, "nobody calls sso:*").err
    )
    assert "is supposed:" not in run(*words, SENTENCE).err


def test_w3_reach(run: Run) -> None:
    result = run("reach", "user/oncall", "--key", "tickets", ESCALATION, "--suppose", SENTENCE)
    assert "kms:Decrypt" not in result.out.split("out of reach")[0] and f"{SENTENCE} [W3]" in result.out


@pytest.mark.parametrize(
    "sentence", ["nobody calls sso", "no key is shared", "nobody calls sso:*\ninvariant", "", 'x"']
)
def test_w3_what_is_no_sentence_is_an_input_error(run: Run, asked: str, sentence: str) -> None:
    assert run("prove", ESCALATION, "--invariants", asked, "--suppose", sentence).code == 2
    assert run("reach", "user/oncall", "--key", "tickets", ESCALATION, "--suppose", sentence).code == 2


def test_w3_an_error_shows_the_sentence_as_it_was_given(run: Run, asked: str) -> None:
    result = run("prove", ESCALATION, "--invariants", asked, "--suppose", "nobody cals sso:*")
    assert "--suppose:1:8: error: expected `calls`" in result.err and "1 | nobody cals sso:*\n" in result.err


def test_w3_the_api(asked: str) -> None:
    estate = verifier.suppose(verifier.load(ESCALATION), SENTENCE)
    (verdict,) = verifier.prove(estate, verifier.invariants(asked)).verdicts
    assert verdict.status is verifier.Status.PROVED
