"""The organization and the VPC endpoints of a snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, KEY, errors, key, load, metadata, only, place
from verifier.model.estate import Estate, Influence

MANAGEMENT = "999988887777"
PARTNER = "444455556666"
ORGANIZATION = "o-a1b2c3d4e5"
PATH = f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"
DESCRIBED: dict[str, Any] = {"Organization": {"Id": ORGANIZATION, "MasterAccountId": MANAGEMENT, "FeatureSet": "ALL"}}
FULL_ACCESS = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}


def organization(*accounts: str, **parts: Any) -> dict[str, Any]:
    listed = [{"Id": account, "Status": "ACTIVE"} for account in accounts or (MANAGEMENT, ACCOUNT, PARTNER)]
    return {"describe_organization": DESCRIBED, "accounts": {"Accounts": listed}} | parts


def control(type_: str = "SERVICE_CONTROL_POLICY", identifier: str = "p-deny", **parts: Any) -> dict[str, Any]:
    summary = {"Id": identifier, "Name": "DenyAll", "Type": type_}
    return {"policy": {"Policy": {"PolicySummary": summary, "Content": "{}"}}} | parts


def read(folder: Path, described: Any, **parts: Any) -> Estate:
    return load(folder, {"keys": [key(name="payments")], "organization": described} | parts)


def refused(folder: Path, described: Any) -> Any:
    return errors(folder, {"keys": [key()], "organization": described})


def test_f2_members_and_paths(tmp_path: Path) -> None:
    found = read(tmp_path, organization(paths={ACCOUNT: PATH, MANAGEMENT: f"{ORGANIZATION}/r-ab12"})).organization
    assert found is not None
    assert (found.id, found.management_account) == (ORGANIZATION, MANAGEMENT)
    assert found.accounts == ((MANAGEMENT, f"{ORGANIZATION}/r-ab12/"), (ACCOUNT, PATH), (PARTNER, None))


def test_f2_list_accounts_may_give_the_paths(tmp_path: Path) -> None:
    listed = [{"Id": MANAGEMENT}, {"Id": ACCOUNT, "Paths": [PATH]}]
    found = read(tmp_path, {"describe_organization": DESCRIBED["Organization"], "accounts": listed}).organization
    assert found is not None
    assert dict(found.accounts) == {MANAGEMENT: None, ACCOUNT: PATH}


@pytest.mark.parametrize(
    ("described", "says"),
    [
        ({"describe_organization": DESCRIBED}, "the organization has no `accounts`"),
        ({"accounts": []}, "the organization has no `describe_organization`"),
        (organization(ACCOUNT), f"the management account {MANAGEMENT} is not among the accounts"),
        (organization(MANAGEMENT, ACCOUNT, ACCOUNT), f"duplicate account {ACCOUNT}"),
        (organization(MANAGEMENT, "1"), "`1` is not an account of twelve digits"),
        (organization(accounts={"Accounts": [{"Id": MANAGEMENT}], "NextToken": "x"}), "truncated"),
        (
            organization(describe_organization={"Organization": {"Id": "acme", "MasterAccountId": MANAGEMENT}}),
            "`acme` is not an organization ID",
        ),
        (organization(describe_organization={"Organization": {"Id": ORGANIZATION}}), "`MasterAccountId` is missing"),
        (organization(paths={ACCOUNT: "r-ab12"}), "expected an organization path"),
        (organization(paths={ACCOUNT: "o-9999999999/r-ab12/"}), "is not in the organization"),
        (organization(paths={"123456789012": PATH}), "which is not among the accounts"),
        (organization(polices=[]), "unknown member `polices`"),
        (organization(policies=[{}]), "has no `policy`"),
        (organization(policies=[{"policy": {"Policy": {"PolicySummary": {}}}}]), "the policy has no `Type`"),
        (organization(policies=[control(targets={"Targets": [], "NextToken": "x"})]), "truncated"),
    ],
)
def test_f2_an_organization_that_is_not_whole_is_an_error(tmp_path: Path, described: Any, says: str) -> None:
    found = refused(tmp_path, described)
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(place(error) > (1, 1) for error in found)


def test_d7_service_control_policies_may_refuse_to_callers_of_members(tmp_path: Path) -> None:
    things = read(tmp_path, organization(policies=[control(targets={"Targets": [{"TargetId": "r-ab12", "Type": "ROOT"}]})])).unmodelled
    assert [(thing.label, thing.influence, thing.account, thing.key) for thing in things] == [
        ("D7", Influence.MAY_REFUSE, ACCOUNT, None),
        ("D7", Influence.MAY_REFUSE, PARTNER, None),
    ]
    assert things[0].name == f"service control policies of {ACCOUNT}"
    assert "DenyAll" in things[0].description


def test_d7_a_policy_without_targets_may_govern_every_member(tmp_path: Path) -> None:
    assert len(read(tmp_path, organization(policies=[control()])).unmodelled) == 2


def test_d7_an_attachment_to_an_account_governs_that_account(tmp_path: Path) -> None:
    policies = [control(targets={"Targets": [{"TargetId": PARTNER}]}), control(targets=[{"TargetId": PARTNER}, {"TargetId": MANAGEMENT}])]
    assert [thing.account for thing in read(tmp_path, organization(policies=policies)).unmodelled] == [PARTNER]


def test_d7_resource_control_policies_may_refuse_on_keys_of_members(tmp_path: Path) -> None:
    policies = organization(policies=[control("RESOURCE_CONTROL_POLICY")])
    (thing,) = read(tmp_path, policies).unmodelled
    assert (thing.name, thing.key, thing.account) == ("resource control policies for payments", KEY, None)
    assert read(tmp_path, policies, keys=[key(metadata=metadata(KeyManager="AWS"))]).unmodelled == ()
    managed_by_management = {"arn": KEY.replace(ACCOUNT, MANAGEMENT), "policy": "default"}
    assert read(tmp_path, policies, keys=[managed_by_management]).unmodelled == ()


def test_d7_policies_that_refuse_nothing_are_left_out(tmp_path: Path) -> None:
    policies = [
        control(identifier="p-FullAWSAccess"),
        control("RESOURCE_CONTROL_POLICY", "p-RCPFullAWSAccess"),
        control("TAG_POLICY"),
        control(targets={"Targets": []}),
    ]
    assert read(tmp_path, organization(policies=policies)).unmodelled == ()


def test_one_organization(tmp_path: Path) -> None:
    from verifier.inputs import load_estate
    from verifier.syntax.diagnostic import InputError

    paths = []
    for name in ("a.json", "b.json"):
        paths.append(tmp_path / name)
        paths[-1].write_text(json.dumps({"organization": organization()}))
    with pytest.raises(InputError, match="a second organization"):
        load_estate(paths)


def endpoint(**parts: Any) -> dict[str, Any]:
    return {"VpcEndpointId": "vpce-1", "ServiceName": "com.amazonaws.us-west-2.kms", "PolicyDocument": "{}"} | parts


def test_d2_policies_of_kms_endpoints_may_refuse(tmp_path: Path) -> None:
    listed = {"VpcEndpoints": [endpoint(), endpoint(VpcEndpointId="vpce-2", ServiceName="cn.com.amazonaws.cn-north-1.kms-fips")]}
    things = load(tmp_path, {"keys": [key()], "vpc_endpoints": listed}).unmodelled
    assert [(thing.name, thing.label, thing.influence) for thing in things] == [
        ("policy of VPC endpoint vpce-1", "D2", Influence.MAY_REFUSE),
        ("policy of VPC endpoint vpce-2", "D2", Influence.MAY_REFUSE),
    ]


@pytest.mark.parametrize(
    ("given", "count"),
    [
        (endpoint(ServiceName="com.amazonaws.us-west-2.s3"), 0),
        (endpoint(PolicyDocument=json.dumps(FULL_ACCESS)), 0),
        (endpoint(PolicyDocument=FULL_ACCESS), 0),
        (endpoint(PolicyDocument=json.dumps({"Statement": [FULL_ACCESS["Statement"][0] | {"Condition": {}}]})), 1),
        (endpoint(PolicyDocument="not JSON"), 1),
        ({"VpcEndpointId": "vpce-1"}, 1),
    ],
)
def test_d2_endpoints_that_refuse_nothing_are_left_out(tmp_path: Path, given: Any, count: int) -> None:
    assert len(load(tmp_path, {"keys": [key()], "vpc_endpoints": {"VpcEndpoints": [given]}}).unmodelled) == count


def test_pages_of_endpoints_must_be_whole(tmp_path: Path) -> None:
    only(errors(tmp_path, {"keys": [key()], "vpc_endpoints": {"VpcEndpoints": [], "NextToken": "x"}}), "truncated")
