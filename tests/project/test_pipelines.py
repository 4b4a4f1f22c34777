"""action.yml, .pre-commit-hooks.yaml, the Dockerfile and docs/pipelines: what they name exists, and inputs are never
read as commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.project.shown import ROOT
from verifier.cli import COMMANDS

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PIPELINES = ROOT / "docs" / "pipelines"
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def test_the_action_uses_every_input_and_no_other() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"inputs\.([\w-]+)", text))
    assert used == set(ACTION["inputs"])
    assert set(re.findall(r"`([\w-]+)`", _paragraph("The inputs of the action"))) >= used


def _paragraph(start: str) -> str:
    text = (PIPELINES / "github-actions.md").read_text(encoding="utf-8")
    return text[text.index(start) :].partition("\n\n")[0]


def test_the_action_runs_in_the_root_so_that_places_are_paths_from_there() -> None:
    assert not any("working-directory" in step for step in ACTION["runs"]["steps"])


def test_no_input_of_the_action_is_read_as_a_command() -> None:
    assert [step["run"] for step in STEPS if "run" in step and "${{" in step["run"]] == []


@pytest.mark.parametrize(("config", "code"), [("verifier.toml", 0), ("none.toml", 2), ("$(touch injected)", 2)])
def test_the_step_of_the_action_runs(tmp_path: Path, config: str, code: int) -> None:
    (step,) = (step for step in STEPS if step.get("id") == "check")
    program = tmp_path / "kms-verifier" / "bin" / "verifier"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m verifier "$@"\n')
    program.chmod(0o755)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "CONFIG": config,
        "SARIF": str(tmp_path / "a.sarif"),
        "SUMMARY": "true",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    folder = ROOT / "examples" / "eight-policies"
    ran = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran.stderr
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"
    assert not (folder / "injected").exists()
    if code == 0:
        assert ran.stdout.startswith("::notice") and (tmp_path / "a.sarif").is_file()
        assert "## Access to KMS keys" in (tmp_path / "summary").read_text()


def test_the_hooks_are_commands() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [hook["entry"].split()[0] for hook in hooks] == ["verifier"] * len(hooks)
    assert all(hook["entry"].split()[1] in COMMANDS for hook in hooks)
    named = set(re.findall(r"- id: (kms-[\w-]+)", (PIPELINES / "pre-commit.md").read_text(encoding="utf-8")))
    assert named == {hook["id"] for hook in hooks}


@pytest.mark.parametrize(
    "name",
    ["keys.tf", "keys.tf.json", "keys.tofu", "terraform.tfvars", "policy.tftpl", "key.json", "stack.yaml", "a.inv"],
)
def test_the_check_runs_whatever_file_of_its_inputs_has_changed(name: str) -> None:
    (check, *_) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert check["entry"] == "verifier check" and re.search(check.get("files", ""), name) and not check.get("types")


def test_the_image_is_made_of_files_that_exist() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / source).exists() for source in sources.split())
    assert text.count("\nUSER ") == 1 and text.index("\nUSER ") < text.index("\nENTRYPOINT ")
