"""Grants that services make by themselves for roles of a folder or template (G1).

Whoever makes a function with a key, or a cluster that encrypts its secrets, must be able to create a grant. [Lambda
Developer Guide: configuration-envvars-encryption; EKS User Guide: enable-kms]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import ACCOUNT
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.syntax.source import Source

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}
ROLE = 'resource "aws_iam_role" "{name}" {{\n  name = "{name}"\n  assume_role_policy = jsonencode({trust})\n}}\n'
ROLES = "".join(ROLE.format(name=name, trust=json.dumps(TRUST)) for name in ("app", "other"))
TEMPLATE_ROLES = {
    name.title(): {"Type": "AWS::IAM::Role", "Properties": {"RoleName": name, "AssumeRolePolicyDocument": TRUST}}
    for name in ("app", "other")
}
OWN = 'resource "aws_kms_key" "k" {\n  policy = jsonencode(%s)\n}\n'
DELEGATES, TO_ADMINS = (
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:{whom}"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    for whom in ("root", "role/admin")
)
FUNCTION = 'resource "aws_lambda_function" "f" {\n  function_name = "f"\n  role = %s\n%s}\n'
CLUSTER = 'resource "aws_eks_cluster" "c" {\n  name = "c"\n  role_arn = aws_iam_role.app.arn\n%s}\n'
SECRETS = "  encryption_config {\n    provider {\n      key_arn = aws_kms_key.k.arn\n    }\n  }\n"
CONTROLLED = 'resource "aws_cloudcontrolapi_resource" "r" {\n  type_name = %s\n  desired_state = var.x\n}\n'
APP = "aws_iam_role.app.arn"
WITH_KEY = "  kms_key_arn = aws_kms_key.k.arn\n"
ELSEWHERE = f'  kms_key_arn = "arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n'
ASKED = f"account prod = {ACCOUNT}\n" + "".join(
    f'invariant "{name}": no {whom} in prod can kms:{what}\n'
    for name, whom, what in (
        ("app", "role/app", "Decrypt"),
        ("other", "role/other", "Decrypt"),
        ("policy", "role/app", "PutKeyPolicy"),
    )
)


def load(folder: Path, text: str, name: str = "main.tf") -> Estate:
    (folder / name).write_text(text, encoding="utf-8")
    return load_estate([folder if name == "main.tf" else folder / name], supplied=Supplied(ACCOUNT, "us-west-2"))


def verdicts(estate: Estate) -> list[str]:
    found = verifier.prove(estate, read_invariants(Source("it.inv", ASKED)).invariants).verdicts
    return [verdict.status.value for verdict in found]


@pytest.mark.parametrize("policy", [DELEGATES, TO_ADMINS], ids=["delegates", "to administrators"])
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (FUNCTION % (APP, WITH_KEY), ["unknown", "proved", "proved"]),
        (FUNCTION % (APP, WITH_KEY + "  count = var.x\n"), ["unknown", "proved", "proved"]),
        (FUNCTION % ("var.x", WITH_KEY), ["unknown", "unknown", "proved"]),
        (FUNCTION % (APP, "  kms_key_arn = var.x\n"), ["unknown", "proved", "proved"]),
        (FUNCTION % (APP, ELSEWHERE), ["proved"] * 3),
        (FUNCTION % (APP, ""), ["proved"] * 3),
        (CLUSTER % SECRETS, ["unknown", "proved", "proved"]),
        (CLUSTER % "", ["proved"] * 3),
        (CONTROLLED % '"AWS::Lambda::Function"', ["unknown", "unknown", "proved"]),
        (CONTROLLED % '"AWS::EKS::Cluster"', ["unknown", "unknown", "proved"]),
        (CONTROLLED % '"AWS::S3::Bucket"', ["proved"] * 3),
    ],
)
def test_g1_the_role_of_what_a_key_encrypts_may_have_a_grant(
    tmp_path: Path, policy: dict[str, Any], made: str, expected: list[str]
) -> None:
    """A grant needs no policy of the role, and allows what a grant can name."""
    estate = load(tmp_path, f'variable "x" {{}}\n{OWN % json.dumps(policy)}{ROLES}{made}')
    assert verdicts(estate) == expected


@pytest.mark.parametrize(
    ("type_", "properties"),
    [
        ("AWS::Lambda::Function", {"Role": {"Fn::GetAtt": "App.Arn"}, "KmsKeyArn": {"Fn::GetAtt": "Key.Arn"}}),
        (
            "AWS::EKS::Cluster",
            {
                "RoleArn": {"Fn::GetAtt": "App.Arn"},
                "EncryptionConfig": [{"Provider": {"KeyArn": {"Fn::GetAtt": "Key.Arn"}}}],
            },
        ),
    ],
)
def test_g1_likewise_of_a_template(tmp_path: Path, type_: str, properties: dict[str, Any]) -> None:
    resources = {"Key": {"Type": "AWS::KMS::Key"}, "It": {"Type": type_, "Properties": properties}, **TEMPLATE_ROLES}
    estate = load(tmp_path, json.dumps({"Resources": resources}), "template.json")
    assert verdicts(estate) == ["unknown", "proved", "proved"]


@pytest.mark.parametrize("own", [("Role", "KmsKeyArn"), ("Role",), ("KmsKeyArn",), ()])
def test_g1_a_function_has_what_the_globals_of_aws_sam_give_it(tmp_path: Path, own: tuple[str, ...]) -> None:
    """[AWS SAM Developer Guide: sam-specification-template-anatomy-globals]"""
    properties = {"Role": {"Fn::GetAtt": "App.Arn"}, "KmsKeyArn": {"Fn::GetAtt": "Key.Arn"}}
    function = {"Type": "AWS::Serverless::Function", "Properties": {name: properties[name] for name in own}}
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Globals": {"Function": {name: value for name, value in properties.items() if name not in own}},
        "Resources": {"Key": {"Type": "AWS::KMS::Key"}, "It": function, **TEMPLATE_ROLES},
    }
    assert verdicts(load(tmp_path, json.dumps(template), "template.json")) == ["unknown", "proved", "proved"]


def test_g1_so_may_the_role_that_aws_sam_makes_for_a_function(tmp_path: Path) -> None:
    """[AWS SAM Developer Guide: AWS::Serverless::Function, Role]"""
    function = {"Type": "AWS::Serverless::Function", "Properties": {"KmsKeyArn": {"Fn::GetAtt": "Key.Arn"}}}
    template = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": TO_ADMINS}}, "It": function},
    }
    asked = f"account prod = {ACCOUNT}\n" + 'invariant "it": no callers in prod except role/admin in prod can kms:%s\n'
    estate = load(tmp_path, json.dumps(template), "template.json")
    found = [
        verifier.prove(estate, read_invariants(Source("it.inv", asked % action)).invariants).verdicts[0].status.value
        for action in ("Decrypt", "PutKeyPolicy")
    ]
    assert found == ["unknown", "proved"]


def test_g1_findings_keep_what_a_role_of_another_account_may_be_granted(tmp_path: Path) -> None:
    outside = FUNCTION % ('"arn:aws:iam::444455556666:role/app"', WITH_KEY)
    (found,) = verifier.findings(load(tmp_path, f"{OWN % json.dumps(DELEGATES)}{outside}")).keys
    assert [reason.rule for reason in found.reasons] == ["G1"]
