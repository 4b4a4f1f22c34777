"""The VS Code extension against the program. `.github/workflows/editor.yml` builds it, and uses it in a VS Code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from verifier.invariant_files import SUFFIX
from verifier.syntax.invariants import keywords

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "editors" / "vscode"
PACKAGE: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text("utf-8"))
GRAMMAR: dict[str, Any] = json.loads((EXTENSION / "syntaxes" / "kms-invariants.tmLanguage.json").read_text("utf-8"))
CLIENT = (EXTENSION / "src" / "extension.ts").read_text("utf-8")


def test_the_grammar_knows_the_words_of_the_language() -> None:
    words = re.search(r"\(\?:([a-z|-]+)\)", GRAMMAR["repository"]["word"]["match"])
    assert words is not None and set(words.group(1).split("|")) == keywords()
    assert {one["include"].removeprefix("#") for one in GRAMMAR["patterns"]} == GRAMMAR["repository"].keys()


def test_what_is_contributed_is_there_and_used() -> None:
    contributes = PACKAGE["contributes"]
    (language,), (grammar,) = contributes["languages"], contributes["grammars"]
    assert (
        language["extensions"] == [SUFFIX]
        and grammar["language"] == language["id"]
        and grammar["scopeName"] == GRAMMAR["scopeName"]
    )
    assert f'"{language["id"]}"' in CLIENT
    for path in (language["configuration"], grammar["path"]):
        assert (EXTENSION / path).is_file()
    for setting in contributes["configuration"]["properties"]:
        assert f'"{setting.removeprefix("kmsVerifier.")}"' in CLIENT
    for command in contributes["commands"]:
        assert f'registerCommand("{command["command"]}"' in CLIENT
    assert 'args: ["lsp", "--seconds"' in CLIENT
    assert not PACKAGE["capabilities"]["untrustedWorkspaces"]["supported"]  # a folder may name the program


@pytest.mark.parametrize("name", ["compile", "test", "package"])
def test_the_workflow_runs_the_scripts(name: str) -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "editor.yml").read_text("utf-8"))
    steps = "\n".join(step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"])
    scripts = PACKAGE["scripts"]
    assert (
        f"npm run {name}" in steps
        or f"npm {name}" in steps
        or any(f"npm run {name}" in script for script in scripts.values())
    )
