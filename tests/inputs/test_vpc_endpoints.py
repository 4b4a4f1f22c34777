"""The VPC endpoints of a snapshot (V)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, assert_only, errors, key, load, place
from verifier.model.estate import Estate
from verifier.model.policy import PolicyKind, PrincipalType
from verifier.model.unmodelled import Influence

FULL_ACCESS = {"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}


def endpoint(**members: Any) -> dict[str, Any]:
    """An entry of describe-vpc-endpoints."""
    usual = {
        "VpcEndpointId": "vpce-1",
        "ServiceName": "com.amazonaws.us-west-2.kms",
        "PolicyDocument": json.dumps(FULL_ACCESS),
    }
    return usual | members


def estate(folder: Path, *endpoints: Any) -> Estate:
    return load(folder, {"keys": [key()], "vpc_endpoints": {"VpcEndpoints": list(endpoints)}})


def test_v_an_endpoint_as_ec2_describes_it(tmp_path: Path) -> None:
    (found,) = (
        estate(
            tmp_path, endpoint(VpcId="vpc-0abc", OwnerId=ACCOUNT, State="available", VpcEndpointType="Interface")
        ).endpoints
        or ()
    )
    assert (found.id, found.region, found.vpc, found.account) == ("vpce-1", "us-west-2", "vpc-0abc", ACCOUNT)
    assert found.policy is not None
    assert (found.policy.kind, found.policy.identity, found.policy.name) == (
        PolicyKind.ENDPOINT,
        "vpce-1#policy",
        "policy of vpce-1",
    )
    assert [principal.type for principal in found.policy.statements[0].principals or ()] == [PrincipalType.ANYONE]
    assert found.span.line > 1 and found.policy.statements[0].span.line > found.span.line


def test_v_not_given_is_not_none_given(tmp_path: Path) -> None:
    assert load(tmp_path, {"keys": [key()]}).endpoints is None
    assert estate(tmp_path).endpoints == ()
    assert load(tmp_path, {"keys": [key()], "vpc_endpoints": []}).endpoints == ()


@pytest.mark.parametrize(
    ("service", "region"),
    [
        ("com.amazonaws.eu-central-1.kms", "eu-central-1"),
        ("com.amazonaws.us-gov-west-1.kms-fips", "us-gov-west-1"),
        ("cn.com.amazonaws.cn-north-1.kms", "cn-north-1"),
        ("com.amazonaws.us-west-2.s3", None),
        ("com.amazonaws.us-west-2.kmsx", None),
        ("com.amazonaws.vpce.us-west-2.vpce-svc-0123456789abcdef0", None),
    ],
)
def test_v_endpoints_of_kms_only(tmp_path: Path, service: str, region: str | None) -> None:
    found = estate(
        tmp_path, endpoint(ServiceName=service, PolicyDocument=json.dumps(FULL_ACCESS) if region else "not JSON")
    ).endpoints
    assert [each.region for each in found or ()] == ([region] if region else [])


def test_v_endpoints_without_a_service_are_left_out(tmp_path: Path) -> None:
    network = {
        "VpcEndpointId": "vpce-2",
        "ServiceNetworkArn": "arn:aws:vpc-lattice:us-west-2:111122223333:servicenetwork/sn-1",
    }
    assert estate(tmp_path, network).endpoints == ()


@pytest.mark.parametrize("document", [FULL_ACCESS, json.dumps(FULL_ACCESS)])
def test_v_forms_of_the_document(tmp_path: Path, document: Any) -> None:
    found = estate(tmp_path, endpoint(PolicyDocument=document))
    assert found.endpoints is not None and found.endpoints[0].policy is not None
    assert found.unmodelled == ()


@pytest.mark.parametrize("members", [{"PolicyDocument": None}, "left out"])
def test_v_a_policy_that_is_missing_may_refuse_what_comes_through_its_endpoint(tmp_path: Path, members: Any) -> None:
    given = endpoint(PolicyDocument=None)
    if members == "left out":
        del given["PolicyDocument"]
    found = estate(tmp_path, given, endpoint(VpcEndpointId="vpce-2"))
    assert [each.policy is None for each in found.endpoints or ()] == [True, False]
    (thing,) = found.unmodelled
    assert (thing.name, thing.label, thing.influence) == ("policy of VPC endpoint vpce-1", "V", Influence.MAY_REFUSE)
    assert (thing.endpoint, thing.key, thing.account, thing.principal) == ("vpce-1", None, None, None)
    assert thing.span.line > 1


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"VpcEndpointId": None}, "the VPC endpoint has no `VpcEndpointId`"),
        ({"VpcEndpointId": "x"}, "`x` is not the ID of a VPC endpoint"),
        ({"VpcId": "x"}, "`x` is not the ID of a VPC"),
        ({"OwnerId": "x"}, "`x` is not an account of twelve digits"),
        ({"ServiceName": None}, "the VPC endpoint has no `ServiceName`"),
        ({"ServiceName": []}, "`ServiceName` must be a string, found a list"),
        ({"ServiceRegion": "eu-west-1"}, "`ServiceRegion` is eu-west-1, but"),
        ({"PolicyDocument": "not JSON"}, "expected"),
        (
            {"PolicyDocument": json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})},
            "no `Principal`",
        ),
    ],
)
def test_v_what_is_wrong_is_an_error_at_its_place(tmp_path: Path, members: Any, says: str) -> None:
    found = errors(tmp_path, {"keys": [key()], "vpc_endpoints": {"VpcEndpoints": [endpoint(**members)]}})
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(place(error) > (1, 1) for error in found)


def test_v_endpoints_are_given_once_and_whole(tmp_path: Path) -> None:
    assert_only(
        errors(tmp_path, {"keys": [key()], "vpc_endpoints": [endpoint(), endpoint()]}), "duplicate VPC endpoint vpce-1"
    )
    assert_only(
        errors(tmp_path, {"keys": [key()], "vpc_endpoints": {"VpcEndpoints": [], "NextToken": "x"}}), "truncated"
    )
