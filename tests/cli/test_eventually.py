"""E0: what knows of requests alone never takes `can eventually` for an invariant about requests."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest

import verifier
from tests.cli.conftest import Run
from tests.project.shown import ROOT
from verifier.configuration.reading import read_configuration
from verifier.model.invariant_file import is_eventual
from verifier.model.results.verdict import Report, Status, Verdict
from verifier.problem.rules import formulate
from verifier.problem.semantics.targets import key_target
from verifier.recheck.check import formula_of
from verifier.runs import Where, prove_many
from verifier.runs.baseline import Baseline, read_baseline, render_baseline
from verifier.runs.earlier import Earlier
from verifier.runs.excusing import Excuser
from verifier.syntax.diagnostic import InputError
from verifier.verify.proving import DECIDERS

PAYMENTS = ROOT / "examples" / "payments"
KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
INVARIANTS = f"""
key payments = {KEY}
invariant "nobody outside deletes": no caller outside 111122223333 can kms:ScheduleKeyDeletion on payments
invariant "nobody outside comes to delete":
  no caller outside 111122223333 can eventually kms:ScheduleKeyDeletion on payments
"""
WAIVER = f"""
inputs = ["snapshot"]
[[waivers]]
invariant = "nobody outside comes to delete"
key = "{KEY}"
allow = "callers in 111122223333 can kms:ScheduleKeyDeletion"
reason = "none"
owner = "payments"
expires = 2027-01-31
"""


@pytest.fixture
def rules(tmp_path: Path) -> str:
    path = tmp_path / "a.inv"
    path.write_text(INVARIANTS)
    return str(path)


def refuted(rules: str) -> tuple[verifier.Estate, Report]:
    """A report in which both are refuted."""
    estate = verifier.load(PAYMENTS)
    report = verifier.prove(estate, verifier.invariants(rules))
    return estate, replace(
        report, verdicts=tuple(replace(verdict, status=Status.REFUTED) for verdict in report.verdicts)
    )


def test_no_formula_is_made_of_it(rules: str) -> None:
    estate = verifier.load(PAYMENTS)
    direct, eventual = verifier.invariants(rules)
    target = key_target(next(key for key in estate.keys if key.arn == KEY))
    assert isinstance(eventual, verifier.Invariant) and isinstance(direct, verifier.Invariant)
    assert formulate(estate, target, [direct])
    with pytest.raises(AssertionError, match="what steps lead to"):
        formulate(estate, target, [eventual])
    with pytest.raises(AssertionError, match="what steps lead to"):
        formula_of(estate, target, eventual)


@pytest.mark.parametrize("steps", [-1, 9])
def test_steps_are_few(rules: str, steps: int) -> None:
    with pytest.raises(InputError, match="expected a number from 0 to 8"):
        verifier.prove(verifier.load(PAYMENTS), verifier.invariants(rules), steps=steps)


def test_options_and_the_configuration_say_how_many_steps(run: Run, tmp_path: Path, rules: str) -> None:
    assert run("prove", str(PAYMENTS), "--invariants", rules, "--steps", "9").code == 2
    assert run("check", "--steps", "-1").code == 2
    path = tmp_path / "verifier.toml"
    path.write_text('inputs = ["x"]\nsteps = 6\n')
    assert read_configuration(path).steps == 6
    path.write_text('inputs = ["x"]\nsteps = 9\n')
    with pytest.raises(InputError, match="`steps` must be a number from 0 to 8"):
        read_configuration(path)


def test_the_json_report_tells_them_apart(run: Run, rules: str) -> None:
    document = json.loads(run("prove", str(PAYMENTS), "--invariants", rules, "--output", "json", "--no-cache").out)
    assert {v["invariant"]["name"]: v["invariant"]["eventually"] for v in document["verdicts"]} == {
        "nobody outside deletes": False,
        "nobody outside comes to delete": True,
    }


def test_suggest_refuses_it(run: Run, rules: str) -> None:
    result = run("suggest", str(PAYMENTS), "--invariants", rules)
    assert result.code == 2
    assert (
        "`suggest` takes no invariant that says `can eventually`: 'nobody outside comes to delete'" in result.err
        and "a.inv:4:1" in result.err
    )


def test_export_says_why_it_has_nothing_and_a_certificate_is_about_steps(run: Run, tmp_path: Path, rules: str) -> None:
    result = run("export", str(PAYMENTS), "--invariants", rules, "--smtlib", "--directory", str(tmp_path / "out"))
    assert "nobody outside comes to delete" in result.err and "it is about what steps lead to" in result.err
    assert len(list((tmp_path / "out").iterdir())) == 1
    certificate = tmp_path / "c.json"
    run("prove", str(PAYMENTS), "--invariants", rules, "--certificate", str(certificate), "--no-cache", "--steps", "0")
    document = json.loads(certificate.read_text())
    direct, eventual = document["proofs"]
    assert run("recheck", str(certificate), str(PAYMENTS), "--invariants", rules).code == 0
    document["proofs"] = [direct, direct | {name: eventual[name] for name in ("invariant", "text")}]
    certificate.write_text(json.dumps(document))
    rechecked = run("recheck", str(certificate), str(PAYMENTS), "--invariants", rules)
    assert rechecked.code == 1 and "it is malformed (KeyError)" in rechecked.out


def test_there_is_no_waiver_of_it(rules: str, tmp_path: Path) -> None:
    estate, report = refuted(rules)
    (tmp_path / "w.toml").write_text(WAIVER)
    excuser = Excuser(estate, read_configuration(tmp_path / "w.toml").waivers, None, date(2026, 12, 1))
    with pytest.raises(
        InputError, match="'nobody outside comes to delete' says `can eventually`: there is no waiver of it"
    ):
        excuser.excused(report)


def test_no_baseline_holds_or_excuses_it(rules: str) -> None:
    estate, report = refuted(rules)
    direct, eventual = report.verdicts
    text = render_baseline(estate, report.verdicts, lambda verdict: [])
    assert [entry["invariant"] for entry in json.loads(text)["entries"]] == ["nobody outside deletes"]
    written = read_baseline(text, "base")
    (entry,) = written.entries
    excuser = Excuser(
        estate,
        (),
        Baseline((entry, replace(entry, invariant="nobody outside comes to delete")), estate),
        date(2026, 12, 1),
    )
    excused = excuser.excused(report)
    assert [verdict.excuse is None for verdict in excused.verdicts if is_eventual(verdict.invariant)] == [True]
    assert any("no baseline excuses it" in warning.message for warning in excused.warnings)


def test_a_proof_is_remembered_with_its_bound_and_for_the_whole_estate(tmp_path: Path) -> None:
    """A story names policies that its steps write: it is told anew. A proof turns on trust policies, other keys, and
    how many steps."""
    rules = tmp_path / "a.inv"
    rules.write_text(
        "account rail = 111122223333\nkey tickets = alias/tickets\n"
        'invariant "proved": no user/sam in rail can eventually kms:Decrypt on tickets\n'
        'invariant "refuted": no user/oncall in rail can eventually kms:Decrypt on tickets\n'
    )
    text = (ROOT / "examples" / "escalation" / "snapshot.yaml").read_text()
    (tmp_path / "snapshot.yaml").write_text(text)
    invariants, where = verifier.invariants(rules), Where(earlier=partial(Earlier, folder=tmp_path / "cache"))

    def proved(snapshot: str, steps: int = 4) -> list[Verdict]:
        (tmp_path / "snapshot.yaml").write_text(snapshot)
        return list(
            prove_many(verifier.load(tmp_path / "snapshot.yaml"), invariants, where, DECIDERS, steps=steps)[0].verdicts
        )

    first, again = proved(text), proved(text)
    assert [(v.status.value, v.cached) for v in first] == [("proved", False), ("refuted", False)]
    assert [(v.status.value, v.cached) for v in again] == [("proved", True), ("refuted", False)]
    assert again[0].bound == first[0].bound is not None and again[1].story == first[1].story
    assert not proved(text, steps=3)[0].cached
    assert not proved(
        text.replace("Principal: { AWS: arn:aws:iam::111122223333:user/keeper }", "Principal: { AWS: '111122223333' }")
    )[0].cached
    assert not proved(text.replace("TagValue: closed", "TagValue: open"))[0].cached


def test_documents_that_only_steps_turn_on_are_read_for_it_alone(run: Run, tmp_path: Path) -> None:
    details = {
        "UserDetailList": [],
        "RoleDetailList": [{"Arn": "arn:aws:iam::111122223333:role/app", "AssumeRolePolicyDocument": {}}],
    }
    snapshot = {
        "keys": [{"arn": KEY, "policy": "default"}],
        "accounts": {"111122223333": {"authorization_details": details}},
    }
    (tmp_path / "snapshot.json").write_text(json.dumps(snapshot))
    arguments = ("prove", str(tmp_path), "--no-cache", "--builtin")
    assert run(*arguments, "no-external-access").code == 0
    result = run(*arguments, "no-external-access", "--builtin", "no-escalation-to-decrypt")
    assert result.code == 2 and "policy has no `Statement`" in result.err
