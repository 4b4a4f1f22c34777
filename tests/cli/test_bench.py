"""`verifier bench`: engines in processes of their own, and what is a usage error."""

from __future__ import annotations

import json

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
