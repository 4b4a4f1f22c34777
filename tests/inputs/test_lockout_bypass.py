"""S4: whose a key is does not follow from the lockout safety check where the input puts the policy past it.

[conditions-kms: kms:BypassPolicyLockoutSafetyCheck]
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verifier.inputs import load_estate
from verifier.inputs.supplied import STAND_IN
from verifier.syntax.diagnostic import InputError

PARTNER = "444455556666"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"}, "Action": "kms:*", "Resource": "*"}
    ],
}


def template(bypass: Any) -> dict[str, Any]:
    properties = {"KeyPolicy": POLICY, **({} if bypass is None else {"BypassPolicyLockoutSafetyCheck": bypass})}
    parameters = {"Bypass": {"Type": "String"}}
    return {"Parameters": parameters, "Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": properties}}}


def loaded(folder: Path, document: dict[str, Any]) -> list[str]:
    path = folder / "template.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return [key.account for key in load_estate([path]).keys]


@pytest.mark.parametrize("bypass", [None, False, "false"])
def test_s4_the_check_tells_the_account(tmp_path: Path, bypass: Any) -> None:
    assert loaded(tmp_path, template(bypass)) == [PARTNER]


@pytest.mark.parametrize("bypass", [True, "true", {"Ref": "Bypass"}])
def test_s4_a_policy_that_is_put_past_the_check_does_not(tmp_path: Path, bypass: Any) -> None:
    with pytest.raises(InputError, match="which account"):
        loaded(tmp_path, template(bypass))


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
@pytest.mark.parametrize("bypass", [True, {"Fn::If": ["Here", True, False]}, {"Fn::If": ["Here", False, True]}, False])
def test_s4_nor_one_that_is_put_past_it_in_some_region(tmp_path: Path, bypass: Any, region: str) -> None:
    """The Region is not told, and the template names one."""
    document = {**template(bypass), "Conditions": {"Here": {"Fn::Equals": [{"Ref": "AWS::Region"}, region]}}}
    if bypass is False:
        assert loaded(tmp_path, document) == [PARTNER]
        return
    with pytest.raises(InputError, match="which account"):
        loaded(tmp_path, document)


@pytest.mark.parametrize("principal", [{"Service": "s3.amazonaws.com"}, "*"])
def test_s4_where_no_account_is_named_the_own_one_is_any(tmp_path: Path, principal: Any) -> None:
    """Nobody, or anybody, can call PutKeyPolicy. Once a statement names an account, that one may be the own one or
    not."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    named = {**statement, "Action": "kms:Decrypt", "Condition": {"StringEquals": {"aws:SourceAccount": PARTNER}}}
    document = template(None)
    document["Resources"]["K"]["Properties"]["KeyPolicy"] = {"Version": "2012-10-17", "Statement": [statement]}
    assert loaded(tmp_path, document) == [STAND_IN]
    document["Resources"]["K"]["Properties"]["KeyPolicy"]["Statement"].append(named)
    with pytest.raises(InputError, match="which account"):
        loaded(tmp_path, document)


def plan(bypass: Any) -> dict[str, Any]:
    key = {
        "address": "aws_kms_key.k",
        "mode": "managed",
        "type": "aws_kms_key",
        "name": "k",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "values": {"policy": json.dumps(POLICY), "bypass_policy_lockout_safety_check": bypass, "region": "us-east-1"},
    }
    change = {**{name: key[name] for name in ("address", "mode", "type", "name", "provider_name")}, "change": {}}
    change["change"] = {"actions": ["create"], "before": None, "after": key["values"], "after_unknown": {"arn": True}}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [key]}},
        "resource_changes": [change],
        "configuration": {"root_module": {}},
    }


@pytest.mark.parametrize("bypass", [False, None])
def test_s4_in_a_plan(tmp_path: Path, bypass: Any) -> None:
    assert loaded(tmp_path, plan(bypass)) == [PARTNER]


def test_s4_in_a_plan_that_puts_a_policy_past_the_check(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="which account"):
        loaded(tmp_path, plan(True))
