"""U3: tags with which the manifest of `cdk.out` says that a stack is made. CloudFormation puts them on what supports
tags [AWS CDK API Reference, StackProps: tags; Template Reference: aws-properties-resource-tags]."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, details, role
from tests.inputs.test_cloudformation import APP, assembly, stack
from verifier.inputs import load_estate
from verifier.model.estate import Estate
from verifier.verify.comparison.compare import compare

TRUST = {"Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}


def made(folder: Path, tested: str, own: tuple[str, ...] = (), **artifact: Any) -> Estate:
    """A stack with a key whose policy lets callers of its account use it if they, or it, have a tag, and a role."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
        "Condition": {"StringEquals": {tested: "x"}},
    }
    tags = [{"Key": name, "Value": "y"} for name in own]
    app = {"RoleName": "app", "AssumeRolePolicyDocument": TRUST, "Tags": tags}
    resources = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": statement}}},
        "App": {"Type": "AWS::IAM::Role", "Properties": app},
    }
    properties = artifact.pop("properties", {})
    found = {**stack("S.json", f"aws://{ACCOUNT}/us-west-2", **properties), **artifact}
    (assembly(folder, S=found) / "S.json").write_text(json.dumps({"Resources": resources}))
    return load_estate([folder])


@pytest.mark.parametrize(
    ("told", "own", "is_open"),
    [
        ({"properties": {"tags": {"Dept": "x"}}}, (), True),
        ({"metadata": {"/S": [{"type": "aws:cdk:stack-tags", "data": [{"Key": "dept", "Value": "x"}]}]}}, (), True),
        ({"properties": {"tags": {"other": "x"}}}, (), False),
        ({"properties": {"tags": {"dept": "x"}}}, ("dept",), False),
        ({"properties": {"tags": {"dept": "x"}}}, ("other",), True),
    ],
)
def test_a_role_may_have_the_tags_of_its_stack(tmp_path: Path, told: Any, own: tuple[str, ...], is_open: bool) -> None:
    estate = made(tmp_path, "aws:PrincipalTag/dept", own, **told)
    assert [one.arn for one in estate.accounts[0].roles] == ([] if is_open else [APP])
    assert [thing.principal for thing in estate.unmodelled] == ([APP] if is_open else [])


@pytest.mark.parametrize(
    ("tested", "before", "after"),
    [
        ("aws:PrincipalTag/dept", {"tags": {"dept": "x"}}, {"tags": {"dept": "y"}}),
        ("aws:ResourceTag/dept", {"tags": {"dept": "x"}}, {"tags": {"dept": "y"}}),
        ("aws:ResourceTag/dept", {"tags": {"dept": "x"}}, {}),
        ("aws:PrincipalTag/aws:cloudformation:stack-name", {"stackName": "x"}, {"stackName": "y"}),
        ("aws:ResourceTag/aws:cloudformation:stack-name", {"stackName": "x"}, {"stackName": "y"}),
    ],
)
def test_versions_whose_stacks_have_other_tags_are_not_equivalent(
    tmp_path: Path, tested: str, before: Any, after: Any
) -> None:
    own = ("dept",) if "ResourceTag" in tested else ()  # so that the role's tags are known, and the key's alone are not
    old, same, new = (
        made(tmp_path / name, tested, own, properties=properties)
        for name, properties in (("old", before), ("same", before), ("new", after))
    )
    assert {one.relation.value for one in compare(old, same).targets} == {"equivalent"}
    assert "unknown" in {one.relation.value for one in compare(old, new).targets}


@pytest.mark.parametrize(
    ("tested", "own", "listed", "is_open"),
    [("dept", (), "Dept", True), ("dept", ("dept",), "dept", False), ("other", (), "dept", False)],
)
def test_a_tag_that_a_snapshot_lists_and_the_template_does_not_may_stay(
    tmp_path: Path, tested: str, own: tuple[str, ...], listed: str, is_open: bool
) -> None:
    """Of a role that is there already: the stack may have given it, or somebody else."""
    made(tmp_path / "cdk.out", f"aws:PrincipalTag/{tested}", own)
    there = role("app", RolePolicyList=[], AttachedManagedPolicies=[], Tags=[{"Key": listed, "Value": "x"}])
    snapshot = {"accounts": {ACCOUNT: {"authorization_details": details(RoleDetailList=[there])}}}
    (tmp_path / "s.json").write_text(json.dumps(snapshot))
    estate = load_estate([tmp_path / "cdk.out", tmp_path / "s.json"])
    assert [one.arn for one in estate.roles] == ([] if is_open else [APP])
