"""`verifier findings`: exit codes, zones, outputs, errors."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run
from tests.project.shown import ROOT

PAYMENTS, CROSS, ORGANIZATION = (
    str(ROOT / "examples" / name) for name in ("payments", "cross-account", "organization")
)


def test_findings_end_in_1_and_none_in_0(run: Run) -> None:
    some, none = run("findings", PAYMENTS), run("findings", CROSS, "--trust", "444455556666")
    assert (some.code, none.code) == (1, 0)
    assert "PUBLIC" in some.out and "No external access: proved" in none.out and some.err == none.err == ""


def test_services_count_if_asked(run: Run) -> None:
    services = str(ROOT / "examples" / "services")
    assert run("findings", services).code == 0
    assert run("findings", services, "--services").code == 1


def test_zone_organization(run: Run) -> None:
    assert run("findings", ORGANIZATION, "--key", "toys", "--zone", "organization").code == 0


def test_outputs(run: Run) -> None:
    assert json.loads(run("findings", PAYMENTS, "--output", "json").out)["format"] == "kms-verifier/findings"
    assert run("findings", PAYMENTS, "--output", "markdown").out.startswith("## External access")
    assert "to see it" in run("findings", CROSS, "--verbose").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((PAYMENTS, "--trust", "partner"), "neither an account"),
        ((PAYMENTS, "--zone", "organization"), "does not say which organization"),
        ((PAYMENTS, "--key", "paymnts"), "did you mean `payments`"),
        ((PAYMENTS, "--zone", "world"), "world"),
    ],
)
def test_input_errors(run: Run, arguments: tuple[str, ...], message: str) -> None:
    found = run("findings", *arguments)
    assert found.code == 2 and message in found.err and found.out == ""


def test_s1_a_policy_that_is_missing_ends_in_3(run: Run, tmp_path: object) -> None:
    path = f"{tmp_path}/snapshot.yaml"
    with open(path, "w", encoding="utf-8") as file:
        file.write("keys:\n  - arn: arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\n")
    found = run("findings", path)
    assert found.code == 3 and "[U3]" in found.out
