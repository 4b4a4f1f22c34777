"""The examples of a plan and of a template: examples/README.md tells the verdict of each invariant on each key."""

from __future__ import annotations

import re
from contextlib import chdir
from pathlib import Path

import pytest

import verifier
from tests.project.shown import ROOT
from tests.project.test_examples import section
from verifier import Report, exit_code

INPUTS = {
    "terraform": ("plan.json", "plan.inv", None),
    "cloudformation": ("template.yaml", "template.inv", "us-west-2"),
}


def report(example: str, account: str | None = None, **parameters: str) -> Report:
    """The report as the command of the page makes it."""
    name, invariants, region = INPUTS[example]
    with chdir(ROOT):
        folder = Path("examples") / example
        estate = verifier.load(folder / name, account=account, region=region, parameters=parameters)
        return verifier.prove(estate, verifier.invariants(folder / invariants))


def verdicts(found: Report) -> dict[tuple[str, str], str]:
    """The status of each invariant on each key, by the key's name."""
    names = {key.arn: key.name for key in found.keys}
    return {(v.invariant.name, names[v.target] or ""): v.status.value for v in found.verdicts}


@pytest.mark.parametrize("example", INPUTS)
def test_the_page_tells_every_verdict(example: str) -> None:
    rows = re.findall(r"^\| (.+?) \| (\S+) \| (proved|refuted|unknown) \|", section(example), re.MULTILINE)
    found = report(example)
    assert {(name, key): status for name, key, status in rows} == verdicts(found)
    (code,) = re.findall(
        rf"^    verifier prove examples/{example}/\S+(?: --region us-west-2)? +exit (\d)$",
        section(example),
        re.MULTILINE,
    )
    assert int(code) == exit_code(verdict.status for verdict in found.verdicts)


def test_parameters_decide() -> None:
    found = verdicts(
        report("cloudformation", account="111122223333", AuditorAccount="111122223333", PartnerAccount="444455556666")
    )
    assert [name for name, status in found.items() if status == "refuted"] == [
        ("no external account can decrypt", "ExchangeKey")
    ]
    assert "unknown" not in found.values()


def test_without_the_files_the_same_is_supposed_and_said(tmp_path: Path) -> None:
    """The plan alone: the verdicts are the same, and they say what they suppose."""
    name, invariants, _ = INPUTS["terraform"]
    alone = tmp_path / name
    alone.write_bytes((ROOT / "examples" / "terraform" / name).read_bytes())
    found = verifier.prove(verifier.load(alone), verifier.invariants(ROOT / "examples" / "terraform" / invariants))
    assert verdicts(found) == verdicts(report("terraform"))
    (payments,) = [v for v in found.verdicts if v.status.value == "proved" and v.target.endswith("3d1ef3e1aaec")]
    assert any(
        "aws_kms_key.payments.policy is data.aws_iam_policy_document.payments.json" in a.text
        for a in payments.assumptions
    )
