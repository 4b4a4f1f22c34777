"""Pages whose shell commands run as they stand, with what they print below them.

A block "sh" is run, in one shell and one folder with those before it; a block "text" right after it is what it prints.
After the comment `<!-- not run in the tests -->` a block is not run. `UPDATE_GOLDEN=1` writes the printed blocks anew.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.project.shown import ROOT

BLOCK = re.compile(r"(<!-- not run in the tests -->\n\n)?```sh\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)
_TIME = re.compile(r" +(?:<?\d+ ms|\d+\.\d s)$", re.MULTILINE)
_MARK = "\x1e"


def environment(folder: Path) -> dict[str, str]:
    """An environment in which `verifier` is this checkout's, in a folder of programs, `folder/bin`, that comes
    first."""
    programs = folder / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    stub(programs / "verifier", f'exec "{sys.executable}" -P -m verifier "$@"')
    return {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "VERIFIER_CACHE_DIR": os.environ["VERIFIER_CACHE_DIR"],
        "GIT_CONFIG_GLOBAL": "/dev/null",
        **{f"GIT_{who}_{what}": "reader@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }


def stub(path: Path, body: str) -> None:
    """A program of one line."""
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def printed(commands: list[str], folder: Path) -> list[str]:
    """What each of the commands prints, run one after the other in one shell that starts in the folder."""
    script = "".join(f"{text}\nprintf '{_MARK}'\n" for text in commands)
    work = folder / "work"
    work.mkdir()
    found = subprocess.run(
        ["bash", "-c", script],
        cwd=work,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return found.stdout.split(_MARK)[:-1]


def run_steps(steps: Iterable[str], folder: Path, **variables: str) -> list[subprocess.CompletedProcess[str]]:
    """Runs each step of a pipeline as its runner does, in a shell of its own. The programs that would fetch something
    say yes."""
    given = (
        environment(folder) | {"GITHUB_STEP_SUMMARY": str(folder / "summary"), "GITHUB_BASE_REF": "main"} | variables
    )
    for program in ("pip", "pipx"):
        stub(folder / "bin" / program, "exit 0")
    work = folder / "work"
    work.mkdir(exist_ok=True)
    shell = ["bash", "-eo", "pipefail", "-c"]
    return [
        subprocess.run(
            [*shell, step], cwd=work, env=given, capture_output=True, text=True, encoding="utf-8", check=False
        )
        for step in steps
    ]


def timeless(text: str) -> str:
    """A text without times, the only thing that differs from run to run."""
    return _TIME.sub(" T", text)
