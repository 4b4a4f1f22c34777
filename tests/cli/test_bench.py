"""`verifier bench`: engines in processes of their own, and what is a usage error."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run


def test_the_command_runs_engines_in_processes_of_their_own(run: Run) -> None:
    result = run("bench", "scp-levels", "--engine", "sat", "--engine", "z3", "--rounds", "1", "--output", "json")
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert {entry["answer"] for entry in told["results"]} == {"sat", "unsat"} and len(told["results"]) == 12
    assert all(len(entry["times"]) == 1 and entry["counts"]["classes"] for entry in told["results"])
    assert all(peak > 10 for _, peak in told["peak_mib"])


def test_usage(run: Run) -> None:
    assert run("bench", "nothing").code == 2
    assert run("bench", "scp-levels", "--engine", "other").code == 2
    assert run("bench", "scp-levels", "--baseline", "missing.json").code == 2


def test_a_run_is_compared_with_one_of_the_same_clock_alone(run: Run, tmp_path: Path) -> None:
    asked = ("bench", "scp-levels", "--engine", "sat", "--rounds", "1", "--clock", "cpu")
    saved = tmp_path / "run.json"
    saved.write_text(run(*asked, "--output", "json").out)
    assert json.loads(saved.read_text())["clock"] == "cpu"
    assert "beside the run of" in run(*asked, "--baseline", str(saved)).out
    other = run(*asked[:-1], "wall", "--baseline", str(saved))
    assert other.code == 2 and "--clock cpu" in other.err
    assert run(*asked, "--baseline", str(saved), "--output", "csv").code == 2
