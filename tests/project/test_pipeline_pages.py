"""docs/pipelines: every step runs as it is written, in a repository with a pull request that is right and in one with
one that is wrong."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any

import pytest
import yaml

from tests.project.shell_page import environment, run_steps, stub
from tests.project.shown import ROOT

FOLDER = ROOT / "docs" / "pipelines"
SNIPPETS = [
    (f"{page.stem}-{number}", block)
    for page in sorted(FOLDER.glob("*.md"))
    for number, block in enumerate(
        re.findall(r"```(?:yaml|groovy)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    )
]
POLICIES = ROOT / "examples" / "eight-policies"
KEY = """provider "aws" {{
  region              = "us-west-2"
  allowed_account_ids = ["111122223333"]
}}
resource "aws_kms_key" "ledger" {{
  policy = <<-POLICY
{policy}
  POLICY
}}
"""


def commands(node: Any) -> Iterator[str]:
    """The commands of a pipeline in YAML, in order: what its runner hands to a shell."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if name in ("run", "bash", "script", "before_script"):
            yield from (value,) if isinstance(value, str) else value
        else:
            yield from commands(value)
    for entry in node if isinstance(node, list) else ():
        yield from commands(entry)


def steps(snippet: str) -> list[str]:
    return (
        re.findall(r"\bsh '(.*)'", snippet)
        if snippet.startswith("pipeline {")
        else list(commands(yaml.safe_load(snippet)))
    )


def test_the_commands_are_found() -> None:
    found = {name: steps(snippet) for name, snippet in SNIPPETS}
    assert {name.rpartition("-")[0] for name in found} == {page.stem for page in FOLDER.glob("*.md")}
    assert [name for name, there in found.items() if not there] == ["pre-commit-0"]
    linked = re.findall(r"\(pipelines/([\w-]+)\.md\)", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8"))
    assert set(linked) == {page.stem for page in FOLDER.glob("*.md")}


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env=environment(folder.parent),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def repository(folder: Path, policy: str, plan: str) -> dict[str, str]:
    """Makes a clone, `folder/work`, with a pull request that has another policy in `terraform`. Gives what runners
    set."""
    origin, work = folder / "origin", folder / "work"
    (origin / "terraform").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main", str(origin))
    (origin / "verifier.toml").write_text('inputs = ["plan.json"]\ninvariants = ["keys.inv"]\n')
    head, _, questions = (POLICIES / "access.inv").read_text(encoding="utf-8").partition("\ninvariant ")
    (partner,) = (
        part for part in questions.split("\ninvariant ") if part.startswith('"inside the account, or the partner"')
    )
    (origin / "keys.inv").write_text(f"{head}\ninvariant {partner}")
    for text in ("5-caller-account.json", policy):
        (origin / "terraform" / "keys.tf").write_text(KEY.format(policy=(POLICIES / text).read_text(encoding="utf-8")))
        git(origin, "add", ".")
        git(origin, "commit", "--quiet", "--message", text)
        git(origin, "switch", "--quiet", "--create", f"after-{text}")
    git(origin, "branch", "--force", "main", "HEAD~1")
    git(folder, "clone", "--quiet", str(origin), str(work))
    programs = folder / "bin"
    stub(programs / "terraform", f'case "$1" in show) cat {shlex.quote(str(POLICIES / plan))} ;; esac')
    stub(programs / "gh", 'exec grep -q "gained" "$5"')
    stub(
        programs / "python",
        'mkdir -p .verifier/bin && for name in verifier pip; do ln -s "$(command -v $name)" .verifier/bin; done',
    )
    return {
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(origin, "rev-parse", "main"),
        "SYSTEM_PULLREQUEST_TARGETBRANCHNAME": "main",
        "CHANGE_TARGET": "main",
        "NUMBER": "1",
        "PLANFILE": "default.tfplan",
        "SHOWFILE": "plan.json",
    }


@pytest.mark.parametrize(
    ("policy", "plan", "code"),
    [
        ("6-other-account.json", "8-separate-grant.plan.json", 0),
        ("2-via-service.json", "8-separate-policy.plan.json", 1),
    ],
    ids=["right", "wrong"],
)
@pytest.mark.parametrize("snippet", [pytest.param(snippet, id=name) for name, snippet in SNIPPETS if steps(snippet)])
def test_the_steps_of_a_pipeline_run(tmp_path: Path, snippet: str, policy: str, plan: str, code: int) -> None:
    variables = repository(tmp_path, policy, plan)
    if "terraform show" not in snippet:
        (tmp_path / "work" / "plan.json").write_bytes((POLICIES / plan).read_bytes())
    asked = steps(snippet)
    for step, ran in zip(asked, run_steps(asked, tmp_path, **variables), strict=True):
        assert ran.returncode == (code if re.search(r"verifier (check|prove)", step) else 0), (
            step,
            ran.stdout,
            ran.stderr,
        )
        if "verifier compare" in step and "markdown" not in step:
            assert "gained" in ran.stdout
    told = set(re.findall(r"--output \w+=([\w.]+)", snippet))
    assert {name for name in told if not (tmp_path / "work" / name).stat().st_size} == set()


@pytest.mark.skipif(
    which("pre-commit", path=Path(sys.executable).parent) is None,
    reason="pre-commit is not installed: pip install pre-commit",
)
@pytest.mark.parametrize(("policy", "code"), [("5-caller-account.json", 0), ("1-any-arn.json", 1)])
def test_pre_commit_runs_the_hooks(tmp_path: Path, policy: str, code: int) -> None:
    """The real pre-commit, with the page's configuration; only `language: system` stands in for the installation."""
    given, hooks, work = environment(tmp_path), tmp_path / "hooks", tmp_path / "work"
    for folder in (hooks, work):
        git(tmp_path, "init", "--quiet", str(folder))
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    (hooks / ".pre-commit-hooks.yaml").write_text(text.replace("language: python", "language: system"))
    git(hooks, "add", ".")
    git(hooks, "commit", "--quiet", "--message", "hooks")
    git(hooks, "tag", "v1.0.0")
    (snippet,) = (snippet for name, snippet in SNIPPETS if name == "pre-commit-0")
    (work / ".pre-commit-config.yaml").write_text(snippet.replace("https://github.com/OWNER/kms-verifier", str(hooks)))
    (work / "keys").mkdir()
    (work / "keys" / "policy.json").write_bytes((POLICIES / policy).read_bytes())
    (work / "verifier.toml").write_text(
        'inputs = ["keys"]\naccount = "111122223333"\nregion = "us-west-2"\n'
        'builtins = ["no-external-access"]\noutputs = ["json=found.json"]\n'
    )
    git(work, "add", ".")
    ran = subprocess.run(
        [f"{Path(sys.executable).parent}/pre-commit", "run"],
        cwd=work,
        env=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stdout + ran.stderr
    assert ran.stdout.count("Passed") + ran.stdout.count("Failed") == 2
    (verdict,) = json.loads((work / "found.json").read_text())["verdicts"]
    assert verdict["status"] == ("refuted" if code else "proved")
