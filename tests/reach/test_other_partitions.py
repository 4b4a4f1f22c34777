"""Steps in other partitions than `aws`."""

from __future__ import annotations

from typing import Any

import pytest

import verifier
from verifier.model.results.verdict import Status

HOME = "111122223333"
MINE = """account home = 111122223333
invariant "alice does not come to decrypt":
  no user/alice in home can eventually kms:Decrypt
"""


def allowing(*actions: str, **further: Any) -> dict[str, Any]:
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, **further}]}


def status(partition: str, region: str, mine: dict[str, Any], *roles: dict[str, Any]) -> Status:
    """Whether Alice, who has a policy, comes to use a key that leaves it to its account."""
    iam = f"arn:{partition}:iam::{HOME}"
    alice = {
        "UserName": "alice",
        "Arn": f"{iam}:user/alice",
        "Path": "/",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": mine}],
    }
    listed = {"UserDetailList": [alice], "RoleDetailList": roles, "GroupDetailList": [], "Policies": []}
    key = {
        "arn": f"arn:{partition}:kms:{region}:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "policy": allowing("kms:*", Resource="*", Principal={"AWS": f"{iam}:root"}),
        "grants": [],
    }
    loaded = verifier.loads({"keys": [key], "accounts": {HOME: {"authorization_details": listed}}})
    [verdict] = verifier.prove(loaded, verifier.invariants_from(MINE)).verdicts
    return verdict.status


@pytest.mark.parametrize(
    ("partition", "region", "asked"),
    [
        ("aws", "eu-west-1", "us-east-1"),
        ("aws-cn", "cn-northwest-1", "cn-north-1"),
        ("aws-us-gov", "us-gov-east-1", "us-gov-west-1"),
    ],
)
@pytest.mark.parametrize("by_variable", [True, False])
def test_e0_roles_are_named_after_the_region_where_iam_is_asked(
    partition: str, region: str, asked: str, by_variable: bool
) -> None:
    name = "${aws:RequestedRegion}" if by_variable else asked
    mine = allowing("iam:CreateRole", "iam:PutRolePolicy", Resource=f"arn:{partition}:iam::{HOME}:role/{name}-x")
    assert status(partition, region, mine) is Status.REFUTED


@pytest.mark.parametrize(
    ("partition", "region", "provider"),
    [
        ("aws", "eu-west-1", "cognito-identity.amazonaws.com"),
        ("aws-us-gov", "us-gov-west-1", "cognito-identity-us-gov.amazonaws.com"),
        ("aws-cn", "cn-north-1", "cognito-identity.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_w1_identity_pools_have_a_name_for_each_partition(partition: str, region: str, provider: str) -> None:
    """[AWS GovCloud (US): govcloud-cog; AWS in China: cognito]"""
    guest = {
        "RoleName": "guest",
        "Arn": f"arn:{partition}:iam::{HOME}:role/guest",
        "Path": "/",
        "AssumeRolePolicyDocument": allowing("sts:AssumeRoleWithWebIdentity", Principal={"Federated": provider}),
        "RolePolicyList": [{"PolicyName": "data", "PolicyDocument": allowing("kms:Decrypt", Resource="*")}],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [],
    }
    mine = allowing("cognito-identity:GetCredentialsForIdentity", Resource="*")
    assert status(partition, region, mine, guest) is Status.UNKNOWN
