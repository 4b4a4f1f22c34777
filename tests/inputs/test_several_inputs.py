"""Laws of several inputs in one run (docs/several-inputs.md), over random estates, plans and templates."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plan_estates import paths_of, plan_sample
from tests.inputs.plan_parts import PlanSample
from tests.inputs.plans import ACCOUNT, Planned, caller_identity, constant, new_key, new_role, plan, refers, write
from tests.inputs.samples import details, role
from tests.inputs.template_estates import Counts, Sample, against_the_estate, files_of, sample, snapshot
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

PARTNER, OTHER = "444455556666", "777788889999"
PLACEHOLDER = "/00000000-0000-4000-8000-"
Asked = dict[tuple[str, str], str]
"""The status of each invariant on each key, by its ARN, or the name of a new one."""


def asked(estate: Estate, made: Sample) -> Asked:
    """What is said of the invariants of a sample."""
    lines = [f'invariant "{number}": {sentence}' for number, sentence in enumerate(made.invariants)]
    text = "\n".join([f"account own = {ACCOUNT}", f"account partner = {PARTNER}", *lines])
    keys = {key.arn: key.name for key in estate.keys if PLACEHOLDER in key.arn}
    verdicts = verifier.prove(estate, read_invariants(Source("it.inv", text)).invariants).verdicts
    return {
        (verdict.invariant.name, keys.get(verdict.target) or verdict.target): verdict.status.value
        for verdict in verdicts
    }


def inputs(folder: Path, number: int) -> tuple[Sample, list[Path], Supplied]:
    """The files of a sample: of a plan or a template, each with or without a snapshot."""
    folder.mkdir()
    if number % 3:
        found = plan_sample(number)
        return found.made, paths_of(folder, found), Supplied(ACCOUNT, "us-west-2")
    made = sample(number)
    return made, files_of(folder, made), Supplied(ACCOUNT, "us-west-2", made.given)


CLOSED = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}
ELSEWHERE = f"arn:aws:kms:us-west-2:{OTHER}:key/77777777-12ab-34cd-56ef-1234567890ab"


def elsewhere(folder: Path) -> list[Path]:
    """Inputs about another account: a snapshot with a key and roles, a plan, a template without keys."""
    folder.mkdir()
    listed = json.loads(json.dumps(details(RoleDetailList=[role("app", RolePolicyList=[])])).replace(ACCOUNT, OTHER))
    key = {"metadata": {"KeyMetadata": {"Arn": ELSEWHERE}}, "policy": CLOSED, "aliases": [], "tags": []}
    snapshots = {"keys": [key], "accounts": {OTHER: {"authorization_details": listed}}}
    planned = plan(caller_identity(OTHER), new_key("other", CLOSED), new_role("app"), region="us-west-2")
    template = {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket"}}}
    return [
        write(folder, snapshots, "other.json"),
        write(folder, planned, "other_plan.json"),
        write(folder, template, "template.json"),
    ]


def doubts(folder: Path) -> list[Path]:
    """Plans of the same account, each of which leaves something open."""
    folder.mkdir()
    open_ = {"key_id": refers("terraform_data.x.output"), "policy": constant(json.dumps(CLOSED))}
    provisioned = plan(caller_identity(), Planned("null_resource", "n", {}, {"id": True}))
    provisioned["configuration"]["root_module"]["resources"][-1]["provisioners"] = [
        {"type": "local-exec", "expressions": {"command": constant("aws kms put-key-policy")}}
    ]
    later = {"address": "aws_iam_role_policy.later", "mode": "managed", "type": "aws_iam_role_policy", "name": "later"}
    change: dict[str, Any] = {"actions": ["create"], "before": None, "after": {}, "after_unknown": {}}
    unread: dict[str, Any] = {
        "policy": plan(
            caller_identity(),
            Planned("aws_kms_key_policy", "p", {"policy": json.dumps(CLOSED)}, {"key_id": True}, open_),
        ),
        "stack": plan(caller_identity(), Planned("aws_cloudformation_stack", "s", {"name": "s"}, {"id": True})),
        "command": provisioned,
        "deferred": plan(
            caller_identity(), deferred_changes=[{"reason": "unknown", "resource_change": {**later, "change": change}}]
        ),
        "grant": plan(
            caller_identity(),
            Planned(
                "aws_kms_grant",
                "g",
                {"operations": ["Decrypt"], "constraints": []},
                {"key_id": True, "grantee_principal": True},
            ),
        ),
        "alias": plan(caller_identity(), Planned("aws_kms_alias", "a", {"name": "alias/new"}, {"target_key_id": True})),
    }
    return [write(folder, found, f"{name}.json") for name, found in unread.items()]


SAMPLES = range(10)


def each_beside(folder: Path, number: int, others: Callable[[Path], list[Path]]) -> Iterator[tuple[str, Asked, Asked]]:
    """For each of some other inputs its name, and the verdicts about a sample without it and beside it."""
    made, paths, supplied = inputs(folder / "own", number)
    alone = asked(load_estate(paths, supplied=supplied), made)
    for more in others(folder / "other"):
        yield more.name, alone, asked(load_estate([*paths, more], supplied=supplied), made)


@pytest.mark.parametrize("number", SAMPLES)
def test_an_input_that_says_nothing_about_a_key_changes_no_verdict_about_it(tmp_path: Path, number: int) -> None:
    for name, alone, beside in each_beside(tmp_path, number, elsewhere):
        assert {**beside, **alone} == beside, name


@pytest.mark.parametrize("number", SAMPLES)
def test_doubt_makes_a_verdict_unknown_or_leaves_it(tmp_path: Path, number: int) -> None:
    """In particular it makes nothing proved."""
    for name, alone, beside in each_beside(tmp_path, number, doubts):
        assert all(beside[which] in (status, "unknown") for which, status in alone.items()), name


@pytest.mark.parametrize("number", SAMPLES)
def test_the_order_of_the_paths_changes_nothing(tmp_path: Path, number: int) -> None:
    made, paths, supplied = inputs(tmp_path / "own", number)
    others = [elsewhere(tmp_path / "other")[number % 3], doubts(tmp_path / "doubts")[number % 6]]
    several = [*paths, *others]
    first = asked(load_estate(several, supplied=supplied), made)
    for order in itertools.islice(itertools.permutations(several), 1, None, 5):
        assert asked(load_estate(order, supplied=supplied), made) == first


@pytest.mark.parametrize("number", range(6))
def test_two_plans_of_one_key_are_read_in_either_order(tmp_path: Path, number: int) -> None:
    made, paths, supplied = inputs(tmp_path / "own", 3 * number + 1)
    _, others, _ = inputs(tmp_path / "other", 3 * number + 2)
    found = []
    for both in ([paths[0], others[0]], [others[0], paths[0]]):
        try:
            found.append(asked(load_estate(both, supplied=supplied), made))
        except InputError as error:  # both make one thing
            found.append({("refused", ""): str(len(error.diagnostics))})
    assert found[0] == found[1]


def test_a_plan_and_a_snapshot_of_its_result_agree_with_the_snapshot(tmp_path: Path) -> None:
    counts = Counts()
    for number in range(60):
        found = plan_sample(number)
        if found.made.controls:
            continue  # an organization stands in one input alone
        if all(one.after is None or "arn" in one.after for one in found.resources if one.type == "aws_kms_key"):
            after = write(tmp_path, snapshot(found.made, without_open=False), "after.json")
            paths = [paths_of(tmp_path, found)[0], after]
            assert not list(against_the_estate(tmp_path, found.made, number, paths, counts))
    assert counts.verdicts["proved"] >= 20 and counts.verdicts["refuted"] >= 5


def is_told(found: PlanSample) -> bool:
    """Whether the planned values are all known."""
    changes = [entry["change"] for entry in found.plan["resource_changes"]]
    return not any(
        "true" in json.dumps(change.get("after_unknown")) for change in changes if change["after"] is not None
    )


def test_a_state_beside_a_snapshot_of_something_else_proves_nothing_that_either_refutes(tmp_path: Path) -> None:
    """A state writes nothing: where the two differ, neither is so for certain (What nothing writes)."""
    counts = Counts()
    samples = [found for found in map(plan_sample, range(1000)) if is_told(found)]
    for number, (one, other) in enumerate(itertools.pairwise(samples)):
        state = {"format_version": "1.0", "terraform_version": "1.9.8", "values": one.plan["planned_values"]}
        key = one.made if number % 2 else other.made
        there = replace(
            other.made, beside=True, policy=key.policy, tags=key.tags, aliases=key.aliases, grants=key.grants
        )
        listed = snapshot(there, without_open=False)
        paths = [write(tmp_path, state, "state.json"), write(tmp_path, listed, "other.json")]
        # beside a snapshot it does not tell all
        for made in (there,) if one.made.beside else (there, replace(one.made, beside=True)):
            said = against_the_estate(tmp_path, made, number, paths, counts, Supplied(ACCOUNT, "us-west-2"))
            assert not [line for line in said if "the input proved" in line]
    assert counts.verdicts["proved"] >= 20


IN_TEXT = """
variable "t" {}
resource "aws_iam_role" "r" {
  name               = "r"
  assume_role_policy = jsonencode({
    Statement = { Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }
  })
  inline_policy {
    name   = "p"
    policy = <<EOF
{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:Encrypt", "Resource": "*", "Sid": "${var.t}"}}
EOF
  }
}
"""
OF_KEY = (
    'resource "aws_kms_key" "k" {\n  policy = jsonencode({Statement = {Effect = "Allow", Principal = {AWS = '
    f'"{ACCOUNT}"}}, Action = "kms:*", Resource = "*"}}}})\n}}\n'
)


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:CreateKey"])
@pytest.mark.parametrize("first", ["a", "b"])
def test_u3_a_verdict_says_what_is_supposed_of_each_input_that_it_rests_on(
    tmp_path: Path, action: str, first: str
) -> None:
    """The key is in one folder and the caller's role in another: what is supposed of the texts of its policies counts
    for the key, and for operations without one."""
    for folder, text in (("a", IN_TEXT), ("b", OF_KEY)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.tf").write_text(text, encoding="utf-8")
    paths = sorted((tmp_path / "a", tmp_path / "b"), reverse=first == "b")
    estate = load_estate(paths, supplied=Supplied(account=ACCOUNT, region="us-west-2"))
    text = f'invariant "i": no role/r in {ACCOUNT} can {action}'
    (verdict,) = verifier.prove(estate, read_invariants(Source("it.inv", text)).invariants).verdicts
    said = [one.text for one in verdict.assumptions if one.rule == "U3"]
    assert verdict.status.value == "proved" and len(said) == len(set(said))
    assert "in the texts of policies, the values of var.t have no quotation mark and no backslash" in said
