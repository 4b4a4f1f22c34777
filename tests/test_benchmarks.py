"""The benchmarks run, on tiny sizes, and their counts do not move without being noticed. No time is asserted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.access import access, known_roles, wildcards
from benchmarks.certificates import certificates
from benchmarks.chains import chains
from benchmarks.closures import closures
from benchmarks.comparisons import comparisons
from benchmarks.families import large_policy, overlap_problems, speed_problem
from benchmarks.measures import Contradiction, agree, grants, overlap, parse, speed, surroundings
from benchmarks.plans import generated_plan
from benchmarks.scale import generated_keys, keys, roles
from benchmarks.snapshots import generated_snapshot
from benchmarks.whole_runs import html, load, plan
from verifier.model.estate import Estate
from verifier.problem.diagrams.joint import join
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import key_target
from verifier.verify.access.access_rows import FoundRows, Rows
from verifier.verify.access.findings import external_access
from verifier.verify.proving import prove

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


def test_parse_runs_on_small_policies() -> None:
    assert len(parse(size=2000, rounds=1, keys=2, roles=3)) == 4


def test_comparisons_run_on_small_policies() -> None:
    rows = comparisons(seeds=3, rounds=1, sizes=(4, 8))
    assert [row["answered"] for row in rows] == ["3/3", "3/3"]


def test_access_runs_on_few_roles_and_statements() -> None:
    rows = access(roles=(8,), wild=(3,), rounds=1)
    assert [row["answered"] for row in rows] == ["1/1", "1/1"]


def work(estate: Estate) -> tuple[int, int]:
    """How many nodes and operations it takes to list who can."""
    key = estate.keys[0]
    joint = join([QuestionSide(estate, key_target(key))])
    found = Rows(joint, estate, key).found(joint.sides[0].allowed)
    assert isinstance(found, FoundRows) and len(found.rows) > len(estate.accounts[0].roles) / 2
    return len(joint.diagrams), joint.diagrams.operations


def test_work_grows_with_the_number_of_known_roles_and_no_faster() -> None:
    """Callers are not compared each with each: twice as many roles are at most three times the work."""
    some, twice = work(known_roles(120).estate), work(known_roles(240).estate)
    assert all(more < 3 * few for few, more in zip(some, twice, strict=True)), (some, twice)


def test_overlapping_wildcards_are_a_finding_a_statement() -> None:
    for count in (5, 15):
        (key,) = external_access(wildcards(count).estate).keys
        assert key.complete and len(key.findings) == count


def test_twenty_patterns_are_refuted_however_many_must_match() -> None:
    for problem in overlap_problems():
        assert [verdict.status.value for verdict in prove(problem.estate, problem.invariants).verdicts] == [
            "refuted"
        ], problem.name


def test_the_plan_is_as_large_as_it_says_and_enough_of_it_is_refuted() -> None:
    """500 resources, 50 of them keys whose policies differ and have 4 to 12 statements: what the figure is said to be
    about."""
    made = generated_plan()["planned_values"]["root_module"]["resources"]
    policies = [made["values"]["policy"] for made in made if made["type"] == "aws_kms_key"]
    assert (len(made), len(policies), len(set(policies))) == (500, 50, 50)
    assert {len(json.loads(policy)["Statement"]) for policy in policies} == set(range(4, 13))
    assert generated_plan() == generated_plan()


def test_plan_runs_on_few_keys() -> None:
    (row,) = plan(keys=4, resources=40, rounds=1)
    assert row["answered"] == "20/20" and row["refuted %"] >= 20


def test_load_runs_on_few_keys() -> None:
    rows = load(keys=3, roles=400, rounds=1)
    assert [row.get("policies") for row in rows] == [403, None]


def test_the_keys_are_those_that_the_figure_is_said_to_be_about() -> None:
    """1,000 policies that differ, of 4 to 12 statements."""
    policies = [json.dumps(key["policy"]) for key in generated_keys(1000)]
    assert len(set(policies)) == len({key["arn"] for key in generated_keys(1000)}) == 1000
    assert {len(json.loads(policy)["Statement"]) for policy in policies} == set(range(4, 13))


def test_keys_run_first_and_again() -> None:
    first, again = keys(count=3, rounds=1)
    assert first["answered"] == again["answered"] == "15/15" and first["refuted %"] == again["refuted %"] >= 20


def test_roles_run_on_few_roles() -> None:
    (row,) = roles(count=12, rounds=1)
    assert row["answered"] == "5/5" and row["refuted %"] == 40


def test_certificates_run_on_few_queries() -> None:
    (row,) = certificates(("many",), most=6)
    rechecked, proved = row["answered"].split("/")
    assert rechecked == proved != "0" and row["verdicts"] == 6


def test_policies_of_the_snapshot_differ(tmp_path: Path) -> None:
    generated_snapshot(tmp_path, keys=100, roles=100)
    policies = [json.loads(path.read_text())["Policy"] for path in tmp_path.glob("keys/*/policy.json")]
    (inventory,) = tmp_path.glob("accounts/*/authorization-details.json")
    policies += [json.dumps(role["RolePolicyList"]) for role in json.loads(inventory.read_text())["RoleDetailList"]]
    assert len(policies) == len(set(policies)) == 200


def test_html_runs_on_few_keys() -> None:
    assert [row["KiB"] > 0 for row in html(keys=2, roles=2, rounds=1)] == [True, True]


def test_closures_run_on_few_roles() -> None:
    rows = closures({"chain": (2,), "account": (3, 9)})
    assert ["growth" in row for row in rows] == [True, False, False, True, False]


def test_chains_run_on_few_roles() -> None:
    (row,) = chains(roles=20, keys=1, rounds=1)
    assert (row["answered"], row["refuted %"]) == ("2/2", 0.0)


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
