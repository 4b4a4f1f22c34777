"""What names stand for counts as far as they are names, and no further (S1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs.test_terraform_folder import key, load
from tests.inputs.test_unread_versions import EQUIVALENT, KEY, UNKNOWN, relation, runs, written
from verifier.inputs.text.definitions import Definitions
from verifier.model.estate import Estate


def called(a: str = "var.a", d: str = '"x"', more: str = "") -> str:
    """A call of the module `m`."""
    return f'variable "a" {{}}\nvariable "b" {{}}\nmodule "m" {{\n  source = "./m"\n  a = {a}\n  d = {d}\n{more}}}\n'


OUTSIDE = '"arn:aws:iam::444455556666:root"'
OF_KEY = (
    f'resource "aws_kms_grant" "g" {{\n  key_id = var.d\n  grantee_principal = {OUTSIDE}\n  operations = '
    '["Decrypt"]\n}\n'
)
GIVEN = "aws_kms_key.k.key_id"


@pytest.mark.parametrize(
    ("old", "new", "inner", "found"),
    [
        (called(), called(d='"y"'), key("var.a"), EQUIVALENT),
        (called(), called(a="var.b"), key("var.a"), UNKNOWN),
        (KEY + called(), KEY + called(d='"y"'), runs("${var.a}"), EQUIVALENT),
        (KEY + called(), KEY + called(d='"y"'), runs("${var.d}"), UNKNOWN),
        *(
            (
                KEY + called(d=GIVEN, more="  count = var.a\n"),
                KEY + called(d=GIVEN, more="  count = var.b\n"),
                inner,
                UNKNOWN,
            )
            for inner in (OF_KEY, runs("x"))
        ),
    ],
)
def test_what_a_module_is_given_counts_where_it_is_used(
    tmp_path: Path, old: str, new: str, inner: str, found: str
) -> None:
    def version(folder: str, main: str) -> Estate:
        (tmp_path / folder / "m").mkdir(parents=True)
        (tmp_path / folder / "m" / "main.tf").write_text('variable "a" {}\nvariable "d" {}\n' + inner, encoding="utf-8")
        return load(tmp_path / folder, main=main)

    before = version("old", old)
    assert relation(before, version("same", f"# as before\n{old}")) == EQUIVALENT
    assert relation(before, version("new", new)) == found


TEMPLATE = """Parameters:
  Type: {Type: String, Default: one}
  Environment: {Type: String, Default: dev}
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: first
      KeyPolicy: {Statement: {Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'kms:*', Resource: '*'}}
  Function:
    Type: AWS::Lambda::Function
    Properties: {Code: {ZipFile: first}}
  Something:
    Type: AWS::IAM::Something
    Properties:
      Type: x
      Tags: [{Key: a, Value: !Sub "arn:aws:lambda:us-west-2:111122223333:Function:x"}]
      Environment: {x: 'AWS::Lambda::Function'}
      Stage: !Ref Environment
"""  # noqa: E501


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("Description: first", "Description: second", EQUIVALENT),
        ("ZipFile: first", "ZipFile: second", EQUIVALENT),
        ("Default: one", "Default: two", EQUIVALENT),
        ("Type: x", "Type: x  # as before", EQUIVALENT),
        ("Default: dev", "Default: test", UNKNOWN),
    ],
)
def test_names_of_members_and_words_in_arns_refer_to_nothing(tmp_path: Path, old: str, new: str, found: str) -> None:
    before, after = written(tmp_path / "old.yaml", TEMPLATE), written(tmp_path / "new.yaml", TEMPLATE.replace(old, new))
    assert relation(before, after) == found


def test_what_names_stand_for_is_found_through_each_other() -> None:
    def letters(last: str, *, about: str = "local.a") -> str:
        definitions = Definitions()
        for name, said in (
            ("local.a", "local.b"),
            ("local.b", "local.a local.c"),
            ("local.c", last),
            ("local.d", last),
        ):
            definitions.define(name, said)
        return definitions.digest(about)

    assert letters("one") == letters("one") != letters("two")
    assert letters("one", about="on\nlocal.d") != letters("two", about="on\nlocal.d")
    assert letters("one", about="local.e xlocal.d local.dx") == letters("two", about="local.e xlocal.d local.dx")


RUNS = '  provisioner "local-exec" {\n    command = "true"\n  }\n'


@pytest.mark.parametrize(
    ("reference", "old", "new", "found"),
    [
        ("aws_kms_key.l.arn", "", "", EQUIVALENT),
        ('"x/${aws_kms_key.l.key_id}.y"', "", "", EQUIVALENT),
        ("aws_kms_key.l[0].arn", "  count = 1\n", "  count = 1\n", EQUIVALENT),
        ("aws_kms_key.l.policy", "", "", UNKNOWN),
        ("aws_kms_key.l", "", "", UNKNOWN),
        ("[aws_kms_key.l.arn, aws_kms_key.l.policy]", "", "", UNKNOWN),
        ("aws_kms_key.l.arn", "  multi_region = true\n", "", UNKNOWN),
        ("aws_kms_key.l.arn", "  provider = aws.a\n", "  provider = aws.b\n", UNKNOWN),
        ("aws_kms_key.l.arn", RUNS, RUNS, UNKNOWN),
    ],
)
def test_what_a_policy_says_changes_no_name_of_the_key(
    tmp_path: Path, reference: str, old: str, new: str, found: str
) -> None:
    """A module that is not at hand is given a key whose policy changes."""
    regions = "".join(f'provider "aws" {{\n  alias = "{name}"\n  region = "eu-{name}-1"\n}}\n' for name in "ab")

    def version(folder: str, policy: str, more: str) -> Estate:
        called = f'module "m" {{\n  source = "example.com/m"\n  given = {reference}\n}}\n'
        return load(tmp_path / folder, main=KEY + key(policy, "l", more=more) + called + regions)

    assert relation(version("old", OUTSIDE, old), version("new", OUTSIDE.replace("4444", "5555"), new)) == found


def test_a_data_source_of_the_same_name_is_another_key(tmp_path: Path) -> None:
    def version(folder: str, alias: str) -> Estate:
        found = f'data "aws_kms_key" "k" {{\n  key_id = "alias/{alias}"\n}}\n'
        called = 'module "m" {\n  source = "example.com/m"\n  given = data.aws_kms_key.k.arn\n}\n'
        return load(tmp_path / folder, main=KEY + found + called)

    old, same, new = version("old", "one"), version("same", "one"), version("new", "two")
    assert (relation(old, same), relation(old, new)) == (EQUIVALENT, UNKNOWN)
