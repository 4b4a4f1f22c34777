"""S4: a proof or refutation without the account or the Region holds wherever the keys may be; else the verdict says on what it hangs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

OWN, PARTNER = "111122223333", "444455556666"


def allow(principal: Any, action: str = "kms:Decrypt", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def root(account: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:root"}


def answer(run: Run, path: Path, *options: str) -> int:
    return run("prove", str(path), "--builtin", "no-external-access", "--no-cache", *options).code


POLICIES = {
    "a service": ([allow({"Service": "s3.amazonaws.com"})], 0),
    "one account": ([allow(root(OWN))], 3),
    "two accounts": ([allow(root(OWN)), allow(root(PARTNER))], 1),
    "one account of two in a condition": ([allow({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalAccount": [OWN, PARTNER]}})], 1),
    "one account through a service": ([allow({"AWS": "*"}, Condition={"StringEquals": {"kms:CallerAccount": OWN}})], 3),
    "an account that is not denied": ([allow({"AWS": "*"}), allow(root(OWN)) | {"Effect": "Deny"}], 1),
    "a pattern of accounts": ([allow({"AWS": "*"}, Condition={"StringLike": {"aws:PrincipalAccount": "1111*"}})], 2),
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_verdict_without_the_account_holds_in_each(run: Run, tmp_path: Path, name: str) -> None:
    statements, expected = POLICIES[name]
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    assert answer(run, path) == expected
    if expected != 2:
        given = {answer(run, path, "--account", account) for account in (OWN, PARTNER, "777788889999", "000000000000")}
        assert given == ({0, 1} if expected == 3 else {expected})


def test_a_policy_that_names_no_account_says_what_was_looked_at(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow({"Service": "s3.amazonaws.com"})]}), encoding="utf-8")
    found = run("prove", str(path), "--builtin", "no-external-access", "--no-cache")
    assert "the account of the keys is not given: 000000000001 was looked at for any" in " ".join(found.out.split())


def test_an_invariant_that_names_an_account_asks_for_it(run: Run, tmp_path: Path) -> None:
    path, invariants = tmp_path / "policy.json", tmp_path / "it.inv"
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": [allow(root(OWN))]}), encoding="utf-8")
    invariants.write_text(f'account own = {OWN}\ninvariant "i": no caller outside own can kms:Decrypt\n', encoding="utf-8")
    found = run("prove", str(path), "--invariants", str(invariants))
    assert found.code == 2 and "--account" in found.err


def test_an_input_without_a_key_may_be_of_any_account(run: Run, tmp_path: Path) -> None:
    """What is asked is about no key, and a role of the own account may do it; a pattern of accounts still asks for it."""
    path, invariants = tmp_path / "roles.json", tmp_path / "it.inv"
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "kms:CreateKey", "Resource": "*"}}}
    trust = {"Statement": allow({"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, "sts:AssumeRole")}
    del trust["Statement"]["Resource"]
    role = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x", "AssumeRolePolicyDocument": trust, "Policies": [policy]}}
    path.write_text(json.dumps({"Resources": {"R": role}}), encoding="utf-8")
    for condition, expected in (("", 1), (' when aws:PrincipalAccount like "1111*"', 2)):
        invariants.write_text(f'invariant "i": no caller can kms:CreateKey{condition}\n', encoding="utf-8")
        assert run("prove", str(path), "--invariants", str(invariants), "--allow-empty", "--no-cache").code == expected


FOLDER = """
variable "here" {}
provider "aws" {
  region = var.here
}
provider "aws" {
  alias  = "west"
  region = "us-west-2"
}
data "aws_region" "here" {}
resource "aws_kms_key" "own" {}
resource "aws_kms_key" "west" {
  provider = aws.west
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = "*" }, Action = "kms:Decrypt", Resource = "*" },
      { Effect = "Deny", Principal = { AWS = "*" }, Action = "kms:Decrypt", Resource = "*",
        Condition = { StringEquals = { "aws:RequestedRegion" = data.aws_region.here.name } } },
    ]
  })
}
"""


def test_a_key_of_a_named_region_beside_one_of_any(run: Run, tmp_path: Path) -> None:
    """The Deny is in force for the key in us-west-2 only where the other provider configuration is there too."""
    (tmp_path / "main.tf").write_text(FOLDER, encoding="utf-8")
    found = run("prove", str(tmp_path), "--builtin", "no-external-access", "--output", "json")
    verdicts = {verdict["target"].split(":")[3]: verdict for verdict in json.loads(found.out)["verdicts"]}
    assert verdicts.pop("us-west-2")["status"] == "unknown"
    assert [verdict["status"] for verdict in verdicts.values()] == ["proved"]
    assert answer(run, tmp_path, "--parameter", "here=us-west-2") == 0
    assert answer(run, tmp_path, "--parameter", "here=eu-west-1") == 1


def test_a_pattern_of_regions_asks_for_it(run: Run, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        FOLDER.replace("StringEquals", "StringLike").replace("data.aws_region.here.name", '"us-*"'), encoding="utf-8"
    )
    assert answer(run, tmp_path) == 2


OWNED = allow(root(OWN), "kms:*")
VIA = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
WITHIN = allow(root(PARTNER), Condition={"StringEquals": VIA})
ANYWHERE = allow(root(PARTNER), Condition={"StringLike": {"kms:ViaService": [VIA["kms:ViaService"], "s3.*.amazonaws.com"]}})
PATTERN = allow(root(PARTNER), Condition={"StringLike": {"kms:ViaService": [VIA["kms:ViaService"], "s3.us-*.amazonaws.com"]}})
COMPARED = {
    "in one Region alone": ([OWNED], [OWNED, WITHIN], 3),
    "in each": ([OWNED], [OWNED, ANYWHERE], 1),
    "in each but one": ([OWNED, WITHIN], [OWNED, ANYWHERE], 3),
    "nothing": ([OWNED, WITHIN], [OWNED, WITHIN], 0),
    "by a pattern": ([OWNED], [OWNED, PATTERN], 2),
}


@pytest.mark.parametrize("name", COMPARED)
def test_a_comparison_without_the_region_holds_in_each(run: Run, tmp_path: Path, name: str) -> None:
    old, new, expected = COMPARED[name]
    paths = [tmp_path / "old.json", tmp_path / "new.json"]
    for path, statements in zip(paths, (old, new), strict=True):
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    assert run("compare", *map(str, paths)).code == expected
    if expected != 2:
        given = {run("compare", *map(str, paths), "--region", region).code for region in ("us-east-1", "eu-west-1", "us-west-2")}
        assert given == ({0, 1} if expected == 3 else {expected})


def test_an_allowance_that_names_a_region_asks_for_it(run: Run, tmp_path: Path) -> None:
    paths, allowed = [tmp_path / "old.json", tmp_path / "new.json"], tmp_path / "allow.inv"
    for path, statements in zip(paths, ([OWNED], [OWNED, ANYWHERE]), strict=True):
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    sentence = f'account partner = {PARTNER}\nallow "x": any caller in partner can kms:Decrypt'
    allowed.write_text(sentence + "\n", encoding="utf-8")
    assert run("compare", *map(str, paths), "--allow", str(allowed)).code == 0
    allowed.write_text(f'{sentence} when kms:ViaService = "{VIA["kms:ViaService"]}"\n', encoding="utf-8")
    found = run("compare", *map(str, paths), "--allow", str(allowed))
    assert found.code == 2 and "--region" in found.err


@pytest.mark.parametrize(("statement", "expected"), [(WITHIN, 3), (ANYWHERE, 1), (PATTERN, 2)])
def test_a_plan_without_the_region_is_compared_in_each(run: Run, tmp_path: Path, statement: dict[str, Any], expected: int) -> None:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [OWNED, statement]})
    resource = {"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k"}
    unknown = {"arn": True, "id": True, "key_id": True}
    change = {"actions": ["create"], "before": None, "after": {"policy": policy}, "after_unknown": unknown}
    configured = {**resource, "provider_config_key": "aws", "expressions": {"policy": {"constant_value": policy}}}
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [{**resource, "values": {"policy": policy}}]}},
        "resource_changes": [{**resource, "provider_name": "registry.terraform.io/hashicorp/aws", "change": change}],
        "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": {"resources": [configured]}},
    }
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    assert run("compare", "--plan", str(path)).code == expected
    assert run("compare", "--plan", str(path), "--region", "us-east-1").code == 1
