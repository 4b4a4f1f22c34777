"""S4: an input that compares its own account, which nothing tells, with one that it names holds nothing proved that is
otherwise in that one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.cli.test_each_place import PARTNER, allow, answer, root

PROD = "777788889999"
OWN = {"Ref": "AWS::AccountId"}
OURS = allow({"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, "kms:*")


def template(*statements: Any, **sections: Any) -> dict[str, Any]:
    policy = {"Version": "2012-10-17", "Statement": [OURS, *statements]}
    return {"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy}}}, **sections}


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
    path = tmp_path / "template.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    more = ["--region", "us-west-2", *(["--parameter", f"Prod={PROD}"] if "Parameters" in found else [])]
    assert [answer(run, path, *more, "--account", each) for each in ("111122223333", PROD)] == [0, 1]
    assert answer(run, path, *more) == 3


def test_what_a_folder_says_in_an_account_that_it_names_is_looked_at(run: Run, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(FOLDER, encoding="utf-8")
    assert [answer(run, tmp_path, "--account", each) for each in ("111122223333", PROD)] == [0, 1]
    assert answer(run, tmp_path) == 3


def test_a_key_that_is_made_in_one_account_alone_is_not_passed_over(run: Run, tmp_path: Path) -> None:
    found = template(allow(root(PARTNER)), Conditions=IN_PROD)
    found["Resources"]["Key"]["Condition"] = "P"
    found["Resources"]["Other"] = template()["Resources"]["Key"]
    path = tmp_path / "template.json"
    path.write_text(json.dumps(found), encoding="utf-8")
    asked = run("prove", str(path), "--builtin", "no-external-access", "--region", "us-west-2")
    assert asked.code == 2
    assert "template.json says depends on the own account" in asked.err


@pytest.mark.parametrize("statement", [allow(root(PARTNER)), allow({"AWS": OWN})], ids=["another", "none"])
def test_an_account_that_is_named_and_not_compared_asks_for_nothing(run: Run, tmp_path: Path, statement: Any) -> None:
    path = tmp_path / "template.json"
    path.write_text(json.dumps(template(statement)), encoding="utf-8")
    assert answer(run, path) == (1 if PARTNER in json.dumps(statement) else 0)
