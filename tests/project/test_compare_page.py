"""docs/compare.md: what it shows is what the program says, its Python runs, its allowances are those of the example."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.project.shown import ROOT, UPDATE

PAGE = ROOT / "docs" / "compare.md"
SHOWN = re.compile(r"<!-- compare (.*?) -->\n\n```\n(.*?)```\n", re.DOTALL)


def output(arguments: str) -> str:
    """What `verifier compare` prints from the root of the project."""
    command = [sys.executable, "-m", "verifier", "compare", *arguments.split()]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert found.returncode == 1 and found.stderr == ""
    return f"$ verifier compare {arguments}\n{found.stdout}"


def test_the_page_shows_what_the_program_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    if UPDATE:
        PAGE.write_text(
            SHOWN.sub(lambda m: f"<!-- compare {m[1]} -->\n\n```\n{output(m[1])}```\n", text), encoding="utf-8"
        )
        pytest.skip("written anew")
    blocks = SHOWN.findall(text)
    assert blocks
    for arguments, block in blocks:
        assert block == output(arguments)


def test_the_allowances_of_the_page_are_those_of_the_example() -> None:
    (block,) = re.findall(r"```invariants\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block in (ROOT / "examples" / "compare" / "intended.inv").read_text(encoding="utf-8")


def test_the_python_of_the_page_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, "compare.md", "exec"), {})
    told = capsys.readouterr().out
    assert "orders kms:Decrypt" in told and "logs" not in told


def test_what_is_intended_is_covered_and_the_rest_fails() -> None:
    import verifier
    from verifier.report.words.comparison import comparison_exit_code

    folder = ROOT / "examples" / "compare"
    found = verifier.compare(
        verifier.load(folder / "old"), verifier.load(folder / "new"), allow=verifier.allowances(folder / "intended.inv")
    )
    by_name = {target.name: target for target in found.targets}
    orders, logs = by_name["orders"], by_name["logs"]
    assert [change.region.callers.text for change in orders.intended] == ["role/reports"]
    assert {account for change in orders.gained for account in change.region.callers.accounts} == {"444455556666"}
    assert [change.region.callers.text for change in orders.lost] == ["role/archive"]
    assert logs.relation is verifier.Relation.EQUIVALENT and logs.changes
    assert [allowance.used for allowance in found.allowances] == [True]
    assert comparison_exit_code(found, verifier.FailOn.MORE) == 1
