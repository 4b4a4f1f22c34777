"""`verifier snapshot` against moto: what it reads, what it says, and what `prove` then says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest
from botocore.exceptions import ClientError

import verifier
from tests.cli.conftest import Result, Run
from tests.collect.conftest import (
    ACCOUNT,
    KEY_POLICY,
    OTHER,
    READ,
    REGION,
    SECRET,
    TOKEN,
    Calls,
    Live,
    make_key,
    statement,
)

INVARIANTS = f"""
account prod = {ACCOUNT}
invariant "outside": no caller outside prod can kms:Decrypt
invariant "reports": role/reports in prod can always kms:Decrypt
invariant "writers": only role/reports in prod, root of prod can kms:Encrypt
"""
AS_LIVE = {"outside": "proved", "reports": "proved", "writers": "refuted"}


def verdicts(run: Run, snapshot: Path) -> dict[str, str]:
    """The verdict on each invariant."""
    invariants = snapshot.parent / "some.inv"
    invariants.write_text(INVARIANTS, encoding="utf-8")
    report = json.loads(
        run("prove", str(snapshot), "--invariants", str(invariants), "--output", "json", "--no-cache").out
    )
    return {verdict["invariant"]["name"]: verdict["status"] for verdict in report["verdicts"]}


def collect(run: Run, folder: Path, *more: str) -> Result:
    return run("snapshot", str(folder), "--region", REGION, *more)


def by_hand(live: Live) -> dict[str, Any]:
    """The same estate as one writes it."""
    roles: list[dict[str, Any]] = [
        {"Arn": f"arn:aws:iam::{ACCOUNT}:role/batch"},
        {"Arn": f"arn:aws:iam::{ACCOUNT}:role/reports"},
    ]
    roles[1]["RolePolicyList"] = [{"PolicyName": "read", "PolicyDocument": READ}]
    key = {
        "name": "payments",
        "metadata": {"KeyMetadata": {"Arn": live.key, "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}},
        "policy": KEY_POLICY,
        "grants": [{"GrantId": live.grant, "GranteePrincipal": roles[0]["Arn"], "Operations": ["Encrypt"]}],
        "aliases": ["alias/payments"],
        "tags": [{"TagKey": "team", "TagValue": "pay"}],
    }
    endpoint = {"VpcEndpointId": live.endpoint, "ServiceName": f"com.amazonaws.{REGION}.kms"}
    endpoint["PolicyDocument"] = json.dumps(
        {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
    )
    details = {"UserDetailList": [], "RoleDetailList": roles}
    return {"keys": [key], "accounts": {ACCOUNT: {"authorization_details": details}}, "vpc_endpoints": [endpoint]}


def test_a_live_estate_has_the_verdicts_of_the_same_estate_written_by_hand(
    run: Run, live: Live, calls: Calls, tmp_path: Path
) -> None:
    result = collect(run, tmp_path / "live", "--output", "json")
    assert (result.code, result.err) == (0, "")
    report = json.loads(result.out)
    jsonschema.validate(report, verifier.schema("collection"))
    assert (report["keys"], report["accounts"], report["not_read"]) == (1, [ACCOUNT], [])
    (tmp_path / "hand").mkdir()
    (tmp_path / "hand" / "snapshot.json").write_text(json.dumps(by_hand(live)), encoding="utf-8")
    assert verdicts(run, tmp_path / "live") == verdicts(run, tmp_path / "hand") == AS_LIVE
    (key,) = verifier.load(tmp_path / "live").keys
    assert (key.name, key.aliases, key.tags, key.spec) == (
        "payments",
        ("alias/payments",),
        (("team", "pay"),),
        "SYMMETRIC_DEFAULT",
    )
    assert {name for name, _ in calls.made} >= {
        "kms:ListGrants",
        "kms:ListKeyPolicies",
        "organizations:DescribeOrganization",
    }


DENIED = {
    "kms:ListGrants": {"outside": "unknown", "writers": "unknown"},
    "kms:GetKeyPolicy": dict.fromkeys(AS_LIVE, "unknown"),
    "kms:ListKeyPolicies": dict.fromkeys(AS_LIVE, "unknown"),
    "kms:DescribeKey": dict.fromkeys(AS_LIVE, "unknown"),
    "kms:ListAliases": {},
    "iam:GetAccountAuthorizationDetails": {"reports": "refuted"},  # U1: free, so somebody may deny it
    "iam:ListOpenIDConnectProviders": {},
    "iam:ListSAMLProviders": {},
    "ec2:DescribeVpcEndpoints": {"reports": "unknown"},
    "organizations:DescribeOrganization": {"reports": "unknown", "writers": "unknown"},
}


@pytest.mark.parametrize("operation", DENIED)
def test_what_may_not_be_read_is_unknown(run: Run, live: Live, calls: Calls, tmp_path: Path, operation: str) -> None:
    calls.deny(operation)
    result = collect(run, tmp_path / "live", "--output", "json")
    assert result.code == 3
    report = json.loads(result.out)
    jsonschema.validate(report, verifier.schema("collection"))
    assert {(entry["operation"], entry["code"]) for entry in report["not_read"]} == {
        (operation, "AccessDeniedException")
    }
    assert verdicts(run, tmp_path / "live") == {**AS_LIVE, **DENIED[operation]}


@pytest.mark.parametrize("operation", DENIED)
def test_an_answer_that_is_none_is_not_an_empty_one(
    run: Run, live: Live, calls: Calls, tmp_path: Path, operation: str
) -> None:
    """Status 200 and `{}`: there may be a grant to an outsider all the same."""
    calls.answers[operation] = lambda parameters: {}
    result = collect(run, tmp_path / "live", "--output", "json")
    assert result.code == 3
    not_read = json.loads(result.out)["not_read"]
    assert {entry["operation"] for entry in not_read} == {operation} and all(
        "the answer has no " in entry["code"] for entry in not_read
    )
    assert verdicts(run, tmp_path / "live") == {**AS_LIVE, **DENIED[operation]}


def test_e2w_trust_policies_and_identity_providers_are_read(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    made = boto3.client("iam", REGION).create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ThumbprintList=["0" * 40], ClientIDList=["sts.amazonaws.com"]
    )
    assert collect(run, tmp_path / "live").code == 0
    (account,) = verifier.load(tmp_path / "live").accounts
    assert account.providers == (made["OpenIDConnectProviderArn"],)
    assert [role.trust is not None and role.trust.statements[0].effect.value for role in account.roles] == [
        "Allow",
        "Allow",
    ]


@pytest.mark.parametrize(
    "operation", ["iam:ListOpenIDConnectProviders", "iam:ListSAMLProviders", "iam:GetAccountAuthorizationDetails"]
)
def test_e2w_providers_that_may_not_be_listed_are_not_known(
    run: Run, live: Live, calls: Calls, tmp_path: Path, operation: str
) -> None:
    calls.deny(operation)
    assert collect(run, tmp_path / "live").code == 3
    estate = verifier.load(tmp_path / "live")
    assert [account.providers for account in estate.accounts] == ([] if operation.endswith("Details") else [None])
    calls.answers.clear()
    assert collect(run, tmp_path / "live").code == 0
    assert [account.providers for account in verifier.load(tmp_path / "live").accounts] == [()]


def test_a_later_run_tries_again_only_what_was_not_read(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    calls.deny("kms:ListGrants")
    first = collect(run, tmp_path / "live")
    assert first.code == 3
    assert "kms:ListGrants: AccessDeniedException" in first.out
    assert "\x1b" not in first.out and TOKEN not in first.out
    calls.answers.clear()
    calls.made.clear()
    assert collect(run, tmp_path / "live").code == 0
    assert sorted(name for name, _ in calls.made) == ["kms:ListGrants", "sts:GetCallerIdentity"]
    assert verifier.load(tmp_path / "live").unmodelled == ()


def test_an_interrupted_run_is_not_a_snapshot_and_goes_on_where_it_stopped(
    run: Run, live: Live, calls: Calls, tmp_path: Path
) -> None:
    keys = [live.key, *(make_key(f"more-{number}") for number in range(3))]
    third = [0]

    def interrupt(parameters: dict[str, Any]) -> None:
        third[0] += 1
        if third[0] == 3:
            raise KeyboardInterrupt

    calls.answers["kms:DescribeKey"] = interrupt
    stopped = collect(run, tmp_path / "live", "--concurrency", "1")
    assert stopped.code == 130 and "the same command goes on from here" in stopped.err
    refused = run("prove", str(tmp_path / "live"), "--builtin", "no-external-access")
    assert refused.code == 2
    assert "did not come to its end" in refused.err
    calls.answers.clear()
    before, calls.made[:] = list(calls.made), []
    assert collect(run, tmp_path / "live").code == 0
    assert len(verifier.load(tmp_path / "live").keys) == len(keys)
    described = [call for call in before if call[0] == "kms:DescribeKey"]
    done = [call for call in before if call[1] is not None and call != described[2]]
    assert len(done) > 5
    assert not set(done) & set(calls.made)
    assert not any(name in ("kms:ListKeys", "kms:ListAliases") for name, _ in calls.made)


def test_several_accounts_and_regions(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    role = f"arn:aws:iam::{OTHER}:role/audit"
    credentials = boto3.client("sts", REGION).assume_role(RoleArn=role, RoleSessionName="setup")["Credentials"]
    names = {
        "aws_access_key_id": "AccessKeyId",
        "aws_secret_access_key": "SecretAccessKey",
        "aws_session_token": "SessionToken",
    }
    session = boto3.Session(**{ours: credentials[theirs] for ours, theirs in names.items()})
    others = [make_key("payments", region, session.client("kms", region)) for region in (REGION, "eu-west-1")]
    calls.made.clear()
    sessions: list[str] = []
    calls.answers["sts:AssumeRole"] = lambda parameters: sessions.append(parameters["RoleSessionName"])
    result = collect(run, tmp_path / "live", "--region", "eu-west-1", "--assume-role", role)
    assert (result.code, result.err) == (0, "")
    assert set(sessions) == {"kms-verifier"}
    estate = verifier.load(tmp_path / "live")
    assert {key.arn for key in estate.keys} == {live.key, *others}
    assert {key.name for key in estate.keys} == {"payments", f"payments-{REGION}", "payments-eu-west-1"}
    assert {account.id for account in estate.accounts} == {ACCOUNT, OTHER}
    only = run(
        "snapshot",
        str(tmp_path / "only"),
        "--region",
        REGION,
        "--assume-role",
        role,
        "--only-assumed",
        "--output",
        "json",
    )
    assert json.loads(only.out)["accounts"] == [OTHER]


def test_an_organization_with_its_policies(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    organizations = boto3.client("organizations", REGION)
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    unit = organizations.create_organizational_unit(ParentId=root, Name="apps")["OrganizationalUnit"]["Id"]
    member = organizations.create_account(AccountName="apps", Email="apps@example.com")["CreateAccountStatus"][
        "AccountId"
    ]
    organizations.move_account(AccountId=member, SourceParentId=root, DestinationParentId=unit)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}]}
    policy = organizations.create_policy(
        Content=json.dumps(deny), Description="", Name="no decrypting", Type="SERVICE_CONTROL_POLICY"
    )
    organizations.attach_policy(PolicyId=policy["Policy"]["PolicySummary"]["Id"], TargetId=unit)
    assert collect(run, tmp_path / "live").code == 0
    organization = verifier.load(tmp_path / "live").organization
    assert organization is not None
    assert dict(organization.accounts)[member] == f"{organization.id}/{root}/{unit}/"
    (controls,) = [controls for controls in organization.controls if controls.account == member]
    assert [level.name for level in controls.service or ()] == [root, unit, member]
    assert "no decrypting" in {policy.name for level in controls.service or () for policy in level.policies}
    # A member account may not list the others: then what is over it is not known.
    calls.deny("organizations:ListAccounts")
    assert collect(run, tmp_path / "member").code == 3
    estate = verifier.load(tmp_path / "member")
    assert estate.organization is None
    assert {(thing.account, thing.owner) for thing in estate.unmodelled} == {(ACCOUNT, None), (None, ACCOUNT)}
    del calls.answers["organizations:ListAccounts"]
    calls.deny("organizations:ListPolicies")
    assert collect(run, tmp_path / "policies").code == 3
    assert {thing.label for thing in verifier.load(tmp_path / "policies").unmodelled} == {"D7"}


def test_nothing_secret_is_written(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    calls.deny("ec2:DescribeVpcEndpoints")
    result = collect(run, tmp_path / "live")
    written = [path.read_text(encoding="utf-8") for path in (tmp_path / "live").rglob("*") if path.is_file()]
    assert len(written) > 5
    for text in (*written, result.out, result.err):
        for secret in (SECRET, TOKEN, "AKIAIOSFODNN7EXAMPLE"):
            assert secret not in text


def test_a_policy_of_resource_sharing_is_read_too(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    shared = {"Policy": json.dumps(KEY_POLICY), "PolicyName": "AWS_RAM"}
    calls.answers["kms:ListKeyPolicies"] = lambda parameters: {
        "PolicyNames": ["default", "AWS_RAM"],
        "Truncated": False,
    }
    calls.answers["kms:GetKeyPolicy"] = lambda parameters: shared if parameters["PolicyName"] == "AWS_RAM" else None
    assert collect(run, tmp_path / "live").code == 0
    (key,) = verifier.load(tmp_path / "live").keys
    assert [policy.name for policy in key.policies or ()] == ["default", "AWS_RAM"]


def of_region(operation: str, region: str) -> Callable[[dict[str, Any]], Any]:
    """Refuses the calls of an operation in one of two Regions, which are asked in turn."""
    regions = iter(sorted((REGION, "eu-west-1")))

    def answer(parameters: dict[str, Any]) -> None:
        if next(regions) == region:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)

    return answer


TWO_REGIONS = ("--region", "eu-west-1", "--concurrency", "1")


@pytest.mark.parametrize("others", [False, True])
def test_s1_keys_that_may_not_be_listed_do_not_pass(
    run: Run, live: Live, calls: Calls, tmp_path: Path, others: bool
) -> None:
    """[KMS API: ListKeys] Of the keys of a Region that were not listed nothing is known, whatever others there are."""
    if others:
        calls.answers["kms:ListKeys"] = of_region("ListKeys", "eu-west-1")
    else:
        calls.deny("kms:ListKeys")
    folder = str(tmp_path / "live")
    assert collect(run, tmp_path / "live", *(TWO_REGIONS if others else ())).code == 3
    for question in (
        ("prove", "--builtin", "no-external-access", "--allow-empty"),
        ("findings",),
        ("who-can", "kms:Decrypt"),
        ("lint",),
        ("check-no-public-access",),
    ):
        result = run(*question, folder)
        assert (question, result.code) == (question, 3)
        assert "were not listed" in result.out


ON_SELECTED = f"""
account prod = {ACCOUNT}
invariant "it": no caller outside prod can kms:Decrypt on SELECTED
"""


@pytest.mark.parametrize(
    ("operation", "selected"),
    [
        ("ListResourceTags", 'keys with tag team = "pay"'),
        ("ListAliases", "alias/second"),
        ("ListAliases", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/second"),
    ],
)
def test_s1_a_key_that_may_be_chosen_is_not_passed_over(
    run: Run, live: Live, calls: Calls, tmp_path: Path, operation: str, selected: str
) -> None:
    """Its tags or aliases were refused, so whether an invariant is about it is not known; another key has them too."""
    make_key("second")
    other = make_key("second", "eu-west-1")
    lets_in = {
        "Version": "2012-10-17",
        "Statement": [
            *KEY_POLICY["Statement"],
            *statement("kms:Decrypt", Principal={"AWS": OTHER})["Statement"],
        ],
    }
    boto3.client("kms", "eu-west-1").put_key_policy(
        KeyId=other.rsplit("/", 1)[-1], PolicyName="default", Policy=json.dumps(lets_in)
    )
    invariants = tmp_path / "some.inv"
    invariants.write_text(ON_SELECTED.replace("SELECTED", selected), encoding="utf-8")

    def asked(folder: str) -> dict[str, str]:
        assert collect(run, tmp_path / folder, *TWO_REGIONS).code == (0 if folder == "all" else 3)
        out = run(
            "prove", str(tmp_path / folder), "--invariants", str(invariants), "--output", "json", "--no-cache"
        ).out
        return {verdict["target"]: verdict["status"] for verdict in json.loads(out)["verdicts"]}

    assert asked("all")[other] == "refuted"

    def refused(parameters: dict[str, Any]) -> None:
        if parameters.get("KeyId") == other:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)

    by_key = operation == "ListResourceTags"
    calls.answers[f"kms:{operation}"] = refused if by_key else of_region(operation, "eu-west-1")
    found = asked("some")
    assert found.pop(other) == "unknown" and set(found.values()) <= {"proved"}


def test_s1_a_policy_of_another_name_is_not_passed_over(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    """[KMS API: ListKeyPolicies] Only `default` is documented, and what else there is may allow or refuse."""
    calls.answers["kms:ListKeyPolicies"] = lambda parameters: {"PolicyNames": ["default", "another"]}
    result = collect(run, tmp_path / "live")
    assert (result.code, "a policy of another name" in result.out) == (3, True)
    assert verdicts(run, tmp_path / "live") == dict.fromkeys(AS_LIVE, "unknown")


def test_only_operations_that_read_are_called(run: Run, live: Live, calls: Calls, tmp_path: Path) -> None:
    from verifier.collect import ALLOWED

    boto3.client("organizations", REGION).create_organization(FeatureSet="ALL")
    calls.made.clear()
    assert collect(run, tmp_path / "live").code == 0
    called = {name for name, _ in calls.made}
    assert called <= {f"{service}:{operation}" for service, operations in ALLOWED.items() for operation in operations}
    assert len(called) > 12
