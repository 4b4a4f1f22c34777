"""S4: whose keys are that a provider configuration with credentials of its own makes, where nothing tells its
account."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs.plans import constant, new_key, plan, refers, write
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.language.builtins.catalogue import builtin
from verifier.model.results.verdict import Status
from verifier.syntax.diagnostic import InputError
from verifier.verify.proving import prove

SUPPLIED, PARTNER = "111122223333", "444455556666"
FIRST = 'provider "aws" {\n  region  = "us-east-1"\n  profile = var.profile\n}\n'
OTHER = 'provider "aws" {\n  alias = "other"\n  region = "us-west-2"\n  profile = var.profile\n}\n'
PLAIN = 'provider "aws" {\n  region = "us-east-1"\n}\n'
VARIABLE = 'variable "profile" {\n  default = "work"\n}\n'
ROLE = OTHER.replace("profile = var.profile", "assume_role {\n    role_arn = data.aws_ssm_parameter.role.value\n  }")
DYNAMIC = (
    'dynamic "assume_role" {\n    for_each = [1]\n    content {\n      role_arn = '
    "data.aws_ssm_parameter.role.value\n    }\n  }"
)
KEY, OTHER_KEY = 'resource "aws_kms_key" "k" {}\n', 'resource "aws_kms_key" "o" {\n  provider = aws.other\n}\n'


def identity(provider: str) -> str:
    return f'data "aws_caller_identity" "own" {{\n  provider = {provider}\n}}\n'


def key_for(who: str, provider: str = "aws") -> str:
    statement = f'{{ Effect = "Allow", Principal = {{ AWS = {who} }}, Action = "kms:*", Resource = "*" }}'
    document = f'{{ Version = "2012-10-17", Statement = [{statement}] }}'
    return f'resource "aws_kms_key" "k" {{\n  provider = {provider}\n  policy = jsonencode({document})\n}}\n'


OWN = "data.aws_caller_identity.own.account_id"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FIRST + VARIABLE + KEY, [Status.PROVED]),
        (FIRST.replace("var.profile", '"work"') + KEY, [Status.PROVED]),
        (FIRST + VARIABLE + identity("aws") + key_for(OWN), [Status.PROVED]),
        (FIRST + VARIABLE + identity("aws") + key_for(f'[{OWN}, "{PARTNER}"]'), [Status.REFUTED]),
        (FIRST + OTHER + VARIABLE + KEY + OTHER_KEY, [Status.PROVED, Status.PROVED]),
        (FIRST + OTHER + VARIABLE + identity("aws.other") + key_for(OWN), [Status.PROVED]),
        (FIRST + OTHER.replace("var.profile", '"theirs"') + VARIABLE + KEY + OTHER_KEY, None),
        (
            FIRST
            + OTHER.replace("var.profile", 'var.profile\n  forbidden_account_ids = ["222233334444"]')
            + VARIABLE
            + KEY
            + OTHER_KEY,
            None,
        ),
        (
            FIRST.replace("profile = var.profile", DYNAMIC)
            + OTHER.replace("profile = var.profile", DYNAMIC)
            + KEY
            + OTHER_KEY,
            None,
        ),
        (PLAIN + ROLE + KEY + OTHER_KEY, None),
        (PLAIN + ROLE + OTHER_KEY, [Status.PROVED]),
        (PLAIN.replace("}\n", '  allowed_account_ids = ["111122223333"]\n}\n') + ROLE + OTHER_KEY + KEY, None),
        # The caller of one login may be of another account than the keys of another one.
        (PLAIN + ROLE + identity("aws") + key_for(OWN, "aws.other"), [Status.UNKNOWN]),
        (PLAIN + ROLE + identity("aws.other") + key_for(OWN), [Status.UNKNOWN]),
        (
            FIRST + OTHER.replace("var.profile", '"theirs"') + VARIABLE + identity("aws.other") + key_for(OWN),
            [Status.UNKNOWN],
        ),
    ],
)
def test_a_login_of_its_own(tmp_path: Path, text: str, expected: list[Status] | None) -> None:
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    if expected is None:
        with pytest.raises(InputError, match="does not tell which account"):
            load_estate([tmp_path])
        return
    estate = load_estate([tmp_path])
    assert any("own account is not given" in sentence for sentence in estate.concluded)
    assert [verdict.status for verdict in prove(estate, [builtin("no-external-access")]).verdicts] == expected


@pytest.mark.parametrize("keys", [OTHER_KEY, KEY + OTHER_KEY])
def test_two_that_name_no_credentials_are_of_the_account_that_one_is_restricted_to(tmp_path: Path, keys: str) -> None:
    """As where one of them is for another Region. [terraform-provider-aws: allowed_account_ids]"""
    restricted = PLAIN.replace("}\n", f'  allowed_account_ids = ["{PARTNER}"]\n}}\n')
    (tmp_path / "main.tf").write_text(restricted + OTHER.replace("  profile = var.profile\n", "") + keys)
    estate = load_estate([tmp_path])
    assert {key.account for key in estate.keys} == {PARTNER}
    assert any("provider aws.other logs in as aws does" in sentence for sentence in estate.concluded)


THEIRS = OTHER.replace("var.profile", '"theirs"')
TRUST = (
    '{ Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] }'
)
THEIR_ROLE = (
    'resource "aws_iam_role" "own" {\n  provider = aws.other\n  name = "own"\n  assume_role_policy = '
    f"jsonencode({TRUST})\n}}\n"
)
BOTH_KEYS = key_for(OWN) + OTHER_KEY
HERE = f'data.aws_caller_identity.own.account_id == "{SUPPLIED}" ? 1 : 0'
ELSEWHERE = key_for('"*"').replace('"k" {\n', f'"m" {{\n  count = {HERE.replace("1 : 0", "0 : 1")}\n', 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PLAIN + identity("aws") + key_for(OWN), [Status.PROVED]),
        (FIRST + VARIABLE + identity("aws") + key_for(OWN), [Status.PROVED]),
        (PLAIN + THEIRS + identity("aws.other") + key_for(OWN), [Status.UNKNOWN]),
        (PLAIN + THEIRS + THEIR_ROLE + key_for("aws_iam_role.own.arn"), [Status.UNKNOWN]),
        (FIRST + OTHER + VARIABLE + THEIR_ROLE + key_for("aws_iam_role.own.arn"), [Status.PROVED]),
        # How many keys there are may turn on it.
        (PLAIN + THEIRS + identity("aws.other") + KEY + ELSEWHERE, [Status.PROVED, Status.REFUTED]),
        (PLAIN + identity("aws") + key_for('"*"').replace("{\n", f"{{\n  count = {HERE}\n", 1), [Status.REFUTED]),
    ],
)
def test_an_account_that_the_user_tells_is_that_of_the_keys(tmp_path: Path, text: str, expected: list[Status]) -> None:
    """What other logins make, and who they are, may be of another account."""
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    estate = load_estate([tmp_path], supplied=Supplied(account=SUPPLIED))
    assert {key.account for key in estate.keys} == {SUPPLIED}
    assert [verdict.status for verdict in prove(estate, [builtin("no-external-access")]).verdicts] == expected


def test_an_account_that_the_user_tells_is_that_of_no_two_logins(tmp_path: Path) -> None:
    text = PLAIN + THEIRS + identity("aws.other") + BOTH_KEYS
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="does not tell which account") as caught:
        load_estate([tmp_path], supplied=Supplied(account=SUPPLIED))
    assert "allowed_account_ids" in str(caught.value.diagnostics[0].hint)
    told = text.replace('profile = "theirs"', f'profile = "theirs"\n  allowed_account_ids = ["{PARTNER}"]')
    (tmp_path / "main.tf").write_text(told, encoding="utf-8")
    estate = load_estate([tmp_path], supplied=Supplied(account=SUPPLIED))
    assert {key.account for key in estate.keys} == {SUPPLIED, PARTNER}


@pytest.mark.parametrize(
    ("profiles", "same"), [(("work", "work"), True), (("work", "theirs"), False), ((None, None), False)]
)
def test_logins_of_a_plan_without_its_files(
    tmp_path: Path, profiles: tuple[str | None, str | None], same: bool
) -> None:
    """Of a reference such a plan has what it depends on, and not what is done to it."""
    said = [refers("var.profile") if profile is None else constant(profile) for profile in profiles]
    keys = [new_key("one"), new_key("other", provider="aws.other")]
    own = ({"region": constant("us-east-1"), "profile": one} for one in said)
    providers = {
        key.provider: {"name": "aws", "expressions": expressions} for key, expressions in zip(keys, own, strict=True)
    }
    path = write(tmp_path, plan(*keys, providers=providers))
    if same:
        assert len(load_estate([path]).keys) == 2
        return
    with pytest.raises(InputError, match="does not tell which account") as caught:
        load_estate([path])
    assert len(caught.value.diagnostics) == 1  # one answer mends both
