"""S4: the number that stands for the own account, which nothing tells, is no account that the input or an invariant
names: where one does, the account is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.inputs.test_terraform_folder import written
from verifier.inputs import load_estate
from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.supplied import STAND_IN, Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.model.own_place import check_region
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

FOLDER = """\
provider "aws" {{ region = "us-west-2" }}
data "aws_caller_identity" "own" {{}}
variable "first" {{ default = "0000" }}
resource "aws_kms_key" "k" {{
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect = "Allow", Action = "kms:*", Resource = "*"
    Principal = {{ AWS = "arn:aws:iam::${{data.aws_caller_identity.own.account_id}}:root" }}
  }}, {{
    Effect = "Allow", Action = "kms:Decrypt", Resource = "*"
    Principal = {{ AWS = {other} }}
  }}] }})
}}
"""
PARTNER = '"444455556666"'


def folder(path: Path, other: str) -> Estate:
    return load_estate([written(path, main=FOLDER.format(other=other))], supplied=Supplied())


@pytest.mark.parametrize(
    "other",
    [
        '"000000000000"',
        'join("", ["000000", "000000"])',
        'replace("111111111111", "1", "0")',
        '"${var.first}${var.first}${var.first}"',
        r'"\u0030\u0030\u0030\u0030\u0030\u0030000000"',
        '"arn:aws:iam::${join("", ["000000", "000000"])}:role/x"',
    ],
)
def test_a_folder_that_says_the_stand_in_is_asked_for_its_account(tmp_path: Path, other: str) -> None:
    with pytest.raises(InputError, match="which account"):
        folder(tmp_path, other)


@pytest.mark.parametrize("other", [PARTNER, '"975310864213"'])
def test_any_other_account_is_not_the_own_one(tmp_path: Path, other: str) -> None:
    assert [key.account for key in folder(tmp_path, other).keys] == [STAND_IN]


def test_a_number_that_decides_nothing_is_no_account(tmp_path: Path) -> None:
    assert folder(tmp_path, f"{PARTNER} /* unlike 000000000000 */").open_account


@pytest.mark.parametrize(
    "said",
    [
        {"Fn::Join": ["", ["000000", "000000"]]},
        {"Fn::Sub": ["arn:aws:iam::${Half}${Half}:root", {"Half": "000000"}]},
        {"Fn::Sub": "${First}0000"},
    ],
)
def test_so_is_a_template(tmp_path: Path, said: object) -> None:
    root = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}
    allowed = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
    statements = [{**allowed, "Principal": {"AWS": own}} for own in (root, said)]
    policy = {"Version": "2012-10-17", "Statement": statements}
    key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}
    parameters = {"First": {"Type": "String", "Default": "00000000"}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Parameters": parameters, "Resources": {"Key": key}}), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_estate([path], supplied=Supplied(region="us-west-2"))
    assert not isinstance(caught.value, OpenPlaceError)


@pytest.mark.parametrize("callers", ["outside 000000000000", "in 000000000000", "in 000000000000 with tag a"])
def test_an_invariant_that_names_the_stand_in_is_an_error(tmp_path: Path, callers: str) -> None:
    text = f'invariant "a": no caller {callers} can kms:Decrypt\n'
    invariants = read_invariants(Source("a.inv", text)).invariants
    with pytest.raises(InputError, match="stands for the own account"):
        check_region(folder(tmp_path, PARTNER), invariants)
