"""Edits made in the text of a file: read again, the policy is the edited one, and nothing else of the file has
changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import verifier
from verifier.model.edits import (
    AddCondition,
    AddStatement,
    Edit,
    RemoveCondition,
    RemoveStatement,
    ReplaceActions,
    ReplaceCondition,
    ReplacePrincipals,
    apply_all,
)
from verifier.model.policy import Condition, Operator, Policy, Principal, PrincipalType, Text
from verifier.model.policy_text import policy_document
from verifier.verify.edits.in_text import NotLiteral, edited
from verifier.verify.edits.policy_change import edits_shown

YAML = """# Keys of payments.
Version: "2012-10-17"
Statement:
  # Administrators
  - Sid: Root
    Effect: Allow
    Principal: {AWS: "arn:aws:iam::111122223333:root"}
    Action: kms:*
    Resource: "*"
  - Sid: Partner   # contract 7
    Effect: Allow
    Principal:
      AWS:
        - arn:aws:iam::444455556666:root   # acme
        - arn:aws:iam::111122223333:role/api  # ours
    Action: [kms:Decrypt, kms:Encrypt]  # reads
    Resource: "*"
    Condition:
      StringEqualsIfExists:  # old
        kms:EncryptionContext:tenant: acme
      Bool:
        aws:SecureTransport: true
# The end.
"""
PRETTY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Root",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Partner",
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::111122223333:role/api"]},
                "Action": ["kms:Decrypt", "kms:Encrypt"],
                "Resource": "*",
                "Condition": {
                    "StringEqualsIfExists": {"kms:EncryptionContext:tenant": "acme"},
                    "Bool": {"aws:SecureTransport": True},
                },
            },
        ],
    },
    indent=4,
)
HCL = """# Keys of payments.
resource "aws_kms_key" "payments" {
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "Root", Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "kms:*", Resource = "*" },
      {
        Sid       = "Partner" # contract 7
        Effect    = "Allow"
        Principal = { AWS = ["arn:aws:iam::444455556666:root", "arn:aws:iam::111122223333:role/api"] }
        Action    = ["kms:Decrypt", "kms:Encrypt"]
        Resource  = "*"
        Condition = {
          StringEqualsIfExists = { "kms:EncryptionContext:tenant" = "acme" } # old
          Bool                 = { "aws:SecureTransport" = "true" }
        }
      },
    ]
  })
}
"""  # noqa: E501
FILES = {"policy.yaml": YAML, "policy.json": PRETTY, "line.json": json.dumps(json.loads(PRETTY)), "main.tf": HCL}


KEY = "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
EQUALS, LIKE = Operator("StringEquals", None, False), Operator("StringLike", None, False)
TEAM = Condition(LIKE, Text("aws:PrincipalArn"), (Text("arn:aws:iam::*:role/${aws:PrincipalTag/team}"),))
ADMIN = Principal(PrincipalType.ROLE, "arn:aws:iam::111122223333:role/admin", "111122223333", "aws")


def edits_of(policy: Policy) -> dict[str, list[Edit]]:
    """Edits of each kind, of the policy that all the files hold."""
    root, partner = policy.statements
    conditions = [(one.operator, one.key.value) for one in partner.conditions]
    actions = tuple(action.value for action in partner.actions or ())
    return {
        "another operator": [ReplaceCondition(1, *conditions[0], EQUALS, ("acme",))],
        "another value": [ReplaceCondition(1, *conditions[0], conditions[0][0], ("acme", "globex"))],
        "a condition more": [AddCondition(1, TEAM)],
        "a first condition": [AddCondition(0, TEAM)],
        "a condition less": [RemoveCondition(1, *conditions[0])],
        "no condition left": [RemoveCondition(1, *one) for one in conditions],
        "a principal less": [ReplacePrincipals(1, (partner.principals or ())[1:])],
        "another principal": [ReplacePrincipals(0, (ADMIN,))],
        "a principal more": [ReplacePrincipals(1, (*(partner.principals or ()), ADMIN))],
        "an action more": [ReplaceActions(1, (*actions, "kms:DescribeKey"))],
        "one action": [ReplaceActions(1, ("kms:DescribeKey",))],
        "the last statement less": [RemoveStatement(1)],
        "the first statement less": [RemoveStatement(0)],
        "a statement more": [AddStatement(partner)],
        "several": [ReplaceActions(1, ("kms:Decrypt",)), AddCondition(1, TEAM), AddStatement(root)],
        "less and more": [RemoveStatement(0), AddCondition(0, TEAM)],
    }


def read(folder: Path, name: str, content: str) -> Policy:
    (folder / name).write_text(content, encoding="utf-8")
    estate = verifier.load(
        folder if name.endswith(".tf") else folder / name, account="111122223333", region="us-west-2"
    )
    (key,) = estate.keys
    assert key.policies
    return key.policies[0]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", edits_of(verifier.loads(PRETTY, account="111122223333").keys[0].policies[0]))  # type: ignore[index]
def test_the_edited_text_is_the_edited_policy_and_nothing_else_changes(tmp_path: Path, name: str, kind: str) -> None:
    content = FILES[name]
    policy = read(tmp_path, name, content)
    edits = edits_of(policy)[kind]
    found = edited(Path(name), content, policy, edits_shown(policy, edits))
    assert policy_document(read(tmp_path, name, found)) == policy_document(apply_all(policy, edits))
    before, after = content.splitlines(), found.splitlines()
    if "statement less" not in kind and kind != "less and more" and len(before) > 1:
        assert {line.partition("#")[2] for line in before} - {" acme", " old"} <= {
            line.partition("#")[2] for line in after
        }
        assert sum(line not in after for line in before) <= (9 if kind == "no condition left" else 4)


def test_a_comment_stays_where_it_was() -> None:
    policy = verifier.loads(YAML, account="111122223333").keys[0].policies
    assert policy is not None
    found = edited(
        Path("policy.yaml"), YAML, policy[0], edits_shown(policy[0], edits_of(policy[0])["a principal less"])
    )
    assert found == YAML.replace("        - arn:aws:iam::444455556666:root   # acme\n", "")


ALIAS = """Version: "2012-10-17"
Statement:
  - {Sid: A, Effect: Deny, Principal: "*", Action: &a [kms:Decrypt], Resource: "*"}
  - {Sid: B, Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:root"}, Action: *a, Resource: "*"}
"""
TEMPLATE = """Resources:
  A:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement: [{Effect: Allow, Principal: {AWS: !Ref "AWS::AccountId"}, Action: "kms:*", Resource: "*"}]
"""


@pytest.mark.parametrize(
    ("content", "edit"),
    [
        (ALIAS, ReplaceActions(1, ("kms:Encrypt",))),
        (TEMPLATE, ReplacePrincipals(0, (ADMIN,))),
        (json.dumps({"keys": [{"arn": KEY, "policy": PRETTY}]}), RemoveStatement(1)),
    ],
    ids=["alias", "function", "text"],
)
def test_what_is_not_written_out_is_not_edited(tmp_path: Path, content: str, edit: Edit) -> None:
    name = "input.json" if content.startswith("{") else "input.yaml"
    policy = read(tmp_path, name, content)
    with pytest.raises(NotLiteral):
        edited(Path(name), content, policy, edits_shown(policy, [edit]))
