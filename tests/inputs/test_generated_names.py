"""S4: names that Terraform or CloudFormation generates, and names with the own account or Region, against patterns."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

import verifier
from tests.inputs.plans import ACCOUNT
from tests.inputs.test_terraform_folder import verdicts, written
from verifier.evaluate import evaluate, request_from_json
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.model.request import Outcome
from verifier.syntax.diagnostic import InputError
from verifier.syntax.generated import NAMED, OWN_ACCOUNT_MARK, OWN_REGION_MARK, GeneratedText
from verifier.syntax.source import Source

GENERATED = "90246810938304510463534373"
SERVICE = '{ Service = "ec2.amazonaws.com" }'
NOBODY = f'account own = {ACCOUNT}\ninvariant "i": no roles in own can kms:Decrypt\n'


@pytest.mark.parametrize(
    "name, open_patterns, others",
    [
        (
            f"app-{GENERATED}",
            ["app-2*", "app-9*", "app-20260101*", "*1", "app-" + "?" * 25 + "1", "app-*f", "a*2*"],
            ["app-*", "*", "app-" + "?" * 26, "app-" + "?" * 25, "app-" + "?" * 27, "app-x*", "*-x", "app", "web-*"],
        ),
        ("app-00000000-0000-4000-8000-e45e2a904cb0", ["app-0*", "app-*-4000-*"], ["app-????????-*", "app-*-*-*"]),
        *(
            (f"{each}{GENERATED}", [f"{each}2*"], [f"{each}*", "web-*"])
            for each in ("unknown-", "stack-", "app-0", "i-0")
        ),
        (
            "stack-Named-902468ABCDEF",
            ["*-Named-1*", "*-Named-902468*", "stack-*"],
            ["prod-*", "*-Named-*", "*-Other-*"],
        ),
        ("prod-Named-902468ABCDEF", ["prod-Named-1*", "prod-*2"], ["prod-*", "prod-Named-*", "prod-Other-*"]),
        (f"app-{OWN_REGION_MARK}", ["app-eu-*", "*-1", "app-us-east-?"], ["app-*", "web-*", "app-EU_*"]),
        (f"app-{OWN_ACCOUNT_MARK}", ["app-9*", "*0"], ["app-*", "app-????????????", "app-x*"]),
    ],
)
def test_a_pattern_is_open_iff_the_name_may_match_it_and_may_not(
    name: str, open_patterns: list[str], others: list[str]
) -> None:
    start = f"arn:aws:iam::{ACCOUNT}:role/"
    form, shown = GeneratedText.of(NAMED, start + name), start + name.replace(OWN_ACCOUNT_MARK, ACCOUNT)
    assert [each for each in open_patterns if not form.may_be(start + each, shown)] == []
    assert [each for each in others if form.may_be(start + each, shown)] == []


def role(name: str, principal: str = SERVICE) -> str:
    return f"""\
resource "aws_iam_role" "r" {{
  {name}
  assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect = "Allow", Principal = {principal}, Action = "sts:AssumeRole" }}] }})
}}
resource "aws_kms_key" "o" {{
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect = "Allow", Principal = {{ AWS = "arn:aws:iam::{ACCOUNT}:root" }}, Action = "kms:Put*", Resource = "*" }}] }})
}}
data "aws_region" "own" {{}}
data "aws_caller_identity" "own" {{}}
"""


def key(condition: str = "") -> str:
    """A key that the role may use, unless a condition denies it."""
    allow = '{ Effect = "Allow", Principal = { AWS = aws_iam_role.r.arn }, Action = "kms:Decrypt", Resource = "*" }'
    deny = allow.replace("Allow", "Deny").replace("{ AWS = aws_iam_role.r.arn }", '"*"')
    deny = f"{deny[:-2]}, Condition = {{ {condition} }} }}"
    statements = f"{allow}, {deny}" if condition else allow
    return f"""\
resource "aws_kms_key" "k" {{
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{statements}] }})
}}
"""


def like(pattern: str, operator: str = "ArnLike") -> str:
    return f'{operator} = {{ "aws:PrincipalArn" = "arn:aws:iam::*:role/{pattern}" }}'


def folder(path: Path, main: str, account: str | None = ACCOUNT, region: str | None = "us-west-2") -> Estate:
    return load_estate([written(path, main=main)], supplied=Supplied(account=account, region=region))


TAGGED = 'name_prefix = "app-"\n  tags = { p = "app-2" }'
BY_PREFIX, BY_KEY = 'name_prefix = "app-"', 'name = "app-${aws_kms_key.o.key_id}"'


@pytest.mark.parametrize(
    "name, condition, expected",
    [
        (BY_PREFIX, like("app-2*"), "unknown"),
        (BY_PREFIX, like("app-9*"), "unknown"),
        (BY_PREFIX, like("app-9*", "ArnNotLike"), "unknown"),
        (BY_PREFIX, like("app-2*", "StringNotLike"), "unknown"),
        (BY_PREFIX, like("app-*"), "proved"),
        (BY_PREFIX, like("app-*", "ArnNotLike"), "refuted"),
        (BY_PREFIX, like("web-*"), "refuted"),
        (BY_PREFIX, like("app-x*"), "refuted"),
        ("", like("terraform-2*"), "unknown"),
        ("", like("terraform-*"), "proved"),
        (BY_KEY, like("app-0*"), "unknown"),
        (BY_KEY, like("app-f*", "ArnNotLike"), "unknown"),
        (BY_KEY, like("app-*-*"), "proved"),
        (TAGGED, like("$${aws:PrincipalTag/p}*"), "unknown"),
        (TAGGED, like("*-$${aws:PrincipalTag/p}"), "unknown"),
        (TAGGED, like("$${aws:PrincipalTag/p}-*"), "refuted"),
        (TAGGED, like("app-*").replace("::*:", "::$${aws:PrincipalAccount}:"), "proved"),
    ],
)
def test_a_condition_on_a_name_that_is_generated(tmp_path: Path, name: str, condition: str, expected: str) -> None:
    estate = folder(tmp_path, role(name) + key(condition))
    assert verdicts(estate, NOBODY)["aws_kms_key.k"] == expected
    assert not any("makes up" in sentence for one in estate.keys for sentence in one.supposed)


SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role"


@pytest.mark.parametrize("of_whom", ["role/app-2*", "role/app-20260101000000000000000001", f'"{SESSION}/app-2*/x"'])
def test_an_invariant_about_a_part_that_is_generated_is_an_error(tmp_path: Path, of_whom: str) -> None:
    estate = folder(tmp_path, role(BY_PREFIX) + key())
    with pytest.raises(InputError, match="may be what AWS or Terraform will generate"):
        verdicts(estate, NOBODY.replace("roles in own", of_whom if SESSION in of_whom else f"{of_whom} in own"))
    for other, found in (("app-*", "refuted"), ("web-*", "proved"), ("app-x*", "proved")):
        for who in (f"role/{other} in own", f'"{SESSION}/{other}/x"'):
            assert verdicts(estate, NOBODY.replace("roles in own", who))["aws_kms_key.k"] == found


@pytest.mark.parametrize("who", ["iam::{}:role/app-{}", "sts::{}:assumed-role/app-{}/x"])
def test_a_request_by_whom_a_role_may_be_is_an_error(tmp_path: Path, who: str) -> None:
    """A request by what stands for the role, as a counterexample shows it, is one by the role."""
    estate = folder(tmp_path, role(BY_PREFIX) + key())
    (its,) = (identity.arn for identity in estate.identities)
    (target,) = (one.arn for one in estate.keys if one.name == "aws_kms_key.k")
    for end, outcome in (("x", Outcome.DENY), (its.rsplit("-", 1)[1], Outcome.ALLOW)):
        asked = {"principal": f"arn:aws:{who.format(ACCOUNT, end)}", "action": "kms:Decrypt", "resource": target}
        assert evaluate(estate, request_from_json(estate, asked)).outcome is outcome
    with pytest.raises(InputError, match="may be what AWS or Terraform will generate"):
        request_from_json(estate, {**asked, "principal": f"arn:aws:{who.format(ACCOUNT, '2' * 26)}"})


def test_what_such_a_role_can_reach_is_an_error(tmp_path: Path) -> None:
    estate = folder(tmp_path, role(BY_PREFIX) + key())
    with pytest.raises(InputError, match="may be what AWS or Terraform will generate"):
        verifier.reach(estate, f"role/app-{'2' * 26}")


@pytest.mark.parametrize("of_whom", ["no {} in own calls sts:*", "nobody changes what runs as {} in own"])
def test_a_supposition_about_a_part_that_is_generated_is_an_error(tmp_path: Path, of_whom: str) -> None:
    estate = folder(tmp_path, role(BY_PREFIX) + key())
    text = f'account own = {ACCOUNT}\nsuppose "s": {{}}\n{NOBODY.splitlines()[1]}\n'
    for pattern, is_error in (("app-2*", True), ("app-*", False)):
        sentence = of_whom.format(f"role/{pattern}")
        files = read_invariants(Source("it.inv", text.format(sentence)))
        supposing = replace(estate, suppositions=files.suppositions)
        with pytest.raises(InputError, match="will generate") if is_error else nullcontext():
            verifier.prove(supposing, files.invariants)


ALICE = """\
resource "aws_iam_user" "alice" {{
  name = "alice"
}}
resource "aws_iam_user_policy" "alice" {{
  user   = aws_iam_user.alice.name
  name   = "p"
  policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
    Effect = "Allow", Action = "sts:AssumeRole", {resource} }}] }})
}}
"""
EVENTUALLY = f"""\
account own = {ACCOUNT}
suppose "ram": no key is shared through RAM
invariant "i": no user/alice in own can eventually kms:Decrypt
"""


@pytest.mark.parametrize(
    "resource, is_open, status",
    [
        ('Resource = "arn:aws:iam::*:role/app-2*"', True, "unknown"),
        ('Resource = "arn:aws:iam::*:role/app-9*"', True, "unknown"),
        ('Resource = "arn:aws:iam::*:role/app-*"', False, "refuted"),
        ('Resource = "arn:aws:iam::*:role/web-*"', False, "unknown"),
        ("Resource = aws_iam_role.r.arn", False, "refuted"),
        ('NotResource = "arn:aws:iam::*:role/app-2*"', True, "unknown"),
        ('NotResource = ["arn:aws:iam::*:role/app-9*", "arn:aws:iam::*:role/web"]', True, "unknown"),
        ('NotResource = "arn:aws:iam::*:role/app-*"', False, "unknown"),
        ('NotResource = "arn:aws:iam::*:role/web-*"', False, "refuted"),
    ],
)
def test_a_resource_that_a_name_may_match(tmp_path: Path, resource: str, is_open: bool, status: str) -> None:
    """Where it cannot, other roles may still be assumed, of which nothing is known."""
    trust = f'{{ AWS = "arn:aws:iam::{ACCOUNT}:root" }}'
    estate = folder(tmp_path, role(BY_PREFIX, trust) + ALICE.format(resource=resource) + key())
    assert verdicts(estate, EVENTUALLY)["aws_kms_key.k"] == status
    (own,) = (policy for identity in estate.identities for policy in identity.documents)
    assert [statement.only_if is not None for statement in own.statements] == [is_open]


@pytest.mark.parametrize(
    "name, pattern, is_open",
    [
        ("data.aws_region.own.name", "app-eu-*", True),
        ("data.aws_region.own.name", "app-*", False),
        ("data.aws_region.own.name", "web-*", False),
        ("data.aws_caller_identity.own.account_id", "app-9*", True),
        ("data.aws_caller_identity.own.account_id", "app-*", False),
    ],
)
def test_a_name_may_hold_the_own_account_or_region(tmp_path: Path, name: str, pattern: str, is_open: bool) -> None:
    account, region = (None, "us-west-2") if "caller" in name else (ACCOUNT, None)
    main = role(f'name = "app-${{{name}}}"') + key(like(pattern))
    main = main.replace(f"arn:aws:iam::{ACCOUNT}:root", "*")
    if is_open:
        with pytest.raises(InputError, match="depends on the"):
            folder(tmp_path, main, account, region)
    else:
        assert folder(tmp_path, main, account, region).keys


@pytest.mark.parametrize("pattern, is_open", [("app-eu-*", True), ("app-*", False), ("web-*", False)])
def test_an_invariant_may_ask_for_the_own_region_in_a_name(tmp_path: Path, pattern: str, is_open: bool) -> None:
    estate = folder(tmp_path, role('name = "app-${data.aws_region.own.name}"') + key(), region=None)
    asked = NOBODY.replace("roles in own", f"role/{pattern} in own")
    if is_open:
        with pytest.raises(InputError, match="depends on the Region"):
            verdicts(estate, asked)
    else:
        assert verdicts(estate, asked)


@pytest.mark.parametrize(
    "pattern, stack, expected",
    [
        ("*-App-1*", None, "unknown"),
        ("*-App-*", None, "proved"),
        ("prod-App-*", None, "refuted"),
        ("prod-App-*", "prod", "proved"),
        ("prod-App-1*", "prod", "unknown"),
        ("test-*", "prod", "refuted"),
    ],
)
def test_a_name_that_cloudformation_generates(tmp_path: Path, pattern: str, stack: str | None, expected: str) -> None:
    """Where nothing tells the name of the stack, no pattern is supposed to ask for it, as each verdict says."""
    principal = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    use = {"Effect": "Allow", "Principal": {"AWS": {"Fn::GetAtt": ["App", "Arn"]}}, "Action": "kms:Decrypt"}
    by = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{pattern}"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Condition": by}
    statements = [{**statement, "Resource": "*"} for statement in (use, deny)]
    resources = {
        "App": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [principal]}}},
        "K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": statements}}},
    }
    made = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    (tmp_path / "t.json").write_text(json.dumps(made), encoding="utf-8")
    parameters = {"AWS::StackName": stack} if stack else {}
    estate = verifier.load(tmp_path / "t.json", account=ACCOUNT, region="us-west-2", parameters=parameters)
    assert set(verdicts(estate, NOBODY).values()) == {expected}
    said = any("asks for the name of the stack" in sentence for one in estate.keys for sentence in one.supposed)
    assert said is (stack is None)
