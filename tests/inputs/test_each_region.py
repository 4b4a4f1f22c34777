"""S4: where statements hang on a Region that nothing tells, a verdict without it holds in each Region: a proof with any
one that is given, and a refutation likewise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.session import get_session

from verifier.inputs import load_estate
from verifier.inputs.own_region import REGIONS
from verifier.inputs.supplied import Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.model.results.verdict import Status
from verifier.syntax.diagnostic import InputError
from verifier.verify.proving import prove

PARTNER = "444455556666"
GIVEN = ("us-east-1", "us-west-2", "eu-west-1", "ap-south-2")
REGION: dict[str, Any] = {"Ref": "AWS::Region"}
EAST = {"Fn::Equals": [REGION, "us-east-1"]}


def sub(text: str) -> dict[str, Any]:
    return {"Fn::Sub": text}


def statement(effect: str, principal: Any, **conditions: Any) -> dict[str, Any]:
    more = {"Condition": conditions} if conditions else {}
    return {"Effect": effect, "Principal": principal, "Action": "kms:Decrypt", "Resource": "*", **more}


ROOT = {
    "Effect": "Allow",
    "Principal": {"AWS": sub("arn:aws:iam::${AWS::AccountId}:root")},
    "Action": "kms:*",
    "Resource": "*",
}


def template(*statements: Any, **sections: Any) -> dict[str, Any]:
    properties = {"KeyPolicy": {"Version": "2012-10-17", "Statement": [ROOT, *statements]}}
    return {**sections, "Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": properties}}}


OUTSIDE = {"AWS": PARTNER}
BY_REGION = {
    "Mappings": {"M": {"us-east-1": {"A": PARTNER}, "eu-west-1": {"A": "777788889999"}}},
    "Conditions": {"East": EAST},
}
SOMEBODY = {"AWS": {"Fn::FindInMap": ["M", REGION, "A"]}}
VIA = {"kms:ViaService": "s3.us-east-1.amazonaws.com"}
CASES = {
    "a service of the own Region": template(
        statement("Allow", {"Service": sub("logs.${AWS::Region}.amazonaws.com")}), **BY_REGION
    ),
    "a partner by a table": template(statement("Allow", SOMEBODY), **BY_REGION),
    "nobody by a table": template(statement("Deny", SOMEBODY), **BY_REGION),
    "a partner, and a service by a condition": template(
        statement(
            "Allow",
            {"AWS": PARTNER, "Service": {"Fn::If": ["East", "logs.us-east-1.amazonaws.com", "s3.amazonaws.com"]}},
        ),
        Conditions={"East": EAST},
    ),
    "a service, and a partner by a condition": template(
        statement(
            "Allow", {"Service": "s3.amazonaws.com", "AWS": {"Fn::If": ["East", PARTNER, {"Ref": "AWS::AccountId"}]}}
        ),
        Conditions={"East": EAST},
    ),
    "a partner in one Region": template(
        statement("Allow", {"Fn::If": ["East", OUTSIDE, {"AWS": {"Ref": "AWS::AccountId"}}]}), Conditions={"East": EAST}
    ),
    "a partner through a service of one Region": template(
        statement("Allow", OUTSIDE, StringEquals=VIA), Conditions={"East": EAST}
    ),
    "a partner elsewhere": template(statement("Allow", OUTSIDE, StringNotEquals={"aws:RequestedRegion": "us-east-1"})),
    "a partner here": template(
        statement("Allow", OUTSIDE),
        statement("Deny", "*", StringNotEquals={"aws:RequestedRegion": [REGION, "eu-west-1"]}),
    ),
    "a Deny that undoes it": template(
        statement("Allow", OUTSIDE), statement("Deny", "*", StringNotEquals={"aws:RequestedRegion": "us-east-1"})
    ),
    "a Deny of a pattern that is not of one Region": template(
        statement("Allow", OUTSIDE), statement("Deny", "*", StringLike={"aws:RequestedRegion": "us-*"})
    ),
    "a Deny by a pattern of one": template(
        statement("Allow", OUTSIDE),
        statement("Deny", "*", StringNotLike={"kms:ViaService": "*.us-west-2.amazonaws.com"}),
    ),
    "a role whose name holds the Region": template(
        statement("Allow", {"AWS": sub(f"arn:aws:iam::{PARTNER}:role/deploy-${{AWS::Region}}")}),
        statement("Deny", {"AWS": f"arn:aws:iam::{PARTNER}:role/deploy-us-east-1"}),
        statement("Deny", {"AWS": f"arn:aws:iam::{PARTNER}:role/deploy-us-west-2"}),
    ),
    "a part of the Region": template(
        statement("Allow", {"Fn::If": ["Us", {"AWS": {"Ref": "AWS::AccountId"}}, OUTSIDE]}),
        Conditions={"Us": {"Fn::Equals": ["us", {"Fn::Select": [0, {"Fn::Split": ["-", REGION]}]}]}},
    ),
}
EXPECTED = {
    "a service of the own Region": Status.PROVED,
    "a partner by a table": Status.UNKNOWN,  # without an entry for each Region
    "nobody by a table": Status.PROVED,
    "a partner, and a service by a condition": Status.REFUTED,
    "a service, and a partner by a condition": Status.UNKNOWN,
    "a partner in one Region": Status.UNKNOWN,
    "a partner through a service of one Region": Status.UNKNOWN,
    "a partner elsewhere": Status.UNKNOWN,
    "a partner here": Status.REFUTED,
    "a Deny that undoes it": Status.UNKNOWN,
    "a Deny of a pattern that is not of one Region": None,
    "a Deny by a pattern of one": Status.UNKNOWN,
    "a role whose name holds the Region": Status.UNKNOWN,
    "a part of the Region": Status.UNKNOWN,
}


def status(path: Path, region: str | None) -> Status | None:
    """That of the built-in about outsiders; `None` where the Region is asked for, or is given and has no entry in a
    table."""
    try:
        estate = load_estate([path], supplied=Supplied(region=region))
    except InputError as error:
        assert region is not None or [found.rule for found in error.diagnostics] == ["S4"]
        return None
    (verdict,) = prove(estate, [builtin("no-external-access")]).verdicts
    return verdict.status


def test_a_folder_whose_resources_are_called_by_a_region(tmp_path: Path) -> None:
    """What they are called decides nothing; the service of a Region that nothing tells is not one of another file."""
    via = 'Condition = { StringEquals = { "kms:ViaService" = "ec2.${data.aws_region.current.name}.amazonaws.com" } }'
    allow = f'Effect = "Allow", Principal = {{ AWS = "{PARTNER}" }}, Action = "kms:Decrypt", Resource = "*"'
    text = f"""
        data "aws_region" "current" {{}}
        data "aws_caller_identity" "own" {{}}
        resource "aws_kms_key" "in-us-west-2" {{
          policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ {allow}, {via} }}, {{
            Effect = "Allow", Principal = {{ AWS = data.aws_caller_identity.own.account_id }}, Action = "kms:*", Resource = "*" }}] }})
        }}
    """  # noqa: E501
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    assert status(tmp_path, None) is status(tmp_path, "us-west-2") is Status.REFUTED


@pytest.mark.parametrize("name", CASES)
def test_a_verdict_without_the_region_holds_in_each(tmp_path: Path, name: str) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(CASES[name]), encoding="utf-8")
    found = status(path, None)
    assert found is EXPECTED[name]
    each = {region: status(path, region) for region in GIVEN}
    assert Status.UNKNOWN not in each.values()
    if found in (Status.PROVED, Status.REFUTED):
        assert {*each.values()} - {None} == {found}


def test_a_table_without_each_region_is_not_known_in_the_others(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    found = template(statement("Allow", SOMEBODY), Mappings={"M": {"eu-west-1": {"A": PARTNER}}})
    path.write_text(json.dumps(found), encoding="utf-8")
    assert status(path, None) is Status.UNKNOWN
    assert (status(path, "eu-west-1"), status(path, "us-west-2")) == (Status.REFUTED, None)
    found["Resources"]["Role"] = {
        "Type": "AWS::SNS::Topic",
        "Properties": {"DisplayName": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "A"]}},
    }
    found["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"].pop()
    path.write_text(json.dumps(found), encoding="utf-8")
    assert status(path, None) is Status.PROVED


def test_an_error_about_a_region_that_is_named_tells_where(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(
        "Conditions:\n  Here: !Equals\n    - !Ref AWS::Region\n    - us-east-1\n"
        + "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Condition: Here\n"
    )
    with pytest.raises(InputError) as caught:
        load_estate([path])
    assert [(found.span.line, found.span.column) for found in caught.value.diagnostics if found.span] == [(4, 7)]


def test_the_regions_are_those_of_aws() -> None:
    session = get_session()
    for partition, regions in REGIONS.items():
        known = {region for service in ("kms", "ec2") for region in session.get_available_regions(service, partition)}
        assert {region for region in known if "-fips" not in region and region.count("-") >= 2} <= {*regions}
