"""One estate told three ways: as a Terraform plan, as a CloudFormation template, as a snapshot by hand. The verdicts
are the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import ACCOUNT, Planned, caller_identity, constant, new_key, new_role, plan, refers, write
from tests.inputs.test_terraform_documents import aws, data, statement
from verifier.model.estate import Estate
from verifier.model.results.verdict import Status

INVARIANTS = f"""
account prod = {ACCOUNT}
account partner = 444455556666
key payments = alias/payments
invariant "no external caller decrypts": no caller outside prod can kms:Decrypt, kms:ReEncryptFrom on payments
invariant "the partner makes no data keys": no caller in partner can kms:GenerateDataKey on payments
invariant "only through S3": role/app in prod can kms:Decrypt on payments only when kms:ViaService = "s3.us-west-2.amazonaws.com"
invariant "the job decrypts nothing": no role/team/job in prod can kms:Decrypt
invariant "the job lists grants": no role/team/job in prod can kms:ListGrants
invariant "nobody else in the account encrypts": no caller in prod except role/app in prod, root of prod can kms:Encrypt
invariant "administrators stay": role/admin in prod can always kms:PutKeyPolicy on payments
invariant "no grant for outsiders": no grant names a caller outside prod
invariant "nobody has the second key": no caller outside prod can kms:*
"""  # noqa: E501
APP, JOB, ADMIN = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("app", "team/job", "admin"))
PARTNER = "arn:aws:iam::444455556666:role/loader"
KEY_POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*",
            "Resource": "*"},
        {
            "Sid": "App",
            "Effect": "Allow",
            "Principal": {"AWS": APP},
            "Action": ["kms:Decrypt", "kms:Encrypt"],
            "Resource": "*",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}},
        },
        {"Sid": "Admin", "Effect": "Allow", "Principal": {"AWS": ADMIN}, "Action": "kms:Put*", "Resource": "*"},
        {
            "Sid": "Org", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}},
        },
    ],
}  # fmt: skip
READS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["kms:ListGrants", "kms:Encrypt"], "Resource": "*"}],
}
NO_ENCRYPT = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:Encrypt", "Resource": "*"}]}
LIMIT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:Describe*", "Resource": "*"}]}


def terraform(folder: Path) -> Path:
    """The plan. The policy of the key is a data source that is read during apply, for the roles are new."""
    blocks, flags, expressions = [], [], []
    for entry in KEY_POLICY["Statement"]:
        who = entry["Principal"]
        new = {APP: "app", ADMIN: "admin"}.get(who["AWS"]) if isinstance(who, dict) else None
        principals = [{"type": "*", "identifiers": ["*"]}] if who == "*" else aws(None if new else who["AWS"])
        conditions = [
            {"test": test, "variable": key, "values": [value]}
            for test, keys in entry.get("Condition", {}).items()
            for key, value in keys.items()
        ]
        actions = entry["Action"] if isinstance(entry["Action"], list) else [entry["Action"]]
        blocks.append(
            statement(
                sid=entry["Sid"], effect=entry["Effect"], actions=actions, principals=principals, condition=conditions
            )
        )
        flags.append({"principals": [{"identifiers": [bool(new)]}]})
        named = refers(f"aws_iam_role.{new}.arn") if new else constant(principals[0]["identifiers"])
        expressions.append({"principals": [{"type": constant(principals[0]["type"]), "identifiers": named}]})
    inline = Planned(
        "aws_iam_role_policy",
        "reads",
        {"name": "reads", "policy": json.dumps(READS)},
        {"id": True, "role": True},
        {"role": refers("aws_iam_role.job.id"), "policy": constant("")},
    )
    managed = {"name": "limit", "path": "/", "policy": json.dumps(LIMIT), "tags": None}
    limit = Planned(
        "aws_iam_policy", "limit", managed, {"arn": True, "id": True, "tags_all": True}, {"name": constant("limit")}
    )
    deny = Planned(
        "aws_iam_policy",
        "deny",
        {**managed, "name": "deny", "policy": json.dumps(NO_ENCRYPT)},
        limit.unknown,
        {"name": constant("deny")},
    )
    attachment = Planned(
        "aws_iam_role_policy_attachment",
        "deny",
        {},
        {"id": True, "role": True, "policy_arn": True},
        {"role": refers("aws_iam_role.job.name"), "policy_arn": refers("aws_iam_policy.deny.arn")},
    )
    alias = Planned(
        "aws_kms_alias",
        "a",
        {"name": "alias/payments"},
        {"id": True, "target_key_id": True},
        {"name": constant(""), "target_key_id": refers("aws_kms_key.payments.id")},
    )
    grant = Planned(
        "aws_kms_grant",
        "g",
        {"name": "g", "grantee_principal": PARTNER, "operations": ["GenerateDataKey"], "constraints": []},
        {"grant_id": True, "key_id": True},
        {"key_id": refers("aws_kms_key.payments.key_id")},
    )
    resources = [
        caller_identity(),
        new_key("payments", refers("data.aws_iam_policy_document.d.json")),
        new_key("plain"),
        data(blocks, flags, expressions),
        new_role("app"),
        new_role("job", after={"path": "/team/"}),
        new_role(
            "admin",
            unknown={"permissions_boundary": True},
            expressions={"permissions_boundary": refers("aws_iam_policy.limit.arn")},
        ),
        *(inline, limit, deny, attachment, alias, grant),
    ]
    return write(folder, plan(*resources))


def cloudformation(folder: Path) -> Path:
    """The template, without the grant, which CloudFormation cannot make."""
    text = (
        json.dumps(KEY_POLICY)
        .replace(json.dumps(APP), '{"Fn::GetAtt": ["App", "Arn"]}')
        .replace(json.dumps(ADMIN), '{"Fn::GetAtt": "Admin.Arn"}')
    )
    text = text.replace(
        json.dumps(f"arn:aws:iam::{ACCOUNT}:root"), '{"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}'
    )
    text = text.replace(
        '"s3.us-west-2.amazonaws.com"', '{"Fn::Join": [".", ["s3", {"Ref": "AWS::Region"}, {"Ref": "AWS::URLSuffix"}]]}'
    )
    service = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust: dict[str, Any] = {"Version": "2012-10-17", "Statement": [service]}

    def made(type_: str, **properties: Any) -> dict[str, Any]:
        return {"Type": type_, "Properties": properties}

    resources = {
        "Payments": made("AWS::KMS::Key", KeyPolicy=json.loads(text)),
        "Plain": made("AWS::KMS::Key"),
        "Alias": made("AWS::KMS::Alias", AliasName="alias/payments", TargetKeyId={"Ref": "Payments"}),
        "App": made("AWS::IAM::Role", RoleName="app", AssumeRolePolicyDocument=trust),
        "Job": made(
            "AWS::IAM::Role",
            RoleName="job",
            Path="/team/",
            Policies=[{"PolicyName": "reads", "PolicyDocument": READS}],
            ManagedPolicyArns=[{"Ref": "Deny"}],
        ),
        "Admin": made("AWS::IAM::Role", RoleName="admin", PermissionsBoundary={"Ref": "Limit"}),
        "Limit": made("AWS::IAM::ManagedPolicy", ManagedPolicyName="limit", PolicyDocument=LIMIT),
        "Deny": made("AWS::IAM::ManagedPolicy", ManagedPolicyName="deny", PolicyDocument=NO_ENCRYPT),
    }
    path = folder / "template.json"
    path.write_text(json.dumps({"Resources": resources}, indent=1), encoding="utf-8")
    return path


def snapshot(folder: Path, payments: str, plain: str, *, granted: bool) -> Path:
    """The snapshot that somebody would write by hand; `complete: false`, for the account has more than a plan tells."""
    facts = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "MultiRegion": False}
    grant = {
        "GrantId": "aws_kms_grant.g",
        "Name": "g",
        "GranteePrincipal": PARTNER,
        "Operations": ["GenerateDataKey"],
        "IssuingAccount": f"arn:aws:iam::{ACCOUNT}:root",
    }
    keys = [
        {
            "metadata": {"Arn": payments, **facts},
            "policy": KEY_POLICY,
            "aliases": ["alias/payments"],
            "tags": [],
            "grants": [grant] if granted else [],
        },
        {"metadata": {"Arn": plain, **facts}, "policy": "default", "aliases": [], "tags": [], "grants": []},
    ]
    limit, deny = (f"arn:aws:iam::{ACCOUNT}:policy/{name}" for name in ("limit", "deny"))
    roles = [
        {"RoleName": "app", "Arn": APP},
        {
            "RoleName": "job",
            "Arn": JOB,
            "RolePolicyList": [{"PolicyName": "reads", "PolicyDocument": READS}],
            "AttachedManagedPolicies": [{"PolicyName": "deny", "PolicyArn": deny}],
        },
        {"RoleName": "admin", "Arn": ADMIN, "PermissionsBoundary": {"PermissionsBoundaryArn": limit}},
    ]
    policies = [
        {"Arn": arn, "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": document}]}
        for arn, document in ((limit, LIMIT), (deny, NO_ENCRYPT))
    ]
    details = {"UserDetailList": [], "RoleDetailList": roles, "Policies": policies}
    path = folder / "snapshot.json"
    path.write_text(
        json.dumps(
            {"keys": keys, "accounts": {ACCOUNT: {"authorization_details": details, "complete": False}}}, indent=1
        ),
        encoding="utf-8",
    )
    return path


def verdicts(folder: Path, estate: Estate) -> dict[tuple[str, str], tuple[Status, tuple[str | None, ...]]]:
    """The verdict of each invariant on each key, with the statements or grants that it names."""
    path = folder / "all.inv"
    path.write_text(INVARIANTS, encoding="utf-8")
    found: dict[tuple[str, str], tuple[Status, tuple[str | None, ...]]] = {}
    for verdict in verifier.prove(estate, verifier.invariants(path)).verdicts:
        used = verdict.counterexample.statements if verdict.counterexample else verdict.rests_on
        found[verdict.invariant.name, verdict.target] = (
            verdict.status,
            tuple(sorted(s.sid or s.policy_name for s in used)),
        )
    return found


@pytest.mark.parametrize("write_input", [terraform, cloudformation])
def test_the_verdicts_are_those_on_the_snapshot_of_the_same_estate(tmp_path: Path, write_input: Any) -> None:
    estate = verifier.load(write_input(tmp_path), account=ACCOUNT, region="us-west-2")
    by_hand = verifier.load(snapshot(tmp_path, *(key.arn for key in estate.keys), granted=write_input is terraform))
    found, expected = verdicts(tmp_path, estate), verdicts(tmp_path, by_hand)
    assert found == expected
    assert {status for status, _ in expected.values()} == {Status.PROVED, Status.REFUTED}
    assert estate.unmodelled == by_hand.unmodelled == ()
