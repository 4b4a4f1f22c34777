"""What policies ask for that nobody chooses is the same on both sides only where the input says so (S1, S2): tags of
users, roles and keys, trust policies, organizations. Asked by statements with unknown parts, and by policies of users
and roles that are not listed (U1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs.test_left_open import TRUSTED
from tests.inputs.test_terraform_folder import OWN, load
from tests.inputs.test_unread_versions import EQUIVALENT, UNKNOWN, VARIABLES, relation
from verifier.model.estate import Estate
from verifier.verify.comparison.compare import compare
from verifier.verify.comparison.sides import CHANGES_NOT_TESTED

OWNER = f'{{ Effect = "Allow", Principal = {{ AWS = "{OWN}" }}, Action = "kms:*", Resource = "*" }}'
BY_TAG = '{ StringEquals = { "aws:PrincipalTag/t" = "red" } }'
BY_KEY_TAG = '{ StringEquals = { "aws:ResourceTag/t" = "red" } }'
BY_MFA = '{ Bool = { "aws:MultiFactorAuthPresent" = "true" } }'
BY_ALIAS = '{ "ForAnyValue:StringEquals" = { "kms:ResourceAliases" = "alias/app" } }'
BY_SERVICE = '{ StringEquals = { "kms:ViaService" = "s3.us-west-2.amazonaws.com" } }'
BY_VARIABLE = '{ StringEquals = { "kms:EncryptionContext:t" = "$${aws:PrincipalTag/t}" } }'


def document(condition: str, version: str = "2012-10-17") -> str:
    """A policy that lets somebody decrypt."""
    allow = f'Effect = "Allow", Action = "kms:Decrypt", Resource = "*", Condition = {condition}'
    return f'jsonencode({{ Version = "{version}", Statement = [{{ {allow} }}] }})'


def policy(condition: str, version: str = "2012-10-17", to: str = "aws_iam_role.r.name") -> str:
    """An inline policy of the role."""
    return f'resource "aws_iam_role_policy" "p" {{\n  role = {to}\n  policy = {document(condition, version)}\n}}\n'


def managed(condition: str, version: str = "2012-10-17") -> str:
    """A managed policy, which anybody may have."""
    return f'resource "aws_iam_policy" "m" {{\n  name = "m"\n  policy = {document(condition, version)}\n}}\n'


def role(tag: str, trusted: str = TRUSTED) -> str:
    """A role with a tag, which is not listed where the tag is not known."""
    trust = f'jsonencode({{ Version = "2012-10-17", Statement = [{trusted}] }})'
    attributes = f'name = "app"\n  tags = {{ t = {tag} }}\n  assume_role_policy = {trust}'
    return f'resource "aws_iam_role" "r" {{\n  {attributes}\n}}\n'


def key(tag: str = '"z"', condition: str = "") -> str:
    """The key, and where there is a condition a statement for the role."""
    of_role = (
        ', { Sid = "A", Effect = "Allow", Principal = { AWS = "'
        f'{OWN.removesuffix("root")}role/app" }}, Action = "kms:Decrypt", Resource = "*", Condition = {condition} }}'
    )
    statements = f'jsonencode({{ Version = "2012-10-17", Statement = [{OWNER}{of_role if condition else ""}] }})'
    return f'resource "aws_kms_key" "k" {{\n  tags = {{ t = {tag} }}\n  policy = {statements}\n}}\n'


def alias(name: str) -> str:
    """An alias of the key."""
    return f'resource "aws_kms_alias" "a" {{\n  name = "alias/{name}"\n  target_key_id = aws_kms_key.k.id\n}}\n'


TAGGING = TRUSTED.replace('"sts:AssumeRole"', '["sts:AssumeRole", "sts:TagSession"]')
BY_SERVICES = TRUSTED.replace(f'AWS = "{OWN}"', 'Service = "ec2.amazonaws.com"')


def versions(folder: Path, old: str, new: str) -> tuple[Estate, Estate]:
    """Two versions of a folder."""
    one, other = (load(folder / name, main=VARIABLES, more=more) for name, more in (("old", old), ("new", new)))
    assert relation(one, load(folder / "same", main=VARIABLES, more=old)) == EQUIVALENT
    return one, other


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        *(
            (key() + role("var.a") + policy(asking, to=to), key() + role("var.b") + policy(asking, to=to), found)
            for to in ("aws_iam_role.r.name", '"app"')
            for asking, found in (
                (BY_TAG, UNKNOWN),
                (BY_VARIABLE, UNKNOWN),
                (BY_SERVICE, EQUIVALENT),
                ("var.c", UNKNOWN),
            )
        ),
        *(
            (key('"red"') + role("var.a") + policy(asking), key('"blue"') + role("var.a") + policy(asking), found)
            for asking, found in ((BY_KEY_TAG, UNKNOWN), (BY_SERVICE, EQUIVALENT))
        ),
        *(
            (
                key() + alias("app") + role("var.a") + policy(asking),
                key() + alias("x") + role("var.a") + policy(asking),
                found,
            )
            for asking, found in ((BY_ALIAS, UNKNOWN), (BY_SERVICE, EQUIVALENT))
        ),
        (key('"red"') + managed(BY_KEY_TAG), key('"blue"') + managed(BY_KEY_TAG), UNKNOWN),
        *(
            (
                key() + role("var.a", BY_SERVICES) + policy(asking),
                key() + role("var.a", TAGGING) + policy(asking),
                found,
            )
            for asking, found in ((BY_TAG, UNKNOWN), (BY_MFA, UNKNOWN), (BY_SERVICE, EQUIVALENT))
        ),
        *(
            (key(condition=asked) + role("var.a", BY_SERVICES), key(condition=asked) + role("var.a", TAGGING), found)
            for asked, found in ((BY_TAG, UNKNOWN), (BY_MFA, UNKNOWN), (BY_SERVICE, EQUIVALENT))
        ),
    ],
)
def test_u1_what_policies_ask_for_of_users_and_roles_that_are_not_listed(
    tmp_path: Path, old: str, new: str, found: str
) -> None:
    assert relation(*versions(tmp_path, old, new)) == found


@pytest.mark.parametrize("of", [policy, managed])
@pytest.mark.parametrize(("asking", "found"), [(BY_VARIABLE, UNKNOWN), (BY_TAG, EQUIVALENT)])
def test_l1_so_does_the_version_of_their_policies(tmp_path: Path, of: object, asking: str, found: str) -> None:
    assert callable(of)
    old, new = (key() + role("var.a") + of(asking, version) for version in ("2012-10-17", "2008-10-17"))
    assert relation(*versions(tmp_path, old, new)) == found


@pytest.mark.parametrize(
    ("asking", "found"),
    [
        ("var.c", UNKNOWN),
        ("{ StringEquals = var.c }", UNKNOWN),
        ('{ StringEquals = { "aws:PrincipalTag/t" = var.c } }', UNKNOWN),
        ('{ StringEquals = { "aws:PrincipalTag/${var.c}" = "red" } }', UNKNOWN),
        ('{ StringEquals = { "kms:EncryptionContext:t" = ["$${aws:PrincipalTag/t}", var.c] } }', UNKNOWN),
        ('{ StringEquals = { "kms:ViaService" = var.c } }', EQUIVALENT),
    ],
)
@pytest.mark.parametrize("where", ["the key policy", "an identity policy"])
def test_u3_what_a_statement_with_unknown_parts_asks_for(tmp_path: Path, where: str, asking: str, found: str) -> None:
    """One symbol says what it says of a request, and the tags of the caller are no part of what anybody chooses."""

    def version(tag: str) -> str:
        listed = role(tag)
        return key(condition=asking) + listed if where == "the key policy" else key() + listed + policy(asking)

    assert relation(*versions(tmp_path, version('"red"'), version('"blue"'))) == found


def test_u3_a_key_policy_asks_for_the_tags_of_its_own_key(tmp_path: Path) -> None:
    asking = '{ StringEquals = { "aws:ResourceTag/t" = var.c } }'
    old, new = (key(tag, asking) + key('"y"').replace('"k"', '"other"') for tag in ('"red"', '"blue"'))
    assert relation(*versions(tmp_path, old, new)) == UNKNOWN
    old, new = (key('"y"', asking) + key(tag).replace('"k"', '"other"') for tag in ('"red"', '"blue"'))
    assert relation(*versions(tmp_path / "other", old, new)) == EQUIVALENT


def test_u1_a_policy_that_is_not_given_is_supposed_not_to_ask(tmp_path: Path) -> None:
    """Nothing is written of it; so a verdict says what it supposes of it, and where nothing rests on it does not."""

    def found(name: str, tag: str, document: str) -> Estate:
        inline = f'resource "aws_iam_role_policy" "p" {{\n  role = "app"\n  policy = {document}\n}}\n'
        return load(tmp_path / name, main=VARIABLES, more=key() + role(tag) + inline)

    for document_, supposed in (("var.c", True), (document(BY_SERVICE), False)):
        sides = (found(f"{tag}{supposed}", f'"{tag}"', document_) for tag in ("red", "blue"))
        target = compare(*sides).targets[0]
        assert target.relation.value == EQUIVALENT
        assert (CHANGES_NOT_TESTED in target.assumptions) is supposed
