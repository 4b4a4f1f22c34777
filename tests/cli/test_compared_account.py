"""S4: of an input that compares its own account or Region, which nothing tells, nothing is proved that is otherwise in
another, be that written out, put together, or tried by a piece."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_each_place import PARTNER, allow, answer, root
from verifier.inputs import load_estate
from verifier.inputs.loader import Loader
from verifier.inputs.supplied import Supplied

PROD = "777788889999"
OWN = {"Ref": "AWS::AccountId"}
OURS = allow({"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, "kms:*")


def template(*statements: Any, **sections: Any) -> dict[str, Any]:
    policy = {"Version": "2012-10-17", "Statement": [OURS, *statements]}
    return {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}}, **sections}


def written(folder: Path, found: dict[str, Any]) -> Path:
    """A template as a file."""
    path = folder / "template.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    return path


IN_PROD = {"P": {"Fn::Equals": [OWN, PROD]}}
BY_CONDITION = template({"Fn::If": ["P", allow(root(PARTNER)), {"Ref": "AWS::NoValue"}]}, Conditions=IN_PROD)
BY_TABLE = template(
    allow({"AWS": {"Fn::FindInMap": ["M", OWN, "A", {"DefaultValue": OWN}]}}),
    Mappings={"M": {PROD: {"A": PARTNER}}},
    Transform="AWS::LanguageExtensions",
)
BY_PARAMETER = template(
    {"Fn::If": ["P", allow(root(PARTNER)), {"Ref": "AWS::NoValue"}]},
    Conditions={"P": {"Fn::Equals": [OWN, {"Ref": "Prod"}]}},
    Parameters={"Prod": {"Type": "String"}},
)
OF_PROD = f"arn:aws:kms:*:{PROD}:key/*"
BY_RESOURCE = template({**allow(root(PARTNER)), "Resource": OF_PROD})
BUT_IN_PROD = {"StringNotEquals": {"aws:ResourceAccount": PROD}}
BY_DENY = template(allow(root(PARTNER)), {**allow(root(PARTNER)), "Effect": "Deny", "Condition": BUT_IN_PROD})
TEMPLATES = {
    "condition": BY_CONDITION,
    "table": BY_TABLE,
    "parameter": BY_PARAMETER,
    "resource": BY_RESOURCE,
    "deny": BY_DENY,
}
FOLDER = """
provider "aws" { region = "us-west-2" }
data "aws_caller_identity" "me" {}
locals { ours = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" }
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Action = "kms:*", Resource = "*"
    Principal = { AWS = data.aws_caller_identity.me.account_id == "777788889999" ? "444455556666" : local.ours }
  }] })
}
"""


@pytest.mark.parametrize("found", TEMPLATES.values(), ids=TEMPLATES)
def test_what_a_template_says_in_an_account_that_it_names_is_looked_at(
    run: Run, tmp_path: Path, found: dict[str, Any]
) -> None:
    path = written(tmp_path, found)
    more = ["--region", "us-west-2", *(["--parameter", f"Prod={PROD}"] if "Parameters" in found else [])]
    assert [answer(run, path, *more, "--account", each) for each in ("111122223333", PROD)] == [0, 1]
    assert answer(run, path, *more) == 3


def perhaps(holds: Any, **sections: Any) -> dict[str, Any]:
    """A template that lets another account in if a condition holds."""
    statement = {"Fn::If": ["P", allow(root(PARTNER)), {"Ref": "AWS::NoValue"}]}
    return template(statement, Conditions={"P": holds}, **sections)


def is_text(value: Any, *parts: str) -> dict[str, Any]:
    return {"Fn::Equals": [value, {"Fn::Join": ["", [*parts]]}]}


def piece(delimiter: str, value: Any) -> dict[str, Any]:
    return {"Fn::Select": ["0", {"Fn::Split": [delimiter, value]}]}


NAMED = {"Fn::Sub": "x-${AWS::AccountId}-y"}
POSITION = [OWN] * 7 + [PARTNER]
OWNED_BY_PROD = {"StringEquals": {"aws:ResourceTag/owner": PROD}}
TAGGED = template(allow({"AWS": "*"}, Condition=OWNED_BY_PROD))
TAGGED["Resources"]["Key"]["Properties"]["Tags"] = [{"Key": "owner", "Value": OWN}]
ALIASED = template(
    allow({"AWS": "*"}, Condition={"ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{PROD}"}})
)
NAMES_IT = {"AliasName": {"Fn::Sub": "alias/${AWS::AccountId}"}, "TargetKeyId": {"Ref": "Key"}}
ALIASED["Resources"]["Alias"] = {"Type": "AWS::KMS::Alias", "Properties": NAMES_IT}
TAKEN_APART = {
    "a tag": TAGGED,
    "an alias": ALIASED,
    "a piece": perhaps(is_text(piece("8888", OWN), "7777")),
    "put together": perhaps(is_text(OWN, "7777", "88889999")),
    "in a name": perhaps(is_text(NAMED, "x-7777", "88889999-y")),
    "a position": template(allow({"AWS": {"Fn::Select": [piece("77788889999", OWN), POSITION]}})),
}


@pytest.mark.parametrize("found", TAKEN_APART.values(), ids=TAKEN_APART)
def test_of_an_account_that_is_taken_apart_nothing_is_held_for_certain(
    run: Run, tmp_path: Path, found: dict[str, Any]
) -> None:
    path = written(tmp_path, found)
    assert [answer(run, path, "--region", "us-west-2", *more) for more in ([], ["--account", PROD])] == [3, 1]


REGION = {"Ref": "AWS::Region"}
BY_REGION = {
    "put together": perhaps(is_text(REGION, "us-", "east-2")),
    "that of the stand-in": perhaps({"Fn::Not": [is_text(REGION, "us-", "east-1")]}),
    "a piece": perhaps(is_text(piece("2:", {"Fn::Sub": "${AWS::Region}:x"}), "us-east-")),
    "with a gap": perhaps(
        {"Fn::Equals": [REGION, {"Fn::Sub": "${Where}-east-2"}]}, Parameters={"Where": {"Type": "String"}}
    ),
}


@pytest.mark.parametrize("found", BY_REGION.values(), ids=BY_REGION)
def test_of_a_region_that_is_taken_apart_nothing_is_held_for_certain(
    run: Run, tmp_path: Path, found: dict[str, Any]
) -> None:
    path = written(tmp_path, found)
    more = ["--parameter", "Where=us"] if "Parameters" in found else []
    assert answer(run, path, "--account", PROD) == 3
    assert answer(run, path, "--account", PROD, "--region", "us-east-2", *more) == 1


KEY = """
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = local.ours } },
    { Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Principal = { AWS = SAID } },
  ] })
}
"""
PARTS = """
provider "aws" {}
data "aws_caller_identity" "me" {}
data "aws_region" "here" {}
locals {
  me     = data.aws_caller_identity.me.account_id
  here   = data.aws_region.here.name
  ours   = "arn:aws:iam::${local.me}:root"
  half   = "7777"
  prod   = "${local.half}88889999"
  area   = "us-ea"
  theirs = "444455556666"
}
"""
SAID = {
    "equal": "local.me == local.prod ? local.theirs : local.ours",
    "after": 'local.me > "500000000000" ? local.theirs : local.ours',
    "a key": "lookup({ (local.prod) = local.theirs }, local.me, local.ours)",
    "a key that is the own": 'lookup({ (local.me) = local.theirs }, "777788889999", local.ours)',
    "of a loop": "concat([for x in [local.prod] : local.theirs if x == local.me], [local.ours])",
    "a set": "length(toset([local.me, local.prod])) == 1 ? local.theirs : local.ours",
    "Region": 'local.here == "${local.area}st-2" ? local.theirs : local.ours',
    "Region of the stand-in": 'lookup({ "${local.area}st-1" = local.ours }, local.here, local.theirs)',
    "Region as a key": 'lookup({ (local.here) = local.ours }, "${local.area}st-1", local.theirs)',
    "set of Regions": 'length(toset([local.here, "${local.area}st-2"])) == 1 ? local.theirs : local.ours',
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_of_what_an_expression_compares_nothing_is_held_for_certain(run: Run, tmp_path: Path, said: str) -> None:
    (tmp_path / "main.tf").write_text(PARTS + KEY.replace("SAID", said), encoding="utf-8")
    there = ["--account", PROD, "--region", "us-east-2"]
    assert answer(run, tmp_path, *there) == 1
    assert answer(run, tmp_path, *(there[:2] if "local.here" in said else there[2:])) == 3


MODULE = """
variable "me" { type = number }
variable "ours" {}
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "kms:*", Resource = "*", Principal = { AWS = var.ours } },
    { Effect = "Allow", Action = "kms:Decrypt", Resource = "*",
      Principal = { AWS = var.me == 777788889999 ? "444455556666" : var.ours } },
  ] })
}
"""
CALL = """
module "m" {
  source = "./m"
  me     = local.me
  ours   = local.ours
}
"""


def test_an_account_as_a_number_is_not_known(run: Run, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text(MODULE, encoding="utf-8")
    above = PARTS.replace("provider", CALL + "provider")
    (tmp_path / "main.tf").write_text(above, encoding="utf-8")
    there = ["--region", "us-east-2"]
    assert [answer(run, tmp_path, *there, *more) for more in ([], ["--account", PROD])] == [3, 1]


STATEMENTS = """
data "aws_iam_policy_document" "first" {
  statement {
    sid       = "Of${local.prod}"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [local.theirs]
    }
  }
}
data "aws_iam_policy_document" "whole" {
  override_policy_documents = [data.aws_iam_policy_document.first.json]
  statement {
    sid       = "Of${local.me}"
    effect    = "Deny"
    actions   = ["kms:Decrypt"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [local.theirs]
    }
  }
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [local.ours]
    }
  }
}
resource "aws_kms_key" "k" { policy = data.aws_iam_policy_document.whole.json }
"""


def test_which_statement_takes_the_place_of_one_named_after_the_account_is_not_known(run: Run, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(PARTS + STATEMENTS, encoding="utf-8")
    there = ["--region", "us-east-2"]
    assert [answer(run, tmp_path, *there, *more) for more in ([], ["--account", PROD])] == [3, 1]


def test_the_account_that_a_policy_must_be_of_is_not_concluded_from_what_it_says_in_another(
    run: Run, tmp_path: Path
) -> None:
    principal = {"Fn::If": ["P", f"arn:aws:iam::{PROD}:root", f"arn:aws:iam::{PARTNER}:root"]}
    found = template(allow({"AWS": principal}, "kms:*"), Conditions=IN_PROD)
    found["Resources"]["Key"]["Properties"]["KeyPolicy"]["Statement"] = [allow({"AWS": principal}, "kms:*")]
    path = written(tmp_path, found)
    assert answer(run, path, "--region", "us-west-2") == 3


def test_many_named_accounts_cost_no_reading_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = list[Path]()
    add = Loader.add

    def counted(own: Loader, read: Path, *more: Any) -> None:
        reads.append(read)
        add(own, read, *more)

    monkeypatch.setattr(Loader, "add", counted)
    path = written(tmp_path, template(allow({"AWS": [f"{n:012}" for n in range(1, 31)]})))
    load_estate([path], supplied=Supplied(region="us-west-2"))
    assert reads == [path, path]


def test_what_a_folder_says_in_an_account_that_it_names_is_looked_at(run: Run, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(FOLDER, encoding="utf-8")
    assert [answer(run, tmp_path, "--account", each) for each in ("111122223333", PROD)] == [0, 1]
    assert answer(run, tmp_path) == 3


def test_a_key_that_may_be_made_is_looked_at(run: Run, tmp_path: Path) -> None:
    found = template(allow(root(PARTNER)), Conditions=IN_PROD)
    found["Resources"]["Key"]["Condition"] = "P"
    found["Resources"]["Other"] = template()["Resources"]["Key"]
    path = written(tmp_path, found)
    told = run("prove", str(path), "--builtin", "no-external-access", "--region", "us-west-2")
    assert told.code == 1
    assert "Key is made, though whether it is is not known" in " ".join(told.out.split())


@pytest.mark.parametrize("statement", [allow(root(PARTNER)), allow({"AWS": OWN})], ids=["another", "none"])
def test_an_account_that_is_named_and_not_compared_asks_for_nothing(run: Run, tmp_path: Path, statement: Any) -> None:
    path = written(tmp_path, template(statement))
    assert answer(run, path) == (1 if PARTNER in json.dumps(statement) else 0)
