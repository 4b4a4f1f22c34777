"""docs/tutorial.md: its commands run, and print what the page shows; its workflow is red where the page says so, and
green at the end.

The README fits a screen, opens with the two commands, and what it shows is the tutorial's; its recipes run.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.project.shell_page import BLOCK, printed, run_steps, timeless
from tests.project.shown import ROOT, UPDATE

PAGE = ROOT / "docs" / "tutorial.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tutorial")


@pytest.fixture(scope="module")
def outputs(folder: Path) -> list[str]:
    """What each block of the page prints."""
    return printed([match[2] for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8")) if not match[1]], folder)


def test_the_page_shows_what_its_commands_print(outputs: list[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    if UPDATE:
        rest = iter(outputs)
        PAGE.write_text(BLOCK.sub(lambda m: m[0] if m[1] else _block(m[2], next(rest)), text), encoding="utf-8")
        pytest.skip("written anew")
    shown = [match[3] or "" for match in BLOCK.finditer(text) if not match[1]]
    assert [timeless(block) for block in shown] == [timeless(output) for output in outputs]


def _block(commands: str, output: str) -> str:
    return f"```sh\n{commands}```\n" + (f"\n```text\n{output}```\n" if output else "")


@pytest.mark.parametrize(
    ("commit", "code", "said"), [("HEAD~2", 1, "::error file=keys.tf,line=21"), ("HEAD", 0, "::notice")]
)
def test_the_workflow_is_red_where_the_page_says_so(
    outputs: list[str], folder: Path, tmp_path: Path, commit: str, code: int, said: str
) -> None:
    assert len(outputs) > 6
    origin = folder / "work" / "orders"
    (job,) = yaml.safe_load((origin / ".github" / "workflows" / "keys.yml").read_text(encoding="utf-8"))[
        "jobs"
    ].values()
    clone = (
        f"git clone --quiet '{origin}' . && git checkout --quiet $(git rev-parse "
        f"origin/analytics{commit.removeprefix('HEAD')})"
    )
    ran = run_steps([clone, *(step["run"] for step in job["steps"] if "run" in step)], tmp_path)
    assert [step.returncode for step in ran] == [0, 0, code, 0], ran
    assert said in ran[2].stdout
    assert "more permissive" in (tmp_path / "summary").read_text(encoding="utf-8")


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_is_one_screen_and_opens_with_two_commands() -> None:
    assert len(README.splitlines()) <= 80
    assert [line.split()[:2] for line in README.splitlines()[2:4]] == [["make", "demo"], ["make", "test"]]


def test_the_readme_shows_what_the_tutorial_shows() -> None:
    (block,) = re.findall(r"```\n\$ verifier check --only refuted\n(.*?)```", README, re.DOTALL)
    page = timeless(PAGE.read_text(encoding="utf-8"))
    assert [part for part in timeless(block).split("…\n") if part not in page] == []


def test_the_recipes_of_the_readme_run(outputs: list[str], folder: Path, tmp_path: Path) -> None:
    assert outputs
    *recipes, last = re.findall(r"^    (verifier .*)$", README.partition("## Three recipes")[2], re.MULTILINE)
    clone = f"git clone --quiet '{folder}/work/orders' . && git branch --quiet main origin/main"
    ran = run_steps([clone, *recipes, f"cp '{ROOT}/examples/terraform/plan.json' .", last], tmp_path)
    assert [step.returncode for step in ran] == [0, 0, 1, 0, 1], ran
