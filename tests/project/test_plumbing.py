"""make and CI: pip is not run twice, and a skip that nobody asked for fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def planned(target: str, venv: Path) -> str:
    """What `make` would run."""
    plan = subprocess.run(["make", "-n", target, f"VENV={venv}"], capture_output=True, text=True, cwd=ROOT, check=True)
    return plan.stdout


@pytest.mark.parametrize(("target", "stamp"), [("demo", ".installed"), ("unit", ".installed-dev")])
def test_pip_runs_only_when_the_project_file_has_changed(tmp_path: Path, target: str, stamp: str) -> None:
    assert "pip install" in planned(target, tmp_path)
    (tmp_path / ".installed").touch()
    time.sleep(0.01)
    (tmp_path / stamp).touch()
    assert "pip install" not in planned(target, tmp_path)
    os.utime(tmp_path / ".installed", (0, 0))
    assert "pip install" in planned(target, tmp_path)


def ci(tmp_path: Path, output: str, code: int) -> subprocess.CompletedProcess[str]:
    """`.ci/run` in a folder of its own, with a `make` that prints `output` and ends with `code`."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci" / "run")
    make = tmp_path / "bin" / "make"
    make.parent.mkdir()
    make.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\nexit {code}\n")
    make.chmod(0o755)
    environment = {**os.environ, "PATH": f"{make.parent}:{os.environ['PATH']}"}
    return subprocess.run(
        [str(tmp_path / ".ci" / "run")], capture_output=True, text=True, env=environment, timeout=60, check=False
    )


ALLOWED = "SKIPPED [1] tests/a.py:3: ../shared/corpus is not here"
OTHER = "SKIPPED [2] tests/b.py:7: needs the moon"


@pytest.mark.parametrize(
    ("output", "made", "code"),
    [
        ("5 passed", 0, 0),
        ("5 passed", 2, 2),
        (ALLOWED, 0, 0),
        (f"{ALLOWED}\n{OTHER}", 0, 1),
        (OTHER, 2, 2),
        (f"..s. {OTHER}", 0, 1),
        ("prose about a SKIPPED test", 0, 0),
    ],
)
def test_ci_fails_on_a_failure_and_on_a_skip_that_nobody_asked_for(
    tmp_path: Path, output: str, made: int, code: int
) -> None:
    result = ci(tmp_path, output, made)
    assert result.returncode == code
    if output.startswith("SKIPPED"):
        assert output.splitlines()[-1] in result.stdout.split("skipped:")[1]
