"""The Python API: texts and dictionaries as input, every result in every format, names beside ARNs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import verifier
from verifier.model.choices import FORMATS
from verifier.report.plain import Renderable, Tabular

ROOT = Path(__file__).resolve().parents[2]
COMPARED = ROOT / "examples" / "compare"
EIGHT = ROOT / "examples" / "eight-policies"
OPEN = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
POLICY = {"Version": "2012-10-17", "Statement": [OPEN]}
NOBODY = {"nobody else": "no caller outside 111122223333 can kms:Decrypt"}


@cache
def opened() -> verifier.Estate:
    return verifier.loads(POLICY, account="111122223333", region="us-west-2")


@cache
def report() -> verifier.Report:
    return verifier.prove(opened(), verifier.invariants_from(NOBODY))


def test_what_json_does_not_have_is_an_error_in_a_dictionary() -> None:
    round_and_round: dict[str, Any] = {}
    round_and_round["a"] = round_and_round
    for source, says in (({**POLICY, "Version": date(2012, 10, 17)}, "is a date"), (round_and_round, "Circular")):
        with pytest.raises(verifier.InputError, match=says):
            verifier.loads(source)


def test_any_mapping_will_do() -> None:
    statements = {**POLICY, "Statement": [MappingProxyType(OPEN)]}
    assert verifier.loads(MappingProxyType(statements), account="111122223333", region="us-west-2") == opened()


def test_a_dictionary_a_text_and_a_file_are_one_input(tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text(json.dumps(POLICY), encoding="utf-8")
    (tmp_path / "asked.inv").write_text(
        'invariant "nobody else": no caller outside 111122223333 can kms:Decrypt\n', encoding="utf-8"
    )
    of_files = verifier.prove(
        verifier.load(tmp_path / "policy.json", account="111122223333", region="us-west-2"),
        verifier.invariants(tmp_path / "asked.inv"),
    )
    text = "Version: '2012-10-17'\nStatement:\n- {Effect: Allow, Principal: '*', Action: kms:Decrypt, Resource: '*'}\n"
    of_texts = verifier.prove(
        verifier.loads(text, account="111122223333", region="us-west-2"),
        verifier.invariants_from((tmp_path / "asked.inv").read_text(encoding="utf-8")),
    )
    verdicts = [verdict for found in (of_files, of_texts, report()) for verdict in found.verdicts]
    answers = [(verdict.target, verdict.counterexample and verdict.counterexample.request) for verdict in verdicts]
    assert answers[0][1] is not None and len(set(answers)) == 1 and len(answers) == 3


def test_errors_name_the_text_and_the_place() -> None:
    with pytest.raises(verifier.InputError) as error:
        verifier.loads('{"Statement": 4}', "keys: 5")
    assert [str(found.span) for found in error.value.diagnostics] == ["<text 1>:1:15", "<text 2>:1:7"]
    with pytest.raises(verifier.InputError) as error:
        verifier.invariants_from({'a "quoted" \\ name': "nobody can kms:Decrypt", "b": "nobody can"})
    assert [str(found.span) for found in error.value.diagnostics] == ["<text>:5:1"]
    (named,) = verifier.invariants_from({'a "quoted" \\ name': "nobody can kms:Decrypt"})
    assert named.name == 'a "quoted" \\ name'


def test_a_text_reads_no_file_whatever_it_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policy.json").write_text(json.dumps(POLICY), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    snapshot = {
        "keys": [
            {
                "arn": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "policy": "policy.json",
            }
        ]
    }
    (tmp_path / "snapshot.json").write_text(json.dumps(snapshot), encoding="utf-8")
    assert verifier.load("snapshot.json").keys[0].policies
    with pytest.raises(verifier.InputError, match="there is no file `policy.json`"):
        verifier.loads(snapshot)
    (tmp_path / "<text>").mkdir()
    assert opened().keys == verifier.loads(POLICY, account="111122223333", region="us-west-2").keys


ASKED: dict[str, Callable[[], Renderable]] = {
    "report": report,
    "comparison": lambda: verifier.compare(
        verifier.load(COMPARED / "old"),
        verifier.load(COMPARED / "new"),
        allow=verifier.allowances_from((COMPARED / "intended.inv").read_text(encoding="utf-8")),
    ),
    "lint": lambda: verifier.lint(opened()),
    "who-can": lambda: verifier.who_can(opened(), "kms:Decrypt"),
    "findings": lambda: verifier.findings(opened()),
    "reach": lambda: verifier.reach(opened(), to=["kms:Decrypt"], steps=0),
    "explanation": lambda: verifier.explain(
        opened(),
        {"principal": "arn:aws:iam::444455556666:user/dana", "action": "kms:Decrypt", "resource": opened().keys[0].arn},
    ),
    "suggestions": lambda: verifier.suggest(opened(), verifier.invariants_from(NOBODY)),
}


@pytest.mark.parametrize("name", ASKED)
def test_every_result_has_its_formats_and_is_plain_data(name: str) -> None:
    result = ASKED[name]()
    plain = verifier.to_dict(result)
    Draft202012Validator(verifier.schema(name)).validate(json.loads(json.dumps(plain)))  # type: ignore[arg-type]
    assert json.loads(verifier.render(result, "json")) == plain
    formats = [one for one in FORMATS if one != "csv" or isinstance(result, Tabular)]
    assert all(verifier.render(result, one, estate=opened()).endswith("\n") for one in formats)
    for one in set(FORMATS) - set(formats):
        with pytest.raises(ValueError, match=f"'{one}' is no format of a "):
            verifier.render(result, one)


def test_records_are_the_rows_of_the_table_with_plain_values() -> None:
    result = verifier.findings(opened())
    rows = verifier.records(result)
    written = [*csv.DictReader(io.StringIO(verifier.render(result, "csv")))]
    assert [{name: str(cell or "") for name, cell in row.items()} for row in rows] == written
    assert [row["status"] for row in rows] == ["public", "service"] and rows[0].keys() == rows[1].keys()
    (verdict,) = verifier.records(report())
    assert (verdict["line"], verdict["key"]) == (4, "<text>")


def test_rows_make_a_data_frame() -> None:
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    frame = pandas.DataFrame(verifier.records(report()))
    assert list(frame[frame.status == "refuted"].invariant) == ["nobody else"]


def test_names_stand_beside_arns() -> None:
    estate = verifier.load(ROOT / "examples" / "payments")
    found = verifier.prove(estate, verifier.invariants_from({"x": "nobody can kms:DeleteAlias on alias/payments"}))
    (verdict,) = found.verdicts
    assert found.name_of(verdict.target) == "payments" and verdict.target.startswith("arn:")
    assert verifier.to_dict(found)["verdicts"][0]["name"] == "payments"
    assert found.name_of("operations without a key") == "operations without a key"
    request: dict[str, Any] = {
        "principal": "arn:aws:sts::111122223333:assumed-role/reports/nightly",
        "action": "kms:Decrypt",
        "context": {},
    }
    decided = [verifier.decide(estate, {**request, "resource": name}) for name in ("payments", verdict.target)]
    assert decided[0] == decided[1] and verifier.to_dict(decided[0])["decision"] == "allow"


def test_check_is_what_the_configuration_asks_for() -> None:
    found = verifier.check(EIGHT / "verifier.toml")
    excused = {verdict.invariant.name: verdict.excuse for verdict in found.verdicts if verdict.excuse}
    assert list(excused) == ["inside the organization"]
    assert verifier.exit_code(verdict.counts_as for verdict in found.verdicts) == 0
    assert any(name.endswith("verifier.toml") for name, _ in found.inputs)
