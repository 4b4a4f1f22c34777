"""Steps in other partitions than `aws`."""

from __future__ import annotations

import pytest

import verifier
from verifier.model.results.verdict import Status

HOME = "111122223333"
MINE = """account home = 111122223333
invariant "alice does not come to decrypt":
  no user/alice in home can eventually kms:Decrypt
"""


def estate(partition: str, region: str, resource: str) -> dict[str, object]:
    """A key that leaves it to its account, and a user who may make some roles and write their policies."""

    def allow(*actions: str, resource: str = "*", **further: object) -> dict[str, object]:
        statement = {"Effect": "Allow", "Action": actions, "Resource": resource, **further}
        return {"Version": "2012-10-17", "Statement": [statement]}

    iam = f"arn:{partition}:iam::{HOME}"
    mine = allow("iam:CreateRole", "iam:PutRolePolicy", resource=f"{iam}:role/{resource}")
    alice = {
        "UserName": "alice",
        "Arn": f"{iam}:user/alice",
        "Path": "/",
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "UserPolicyList": [{"PolicyName": "mine", "PolicyDocument": mine}],
    }
    listed = {"UserDetailList": [alice], "RoleDetailList": [], "GroupDetailList": [], "Policies": []}
    key = {
        "arn": f"arn:{partition}:kms:{region}:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "policy": allow("kms:*", Principal={"AWS": f"{iam}:root"}),
        "grants": [],
    }
    return {"keys": [key], "accounts": {HOME: {"authorization_details": listed}}}


@pytest.mark.parametrize(
    ("partition", "region", "asked"),
    [
        ("aws", "eu-west-1", "us-east-1"),
        ("aws-cn", "cn-northwest-1", "cn-north-1"),
        ("aws-us-gov", "us-gov-east-1", "us-gov-west-1"),
    ],
)
def test_e0_roles_are_named_after_the_region_where_iam_is_asked(partition: str, region: str, asked: str) -> None:
    def status(resource: str) -> Status:
        loaded = verifier.loads(estate(partition, region, resource))
        return verifier.prove(loaded, verifier.invariants_from(MINE)).verdicts[0].status

    assert status("${aws:RequestedRegion}-x") is Status.REFUTED
    assert status(f"{asked}-x") is Status.REFUTED


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
    given = estate(partition, region, "*")
    listed = given["accounts"][HOME]["authorization_details"]  # type: ignore[index]

    def document(action: str, **further: object) -> dict[str, object]:
        return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, **further}]}

    mine = document("cognito-identity:GetCredentialsForIdentity", Resource="*")
    listed["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"] = mine
    guest = {
        "RoleName": "guest",
        "Arn": f"arn:{partition}:iam::{HOME}:role/guest",
        "Path": "/",
        "AssumeRolePolicyDocument": document("sts:AssumeRoleWithWebIdentity", Principal={"Federated": provider}),
        "RolePolicyList": [{"PolicyName": "data", "PolicyDocument": document("kms:Decrypt", Resource="*")}],
        "AttachedManagedPolicies": [],
        "InstanceProfileList": [],
    }
    listed["RoleDetailList"].append(guest)
    [verdict] = verifier.prove(verifier.loads(given), verifier.invariants_from(MINE)).verdicts
    assert verdict.status is Status.UNKNOWN
