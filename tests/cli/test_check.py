"""`verifier check`: configuration, waivers, baselines, exit codes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import verifier
from tests.cli.conftest import Result, Run
from tests.project.shown import ROOT
from verifier.configuration.reading import read_configuration
from verifier.model.results.verdict import Status
from verifier.runs.baseline import read_baseline, render_baseline
from verifier.runs.excusing import Excuser

POLICY = (ROOT / "examples" / "payments" / "keys" / "payments" / "policy.json").read_text(encoding="utf-8")
KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
CONTEXT = "the tenant's own context"
INVARIANTS = f"""
account prod = 111122223333
key payments = {KEY}
invariant "{CONTEXT}":
  callers in prod can kms:Decrypt on payments only when kms:EncryptionContext:tenant = ${{aws:PrincipalTag/tenant}}
invariant "no external account":
  no caller outside prod can kms:Decrypt on payments
"""
WAIVER = f"""
[[waivers]]
invariant = "{CONTEXT}"
key = "{KEY}"
allow = "callers in 111122223333 can kms:Decrypt"
reason = "the jobs move in January"
owner = "payments"
expires = 2027-01-31
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policy.json").write_text(POLICY)
    (tmp_path / "a.inv").write_text(INVARIANTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VERIFIER_TODAY", "2026-12-01")
    return tmp_path


def check(run: Run, folder: Path, text: str, *arguments: str) -> Result:
    (folder / "verifier.toml").write_text('inputs = ["policy.json"]\n' + text, encoding="utf-8")
    return run("check", "--no-cache", *arguments)


def test_one_word_proves_what_the_file_asks_for(run: Run, folder: Path) -> None:
    result = check(run, folder, 'outputs = ["json", "sarif=a.sarif"]')
    assert result.code == 1 and result.err == ""
    document = json.loads(result.out)
    assert document["summary"] == {"proved": 1, "refuted": 1, "unknown": 0, "exit_code": 1}
    assert "verifier.toml" in [entry["file"] for entry in document["inputs"]]
    assert json.loads((folder / "a.sarif").read_text())["version"] == "2.1.0"


OVERWRITING = [
    ('outputs = ["text", "json=policy.json"]', (), "is an input"),
    ('outputs = ["json=a.inv"]\ninvariants = ["a.inv"]', (), "is an input"),
    ('outputs = ["json=verifier.toml"]', (), "is an input"),
    ('outputs = ["json=base.json"]\nbaseline = "base.json"', (), "is an input"),
    ('outputs = ["json=policy.json"]\ntimeot = 3', (), "timeot"),
    ("", ("--output", "json=policy.json"), "is an input"),
    ("timeot = 3", ("--output", "json=policy.json"), "timeot"),
    ("timeot = [", ("--output", "json=verifier.toml"), "is an input"),
    ("timeot = [", ("--output", "json=verifier.toml", "--config", "verifier.toml"), "is an input"),
    ("", ("--write-baseline", "policy.json"), "is an input"),
    ("", ("--write-baseline", "verifier.toml"), "is an input"),
]


@pytest.mark.parametrize(("text", "words", "told"), OVERWRITING)
def test_no_output_overwrites_an_input(run: Run, folder: Path, text: str, words: tuple[str, ...], told: str) -> None:
    (folder / "base.json").write_text("{}")
    result = check(run, folder, text, *words)
    assert result.code == 2 and told in result.err and not result.out
    assert (folder / "verifier.toml").read_text() == 'inputs = ["policy.json"]\n' + text
    assert [(folder / name).read_text() for name in ("policy.json", "a.inv", "base.json")] == [POLICY, INVARIANTS, "{}"]


def test_pyproject_holds_it_as_well(run: Run, folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n[tool.verifier]\ninputs = ["policy.json"]\n')
    assert run("check", "--no-cache").code == 1
    (folder / "pyproject.toml").write_text('[tool.verifier]\ninputs = ["policy.json"]\ninput = 3\n')
    result = run("check")
    assert result.code == 2 and "pyproject.toml:3:1" in result.err and "did you mean `inputs`?" in result.err


@pytest.mark.parametrize(
    "text", ['[tool]\nverifier = {inputs = ["policy.json"]}\n', '[tool]\nverifier.inputs = ["policy.json"]\n']
)
def test_however_pyproject_is_written(run: Run, folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(text)
    assert run("check", "--no-cache").code == 1


def test_a_pyproject_of_something_else_is_none(run: Run, folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[project]\nname = "x"\n# tool.verifier\n')
    assert "there is no verifier.toml here" in run("check").err
    (folder / "pyproject.toml").write_text("[project\n")
    assert "pyproject.toml:1:9" in run("check").err


def test_a_waiver_excuses_until_its_day(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = check(run, folder, WAIVER)
    assert result.code == 0 and "the jobs move in January (until 2027-01-31, owner payments)" in result.out
    monkeypatch.setenv("VERIFIER_TODAY", "2027-01-31")
    assert run("check", "--no-cache").code == 0
    monkeypatch.setenv("VERIFIER_TODAY", "2027-02-01")
    late = run("check", "--no-cache")
    assert late.code == 1 and "expired on 2027-01-31" in late.err and "verifier.toml:3:1" in late.err


def test_a_waiver_that_covers_a_part_shows_the_rest(run: Run, folder: Path) -> None:
    part = WAIVER.replace("callers in 111122223333", "role/backup in 111122223333")
    result = check(run, folder, part)
    assert result.code == 1 and "is not needed" in result.err


def test_waivers_are_told_in_every_format(run: Run, folder: Path) -> None:
    result = check(run, folder, WAIVER, "--output", "sarif")
    (found,) = json.loads(result.out)["runs"][0]["results"]
    assert found["suppressions"][0]["justification"].startswith("the jobs move") and found["level"] == "note"
    assert "<skipped" in run("check", "--output", "junit").out
    assert "refuted, waiver" in run("check", "--output", "markdown").out


def test_a_baseline_starts_green_and_stays_so_only_for_what_it_has(run: Run, folder: Path) -> None:
    assert check(run, folder, "", "--write-baseline", "base.json").code == 0
    text = 'baseline = "base.json"\n'
    assert check(run, folder, text).code == 0
    (folder / "policy.json").write_text(json.dumps(json.loads(POLICY), indent=7))
    assert run("check", "--no-cache").code == 0, "another layout"
    wider = json.loads(POLICY)
    wider["Statement"].append(
        {"Sid": "New", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    )
    (folder / "policy.json").write_text(json.dumps(wider))
    result = run("check", "--no-cache")
    assert result.code == 1 and '"New"' in result.out


def test_a_baseline_that_can_shrink_is_told(run: Run, folder: Path) -> None:
    check(run, folder, "", "--write-baseline", "base.json")
    better = json.loads(POLICY)
    better["Statement"] = [statement for statement in better["Statement"] if statement["Sid"] != "Reports"]
    (folder / "policy.json").write_text(json.dumps(better))
    result = check(run, folder, 'baseline = "base.json"\n')
    assert result.code == 0 and "the baseline can shrink" in result.err
    assert check(run, folder, 'baseline = "base.json"\nfail-on = "stale"\n').code == 1
    check(run, folder, "", "--write-baseline", "base.json")
    assert check(run, folder, 'baseline = "base.json"\nfail-on = "stale"\n').code == 0


def test_s1_unknown_is_never_excused(folder: Path) -> None:
    estate = verifier.load(folder / "policy.json", key_arn=KEY)
    invariants = verifier.invariants(folder / "a.inv")
    report = verifier.prove(estate, invariants)
    baseline = read_baseline(render_baseline(estate, report.verdicts, lambda verdict: []), "base")
    (folder / "w.toml").write_text('inputs = ["policy.json"]\n' + WAIVER)
    unknown = replace(report, verdicts=tuple(replace(verdict, status=Status.UNKNOWN) for verdict in report.verdicts))
    excuser = Excuser(estate, read_configuration(folder / "w.toml").waivers, baseline, date(2026, 12, 1))
    assert [verdict.excuse for verdict in excuser.excused(unknown).verdicts] == [None, None]
    assert [verdict.counts_as for verdict in excuser.excused(unknown).verdicts] == [Status.UNKNOWN] * 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("timeot = 3", ("verifier.toml:2:1", "there is no key `timeot`", "did you mean `timeout`?")),
        ("timeout = -1", ("verifier.toml:2:1", "greater than 0")),
        ('invariants = "a.inv"', ("must be a list of texts",)),
        ('[readings]\nP5 = "maybe"', ("verifier.toml:3:1", "yes")),
        ("[readings]\nP55 = true", ("there is no key `P55`", "did you mean `P5`?")),
        ('fail-on = "never"', ('"refuted" or "stale"',)),
        ("parameters = {a = 3}", ("the parameter `a` must be a text",)),
        ("waivers = 3", ("must be a list of tables",)),
        ("inputs = 3", ("verifier.toml:2:1", "not TOML")),
        ("x = [1,", ("not TOML",)),
        ('baseline = "none.json"', ("there is no baseline `none.json`", "--write-baseline")),
        ('outputs = ["sarf"]', ("verifier.toml:2:1", "'sarf' is no format", "did you mean `sarif`?")),
        ('outputs = ["json=a\\u0000b"]', ("is not the name of a file",)),
        ('account = "12"', ("verifier.toml:2:1", "twelve digits")),
        (
            'builtins = [\n  "no-public-access", # a, "b"\n\n  "no-external-acces",\n]',
            ("verifier.toml:5:3", "`no-external-access`?"),
        ),
        ('region = "nowhere"', ("verifier.toml:2:1", "us-west-2")),
        ('region = "us-iso-east-1"', ("verifier.toml:2:1", "us-west-2")),  # of a partition that is not known
        (WAIVER.replace("expires = 2027-01-31", 'expires = "soon"'), ("`expires` must be a date",)),
        (WAIVER.replace("can kms:Decrypt", "cann kms:Decrypt"), ("verifier.toml:6:1", "cannot be read")),
        (WAIVER.replace("can kms:Decrypt", "can kms:Decrypt on alias/x"), ("verifier.toml:6:1",)),
        (WAIVER.replace('owner = "payments"', ""), ("`owner` is missing",)),
        (WAIVER.replace(CONTEXT, "another"), ("no invariant is named 'another'", "the tenant")),
        (WAIVER.replace(KEY, "alias/none"), ("the waiver is of no key of the input",)),
    ],
)
def test_what_is_wrong_is_told_with_its_line(run: Run, folder: Path, text: str, told: tuple[str, ...]) -> None:
    result = check(run, folder, text)
    assert result.code == 2 and result.out == ""
    for part in told:
        assert part in result.err
    assert "Traceback" not in result.err


def test_inputs_are_of_several_accounts_and_regions(run: Run, folder: Path) -> None:
    for name, account in (("a", "111122223333"), ("b", "444455556666")):
        (folder / name).mkdir()
        statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"}
        (folder / name / "key.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    text = (
        'inputs = ["a",\n  { path = "b/*.json", account = "444455556666", region = "eu-west-1" },\n]\naccount = '
        '"111122223333"\n'
    )
    (folder / "verifier.toml").write_text(
        text + 'region = "us-east-2"\nbuiltins = ["no-external-access"]\noutputs = ["json"]\n'
    )
    found = run("check", "--no-cache")
    assert [key["arn"].split(":")[3:5] for key in json.loads(found.out)["keys"]] == [
        ["us-east-2", "111122223333"],
        ["eu-west-1", "444455556666"],
    ]
    both = '{ path = "b/*.json", account = "444455556666" }'
    for inputs in (f'{both}, "*/*.json"', f'"*/*.json", {both}'):
        (folder / "verifier.toml").write_text(
            f'inputs = [{inputs}]\naccount = "111122223333"\nbuiltins = ["no-external-access"]\n'
        )
        found = run("check", "--no-cache", "--output", "json")
        assert sorted(key["arn"].split(":")[4] for key in json.loads(found.out)["keys"]) == [
            "111122223333",
            "444455556666",
        ]
    for wrong, said in (
        (
            'path = "b/key.json", account = "111122223333" }, { path = "b/*.json"',
            "is given with two accounts or Regions",
        ),
        ('acount = "444455556666"', "did you mean `account`?"),
        ('account = "4444"', "twelve digits"),
        ("path = 3", "`path` must be a text"),
    ):
        (folder / "verifier.toml").write_text(
            text.replace('account = "444455556666"' if "path" not in wrong else 'path = "b/*.json"', wrong)
        )
        found = run("check")
        assert found.code == 2 and "verifier.toml:2:3" in found.err and said in found.err


def test_no_configuration_says_how_to_write_one(run: Run, folder: Path) -> None:
    result = run("check")
    assert result.code == 2 and "verifier.toml" in result.err and "inputs = " in result.err
    (folder / "verifier.toml").write_text("")
    assert "`inputs` is missing" in run("check").err


@pytest.mark.parametrize(
    "text", ["{}", "[]", "not json", '{"format": "kms-verifier/baseline", "format_version": 9}', "[" * 5000]
)
def test_what_is_no_baseline_is_an_input_error(run: Run, folder: Path, text: str) -> None:
    (folder / "base.json").write_text(text)
    result = check(run, folder, 'baseline = "base.json"\n')
    assert result.code == 2 and "cannot be used as a baseline" in result.err


@pytest.mark.parametrize("effect", [3, "Perhaps", "Deny"])
def test_a_baseline_whose_estate_was_changed_is_an_input_error(run: Run, folder: Path, effect: object) -> None:
    """Also where no single member tells: an estate holds what its reader has checked, together."""
    check(run, folder, "", "--write-baseline", "base.json")
    document = json.loads((folder / "base.json").read_text())
    document["estate"]["keys"][0]["policies"][0]["statements"][0]["effect"] = effect
    (folder / "base.json").write_text(json.dumps(document))
    result = check(run, folder, 'baseline = "base.json"\n')
    assert result.code == 2 and "its estate was changed after it was written" in result.err
    del document["estate_sha256"]
    (folder / "base.json").write_text(json.dumps(document))
    assert check(run, folder, 'baseline = "base.json"\n').code == 2


def test_a_baseline_with_an_entry_that_is_none_is_an_input_error(run: Run, folder: Path) -> None:
    check(run, folder, "", "--write-baseline", "base.json")
    document = json.loads((folder / "base.json").read_text())
    document["entries"][0]["key"] = {}
    (folder / "base.json").write_text(json.dumps(document))
    assert check(run, folder, 'baseline = "base.json"\n').code == 2


def test_a_day_that_is_none(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIFIER_TODAY", "tomorrow")
    assert check(run, folder, "").code == 2
