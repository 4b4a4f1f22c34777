"""The examples: every invariant has the verdict that examples/README.md tells; those of payments for the reason that it
tells."""

from __future__ import annotations

import re

import pytest

import verifier
from tests.project.shown import EXAMPLES, ROOT
from tests.project.shown import report as report_on
from verifier import Report, Status, Verdict
from verifier.report.words.verdicts import exit_code

PAYMENTS = ROOT / "examples" / "payments"

PROVED = {
    "no external account can decrypt": "Plaintext stays in prod",
    "only key administrators change the policy": "Key administrators",
    "administrators are never locked out": "Key administrators",
    "the partner cannot hand its access on": None,
    "people do not read logs by hand": "Delegate to IAM",
    "CloudTrail writes for our own trail alone": "CloudTrail",
}
"""Each proved invariant, and a statement that its proof must rest on; `None` where there is a choice."""

REFUTED = {
    "decrypting takes the tenant's own context": "Reports",
    "backups can be restored": None,
    "logs are read from prod alone": "Through S3",
    "administrators keep the log key": "Only administrators change the policy",
}
"""Each refuted invariant, and the statement that its counterexample meets; `None` where it is that none does."""


def report() -> Report:
    return report_on("payments")


def section(example: str) -> str:
    """What examples/README.md says of an example."""
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    return text.partition(f"\n## {example}\n")[2].partition("\n## ")[0]


def told(example: str) -> dict[str, tuple[str, ...]]:
    """The statuses that examples/README.md tells of each invariant."""
    rows = re.findall(r"^\| (.+?) \| ((?:proved|refuted|unknown)[^|]*?) \|", section(example), re.MULTILINE)
    return {name: tuple(re.findall(r"proved|refuted|unknown", statuses)) for name, statuses in rows}


def verdict(name: str) -> Verdict:
    return next(verdict for verdict in report().verdicts if verdict.invariant.name == name)


def test_every_invariant_is_expected() -> None:
    assert {found.invariant.name: found.status for found in report().verdicts} == {
        **dict.fromkeys(PROVED, Status.PROVED),
        **dict.fromkeys(REFUTED, Status.REFUTED),
    }


@pytest.mark.parametrize("name", PROVED)
def test_a_proof_names_the_statement_that_it_rests_on(name: str) -> None:
    if PROVED[name] is not None:
        assert PROVED[name] in {statement.sid for statement in verdict(name).rests_on}


@pytest.mark.parametrize("name", REFUTED)
def test_a_counterexample_meets_the_statement_at_fault(name: str) -> None:
    found = verdict(name).counterexample
    assert found is not None
    if REFUTED[name] is not None:
        assert REFUTED[name] in {statement.sid for statement in found.statements}


def test_if_exists_lets_the_missing_key_through() -> None:
    found = verdict("decrypting takes the tenant's own context").counterexample
    assert found is not None
    assert found.request.caller.principal_arn == "arn:aws:iam::111122223333:role/reports"
    assert not [key for key, _ in found.request.context if key.lower().startswith("kms:encryptioncontext:tenant")]


def test_via_service_without_an_account_lets_the_world_in() -> None:
    found = verdict("logs are read from prod alone").counterexample
    assert found is not None
    assert found.request.caller.account not in (None, "111122223333")
    assert ("kms:ViaService", "s3.us-west-2.amazonaws.com") in found.request.context


def test_not_principal_is_a_question_of_reading() -> None:
    found = verdict("administrators keep the log key").counterexample
    assert found is not None
    assert found.readings == (("P5", False),)
    settled = verifier.prove(
        verifier.load(PAYMENTS), [verdict("administrators keep the log key").invariant], readings={"P5": True}
    )
    assert [entry.status for entry in settled.verdicts] == [Status.PROVED]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_readme_of_the_examples_tells_every_verdict(example: str) -> None:
    found: dict[str, list[str]] = {}
    for entry in report_on(example).verdicts:
        found.setdefault(entry.invariant.name, []).append(entry.status.value)
    assert told(example) == {name: tuple(dict.fromkeys(statuses)) for name, statuses in found.items()}


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_readme_of_the_examples_tells_the_exit_code(example: str) -> None:
    (code,) = re.findall(rf"^    verifier prove examples/{example} +exit (\d)$", section(example), re.MULTILINE)
    assert int(code) == exit_code(entry.status for entry in report_on(example).verdicts)


def test_the_requests_are_decided() -> None:
    import json

    estate = verifier.load(PAYMENTS)
    lines = (PAYMENTS / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    assert [verifier.decide(estate, json.loads(line)).outcome.value for line in lines] == [
        "allow",
        "allow",
        "deny",
        "depends",
        "depends",
    ]


def test_the_python_of_the_page_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, "python.md", "exec"), {})
    assert "refuted payments decrypting takes the tenant's own context" in capsys.readouterr().out
