"""S4: of an input that compares what AWS will generate (the ID of a key, the end of a name), looks it up or takes it to
pieces, nothing is proved that is otherwise with another ID."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_compared_account import KEY, OWN, PROD, is_text, perhaps, piece, template, written
from tests.cli.test_each_place import PARTNER, allow, answer

THERE = ["--account", PROD, "--region", "us-west-2"]
OTHER, ROLE, VPC = {"Ref": "Other"}, {"Ref": "Role"}, {"Ref": "Vpc"}
TRUST = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"}]}
LISTED = {"Fn::Select": [{"Fn::Select": ["1", {"Fn::Split": ["-", OTHER]}]}, [OWN, PARTNER]]}
FOUND = {"Fn::FindInMap": ["M", OTHER, "A", {"DefaultValue": OWN}]}
TEMPLATES = {
    "the ID of a key": perhaps(is_text(OTHER, "1234abcd-12ab-34cd-56ef-1234567890ab")),
    "not that of a key": perhaps({"Fn::Not": [is_text(piece("-", OTHER), "00000000")]}),
    "a piece of an ARN": perhaps(is_text(piece("12ab", {"Fn::GetAtt": ["Other", "Arn"]}), "x")),
    "a name": perhaps(is_text(ROLE, "x-Role-ABCDEF123456")),
    "a network": perhaps(is_text(piece("a", VPC), "vpc-0")),
    "a position": template(allow({"AWS": LISTED})),
    "a table": template(
        allow({"AWS": FOUND}),
        Mappings={"M": {"1234abcd-12ab-34cd-56ef-1234567890ab": {"A": PARTNER}}},
        Transform="AWS::LanguageExtensions",
    ),
}
BESIDE = {
    "Other": {"Type": "AWS::KMS::Key", "Properties": template()["Resources"]["Key"]["Properties"]},
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
    "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
}


def beside_others(folder: Path, found: dict[str, Any]) -> Path:
    """A template as a file, with more resources."""
    return written(folder, {**found, "Resources": {**found["Resources"], **BESIDE}})


@pytest.mark.parametrize("found", TEMPLATES.values(), ids=TEMPLATES)
def test_of_what_cloudformation_will_generate_nothing_is_held_for_certain(
    run: Run, tmp_path: Path, found: dict[str, Any]
) -> None:
    assert answer(run, beside_others(tmp_path, found), *THERE) == 3


ARN = {"Fn::GetAtt": ["Other", "Arn"]}
KNOWN = {
    "not empty": perhaps(is_text(OTHER, "")),
    "the account in an ARN": perhaps(is_text({"Fn::Select": ["4", {"Fn::Split": [":", ARN]}]}, PARTNER)),
    "another service": perhaps(is_text(ARN, "arn:aws:iam::", PROD, ":role/x")),
}


@pytest.mark.parametrize("found", KNOWN.values(), ids=KNOWN)
def test_what_is_the_same_whatever_is_generated_is_known(run: Run, tmp_path: Path, found: dict[str, Any]) -> None:
    assert answer(run, beside_others(tmp_path, found), *THERE) == 0


FOLDER = """
provider "aws" {
  region = "us-west-2"
}
resource "aws_kms_key" "other" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = local.ours } },
  ] })
}
resource "aws_vpc" "v" { cidr_block = "10.0.0.0/16" }
resource "aws_iam_role" "r" {
  name_prefix        = "app-"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = local.ours } },
  ] })
}
locals {
  id     = aws_kms_key.other.key_id
  ours   = "arn:aws:iam::777788889999:root"
  theirs = "444455556666"
}
"""
SAID = {
    "equal": 'local.id == "1234abcd-12ab-34cd-56ef-1234567890ab" ? local.theirs : local.ours',
    "in an ARN": '"${aws_kms_key.other.arn}" == "arn:aws:kms:us-west-2:777788889999:key/x" ? local.theirs : local.ours',
    "a name": 'aws_iam_role.r.name == "app-1" ? local.theirs : local.ours',
    "a network": 'aws_vpc.v.id == "vpc-1" ? local.theirs : local.ours',
    "a key": 'lookup({ "1234abcd" = local.theirs }, local.id, local.ours)',
    "a key that is the ID": 'lookup({ (local.id) = local.theirs }, "1234abcd", local.ours)',
    "of a loop": 'concat([for x in ["1234abcd"] : local.theirs if x == local.id], [local.ours])',
    "a set": 'length(toset([local.id, "1234abcd"])) == 1 ? local.theirs : local.ours',
    "the first of a set": '{ (local.id) = local.ours, x = local.theirs }[tolist(toset([local.id, "x"]))[0]]',
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_of_what_terraform_or_aws_will_generate_nothing_is_held_for_certain(
    run: Run, tmp_path: Path, said: str
) -> None:
    (tmp_path / "main.tf").write_text(FOLDER + KEY.replace("SAID", said), encoding="utf-8")
    assert answer(run, tmp_path, "--account", PROD) == 3
