"""The benchmarks run, on tiny sizes, and their counts do not move without being noticed. No time is asserted."""

from __future__ import annotations

import pytest

from benchmarks.comparisons import comparisons
from benchmarks.families import large_policy, overlap_problems, speed_problem
from benchmarks.measures import Contradiction, agree, grants, overlap, parse, speed, surroundings
from verifier.verify.prove import prove

TWO = ("verifier", "cvc5 strings")


def test_speed_runs_on_a_small_policy() -> None:
    rows = speed(seeds=1, rounds=1, limit=2, engines=TWO, statements=4)
    assert [row["engine"] for row in rows] == ["verifier", "cvc5 strings", "verifier"]
    assert rows[0]["answered"] == "5/5"


def test_overlap_runs_on_few_patterns() -> None:
    rows = overlap(count=4, rounds=1, limit=2, engines=TWO)
    assert len(rows) == 8
    assert all(row["answered"] == "1/1" for row in rows if row["engine"] == "verifier")


def test_surroundings_runs_on_one_policy() -> None:
    (row,) = surroundings(seeds=1, rounds=1)
    assert row["answered"] == "5/5"


def test_grants_runs_on_few_grants() -> None:
    rows = grants(counts=(4, 8), rounds=1)
    assert [row["answered"] for row in rows] == ["2/2", "2/2"]
    assert all({"proved ms", "refuted ms"} <= row.keys() for row in rows)


def test_parse_runs_on_a_small_policy() -> None:
    assert len(parse(size=2000, rounds=1)) == 2


def test_comparisons_run_on_small_policies() -> None:
    rows = comparisons(seeds=3, rounds=1, sizes=(4, 8))
    assert [row["answered"] for row in rows] == ["3/3", "3/3"]


def test_twenty_patterns_are_refuted_however_many_must_match() -> None:
    for problem in overlap_problems():
        assert [verdict.status.value for verdict in prove(problem.estate, problem.invariants).verdicts] == ["refuted"], problem.name


def test_counts_are_stable() -> None:
    problem = speed_problem(1)
    first, second = (prove(problem.estate, problem.invariants).verdicts for _ in range(2))
    assert [v.statistics for v in first] == [v.statistics for v in second]
    assert [v.status for v in first] == [v.status for v in second]


def test_the_large_policy_fills_its_size() -> None:
    assert 31 * 1024 < len(large_policy(32 * 1024).encode()) <= 32 * 1024


def test_s1_a_contradiction_ends_the_run_and_unknown_is_none() -> None:
    problem = speed_problem(1, 2)
    agree(problem, 0, {"one": "proved", "other": "unknown"})
    with pytest.raises(Contradiction):
        agree(problem, 0, {"one": "proved", "other": "refuted"})
