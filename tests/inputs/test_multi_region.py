"""Related multi-Region keys in one snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import ACCOUNT, KEY, MULTI_REGION_KEY, POLICY, assert_only, errors, key, load, metadata, place
from verifier.model.reference import KeyFacts, key_facts

PRIMARY = MULTI_REGION_KEY
REPLICA = PRIMARY.replace("us-west-2", "eu-west-1")
THIRD = PRIMARY.replace("us-west-2", "ap-south-1")


def member(arn: str) -> dict[str, str]:
    return {"Arn": arn, "Region": arn.split(":")[3]}


def described(
    arn: str, kind: str, primary: str = PRIMARY, replicas: tuple[str, ...] = (REPLICA,), **facts: Any
) -> dict[str, Any]:
    """A key of a snapshot, as describe-key tells of it."""
    configuration = {
        "MultiRegionKeyType": kind,
        "PrimaryKey": member(primary),
        "ReplicaKeys": [member(replica) for replica in replicas],
    }
    return key(metadata=metadata(arn, MultiRegion=True, MultiRegionConfiguration=configuration, **facts))


def test_l9_related_keys_are_keys_of_their_own(tmp_path: Path) -> None:
    other = POLICY | {"Id": "replica"}
    keys = [described(PRIMARY, "PRIMARY"), described(REPLICA, "REPLICA") | {"policy": other}]
    found = load(tmp_path, {"keys": keys}).keys
    assert [(each.region, each.multi_region, each.multi_region_type) for each in found] == [
        ("us-west-2", True, "PRIMARY"),
        ("eu-west-1", True, "REPLICA"),
    ]
    assert [policy.identity for each in found for policy in each.policies or ()] == [
        f"{PRIMARY}#default",
        f"{REPLICA}#default",
    ]


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (
            [described(PRIMARY, "PRIMARY"), described(REPLICA, "PRIMARY", REPLICA, (PRIMARY,))],
            "one primary key, here are several",
        ),
        ([described(PRIMARY, "PRIMARY"), described(REPLICA, "REPLICA", THIRD)], "one primary key, here are several"),
        ([described(REPLICA, "REPLICA"), described(THIRD, "REPLICA", REPLICA, (THIRD,))], "one primary key"),
        (
            [described(PRIMARY, "PRIMARY", KeySpec="RSA_2048"), described(REPLICA, "REPLICA", KeySpec="RSA_4096")],
            "share their `KeySpec`",
        ),
        (
            [
                described(PRIMARY, "PRIMARY", KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"),
                described(REPLICA, "REPLICA", KeyUsage="ENCRYPT_DECRYPT"),
            ],
            "share their `KeyUsage`",
        ),
        (
            [described(PRIMARY, "PRIMARY", Origin="EXTERNAL"), described(REPLICA, "REPLICA", Origin="AWS_KMS")],
            "share their `Origin`",
        ),
        ([described(PRIMARY, "REPLICA")], "is said to be the replica key, but the primary key is"),
        ([described(REPLICA, "PRIMARY")], "is said to be the primary key, but the primary key is"),
        ([described(PRIMARY, "PRIMARY", replicas=(PRIMARY,))], "is said to be the primary key and a replica"),
        ([described(PRIMARY, "PRIMARY", replicas=(REPLICA[:-1],))], "is no related key of"),
        ([described(PRIMARY, "PRIMARY", replicas=(REPLICA.replace(ACCOUNT, "444455556666"),))], "is no related key of"),
        ([described(PRIMARY, "PRIMARY", replicas=(f"x{REPLICA}",))], "is no related key of"),
    ],
)
def test_l9_related_keys_that_contradict_each_other_are_errors(tmp_path: Path, keys: Any, says: str) -> None:
    found = errors(tmp_path, {"keys": keys})
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(place(error) > (1, 1) for error in found)


def test_l9_two_primary_keys_are_an_error_without_their_arns_too(tmp_path: Path) -> None:
    keys = [
        key(metadata=metadata(arn, MultiRegionConfiguration={"MultiRegionKeyType": "PRIMARY"}))
        for arn in (PRIMARY, REPLICA)
    ]
    assert_only(errors(tmp_path, {"keys": keys}), "one primary key, here are several")


def test_l9_a_region_that_contradicts_the_arn_is_an_error(tmp_path: Path) -> None:
    configuration = {"MultiRegionKeyType": "PRIMARY", "PrimaryKey": member(PRIMARY) | {"Region": "eu-west-1"}}
    assert_only(
        errors(tmp_path, {"keys": [key(metadata=metadata(PRIMARY, MultiRegionConfiguration=configuration))]}),
        "`Region` is eu-west-1",
    )
    configuration = {"MultiRegionKeyType": "PRIMARY", "PrimaryKey": [], "ReplicaKeys": {}}
    assert (
        len(errors(tmp_path, {"keys": [key(metadata=metadata(PRIMARY, MultiRegionConfiguration=configuration))]})) == 2
    )


def test_r4_aliases_of_related_keys_are_of_their_regions(tmp_path: Path) -> None:
    key_id = PRIMARY.rsplit("/", 1)[1]
    aliases = [
        {
            "AliasName": f"alias/{arn.split(':')[3]}",
            "AliasArn": f"{arn.split(':key/')[0]}:alias/x",
            "TargetKeyId": key_id,
        }
        for arn in (PRIMARY, REPLICA)
    ]
    keys = [key(metadata=metadata(arn), aliases={"Aliases": aliases}) for arn in (PRIMARY, REPLICA)]
    assert [found.aliases for found in load(tmp_path, {"keys": keys}).keys] == [
        ("alias/us-west-2",),
        ("alias/eu-west-1",),
    ]


@pytest.mark.parametrize(
    "facts", key_facts("aws"), ids=lambda facts: f"{facts.spec}-{facts.usage}-{facts.origin}-{facts.multi_region_type}"
)
def test_u3_every_kind_of_key_is_read(tmp_path: Path, facts: KeyFacts) -> None:
    arn = PRIMARY if facts.multi_region_type else KEY
    told: dict[str, Any] = {
        "KeySpec": facts.spec,
        "CustomerMasterKeySpec": facts.spec,
        "KeyUsage": facts.usage,
        "Origin": facts.origin,
    }
    if facts.multi_region_type:
        primary = PRIMARY if facts.multi_region_type == "PRIMARY" else REPLICA
        told["MultiRegionConfiguration"] = {
            "MultiRegionKeyType": facts.multi_region_type,
            "PrimaryKey": member(primary),
        }
    by_origin: dict[str, dict[str, Any]] = {
        "EXTERNAL": {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": "2027-01-01"},
        "AWS_CLOUDHSM": {"CustomKeyStoreId": "cks-1", "CloudHsmClusterId": "cluster-1"},
        "EXTERNAL_KEY_STORE": {"CustomKeyStoreId": "cks-1", "XksKeyConfiguration": {"Id": "x"}},
    }
    told |= by_origin.get(facts.origin, {})
    (found,) = load(
        tmp_path, {"keys": [key(metadata=metadata(arn, MultiRegion=facts.multi_region_type is not None, **told))]}
    ).keys
    assert (found.spec, found.usage, found.origin, found.multi_region_type) == (
        facts.spec, facts.usage, facts.origin, facts.multi_region_type,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ("AWS_KMS", "CustomKeyStoreId"), ("EXTERNAL", "CustomKeyStoreId"), ("EXTERNAL_KEY_STORE", "CloudHsmClusterId"),
        ("AWS_CLOUDHSM", "XksKeyConfiguration"), ("AWS_KMS", "ExpirationModel"), ("AWS_KMS", "ValidTo"),
    ],
)  # fmt: skip
def test_u3_members_that_do_not_go_with_the_origin(tmp_path: Path, origin: str, name: str) -> None:
    assert_only(
        errors(tmp_path, {"keys": [key(metadata=metadata(Origin=origin, **{name: "x"}))]}),
        f"`{name}` does not go with `Origin` {origin}",
    )


@pytest.mark.parametrize(
    ("partition", "region"), [("aws", "us-west-2"), ("aws-cn", "cn-northwest-1"), ("aws-us-gov", "us-gov-east-1")]
)
def test_r7_every_partition(tmp_path: Path, partition: str, region: str) -> None:
    arn = KEY.replace("arn:aws:", f"arn:{partition}:").replace("us-west-2", region)
    grants = [
        {
            "GrantId": "1",
            "KeyId": arn,
            "GranteePrincipal": f"arn:{partition}:iam::{ACCOUNT}:role/app",
            "Operations": ["Decrypt"],
        }
    ]
    (found,) = load(tmp_path, {"keys": [key(metadata=metadata(arn), grants=grants)]}).keys
    assert (found.partition, found.region, (found.grants or ())[0].grantee.partition) == (partition, region, partition)
