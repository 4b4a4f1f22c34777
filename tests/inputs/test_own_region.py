"""S4: the Region of a key is never taken from a text that may be wrong about it; where something depends on it, it is
asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import Planned, plan
from tests.inputs.samples import ACCOUNT, details, role
from verifier.evaluate import request_from_json
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.problem.subjects import targets_of
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.comparison.compare import compare
from verifier.verify.excuses import beyond

DELEGATE = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}


CLOSED = {"Version": "2012-10-17", "Statement": [DELEGATE]}


def policy(**conditions: Any) -> dict[str, Any]:
    """A key policy with a Deny under conditions."""
    deny = {**DELEGATE, "Effect": "Deny", "Action": "kms:Decrypt", "Condition": conditions}
    return {"Version": "2012-10-17", "Statement": [DELEGATE, deny]}


def template(**resources: Any) -> dict[str, Any]:
    key = {
        "Type": "AWS::KMS::Key",
        "Properties": {"KeyPolicy": policy(StringEquals={"aws:RequestedRegion": {"Ref": "AWS::Region"}})},
    }
    return {"Resources": {"Key": key, **resources}}


def written(folder: Path, document: Any, name: str = "input.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


ASKS, DOUBT, ALIKE, NONE = "asks", "doubt", "alike in each that is named", "none is named"


def outcome(*paths: Path) -> str:
    """What comes of reading them: the question for the Region, statements in doubt, or what is alike in every Region.
    Two versions ask wherever a Region is named."""
    try:
        estate = load_estate(paths, supplied=Supplied(ACCOUNT))
    except InputError as error:
        assert [found.rule for found in error.diagnostics] == ["S4"] and "--region" in (error.diagnostics[0].hint or "")
        return ASKS
    (sentence,) = (sentence for sentence in estate.concluded if "Region" in sentence)
    assert estate.keys[0].region in sentence and estate.open_region
    if "nothing tells those of aws apart" in sentence:
        return NONE
    with pytest.raises(InputError, match="is not given"):
        load_estate(paths, supplied=Supplied(ACCOUNT), asks=True)
    (doubtful,) = {"in doubt" in sentence, any(thing.label == "S4" for thing in estate.unmodelled)}
    return DOUBT if doubtful else ALIKE


def asks(*paths: Path) -> bool:
    """Whether reading them ends in the question for the Region."""
    return outcome(*paths) == ASKS


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}, DOUBT),
        ({"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}, DOUBT),
        ({"StringEquals": {"KMS:viaservice": ["s3.eu-west-1.amazonaws.com", "ec2.eu-west-1.amazonaws.com"]}}, DOUBT),
        ({"StringLike": {"kms:ViaService": "*.us-*.amazonaws.com"}}, ASKS),
        ({"StringLike": {"kms:ViaService": "s3.*west*"}}, ASKS),
        ({"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}, DOUBT),
        ({"StringLike": {"aws:RequestedRegion": "eu-*"}}, ASKS),
        ({"StringEquals": {"aws:PrincipalTag/region": "${aws:RequestedRegion}"}}, ASKS),
        ({"StringNotEquals": {"kms:ViaService": "${aws:PrincipalTag/via}"}}, ASKS),
        ({"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}, NONE),
        ({"StringLike": {"kms:ViaService": ["s3.*", "*"]}}, NONE),
        ({"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}}, NONE),
        ({"StringEquals": {"kms:ViaService": "s3.${aws:RequestedRegion}.amazonaws.com"}}, NONE),
        ({"Null": {"kms:ViaService": "true", "aws:RequestedRegion": "false"}}, NONE),
        ({"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-west-2:{ACCOUNT}:*"}}, NONE),
        ({}, NONE),
    ],
)
def test_a_policy(tmp_path: Path, conditions: dict[str, Any], expected: str) -> None:
    document = policy(**conditions) if conditions else {"Version": "2012-10-17", "Statement": [DELEGATE]}
    assert outcome(written(tmp_path, document)) == expected
    path = written(tmp_path, document)
    estate = load_estate([path], supplied=Supplied(ACCOUNT, "us-west-2"))
    assert (estate.keys[0].region, estate.concluded, estate.open_region) == ("us-west-2", (), ())


def inventory(**statement: Any) -> dict[str, Any]:
    """An inventory with one role; its policy has a statement with these elements."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
    app = role("app", RolePolicyList=[{"PolicyName": "p", "PolicyDocument": document}])
    return {"accounts": {ACCOUNT: {"authorization_details": details(RoleDetailList=[app])}}}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Action": "kms:Decrypt", "Resource": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/*"}, DOUBT),
        ({"Action": "kms:Decrypt", "Resource": f"arn:aws:kms:us-*:{ACCOUNT}:*"}, ASKS),
        ({"Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}}, DOUBT),
        (
            {"NotAction": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}},
            DOUBT,
        ),
        (
            {"Action": "ec2:*", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}},
            NONE,
        ),
        (
            {
                "Action": "kms:Decrypt",
                "Resource": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            },
            NONE,
        ),
        ({"Action": "kms:Decrypt", "Resource": f"arn:aws:kms:*:{ACCOUNT}:key/*"}, NONE),
        (
            {"Action": ["kms:*", "s3:*"], "Resource": ["*", "arn:aws:s3:::b", f"arn:aws:sqs:us-west-2:{ACCOUNT}:*"]},
            NONE,
        ),
    ],
)
def test_policies_beside_it(tmp_path: Path, statement: dict[str, Any], expected: str) -> None:
    key = written(tmp_path, {"Version": "2012-10-17", "Statement": [DELEGATE]}, "policy.json")
    assert outcome(key, written(tmp_path, inventory(**statement))) == expected


def test_a_template_that_refers_to_its_own_region(tmp_path: Path) -> None:
    """Whatever `AWS::Region` is, the statement is about requests in it; a name of a Region anywhere may be the same."""
    assert not asks(written(tmp_path, template()))
    assert outcome(written(tmp_path, {**template(), "Mappings": {"Regions": {"eu-west-1": {"Name": "x"}}}})) == ALIKE
    parameter = {"Type": "String", "Default": "eu-west-1"}
    assert outcome(written(tmp_path, {**template(), "Parameters": {"P": parameter}})) == ALIKE
    with pytest.raises(InputError, match="names us-west-2"):
        path = written(tmp_path, {**template(), "Parameters": {"P": {"Type": "String"}}})
        load_estate([path], supplied=Supplied(ACCOUNT, parameters={"P": "us-west-2"}), asks=True)
    described = {"Type": "String", "Default": "x", "ConstraintDescription": "Such as us-west-2"}
    assert not asks(written(tmp_path, {**template(), "Description": "For us-east-1", "Parameters": {"P": described}}))


EAST = {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
NAMES_IT = {"Type": "AWS::IAM::User", "Condition": "Named"}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"Resources": {"CDKMetadata": {"Type": "AWS::CDK::Metadata", "Condition": "Named"}}}, False),
        ({"Resources": {"User": NAMES_IT}}, True),
        ({"Resources": {"CDKMetadata": {"Type": "AWS::CDK::Metadata", "Condition": "Named"}, "User": NAMES_IT}}, True),
        ({"Conditions": {"Named": {"Condition": "Other"}, "Other": EAST}, "Resources": {"User": NAMES_IT}}, True),
        ({"Conditions": {"Named": {"Fn::Not": [{"Condition": "Named2"}]}, "Named2": EAST}}, False),
        ({"Outputs": {"Out": {"Value": {"Fn::If": ["Named", "a", "b"]}}}}, False),
        ({"Transform": "AWS::LanguageExtensions"}, False),
        ({"Transform": "Ours"}, False),
    ],
)
def test_a_condition_that_nothing_depends_on(tmp_path: Path, more: dict[str, Any], expected: bool) -> None:
    """A template that the CDK writes names the Regions in which it has metadata. A user that there may be or not must
    be asked for."""
    document = {
        "Conditions": {"Named": EAST},
        **template(**more.get("Resources", {})),
        **{k: v for k, v in more.items() if k != "Resources"},
    }
    assert asks(written(tmp_path, document)) is expected


def test_a_template_without_a_key_is_not_asked_for_its_region(tmp_path: Path) -> None:
    """Unless it refers to it: then what it says depends on it."""
    arn = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    listed = written(
        tmp_path,
        {"keys": [{"arn": arn, "policy": policy(StringEquals={"aws:RequestedRegion": "us-west-2"})}]},
        "snapshot.json",
    )
    bucket: dict[str, Any] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "for-eu-west-1"}}
    estate = load_estate([listed, written(tmp_path, {"Resources": {"B": bucket}})], supplied=Supplied(ACCOUNT))
    assert not estate.open_region and not [sentence for sentence in estate.concluded if "Region" in sentence]
    bucket["Properties"] = {"BucketName": {"Fn::Sub": "for-${AWS::Region}"}}
    assert asks(listed, written(tmp_path, {"Resources": {"B": bucket}}))


def test_the_partition_of_a_template(tmp_path: Path) -> None:
    in_china = {"Type": "AWS::IAM::Role", "Properties": {"ManagedPolicyArns": ["arn:aws-cn:iam::aws:policy/X"]}}
    estate = load_estate([written(tmp_path, template(Role=in_china))], supplied=Supplied(ACCOUNT))
    assert estate.keys[0].arn.startswith("arn:aws-cn:kms:cn-north-1:")


def test_a_managed_policy_of_the_own_partition_asks_for_no_region(tmp_path: Path) -> None:
    """What is not known of it is called by another ARN in each partition, and is the same for the rest."""
    trust = {"Statement": {"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"}}
    properties: dict[str, Any] = {"RoleName": "app", "AssumeRolePolicyDocument": trust}
    managed = {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/X"}
    app = {"Type": "AWS::IAM::Role", "Properties": {**properties, "ManagedPolicyArns": [managed]}}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": CLOSED}}
    assert outcome(written(tmp_path, {"Resources": {"Key": key, "App": app}})) == NONE
    other = {"Fn::If": ["China", {"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/Y"}, managed]}
    app["Properties"] = {**properties, "ManagedPolicyArns": [other]}
    china = {"Fn::Equals": [{"Ref": "AWS::Partition"}, "aws-cn"]}
    path = written(tmp_path, {"Conditions": {"China": china}, "Resources": {"Key": key, "App": app}})
    assert outcome(path) == ALIKE
    things = " ".join(thing.name for thing in load_estate([path], supplied=Supplied(ACCOUNT)).unmodelled)
    assert ":policy/X " in things and ":policy/Y " in things


@pytest.mark.parametrize("kind", ["aws_kms_key_policy", "aws_kms_grant", "aws_kms_alias", "template"])
@pytest.mark.parametrize("regions", [["us-west-2"], ["us-east-1", "eu-west-1"], ["us-east-1"]])
def test_a_key_by_its_id_alone_in_a_region_that_is_not_told(tmp_path: Path, kind: str, regions: list[str]) -> None:
    """It may be any key of the input with that ID: that in the Region which stands for it only if there is no other."""
    identifier = f"mrk-{'1234abcd' * 4}"
    keys = [{"arn": f"arn:aws:kms:{region}:{ACCOUNT}:key/{identifier}", "policy": CLOSED} for region in regions]
    listed = written(tmp_path, {"keys": keys}, "snapshot.json")
    alias = {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/x", "TargetKeyId": identifier}}
    values = {
        "key_id": identifier,
        "policy": json.dumps(CLOSED),
        "grantee_principal": ACCOUNT,
        "operations": ["Decrypt"],
    }
    planned = Planned(kind, "x", {**values, "name": "alias/x", "target_key_id": identifier})
    data = {"Resources": {"A": alias}} if kind == "template" else plan(planned, region=None)
    paths = [listed, written(tmp_path, data)]
    if regions == ["us-east-1"]:
        assert len(load_estate(paths, supplied=Supplied(ACCOUNT)).keys) == 1
        return
    for account in (ACCOUNT, None):
        with pytest.raises(InputError, match="the Region of this is not given"):
            load_estate(paths, supplied=Supplied(account))
    assert len(load_estate(paths, supplied=Supplied(ACCOUNT, regions[0])).keys) == len(regions)


@pytest.mark.parametrize("type_", ["aws_kms_key", "aws_kms_key_policy", "aws_kms_grant", "aws_kms_alias"])
def test_a_region_of_a_resource_that_is_known_after_apply(tmp_path: Path, type_: str) -> None:
    """It is not that of the provider; a policy whose key is not known either may be of a key in any Region."""
    arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    listed = written(tmp_path, {"keys": [{"arn": arn, "policy": CLOSED}]}, "snapshot.json")
    values = {"policy": json.dumps(CLOSED), "grantee_principal": ACCOUNT, "operations": ["Decrypt"], "name": "alias/x"}
    named = {"key_id": arn.rsplit("/", 1)[1], "target_key_id": arn.rsplit("/", 1)[1]} if type_ != "aws_kms_key" else {}
    made = Planned(type_, "x", values | named, {"region": True, "arn": True})
    with pytest.raises(InputError, match="is not given"):
        load_estate([listed, written(tmp_path, plan(made))], supplied=Supplied(ACCOUNT))
    assert load_estate([listed, written(tmp_path, plan(made))], supplied=Supplied(ACCOUNT, "eu-west-1")).keys
    loose = Planned("aws_kms_key_policy", "x", values, {"region": True, "key_id": True})
    (key,) = load_estate([listed, written(tmp_path, plan(loose))], supplied=Supplied(ACCOUNT)).keys
    assert key.policies is None


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ('no caller can kms:Decrypt when kms:ViaService = "s3.eu-west-1.amazonaws.com"', True),
        ('no caller can kms:Decrypt when not (aws:SecureTransport = true and aws:RequestedRegion like "eu-*")', True),
        ('no caller can kms:Decrypt when kms:ViaService like "s3.*.amazonaws.com"', False),
        ("no service except service logs.us-east-1.amazonaws.com can kms:Decrypt", True),
        ("no service except service logs.us-*.amazonaws.com can kms:Decrypt", True),
        ("no service except service logs.*-1.amazonaws.com can kms:Decrypt", True),
        ("no service except service logs.*.amazonaws.com can kms:Decrypt", False),
        ("no role/deploy-us-west-2 in the key's account can kms:Decrypt", True),
        ("no role/deploy-*2 in the key's account can kms:Decrypt", False),
        ("no grant names a caller outside the key's account except service logs.us-east-1.amazonaws.com", True),
    ],
)
def test_an_invariant(tmp_path: Path, asked: str, expected: bool) -> None:
    """Where the key is, who asks about a Region must say: what names the own Region may be about one that the invariant
    names."""
    estate = load_estate([written(tmp_path, {"Version": "2012-10-17", "Statement": [DELEGATE]})])
    invariants = read_invariants(Source("x.inv", f'invariant "in us-east-1": {asked}\n')).invariants
    if expected:
        with pytest.raises(InputError, match="depends on the Region"):
            targets_of(estate, invariants)
    else:
        assert targets_of(estate, invariants)


def test_a_request_in_another_region(tmp_path: Path) -> None:
    estate = load_estate([written(tmp_path, {"Version": "2012-10-17", "Statement": [DELEGATE]})])
    asked = {"principal": ACCOUNT, "action": "kms:Decrypt", "resource": estate.keys[0].arn}
    assert request_from_json(
        estate, {**asked, "context": {"kms:ViaService": f"s3.{estate.keys[0].region}.amazonaws.com"}}
    )
    for context in ({"kms:ViaService": "s3.eu-west-1.amazonaws.com"}, {"aws:RequestedRegion": "eu-west-1"}):
        with pytest.raises(InputError, match="depends on the Region"):
            request_from_json(estate, {**asked, "context": context})
    with pytest.raises(InputError, match="depends on the Region"):
        request_from_json(estate, {**asked, "principal": "logs.eu-west-1.amazonaws.com"})


@pytest.mark.parametrize("document", [CLOSED, template()])
def test_an_allowance_and_a_waiver(tmp_path: Path, document: dict[str, Any]) -> None:
    """What is excused in one Region may be excused in none, also where the ID of the key is generated yet."""
    estate = load_estate([written(tmp_path, document)], supplied=Supplied(ACCOUNT))
    text = (
        'invariant "x": no caller can kms:Decrypt\nallow "y": caller can kms:Decrypt when kms:ViaService = '
        '"s3.us-east-1.amazonaws.com"\n'
    )
    file = read_invariants(Source("x.inv", text))
    with pytest.raises(InputError, match="depends on the Region"):
        beyond(estate, estate.keys[0], file.about_requests[0], file.allowances)
    with pytest.raises(InputError, match="depends on the Region"):
        compare(estate, estate, allow=file.allowances)


def test_an_error_quotes_what_the_file_has(tmp_path: Path) -> None:
    """Also where it is found in a reading of the file for another Region."""
    path = tmp_path / "policy.json"
    conditions = [
        {"ArnNotLike": {"kms:ViaService": "us-east-1"}},
        {"StringEquals": {"aws:RequestedRegion": "*.us-west-2.amazonaws.com"}},
    ]
    statements = [
        {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": one}
        for one in conditions
    ]
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_estate([path], supplied=Supplied("111122223333"))
    assert not [found.message for found in caught.value.diagnostics if "us-east-2" in found.message]
