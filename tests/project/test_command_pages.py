"""docs/compare.md and pages like it: what they show is what the program says. The Python of docs/compare.md runs, its
allowances are those of the example."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.shown import ROOT

PAGE = ROOT / "docs" / "compare.md"
PAGES = [ROOT / "docs" / name for name in ("compare.md", "findings.md", "who-can.md")]
SHOWN = re.compile(r"<!-- ([\w-]+) (.*?) -->\n\n```\n(.*?)```\n", re.DOTALL)
LEFT_OUT = "…\n"
"""The line of a page that stands for some that it does not show."""


def output(command: str, arguments: str) -> str:
    """What a command prints from the root of the project."""
    whole = [sys.executable, "-m", "verifier", command, *arguments.split()]
    found = subprocess.run(whole, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert found.returncode in (0, 1) and found.stderr == ""
    return f"$ verifier {command} {arguments}\n{found.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_page_shows_what_the_program_says(page: Path) -> None:
    blocks = SHOWN.findall(page.read_text(encoding="utf-8"))
    assert blocks
    for command, arguments, block in blocks:
        parts = map(re.escape, block.split(LEFT_OUT))
        assert re.fullmatch(r"(?:.*\n)+".join(parts), output(command, arguments))


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
