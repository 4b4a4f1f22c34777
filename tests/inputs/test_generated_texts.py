"""S4: what AWS or Terraform will generate may be any text of its form, wherever conditions compare it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.test_new_key_ids import ACCOUNT, ADMIN, BY_IDENTITY
from verifier.evaluate import request_from_json
from verifier.inputs.estate import Version, load_versions
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate
from verifier.model.results.verdict import Status
from verifier.syntax.diagnostic import InputError
from verifier.syntax.generated import PLACEHOLDER, GeneratedText

UUID, KEY, ROLE = "1234abcd-12ab-34cd-56ef-1234567890ab", {"Ref": "Other"}, {"Ref": "Named"}
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
CONTEXT, TAG = "kms:EncryptionContext:k", "aws:ResourceTag/o"
ANY: dict[str, Any] = {"Null": {CONTEXT: "false"}}
ENDPOINT = {
    "Type": "AWS::EC2::VPCEndpoint",
    "Properties": {"VpcId": "vpc-0123", "ServiceName": "com.amazonaws.us-west-2.kms", "VpcEndpointType": "Interface"},
}


def key(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy, **more}}


def role(condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    own = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}
    policy = {"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": [own]}}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "app", "AssumeRolePolicyDocument": TRUST, "Policies": [policy], **more},
    }


def tagged(value: object) -> dict[str, Any]:
    return {"Tags": [{"Key": "o", "Value": value}]}


def template(own: dict[str, Any], condition: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            "Own": own,
            "Other": key(ADMIN | {"Action": "kms:PutKeyPolicy"}),
            "Another": key(ADMIN | {"Action": "kms:PutKeyPolicy"}),
            "Named": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
            "App": role(condition),
            **more,
        },
    }


def load(folder: Path, made: dict[str, Any]) -> Estate:
    (folder / "t.json").write_text(json.dumps(made), encoding="utf-8")
    return verifier.load(folder / "t.json", account=ACCOUNT, region="us-west-2")


def asked(folder: Path, made: dict[str, Any], end: str = "") -> Status:
    """Whether role/app cannot decrypt with the first key."""
    (folder / "a.inv").write_text(f'invariant "i": no role/app in {ACCOUNT} can kms:Decrypt{end}', encoding="utf-8")
    estate = load(folder, made)
    return verifier.prove(estate, verifier.invariants(folder / "a.inv")).verdicts[0].status


@pytest.mark.parametrize(
    "value, condition, expected",
    [
        (KEY, {"StringEquals": {TAG: UUID}}, Status.UNKNOWN),
        (KEY, {"StringEquals": {TAG: UUID.upper()}}, Status.UNKNOWN),
        (KEY, {"StringLike": {TAG: "1*"}}, Status.UNKNOWN),
        (KEY, {"StringNotLike": {TAG: "*-4000-8000-*"}}, Status.UNKNOWN),
        (KEY, {"StringLike": {TAG: "????????-*"}}, Status.REFUTED),
        (KEY, {"StringLike": {TAG: "???????0-*"}}, Status.UNKNOWN),
        (KEY, {"StringLike": {TAG: "*"}}, Status.REFUTED),
        (KEY, {"StringEquals": {TAG: "app"}}, Status.PROVED),
        ({"Fn::Sub": "x-${Other}"}, {"StringEquals": {TAG: f"x-{UUID}"}}, Status.UNKNOWN),
        ({"Fn::Sub": "x-${Other}"}, {"StringEquals": {TAG: UUID}}, Status.PROVED),
        ({"Fn::Sub": "x-${Other}"}, {"StringLike": {TAG: "x-*"}}, Status.REFUTED),
        ({"Fn::Sub": "x-${Other}"}, {"StringLike": {TAG: "y-*"}}, Status.PROVED),
        (ROLE, {"StringEquals": {TAG: "prod-Named-1ABCDEFGHIJK2"}}, Status.UNKNOWN),
        (ROLE, {"StringLike": {TAG: "prod-*"}}, Status.UNKNOWN),
        (ROLE, {"StringEquals": {TAG: "app"}}, Status.PROVED),
        (KEY, {"StringEquals": {TAG: "${aws:PrincipalTag/p}"}}, Status.UNKNOWN),
    ],
)
def test_s4_a_tag_may_come_to_what_a_condition_has(
    tmp_path: Path, value: object, condition: dict[str, Any], expected: Status
) -> None:
    tags = {"Tags": [{"Key": "p", "Value": UUID}]}
    made = template(key(*BY_IDENTITY, **tagged(value)), ANY, App=role(condition, **tags))
    assert asked(tmp_path, made) is expected


def denied(**condition: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}


@pytest.mark.parametrize(
    "statement, condition, more",
    [
        (denied(StringNotEquals={CONTEXT: KEY}), {"StringEquals": {CONTEXT: UUID}}, {}),
        (
            denied(StringNotEquals={"aws:SourceVpce": {"Ref": "End"}}),
            {"StringEquals": {"aws:SourceVpce": "vpce-0123456789abcdef0"}},
            {"End": ENDPOINT},
        ),
        (
            denied(StringNotEquals={"kms:RequestAlias": {"Fn::Sub": "alias/x-${Other}"}}),
            {"StringEquals": {"kms:RequestAlias": f"alias/x-{UUID}"}},
            {"Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/x-1", "TargetKeyId": KEY}}},
        ),
        (
            denied(ArnNotEquals={"aws:SourceArn": {"Fn::GetAtt": ["Other", "Arn"]}}),
            {"ArnEquals": {"aws:SourceArn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/{UUID}"}},
            {},
        ),
    ],
)
def test_s4_two_conditions_may_ask_for_the_same(
    tmp_path: Path, statement: dict[str, Any], condition: dict[str, Any], more: dict[str, Any]
) -> None:
    assert asked(tmp_path, template(key(*BY_IDENTITY, statement), condition, **more)) is Status.UNKNOWN


def test_s4_a_condition_that_compares_nothing_that_is_generated_is_certain(tmp_path: Path) -> None:
    made = template(key(*BY_IDENTITY, denied(StringNotEquals={CONTEXT: KEY})), {"StringEquals": {CONTEXT: "x"}})
    assert asked(tmp_path, made) is Status.PROVED
    other = {"StringEquals": {"kms:EncryptionContext:other": UUID}}
    assert asked(tmp_path, template(key(*BY_IDENTITY, denied(StringNotEquals={CONTEXT: KEY})), other)) is Status.REFUTED


@pytest.mark.parametrize(
    "pattern, value, expected",
    [
        ("${Other}*", f"{UUID}-x", Status.UNKNOWN),
        ("*/${Other}", f"a/{UUID}", Status.UNKNOWN),
        ("${Other}-${!aws:PrincipalTag/q}", f"{UUID}-x", Status.UNKNOWN),
        ("${Other}*", "x", Status.PROVED),
    ],
)
def test_s4_a_pattern_may_have_a_part_that_is_generated(
    tmp_path: Path, pattern: str, value: str, expected: Status
) -> None:
    statement = denied(StringNotLike={"aws:PrincipalTag/p": {"Fn::Sub": pattern}})
    tags = {"Tags": [{"Key": "p", "Value": value}, {"Key": "q", "Value": "x"}]}
    made = template(key(*BY_IDENTITY, statement), {}, App=role(ANY, **tags))
    assert asked(tmp_path, made) is expected


def test_l6_a_variable_may_be_the_id_of_a_key_that_is_not_made(tmp_path: Path) -> None:
    made = template(key(*BY_IDENTITY), {}, App=role(ANY, Tags=[{"Key": "p", "Value": UUID}]))
    own = made["Resources"]["App"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    for end, expected in (("*:key/*", Status.REFUTED), ("*:key/${aws:PrincipalTag/p}", Status.UNKNOWN)):
        own["Resource"] = f"arn:aws:kms:us-west-2:{end}"
        assert asked(tmp_path, made) is expected, end


@pytest.mark.parametrize(
    "end",
    [
        f' when aws:ResourceTag/o = "{UUID}"',
        ' when aws:ResourceTag/o like "1*"',
        f' on keys with tag o = "{UUID}"',
    ],
)
def test_s4_an_invariant_that_names_what_may_be_generated_is_an_error(tmp_path: Path, end: str) -> None:
    made = template(key(*BY_IDENTITY, **tagged(KEY)), {"StringEquals": {CONTEXT: "x"}})
    with pytest.raises(InputError, match="may be what AWS or Terraform will generate"):
        asked(tmp_path, made, end)


def test_s4_a_request_that_names_what_may_be_generated_is_an_error(tmp_path: Path) -> None:
    estate = load(tmp_path, template(key(*BY_IDENTITY, denied(StringNotEquals={CONTEXT: KEY})), ANY))
    request = {"principal": f"arn:aws:iam::{ACCOUNT}:role/app", "action": "kms:Decrypt", "context": {CONTEXT: UUID}}
    with pytest.raises(InputError, match="may be what AWS or Terraform will generate"):
        request_from_json(estate, {**request, "resource": estate.keys[0].arn})


def versions(folder: Path, old: dict[str, Any], new: dict[str, Any]) -> tuple[Estate, Estate]:
    for name, made in (("old", old), ("new", new)):
        (folder / f"{name}.json").write_text(json.dumps(made), encoding="utf-8")
    paths = [Version((folder / f"{name}.json",)) for name in ("old", "new")]
    return load_versions(*paths, supplied=Supplied(ACCOUNT, "us-west-2"))


def use(effect: str, value: object) -> dict[str, Any]:
    statement = {"Effect": effect, "Principal": {"AWS": "444455556666"}, "Action": "kms:Decrypt", "Resource": "*"}
    return {**statement, "Condition": {"StringEquals": {CONTEXT: value}}}


def test_s4_what_one_version_names_the_other_may_generate(tmp_path: Path) -> None:
    """Each use is allowed before, unless what AWS generates is what is denied."""
    anyone = {**use("Allow", ""), "Condition": {"Null": {CONTEXT: "false"}}}
    old, new = key(ADMIN, anyone, use("Deny", UUID)), key(ADMIN, use("Allow", KEY))
    sides = versions(tmp_path, template(old, ANY), template(new, ANY))
    assert [len(side.unmodelled) for side in sides] == [1, 1]
    same = versions(tmp_path, template(new, ANY), template(new, ANY))
    assert [len(side.unmodelled) for side in same] == [0, 0]


def test_s4_a_tag_that_gets_another_id_decides_otherwise(tmp_path: Path) -> None:
    """The statement is in doubt on both sides, and the doubts are two."""
    condition = {"StringEquals": {TAG: UUID}}
    own = [key(*BY_IDENTITY, **tagged({"Ref": name})) for name in ("Other", "Another", "Other")]
    names = [
        [thing.name for thing in side.unmodelled]
        for side in versions(tmp_path, template(own[0], condition), template(own[1], condition))
    ]
    assert len(names[0]) == len(names[1]) == 1 and names[0] != names[1]
    old, new = versions(tmp_path, template(own[0], condition), template(own[2], condition))
    assert [thing.name for thing in old.unmodelled] == [thing.name for thing in new.unmodelled]


def test_s4_a_managed_policy_that_nobody_has_is_in_doubt_too(tmp_path: Path) -> None:
    """Alice attaches it to herself, and with luck it is about the key."""
    for statement in (
        {"Resource": "*", "Condition": {"StringEquals": {TAG: UUID}}},
        {"Resource": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234*"},
    ):
        allowed = {"Effect": "Allow", "Action": "kms:Decrypt", **statement}
        by = {"ArnEquals": {"iam:PolicyARN": f"arn:aws:iam::{ACCOUNT}:policy/m"}}
        attach = {"Effect": "Allow", "Action": "iam:AttachUserPolicy", "Resource": "*", "Condition": by}
        snapshot = {"accounts": {ACCOUNT: account(attach, allowed)}}
        (tmp_path / "snapshot.json").write_text(json.dumps(snapshot), encoding="utf-8")
        made = template(key(*BY_IDENTITY, **tagged(KEY)), {"StringEquals": {CONTEXT: "x"}})
        (tmp_path / "t.json").write_text(json.dumps(made), encoding="utf-8")
        (tmp_path / "a.inv").write_text(
            f'invariant "i": no user/alice in {ACCOUNT} can eventually kms:Decrypt', encoding="utf-8"
        )
        paths = tmp_path / "snapshot.json", tmp_path / "t.json"
        estate = verifier.load(*paths, account=ACCOUNT, region="us-west-2")
        (first, *_) = verifier.prove(estate, verifier.invariants(tmp_path / "a.inv")).verdicts
        assert first.status is Status.UNKNOWN, statement


def account(own: dict[str, Any], managed: dict[str, Any]) -> dict[str, Any]:
    """An account with the user alice, who has a policy, and a managed policy."""
    created, arn = "2026-01-01T00:00:00+00:00", f"arn:aws:iam::{ACCOUNT}"
    documents = [{"Version": "2012-10-17", "Statement": [one]} for one in (own, managed)]
    alice = {
        "UserName": "alice",
        "Path": "/",
        "UserId": "AIDAALICE",
        "Arn": f"{arn}:user/alice",
        "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": documents[0]}],
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "CreateDate": created,
    }
    version = {"Document": documents[1], "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": created}
    policy = {"PolicyName": "m", "Arn": f"{arn}:policy/m", "DefaultVersionId": "v1", "PolicyVersionList": [version]}
    lists = {"UserDetailList": [alice], "RoleDetailList": [], "GroupDetailList": [], "Policies": [policy]}
    return {"authorization_details": lists}


FOLDER = """
provider "aws" {{
  region              = "us-west-2"
  allowed_account_ids = ["{account}"]
}}
resource "aws_kms_key" "other" {{
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{put}] }})
}}
resource "aws_kms_key" "own" {{
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{admin}] }})
}}
resource "aws_kms_grant" "g" {{
  key_id            = aws_kms_key.own.key_id
  grantee_principal = "arn:aws:iam::444455556666:role/b"
  operations        = ["Decrypt"]
  constraints {{
    encryption_context_equals = {{ k = aws_kms_key.other.key_id }}
  }}
}}
"""


def test_s4_a_grant_may_be_for_an_id_that_is_asked_about(tmp_path: Path) -> None:
    put = json.dumps(ADMIN | {"Action": "kms:PutKeyPolicy"})
    made = FOLDER.format(account=ACCOUNT, put=put, admin=json.dumps(ADMIN))
    (tmp_path / "main.tf").write_text(made, encoding="utf-8")
    estate = verifier.load(tmp_path)
    for value, error in ((UUID, True), ("x", False)):
        text = f'invariant "i": no caller outside {ACCOUNT} can kms:Decrypt when {CONTEXT} = "{value}"'
        (tmp_path / "a.inv").write_text(text, encoding="utf-8")
        invariants = verifier.invariants(tmp_path / "a.inv")
        if error:
            with pytest.raises(InputError, match="may be what AWS or Terraform will generate"):
                verifier.prove(estate, invariants)
        else:
            assert {one.status for one in verifier.prove(estate, invariants).verdicts} == {Status.PROVED}


@pytest.mark.parametrize(
    "text, others, not_others",
    [
        ("mrk-00000000000000000123456789abcdef", ["mrk-1234abcd12ab34cd56ef1234567890ab"], [UUID, "mrk-1"]),
        ("vpce-0902468abcdef01234", ["vpce-0123456789abcdef0"], ["vpc-0123456789abcdef0", "vpce-x"]),
        ("ou-0000-902468abcdef0123", ["ou-ab12-11111111"], ["ou-ab12", "r-ab12"]),
        ("n-90246812345678901234567890", ["n-20260101000000000000000001"], ["n-admin", "m-20260101000000000000000001"]),
        ("stack-Named-902468ABCDEF", ["prod-Named-1ABCDEFGHIJK2"], ["app", "prod-Other-1ABCDEFGHIJK2"]),
    ],
)
def test_s4_what_is_generated_has_the_form_that_aws_gives_it(
    text: str, others: list[str], not_others: list[str]
) -> None:
    assert PLACEHOLDER.search(text)
    assert all(map(GeneratedText.of("tag o", text).may_be, others))
    assert not any(map(GeneratedText.of("tag o", text).may_be, not_others))
