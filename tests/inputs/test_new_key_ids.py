"""Keys that are not made yet: AWS chooses their IDs, and whether one is multi-Region may not be told (L6, L9, U3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import verifier
from verifier.model.results.verdict import Status

ACCOUNT = "111122223333"
ROOT, APP = f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/app"
ADMIN = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
BY_IDENTITY = [ADMIN]


def asked(
    folder: Path, own: list[dict[str, Any]], key_policy: list[dict[str, Any]], kind: str = "Key", **key: Any
) -> Status:
    """Whether role/app cannot decrypt with the key of a template."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {
        "RoleName": "app",
        "AssumeRolePolicyDocument": {"Statement": [trust]},
        "Policies": [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": own}}],
    }
    resources = {
        "K": {
            "Type": f"AWS::KMS::{kind}",
            "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": key_policy}, **key},
        },
        "R": {"Type": "AWS::IAM::Role", "Properties": role},
    }
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"Many": {"Type": "String"}},
        "Resources": resources,
    }
    (folder / "t.yaml").write_text(yaml.safe_dump(template), encoding="utf-8")
    (folder / "a.inv").write_text(f'invariant "i": no "{APP}" can kms:Decrypt', encoding="utf-8")
    estate = verifier.load(folder / "t.yaml", account=ACCOUNT, region="us-west-2")
    (verdict,) = verifier.prove(estate, verifier.invariants(folder / "a.inv")).verdicts
    return verdict.status


def use(effect: str, resource: str) -> dict[str, Any]:
    return {"Effect": effect, "Action": "kms:Decrypt", "Resource": resource}


PREFIX = "arn:aws:kms:us-west-2:111122223333:"


@pytest.mark.parametrize(
    "pattern, allowed, denied",
    [
        (f"{PREFIX}key/*", Status.REFUTED, Status.PROVED),
        ("arn:aws:kms:*:*:*", Status.REFUTED, Status.PROVED),
        (f"{PREFIX}key/0*", Status.UNKNOWN, Status.UNKNOWN),
        (f"{PREFIX}key/????????-????-4000-8000-*", Status.UNKNOWN, Status.UNKNOWN),
        (f"{PREFIX}key/1234*", Status.UNKNOWN, Status.UNKNOWN),
        (f"{PREFIX}k*0", Status.UNKNOWN, Status.UNKNOWN),
        (f"{PREFIX}key/????????????????????????????????????", Status.REFUTED, Status.PROVED),
        (f"{PREFIX}key/mrk-*", Status.UNKNOWN, Status.UNKNOWN),
        (f"{PREFIX}alias/0*", Status.PROVED, Status.REFUTED),
        ("arn:aws:kms:eu-west-1:*:key/0*", Status.PROVED, Status.REFUTED),
        (f"{PREFIX}key/00000000-1111-4000-8000-000000000000", Status.PROVED, Status.REFUTED),
    ],
)  # fmt: skip
def test_l6_a_pattern_of_the_id_of_a_key_that_is_not_made_decides_nothing(
    tmp_path: Path, pattern: str, allowed: Status, denied: Status
) -> None:
    assert asked(tmp_path, [use("Allow", pattern)], BY_IDENTITY) is allowed
    assert asked(tmp_path, [use("Allow", "*"), use("Deny", pattern)], BY_IDENTITY) is denied


@pytest.mark.parametrize(
    "multi_region, expected",
    [
        ({}, Status.PROVED),
        ({"MultiRegion": False}, Status.PROVED),
        ({"MultiRegion": True}, Status.REFUTED),
        ({"MultiRegion": {"Ref": "Many"}}, Status.REFUTED),
    ],
)
def test_l9_whether_a_key_is_multi_region_may_not_be_told(
    tmp_path: Path, multi_region: dict[str, Any], expected: Status
) -> None:
    its = {"Effect": "Allow", "Principal": {"AWS": APP}, "Action": "kms:Decrypt", "Resource": "*"}
    policy = [{**ADMIN, "Action": "kms:Put*"}, {**its, "Condition": {"Bool": {"kms:MultiRegion": "true"}}}]
    assert asked(tmp_path, [use("Allow", "arn:aws:s3:::other")], policy, **multi_region) is expected


@pytest.mark.parametrize(
    "pattern, allowed, denied",
    [
        (f"{PREFIX}key/mrk-*", Status.REFUTED, Status.PROVED),
        (f"{PREFIX}key/mrk-1234abcd12ab34cd56ef1234567890ab", Status.UNKNOWN, Status.UNKNOWN),
        (f"{PREFIX}key/mrk-1234*", Status.UNKNOWN, Status.UNKNOWN),
        (f"{PREFIX}key/00000000-1111-4000-8000-000000000000", Status.PROVED, Status.REFUTED),
        ("arn:aws:kms:eu-west-1:*:key/mrk-1234*", Status.PROVED, Status.REFUTED),
    ],
)
def test_l9_a_replica_of_a_key_that_is_not_known_has_the_id_of_any_multi_region_key(
    tmp_path: Path, pattern: str, allowed: Status, denied: Status
) -> None:
    """AWS KMS Developer Guide, multi-region-keys-overview: related multi-Region keys have one key ID, and it begins
    with `mrk-`."""
    primary = {"PrimaryKeyArn": {"Ref": "Many"}}
    assert asked(tmp_path, [use("Allow", pattern)], BY_IDENTITY, "ReplicaKey", **primary) is allowed
    assert asked(tmp_path, [use("Allow", "*"), use("Deny", pattern)], BY_IDENTITY, "ReplicaKey", **primary) is denied
