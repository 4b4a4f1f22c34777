"""Tags that a provider leaves to others (`ignore_tags`) are not told, whatever the object has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import ACCOUNT, AWS, Json, Planned, caller_identity, constant, plan, refers, write
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate

KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SERVICE = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
DYNAMIC = """\
provider "aws" {
  dynamic "ignore_tags" {
    for_each = var.t
    content {
      keys = []
    }
  }
}
"""


def document(*statements: Json) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def there(type_: str, values: Json, *, new: bool = False) -> Planned:
    """What the plan leaves as it is, or makes."""
    return Planned(type_, "a", values, before=None if new else values)


def loaded(folder: Path, ignored: Any, tested: str, *, new: bool = False, tags: Json | None = None) -> Estate:
    """A key and a role whose provider ignores tags, beside a policy that tests one."""
    root = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    allow = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"Null": {tested: "false"}}}
    own = {"tags": tags or {}, "tags_all": tags or {}}
    key: Json = {"arn": KEY, "key_id": KEY.split("/")[1], "policy": document(root), "multi_region": False, **own}
    role: Json = {"arn": ROLE, "name": "app", "path": "/", "assume_role_policy": document(SERVICE), **own}
    policy: Json = {"id": "app:p", "name": "p", "role": "app", "policy": document(allow)}
    expressions = {"region": constant("us-west-2"), "ignore_tags": ignored}
    made = plan(
        caller_identity(),
        there("aws_kms_key", key, new=new),
        there("aws_iam_role", role, new=new),
        there("aws_iam_role_policy", policy),
        providers={"aws": {"name": "aws", "full_name": AWS, "expressions": expressions}},
    )
    return load_estate([write(folder, made)])


@pytest.mark.parametrize(
    ("ignored", "known"),
    [
        ([{"keys": constant(["Team"])}], False),
        ([{"key_prefixes": constant(["te"])}], False),
        ([{"keys": refers("var.keys")}], False),
        ([{"keys": constant(["owner"]), "key_prefixes": constant(["aws:", "team/"])}], True),
        ([{"keys": constant(None)}], True),
        ([], True),
    ],
)
@pytest.mark.parametrize("tested", ["aws:ResourceTag/team", "aws:PrincipalTag/team"])
def test_u3_what_may_have_an_ignored_tag_is_not_known(tmp_path: Path, ignored: Any, known: bool, tested: str) -> None:
    estate = loaded(tmp_path, ignored, tested)
    assert (estate.keys[0].tags == ()) is (known or "Principal" in tested)
    assert [role.arn for account in estate.accounts for role in account.roles] == [ROLE] * known


def test_u3_what_no_policy_tests_is_left_alone(tmp_path: Path) -> None:
    estate = loaded(tmp_path, [{"keys": constant(["owner"])}], "aws:PrincipalTag/team", tags={"team": "red"})
    assert estate.keys[0].tags == (("team", "red"),)


def test_u3_a_new_key_has_the_tags_that_it_is_given(tmp_path: Path) -> None:
    estate = loaded(tmp_path, [{"keys": constant(["team"])}], "aws:ResourceTag/team", new=True, tags={"team": "red"})
    assert estate.keys[0].tags == (("team", "red"),)


def test_u3_that_an_invariant_names_no_such_tag_is_supposed(tmp_path: Path) -> None:
    said = "has none that an invariant names"
    estate = loaded(tmp_path, [{"keys": constant(["team"])}], "aws:PrincipalTag/owner")
    assert said in " ".join(estate.keys[0].supposed)
    assert said not in " ".join(loaded(tmp_path, [], "aws:PrincipalTag/owner").keys[0].supposed)


def test_u3_of_a_dynamic_block_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(DYNAMIC, encoding="utf-8")
    assert loaded(tmp_path, [], "aws:ResourceTag/team").keys[0].tags is None


FOLDER = f"""\
provider "aws" {{
  region = "us-west-2"
  PROVIDER
}}
resource "aws_kms_key" "k" {{
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Principal = {{ AWS = "arn:aws:iam::{ACCOUNT}:root" }}
      Action    = "kms:*"
      Resource  = "*"
      Condition = {{ Null = {{ "aws:ResourceTag/team" = "false" }} }}
    }}]
  }})
  RESOURCE
}}
"""


@pytest.mark.parametrize(
    ("provider", "resource", "known"),
    [
        ('ignore_tags {\n    keys = ["Team"]\n  }', "", False),
        ('ignore_tags {\n    keys = ["owner"]\n  }', "", True),
        ("", "lifecycle {\n    ignore_changes = [tags_all]\n  }", False),
        ("", 'lifecycle {\n    ignore_changes = [tags["team"]]\n  }', False),
        ("", "lifecycle {\n    ignore_changes = [description]\n  }", True),
    ],
)
def test_u3_what_a_folder_makes_may_be_there_with_an_ignored_tag(
    tmp_path: Path, provider: str, resource: str, known: bool
) -> None:
    text = FOLDER.replace("PROVIDER", provider).replace("RESOURCE", resource)
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    estate = load_estate([tmp_path], supplied=Supplied(account=ACCOUNT))
    assert (estate.keys[0].tags == ()) is known
