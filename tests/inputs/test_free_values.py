"""S4: what must be any text tells accounts or Regions apart where it must be the own one elsewhere, and only there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.test_each_region import template
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.model.own_place import check_region
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

STATEMENT = "{{Effect: {}, Principal: {{AWS: '*'}}, Action: 'kms:Decrypt', Resource: '*', Condition: {{{}}}}}"
CONTEXT, TAG = "kms:EncryptionContext:a", "aws:PrincipalTag/a"


def write(folder: Path, *statements: str, **properties: Any) -> Path:
    """A template, in YAML, of a key with some statements besides that of its owner."""
    document = template("HERE")
    document["Resources"]["Key"]["Properties"] |= properties
    path = folder / "template.yaml"
    path.write_text(json.dumps(document).replace('"HERE"', ", ".join(statements)), encoding="utf-8")
    return path


def load(folder: Path, allowed: str, denied: str, account: str | None = None, region: str | None = None) -> None:
    load_estate(
        [write(folder, STATEMENT.format("Allow", allowed), STATEMENT.format("Deny", denied))],
        supplied=Supplied(account, region),
    )


LOGS = f"ArnLike: {{{CONTEXT}: !Sub 'arn:aws:logs:*:${{AWS::AccountId}}:*'}}"
OF_ACCOUNTS = [
    (f"StringEquals: {{{CONTEXT}: !Ref AWS::AccountId}}", f"StringLike: {{{CONTEXT}: '1111*'}}", True),
    (f"StringEquals: {{{CONTEXT}: !Sub 'x${{AWS::AccountId}}'}}", f"StringLike: {{{CONTEXT}: 'x11*'}}", True),
    (f"StringEquals: {{{CONTEXT}: !Sub 'x${{AWS::AccountId}}'}}", f"StringLike: {{{CONTEXT}: 'x*'}}", False),
    (f"StringEquals: {{{CONTEXT}: !Sub 'x${{AWS::AccountId}}'}}", f"StringLike: {{{CONTEXT}: 'y11*'}}", False),
    (f"StringEquals: {{{TAG}: '${{aws:ResourceAccount}}'}}", f"StringLike: {{{TAG}: '1111*'}}", True),
    (f"StringEquals: {{{TAG}: '${{aws:ResourceAccount}}'}}", f"NumericLessThan: {{{TAG}: '9'}}", True),
    (f"StringEquals: {{aws:PrincipalAccount: '${{{TAG}}}'}}", f"StringLike: {{{TAG}: '1111*'}}", True),
    (f"ArnLike: {{aws:PrincipalArn: 'arn:aws:iam::${{{TAG}}}:role/x'}}", f"StringLike: {{{TAG}: '1111*'}}", True),
    (f"StringEquals: {{{TAG}: '${{aws:PrincipalTag/b}}'}}", f"StringLike: {{{TAG}: '1111*'}}", False),
    (LOGS, f"ArnLike: {{{CONTEXT}: 'arn:aws:logs:*:*:log-group:x*'}}", False),
    (LOGS, f"ArnLike: {{{CONTEXT}: 'arn:aws:logs:*:1*:log-group:x'}}", True),
    (
        f"ArnLike: {{{CONTEXT}: !Sub 'arn:aws:s3:::b-${{AWS::AccountId}}/*'}}",
        f"ArnLike: {{{CONTEXT}: 'arn:aws:s3:::b-1*'}}",
        True,
    ),
]
OF_REGIONS = [
    (f"StringEquals: {{{CONTEXT}: !Ref AWS::Region}}", f"StringLike: {{{CONTEXT}: 'us-*'}}", True),
    (f"StringEquals: {{{CONTEXT}: !Ref AWS::Region}}", f"StringLike: {{{CONTEXT}: '?????????'}}", True),
    (
        f"StringEquals: {{{CONTEXT}: !Sub 'x${{AWS::Region}}'}}",
        f"StringLike: {{{CONTEXT}: ['x*', 'y-us*', '*']}}",
        False,
    ),
    (f"StringEquals: {{{CONTEXT}: x}}", f"StringLike: {{{CONTEXT}: 'us-*'}}", False),
    (
        f"ArnLike: {{{CONTEXT}: !Sub 'arn:aws:logs:${{AWS::Region}}:*:x'}}",
        f"ArnLike: {{{CONTEXT}: 'arn:aws:logs:*:*:y*'}}",
        False,
    ),
    (
        f"ArnLike: {{{CONTEXT}: !Sub 'arn:aws:logs:${{AWS::Region}}:*:x'}}",
        f"ArnLike: {{{CONTEXT}: 'arn:aws:logs:eu*:*:x'}}",
        True,
    ),
]


@pytest.mark.parametrize(
    ("what", "allowed", "denied", "apart"),
    [*(("own account", *case) for case in OF_ACCOUNTS), *(("Region", *case) for case in OF_REGIONS)],
)
def test_a_pattern_of_what_must_be_the_own_one(
    tmp_path: Path, what: str, allowed: str, denied: str, apart: bool
) -> None:
    load(tmp_path, allowed, denied, account="111122223333", region="eu-west-1")
    given = {"region": "eu-west-1"} if what == "own account" else {"account": "111122223333"}
    if apart:
        with pytest.raises(InputError, match=f"depends on the {what}"):
            load(tmp_path, allowed, denied, **given)
    else:
        load(tmp_path, allowed, denied, **given)


@pytest.mark.parametrize(("given", "what"), [("region", "own account"), ("account", "Region")])
def test_an_invariant_with_such_a_pattern(tmp_path: Path, given: str, what: str) -> None:
    own = "AWS::AccountId" if given == "region" else "AWS::Region"
    path = write(tmp_path, STATEMENT.format("Allow", f"StringEquals: {{{CONTEXT}: !Ref '{own}'}}"))
    supplied = Supplied(region="eu-west-1") if given == "region" else Supplied(account="111122223333")
    text = (
        f'invariant "a":\n  no caller can kms:Decrypt when {CONTEXT} like "1*"\ninvariant "b":\n  no caller can '
        "kms:Decrypt\n"
    )
    pattern, plain = read_invariants(Source("a.inv", text)).invariants
    estate = load_estate([path], supplied=supplied)
    check_region(estate, [plain])
    with pytest.raises(InputError, match=what):
        check_region(estate, [pattern])


def test_an_input_without_keys_has_an_own_account_too() -> None:
    (invariant,) = read_invariants(Source("a.inv", 'invariant "a":\n  no caller can kms:CreateKey\n')).invariants
    check_region(Estate(keys=(), open_account=True), [invariant])


@pytest.mark.parametrize(
    ("own", "pattern", "what"), [("AWS::AccountId", "1111*", "the own account"), ("AWS::Region", "us-*", "the Region")]
)
def test_a_pattern_of_a_tag_that_is_the_own_account_or_region(
    tmp_path: Path, own: str, pattern: str, what: str
) -> None:
    denied = STATEMENT.format("Deny", f"StringNotLike: {{aws:ResourceTag/at: '{pattern}'}}")
    path = write(tmp_path, denied, Tags=[{"Key": "at", "Value": {"Ref": own}}])
    load_estate([path], supplied=Supplied("111122223333", "us-east-1"))
    with pytest.raises(InputError, match=f"depends on {what}"):
        load_estate([path], supplied=Supplied(region="us-east-1") if "Account" in own else Supplied("111122223333"))


def test_an_invariant_about_a_tag_that_is_the_own_account(tmp_path: Path) -> None:
    path = write(tmp_path, Tags=[{"Key": "at", "Value": {"Ref": "AWS::AccountId"}}])
    text = 'invariant "a":\n  no caller can kms:Decrypt when aws:ResourceTag/at like "1111*"\n'
    with pytest.raises(InputError, match="depends on the own account"):
        check_region(
            load_estate([path], supplied=Supplied(region="us-east-1")),
            read_invariants(Source("a.inv", text)).invariants,
        )


GRANTED = """
provider "aws" { region = "us-east-1" }
data "aws_caller_identity" "own" {}
resource "aws_kms_key" "it" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = data.aws_caller_identity.own.account_id }, Action = "kms:*", Resource = "*" },
    { Effect = "Deny", Principal = "*", Action = "kms:Decrypt", Resource = "*",
      Condition = { StringNotLike = { "kms:EncryptionContext:at" = "1111*" } } }
  ] })
}
resource "aws_kms_grant" "it" {
  key_id            = aws_kms_key.it.key_id
  grantee_principal = "arn:aws:iam::444455556666:role/partner"
  operations        = ["Decrypt"]
  constraints { encryption_context_equals = { at = data.aws_caller_identity.own.account_id } }
}
"""  # noqa: E501


@pytest.mark.parametrize("constraint", ["encryption_context_equals", "encryption_context_subset"])
def test_a_pattern_of_the_context_of_a_grant_that_is_the_own_account(tmp_path: Path, constraint: str) -> None:
    (tmp_path / "main.tf").write_text(GRANTED.replace("encryption_context_equals", constraint), encoding="utf-8")
    assert load_estate([tmp_path], supplied=Supplied("111122223333")).keys[0].grants
    with pytest.raises(InputError, match="depends on the own account"):
        load_estate([tmp_path])


@pytest.mark.parametrize(
    ("pattern", "apart"),
    [
        ("arn:aws:iam::1111*:role/x", True),
        ("arn:aws:iam::*:role/1111*", False),
        ("arn:a*::1111*:role/x:b/n", True),  # the first asterisk crosses fields, so that the account is in the fourth
        ("arn:*:iam::*:role/1111*", False),
    ],
)
def test_where_a_pattern_has_the_account(tmp_path: Path, pattern: str, apart: bool) -> None:
    told = f"StringLike: {{aws:PrincipalArn: '{pattern}'}}"
    if apart:
        with pytest.raises(InputError, match="depends on the own account"):
            load(tmp_path, told, told, region="eu-west-1")
    else:
        load(tmp_path, told, told, region="eu-west-1")
