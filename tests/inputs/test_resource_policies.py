"""A policy of a bucket, function or other resource that lets callers change what runs leaves it open what they come to
(W1).

[Amazon S3 User Guide: bucket-policies; Lambda Developer Guide: access-control-resource-based; IAM User Guide:
access_policies_identity-vs-resource, an Allow of either is enough within an account]
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.plans import Planned, plan, write
from tests.inputs.samples import ACCOUNT
from tests.inputs.test_code_of_plans import snapshot
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.syntax.source import Source
from verifier.verify.meaning import whole

X = f"arn:aws:iam::{ACCOUNT}:user/x"
Json = dict[str, Any]


def policy(action: str, principal: object, effect: str = "Allow") -> Json:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "arn:aws:s3:::code/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def planned(type_: str, **values: Any) -> Json:
    return plan(Planned(type_, "it", values))


def bucket(action: str, principal: object, effect: str = "Allow") -> Json:
    return planned("aws_s3_bucket_policy", bucket="code", policy=json.dumps(policy(action, principal, effect)))


def template(type_: str, **properties: Any) -> Json:
    return {"Resources": {"It": {"Type": type_, "Properties": properties}}}


def reason(folder: Path, beside: Json, *supposed: str) -> str:
    """Why it is unknown whether the user comes to decrypt; empty where it is proved that it does not."""
    given = write(folder, snapshot("s3:ListBucket", listed={}, roles={"Target": []}), "snapshot.json")
    estate = load_estate([given, write(folder, beside)], supplied=Supplied(ACCOUNT, "us-west-2"))
    sentences = "".join(f'suppose "it": {one}\n' for one in supposed)
    text = f'account home = {ACCOUNT}\n{sentences}invariant "x": no user/x in home can eventually kms:Decrypt'
    asked = read_invariants(Source("it.inv", text))
    (found,) = verifier.prove(replace(estate, suppositions=asked.suppositions), asked.invariants).verdicts
    assert found.status.value == ("unknown" if found.reason is not None else "proved")
    return found.reason.text if found.reason is not None else ""


def granted(permission: str, **grantee: str) -> list[Json]:
    """An access control list of a bucket."""
    return [
        {
            "grant": [{"grantee": [grantee], "permission": permission}],
            "owner": [{"id": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8"}],
        }
    ]


EVERYBODY = "http://acs.amazonaws.com/groups/global/AllUsers"
MAYBE = {
    "Version": "2012-10-17",
    "Statement": [{"Fn::If": ["C", policy("s3:PutObject", "*")["Statement"][0], {"Ref": "AWS::NoValue"}]}],
}
OPEN_ACTION = {"Statement": {"Effect": "Allow", "Principal": {"AWS": X}, "Action": {"Ref": "P"}, "Resource": "*"}}
PARAMETER = {"Parameters": {"P": {"Type": "String"}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}}}


def of_statement(**elements: Any) -> Json:
    """A template with a bucket policy of one statement."""
    found = {"Effect": "Allow", "Resource": "*"} | elements
    return template("AWS::S3::BucketPolicy", Bucket="code", PolicyDocument={"Statement": found}) | PARAMETER


OPEN: list[tuple[Json, str]] = [
    (of_statement(Principal={"AWS": X}, Action="s3:PutObject", Effect={"Ref": "P"}), "s3:PutObject"),
    (of_statement(NotPrincipal={"Service": "logging.s3.amazonaws.com"}, Action="s3:PutObject"), "s3:PutObject"),
    (of_statement(Principal={"AWS": X}, NotAction="s3:GetObject"), "what is not listed"),
    (bucket("s3:PutObject", {"AWS": X}), "s3:PutObject"),
    (bucket("s3:Put*", {"AWS": "*", "Service": "logging.s3.amazonaws.com"}), "s3:PutObject"),
    (
        planned("aws_ecr_repository_policy", repository="r", policy=json.dumps(policy("ecr:PutImage", "*"))),
        "ecr:PutImage",
    ),
    (
        planned("aws_lambda_permission", function_name="f", action="lambda:UpdateFunctionCode", principal=X),
        "lambda:UpdateFunctionCode",
    ),
    (
        template("AWS::S3::BucketPolicy", Bucket="code", PolicyDocument=policy("s3:PutObject", {"AWS": X})),
        "s3:PutObject",
    ),
    (template("AWS::Lambda::Permission", FunctionName="f", Action="lambda:*", Principal=ACCOUNT), "lambda:"),
    (template("AWS::S3::AccessPoint", Bucket="code", Policy=policy("s3:PutObject", {"AWS": X})), "s3:PutObject"),
    (
        template("AWS::Some::Thing", Inside={"Some": [json.dumps(policy("lambda:UpdateFunctionCode", {"AWS": X}))]}),
        "lambda:UpdateFunctionCode",
    ),
    (
        template(
            "AWS::Events::EventBusPolicy", StatementId="s", Statement=policy("events:PutRule", "*")["Statement"][0]
        ),
        "events:PutRule",
    ),
    (template("AWS::S3::BucketPolicy", Bucket="code", PolicyDocument=MAYBE) | PARAMETER, "s3:PutObject"),
    (
        template(
            "AWS::S3::BucketPolicy",
            Bucket="code",
            PolicyDocument={"Fn::Sub": json.dumps(policy("s3:PutObject", "${P}"))},
        )
        | PARAMETER,
        "s3:PutObject",
    ),
    (
        template(
            "AWS::S3::BucketPolicy",
            Bucket="code",
            PolicyDocument={"Fn::Sub": json.dumps(policy("s3:PutObject", "*", "${P}"))},
        )
        | PARAMETER,
        "s3:PutObject",
    ),
    (
        template("AWS::S3::BucketPolicy", Bucket="code", PolicyDocument=policy("s3:Get*", "*") | OPEN_ACTION)
        | PARAMETER,
        "not known",
    ),
    (template("AWS::Lambda::Permission", FunctionName="f", Action={"Ref": "P"}, Principal=X) | PARAMETER, "not known"),
    (template("AWS::S3::Bucket", BucketName="code", AccessControl="PublicReadWrite"), "s3:PutObject"),
    (planned("aws_s3_bucket_acl", bucket="code", acl="public-read-write"), "s3:PutObject"),
    (
        template("AWS::Serverless::Connector", Source={"Id": "A"}, Destination={"Id": "B"}, Permissions=["Write"]),
        "s3:PutObject",
    ),
    ({"Resources": {"It": {"Type": "AWS::Some::Thing", "Connectors": {"To": {"Properties": {}}}}}}, "s3:PutObject"),
    (planned("awscc_s3_bucket", access_control="PublicReadWrite"), "s3:PutObject"),
    (
        planned("aws_s3_bucket", bucket="code", grant=[{"type": "Group", "uri": EVERYBODY, "permissions": ["WRITE"]}]),
        "s3:PutObject",
    ),
    (
        planned("aws_s3_bucket_acl", bucket="code", access_control_policy=granted("FULL_CONTROL", uri=EVERYBODY)),
        "s3:PutObject",
    ),
    (planned("awscc_ecr_repository", repository_policy_text=json.dumps(policy("ecr:PutImage", "*"))), "ecr:PutImage"),
    (
        planned("awscc_lambda_permission", function_name="f", action="lambda:UpdateFunctionCode", principal=X),
        "lambda:UpdateFunctionCode",
    ),
    (
        planned(
            "aws_cloudcontrolapi_resource",
            type_name="AWS::S3::BucketPolicy",
            desired_state=json.dumps({"Bucket": "code", "PolicyDocument": policy("s3:PutObject", "*")}),
        ),
        "s3:PutObject",
    ),
    (
        planned("awscc_events_event_bus_policy", statement=json.dumps(policy("events:PutRule", "*")["Statement"][0])),
        "events:PutRule",
    ),
    (
        planned(
            "aws_cloudcontrolapi_resource",
            type_name="AWS::ECR::Repository",
            desired_state=json.dumps({"Text": json.dumps(policy("ecr:PutImage", "*"))}),
        ),
        "ecr:PutImage",
    ),
    (
        planned("aws_efs_file_system_policy", policy=json.dumps(policy("elasticfilesystem:ClientWrite", "*"))),
        "elasticfilesystem:ClientWrite",
    ),
]
SHUT: list[Json] = [
    of_statement(Principal={"AWS": X}, Action=["kms:*", "iam:*", "sts:*"]),
    of_statement(Principal={"AWS": X}, Action={"Fn::If": ["C", "s3:GetObject", "s3:ListBucket"]}),
    bucket("s3:GetObject", "*"),
    bucket("s3:PutObject", {"Service": "logging.s3.amazonaws.com"}),
    bucket("s3:*", "*", "Deny"),
    planned(
        "aws_lambda_permission", function_name="f", action="lambda:UpdateFunctionCode", principal="events.amazonaws.com"
    ),
    planned(
        "aws_lambda_permission",
        function_name="f",
        action="lambda:UpdateFunctionCode",
        principal="events.amazonaws.com.cn",
    ),
    planned("aws_lambda_permission", function_name="f", action="lambda:InvokeFunction", principal=X),
    plan(
        Planned(
            "aws_s3_bucket_policy", "it", before={"bucket": "code", "policy": json.dumps(policy("s3:PutObject", "*"))}
        )
    ),
    template(
        "AWS::EC2::VPCEndpoint",
        ServiceName="com.amazonaws.us-west-2.s3",
        VpcId="vpc-1",
        PolicyDocument=policy("s3:PutObject", "*"),
    ),
    template("AWS::S3::BucketPolicy", Bucket="code", PolicyDocument=policy("s3:GetObject", {"AWS": X})),
    template("AWS::S3::AccessPoint", Bucket="code", Policy=policy("s3:GetObject", {"AWS": X})),
    template("AWS::S3::Bucket", BucketName="code", AccessControl="PublicRead"),
    planned("aws_s3_bucket_acl", bucket="code", access_control_policy=granted("READ", uri=EVERYBODY)),
    planned(
        "aws_s3_bucket_acl",
        bucket="code",
        access_control_policy=granted(
            "FULL_CONTROL", id="75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a"
        ),
    ),
    template("AWS::Events::EventBusPolicy", StatementId="s", Action="events:PutEvents", Principal="*"),
    template("AWS::Some::Thing", InlinePolicy={"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}),
]


@pytest.mark.parametrize(("beside", "action"), OPEN)
def test_w1_what_a_policy_of_another_resource_lets_callers_do_is_not_supposed_away(
    tmp_path: Path, beside: Json, action: str
) -> None:
    found = reason(tmp_path, beside)
    assert "by a policy of its own" in found and action in found


@pytest.mark.parametrize("beside", SHUT)
def test_w1_what_leads_to_no_key_leaves_the_proof(tmp_path: Path, beside: Json) -> None:
    assert reason(tmp_path, beside) == ""


def test_w3_that_nobody_calls_the_action_settles_it(tmp_path: Path) -> None:
    beside = bucket("s3:PutObject", {"AWS": X})
    assert reason(tmp_path, beside, "nobody calls s3:Put*") == ""
    assert "s3:PutObject" in reason(tmp_path, beside, f"no user/y in {ACCOUNT} calls s3:Put*")


def test_w1_a_result_is_used_again_where_the_policy_lets_callers_do_the_same(tmp_path: Path) -> None:
    given = write(tmp_path, snapshot("s3:ListBucket", listed={}, roles={"Target": []}), "snapshot.json")

    def read(action: str) -> object:
        beside = write(tmp_path, bucket(action, "*"))
        return whole(load_estate([given, beside], supplied=Supplied(ACCOUNT, "us-west-2")))

    assert read("s3:PutObject") == read("s3:PutObject") != read("s3:DeleteObject")


@pytest.mark.parametrize("count", ["", "  count = var.a\n"])
def test_w1_a_folder_has_such_policies(tmp_path: Path, count: str) -> None:
    """So has one of which it is not known whether it is made."""
    document = "jsonencode(" + json.dumps(policy("s3:PutObject", "*")).replace(": ", " = ") + ")"
    (tmp_path / "main.tf").write_text(
        'resource "aws_kms_key" "k" {}\nvariable "a" {}\nresource "aws_s3_bucket_policy" "b" {\n'
        + count
        + '  bucket = "code"\n  policy = '
        + document
        + "\n}\n"
    )
    (found,) = (
        one for one in load_estate([tmp_path], supplied=Supplied(ACCOUNT, "us-west-2")).unmodelled if one.label == "W1"
    )
    assert found.actions == ("s3:PutObject",)
