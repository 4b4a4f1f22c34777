"""Keys of a snapshot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.samples import (
    ACCOUNT,
    KEY,
    KEY_ID,
    MULTI_REGION_KEY,
    POLICY,
    assert_only,
    errors,
    grant,
    key,
    load,
    metadata,
    place,
)
from verifier.inputs import load_estate
from verifier.model.estate import Key
from verifier.model.policy import PrincipalType
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import NOWHERE

OTHER = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/99999999-12ab-34cd-56ef-1234567890ab"


def read(folder: Path, **parts: Any) -> Key:
    """The one key of a snapshot with these parts."""
    (found,) = load(folder, {"keys": [key(**parts)]}).keys
    return found


def test_describe_key_tells_the_facts(tmp_path: Path) -> None:
    facts: dict[str, Any] = {
        "KeySpec": "SYMMETRIC_DEFAULT", "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER", "KeyState": "PendingDeletion", "MultiRegion": False, "Enabled": False,
        "Description": "x",
    }  # fmt: skip
    for described in (metadata(**facts), metadata(**facts)["KeyMetadata"]):
        found = read(tmp_path, metadata=described)
        assert (found.arn, found.spec, found.usage, found.origin) == (
            KEY,
            "SYMMETRIC_DEFAULT",
            "ENCRYPT_DECRYPT",
            "AWS_KMS",
        )
        assert (found.manager, found.state, found.multi_region, found.multi_region_type) == (
            "CUSTOMER",
            "PendingDeletion",
            False,
            None,
        )


def test_u3_what_is_not_given_is_none(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert (found.spec, found.usage, found.origin, found.state, found.aliases, found.tags) == (None,) * 6


def test_d8_aws_managed_keys(tmp_path: Path) -> None:
    assert read(tmp_path, metadata=metadata(KeyManager="AWS")).manager == "AWS"


def test_multi_region_keys(tmp_path: Path) -> None:
    configuration = {"MultiRegionKeyType": "REPLICA", "PrimaryKey": {}, "ReplicaKeys": []}
    found = read(
        tmp_path, metadata=metadata(MULTI_REGION_KEY, MultiRegion=True, MultiRegionConfiguration=configuration)
    )
    assert (found.multi_region, found.multi_region_type) == (True, "REPLICA")


@pytest.mark.parametrize(
    ("described", "says"),
    [
        (metadata(AWSAccountId="444455556666"), "`AWSAccountId` is 444455556666, but the key's ARN says 111122223333"),
        (metadata(KeyId="99999999-12ab-34cd-56ef-1234567890ab"), "`KeyId` is 9999"),
        (metadata(KeySpec="AES_1024"), "unknown `KeySpec` `AES_1024`"),
        (metadata(KeyUsage="SIGN"), "unknown `KeyUsage`"),
        (metadata(Origin="MOON"), "unknown `Origin`"),
        (metadata(KeyManager="BOB"), "unknown `KeyManager`"),
        (metadata(KeySpec="RSA_2048", CustomerMasterKeySpec="RSA_3072"),
            "`CustomerMasterKeySpec` is RSA_3072, but `KeySpec` is RSA_2048"),
        (metadata(KeySpec="HMAC_256", KeyUsage="SIGN_VERIFY"),
            "no KMS key has these facts together: HMAC_256, SIGN_VERIFY"),
        (metadata(MULTI_REGION_KEY, Origin="AWS_CLOUDHSM"), "no KMS key has these facts together"),
        (metadata(MultiRegion=True),
            "`MultiRegion` is true, but the key ID 1234abcd-12ab-34cd-56ef-1234567890ab is not that"),
        (metadata(MULTI_REGION_KEY, MultiRegion=False), "`MultiRegion` is false, but the key ID mrk-"),
        (metadata(MultiRegionConfiguration={"MultiRegionKeyType": "PRIMARY"}), "belongs to multi-Region keys only"),
        (metadata(MULTI_REGION_KEY, MultiRegionConfiguration={"MultiRegionKeyType": "THIRD"}),
            "unknown `MultiRegionKeyType`"),
        (metadata("arn:aws:kms:us-west-2:1:key/x"), "is not the ARN of a KMS key"),
        ({"KeyMetadata": {"KeyId": KEY_ID}}, "the key has no ARN"),
        ({"KeyMetadata": []}, "`KeyMetadata` must be an object, found a list"),
        (metadata(MultiRegion="maybe"), "`MultiRegion` must be true or false, found a string"),
        (metadata(KeySpec=["x"]), "`KeySpec` must be a string, found a list"),
    ],
)  # fmt: skip
def test_facts_that_contradict_each_other_are_errors(tmp_path: Path, described: Any, says: str) -> None:
    found = errors(tmp_path, {"keys": [key(metadata=described)]})
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(error.span is not None and error.span.line > 1 for error in found)


def test_the_place_of_a_contradiction_is_the_member(tmp_path: Path) -> None:
    text = '{"keys": [{"policy": "default",\n "metadata": {"Arn": "ARN",\n  "AWSAccountId": "444455556666"}}]}'.replace(
        "ARN", KEY
    )
    assert place(assert_only(errors(tmp_path, text), "`AWSAccountId`")) == (3, 19)


def test_arn_and_metadata_must_agree(tmp_path: Path) -> None:
    assert_only(errors(tmp_path, {"keys": [key(arn=OTHER)]}), "`arn` and `metadata` name different keys")
    assert read(tmp_path, arn=KEY).arn == KEY


def test_keys_are_given_once(tmp_path: Path) -> None:
    assert_only(errors(tmp_path, {"keys": [key(), key()]}), f"key {KEY} is given twice")


def test_r7_one_partition(tmp_path: Path) -> None:
    chinese = {"arn": KEY.replace("arn:aws:", "arn:aws-cn:").replace("us-west-2", "cn-north-1"), "policy": "default"}
    assert assert_only(errors(tmp_path, {"keys": [key(), chinese]}), "several partitions").rule == "R7"


@pytest.mark.parametrize(
    "arn",
    [
        KEY.replace("arn:aws:", "arn:aws-cn:"),
        *(KEY.replace("us-west-2", one) for one in ("cn-north-1", "us-gov-west-1")),
    ],
)
def test_r7_the_region_of_a_key_is_in_its_partition(tmp_path: Path, arn: str) -> None:
    """Otherwise no ARN of the policy names it. [IAM: reference-arns]"""
    assert_only(errors(tmp_path, {"keys": [{"arn": arn, "policy": "default"}]}), "is not the ARN of a KMS key")


@pytest.mark.parametrize("snapshot", [{"keys": []}, {"accounts": {}}, {"vpc_endpoints": []}])
def test_s3_an_empty_snapshot_is_an_error(tmp_path: Path, snapshot: Any) -> None:
    assert assert_only(errors(tmp_path, snapshot), "the input holds no key").rule == "S3"


@pytest.mark.parametrize(
    "policy", [POLICY, json.dumps(POLICY), {"Policy": json.dumps(POLICY)}, {"Policy": POLICY, "PolicyName": "default"}]
)
def test_forms_of_a_key_policy(tmp_path: Path, policy: Any) -> None:
    found = read(tmp_path, policy=policy).policies
    assert found is not None
    assert [(policy.identity, policy.name, len(policy.statements)) for policy in found] == [
        (f"{KEY}#default", "default", 1)
    ]


def test_u3_without_a_policy_nothing_is_known(tmp_path: Path) -> None:
    estate = load(tmp_path, {"keys": [{"arn": KEY, "aliases": ["alias/payments"]}]})
    assert estate.keys[0].policies is None
    assert [
        (warning.rule, "the policy of payments is not in the input" in warning.message) for warning in estate.warnings
    ] == [("U3", True)]


def test_u3_a_key_declared_without_a_policy_delegates_to_its_account(tmp_path: Path) -> None:
    estate = load(tmp_path, {"keys": [{"arn": KEY, "policy": "default"}]})
    assert estate.warnings == ()
    (policy,) = estate.keys[0].policies or ()
    (statement,) = policy.statements
    (principal,) = statement.principals or ()
    assert (principal.type, principal.account, principal.value) == (
        PrincipalType.ACCOUNT,
        ACCOUNT,
        f"arn:aws:iam::{ACCOUNT}:root",
    )
    assert [text.value for text in (*(statement.actions or ()), *(statement.resources or ()))] == ["kms:*", "*"]
    assert statement.span == NOWHERE


def test_l5a_both_key_policies(tmp_path: Path) -> None:
    parts = {
        "arn": KEY,
        "policies": {"AWS_RAM": {"Policy": json.dumps(POLICY), "PolicyName": "AWS_RAM"}, "default": POLICY},
    }
    (found,) = load(tmp_path, {"keys": [parts]}).keys
    assert [policy.identity for policy in found.policies or ()] == [f"{KEY}#default", f"{KEY}#AWS_RAM"]


def test_l5a_the_shared_policy_alone_is_not_enough(tmp_path: Path) -> None:
    estate = load(tmp_path, {"keys": [{"arn": KEY, "policies": {"AWS_RAM": POLICY}}]})
    assert estate.keys[0].policies is None


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"policies": {"default": POLICY}}, "both `policy` and `policies`"),
        ({"policy": {"Policy": "{}", "PolicyName": "AWS_RAM"}}, "this is the key policy `AWS_RAM`"),
        ({"policy": None}, "expected a policy document"),
        ({"policy": 3}, "expected a policy document"),
        ({"polices": {}}, "unknown member `polices` in a key"),
        ({"metadata": "describe-key.json"}, "there is no file `describe-key.json`"),
        ({"aliases": ["payments"]}, "`payments` is not the name of an alias"),
        ({"aliases": ["alias/a b"]}, "`alias/a b` is not the name of an alias"),
        ({"aliases": ["alias/a", "alias/a"]}, "duplicate alias `alias/a`"),
        ({"aliases": {"Aliases": [], "Truncated": True, "NextMarker": "x"}}, "truncated"),
        ({"aliases": {"aliases": []}}, "has no `Aliases`"),
        ({"tags": {"Tags": [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}]}}, "duplicate tag `a`"),
        ({"tags": {"Tags": [{"Key": "a"}]}}, "a tag must have `TagKey` and `TagValue`"),
        ({"tags": {"Tags": [], "Truncated": True}}, "truncated"),
        ({"tags": "x"}, "the list of tags must be an object, found a string"),
        ({"grants": {"Grants": [], "Truncated": True}}, "truncated"),
        ({"grants": {"Grants": [grant(KeyId=OTHER)]}}, "`KeyId` is"),
    ],
)  # fmt: skip
def test_parts_that_are_wrong_are_errors(tmp_path: Path, parts: dict[str, Any], says: str) -> None:
    found = errors(tmp_path, {"keys": [key(**parts)]})
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(error.span is not None and error.span.line > 1 for error in found)


def test_aliases_of_other_keys_are_left_out(tmp_path: Path) -> None:
    listed = {
        "Aliases": [
            {
                "AliasName": "alias/payments",
                "AliasArn": KEY.split(":key/")[0] + ":alias/payments",
                "TargetKeyId": KEY_ID,
            },
            {
                "AliasName": "alias/other",
                "AliasArn": KEY.split(":key/")[0] + ":alias/other",
                "TargetKeyId": OTHER.rsplit("/")[1],
            },
            {"AliasName": "alias/aws/ebs", "AliasArn": KEY.split(":key/")[0] + ":alias/aws/ebs"},
        ]
    }
    found = read(tmp_path, aliases=listed)
    assert (found.aliases, found.name) == (("alias/payments",), "payments")
    assert read(tmp_path, aliases=[listed, {"Aliases": []}]).aliases == ("alias/payments",)
    assert read(tmp_path, aliases=["alias/a", "alias/b"], name="pay").name == "pay"
    assert read(tmp_path, aliases=[]).aliases == ()


def test_r4_an_alias_is_in_the_account_and_region_of_its_key(tmp_path: Path) -> None:
    alias = {"AliasName": "alias/a", "AliasArn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/a", "TargetKeyId": KEY_ID}
    assert (
        assert_only(
            errors(tmp_path, {"keys": [key(aliases={"Aliases": [alias]})]}), "is not an alias in the account and Region"
        ).rule
        == "R4"
    )


def test_tags(tmp_path: Path) -> None:
    listed = {"Tags": [{"TagKey": "team", "TagValue": "pay"}, {"TagKey": "empty", "TagValue": ""}], "Truncated": False}
    assert read(tmp_path, tags=listed).tags == (("team", "pay"), ("empty", ""))
    assert read(tmp_path, tags=listed["Tags"]).tags == (("team", "pay"), ("empty", ""))


def test_names_of_unmodelled_things_are_unique(tmp_path: Path) -> None:
    grants = {"Grants": [grant(Operations=["Teleport"])]}
    keys = [key(grants=grants, name="a"), {"arn": OTHER, "policy": "default", "grants": grants, "name": "a"}]
    names = [thing.name for thing in load(tmp_path, {"keys": keys}).unmodelled]
    assert [name.rpartition(" ")[2] for name in names] == [f"({KEY})", f"({OTHER})"]


def test_l4_errors_in_an_escaped_policy_have_their_place(tmp_path: Path) -> None:
    policy = '{"Policy":\n  "{\\"Statement\\": [{\\"Effect\\": \\"Alow\\"}]}"}'
    text = f'{{"keys": [{{"arn": "{KEY}",\n "policy": {policy}}}]}}'
    found = errors(tmp_path, text)
    assert (3, 34) in [place(error) for error in found], found
    assert all((error.line_text or "").startswith('  "{') for error in found)


def test_l4_errors_in_a_yaml_policy_have_their_place(tmp_path: Path) -> None:
    text = (
        f"keys:\n- arn: {KEY}\n  policy:\n    Statement:\n    - Effect: Alow\n      Principal: '*'\n      Action: "
        "kms:*\n"
    )
    text += "      Resource: '*'\n"
    assert place(assert_only(errors(tmp_path, text, "snapshot.yaml"), "Alow")) == (5, 15)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('{"keys": [],\n "keys": []}', (2, 2)),
        ('{"keys": [{"arn": "x",\n "arn": "y"}]}', (2, 2)),
        ('{"keys": [{"metadata":\n {"KeyMetadata": {"Arn": "x", "Arn": "x"}}}]}', (2, 31)),
    ],
)
def test_l4_duplicate_members_of_the_envelope(tmp_path: Path, text: str, at: tuple[int, int]) -> None:
    found = [error for error in errors(tmp_path, text) if "duplicate member" in error.message]
    assert [(place(error), error.rule) for error in found] == [(at, "L4")]


def test_all_errors_are_told_together(tmp_path: Path) -> None:
    bad = {"Statement": [{"Effect": "Alow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}
    found = errors(tmp_path, {"keys": [key(policy=bad), {"arn": OTHER, "policy": bad}], "acounts": {}})
    assert sum("Alow" in error.message for error in found) == 2
    assert sum("`acounts`" in error.message for error in found) == 1


def test_the_arn_of_a_key_in_another_partition_is_refused_with_the_partitions(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    arn = "arn:aws-iso:kms:us-iso-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    path.write_text(json.dumps({"keys": [{"arn": arn}]}), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_estate([path])
    assert "aws-us-gov" in str(caught.value.diagnostics[0].hint)


def test_u4_a_region_that_no_key_can_be_in_is_said_once(tmp_path: Path) -> None:
    misspelt = [f"arn:aws:kms:eu-wst-1:{ACCOUNT}:key/{digit * 8}-12ab-34cd-56ef-1234567890ab" for digit in "12"]
    keys = [key(), *({"arn": arn, "policy": key()["policy"]} for arn in misspelt)]
    (warning,) = load(tmp_path, {"keys": keys}).warnings
    assert warning.message == "`eu-wst-1` is none of the Regions that are known"
    assert (warning.rule, warning.hint) == ("U4", "did you mean `eu-west-1`?")
