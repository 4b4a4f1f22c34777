"""What steps need of an inventory: trust policies, groups, identity providers (E2, E2w)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.inputs.samples import ACCOUNT, READ, assert_only, details, errors, inventory, key, load, place, role, user
from verifier.inputs import load_estate
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Effect, Policy, PolicyKind, PrincipalType
from verifier.syntax.diagnostic import InputError

ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
GROUP = f"arn:aws:iam::{ACCOUNT}:group/team/ops"
GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SSO = f"arn:aws:iam::{ACCOUNT}:saml-provider/sso"
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root", "Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
        {
            "Effect": "Allow",
            "Principal": {"Federated": GITHUB},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:example/*"}},
        },
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sts:*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ],
}


def trusted(folder: Path, document: Any = TRUST) -> Identity:
    """The role of an inventory that has this trust policy."""
    (found,) = (
        inventory(folder, details(RoleDetailList=[role("app", AssumeRolePolicyDocument=document)])).accounts[0].roles
    )
    return found


def refused(folder: Path, statement: dict[str, Any]) -> Any:
    document = {"Version": "2012-10-17", "Statement": [statement]}
    pages = details(RoleDetailList=[role("app", AssumeRolePolicyDocument=document)])
    return errors(folder, {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": pages}}})


@pytest.mark.parametrize("document", [TRUST, json.dumps(TRUST), quote(json.dumps(TRUST))])
def test_e2_the_trust_policy_of_a_role_in_every_form(tmp_path: Path, document: Any) -> None:
    trust = trusted(tmp_path, document).trust
    assert isinstance(trust, Policy)
    assert (trust.kind, trust.identity, trust.name, trust.variables) == (
        PolicyKind.TRUST,
        f"{ROLE}#trust",
        "trust",
        True,
    )
    assert [[principal.type for principal in statement.principals or ()] for statement in trust.statements] == [
        [PrincipalType.ACCOUNT, PrincipalType.SERVICE],
        [PrincipalType.FEDERATED],
        [PrincipalType.ANYONE],
    ]
    assert [[action.value for action in statement.actions or ()] for statement in trust.statements] == [
        ["sts:AssumeRole"],
        ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        ["sts:*"],
    ]
    assert trust.statements[2].effect is Effect.DENY
    assert all(statement.resources is None for statement in trust.statements)
    assert trust.statements[1].span.line > 1
    assert [warning.rule for warning in trust.warnings] == ["P1"]


@pytest.mark.parametrize("given", [role("app"), role("app", AssumeRolePolicyDocument=None)])
def test_e2_a_role_whose_trust_policy_is_not_given(tmp_path: Path, given: Any) -> None:
    estate = inventory(tmp_path, details(RoleDetailList=[given]))
    assert estate.accounts[0].roles[0].trust is None
    assert estate.unmodelled == ()


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ({"Effect": "Alow", "Principal": "*", "Action": "sts:AssumeRole"}, "unknown `Effect`"),
        ({"Effect": "Allow", "Action": "sts:AssumeRole"}, "statement has no `Principal`; a trust policy needs one"),
        ({"Effect": "Allow", "Principal": "*"}, "statement has no `Action`; a trust policy needs one"),
        ({"Effect": "Allow", "Principal": "*", "Action": "sts:*", "Resource": "*"}, "takes no `Resource`"),
        (
            {"Effect": "Deny", "NotPrincipal": {"AWS": ACCOUNT}, "Action": "sts:*"},
            "a trust policy takes no `NotPrincipal`",
        ),
        (
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"}, "Action": "sts:AssumeRole"},
            "wildcard",
        ),
        ({"Effect": "Allow", "Principal": {"Service": "*.amazonaws.com"}, "Action": "sts:AssumeRole"}, "wildcard"),
        (
            {"Effect": "Allow", "Principal": {"Fedrated": GITHUB}, "Action": "sts:*"},
            "unknown principal type `Fedrated`",
        ),
    ],
)
def test_a_trust_policy_in_error_is_an_error_at_its_place(tmp_path: Path, statement: Any, says: str) -> None:
    assert place(assert_only(refused(tmp_path, statement), says))[0] > 20


def test_l8_a_unique_id_of_the_inventory_names_its_identity_in_a_trust_policy(tmp_path: Path) -> None:
    principals = {"AWS": ["AROAAAAAAAAAAAAAAAAAB", "AROAZZZZZZZZZZZZZZZZZ"]}
    document = {"Statement": [{"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"}]}
    roles = [role("app", AssumeRolePolicyDocument=document), role("ci", RoleId="AROAAAAAAAAAAAAAAAAAB")]
    app, _ = inventory(tmp_path, details(RoleDetailList=roles)).accounts[0].roles
    assert app.trust is not None
    assert [(found.type, found.value) for found in app.trust.statements[0].principals or ()] == [
        (PrincipalType.ROLE, f"arn:aws:iam::{ACCOUNT}:role/ci"),
        (PrincipalType.UNIQUE_ID, "AROAZZZZZZZZZZZZZZZZZ"),
    ]


def test_groups_and_who_is_in_them(tmp_path: Path) -> None:
    ops = {"GroupName": "ops", "Arn": GROUP, "GroupPolicyList": [{"PolicyName": "inline", "PolicyDocument": READ}]}
    empty = {"GroupName": "empty", "Arn": f"arn:aws:iam::{ACCOUNT}:group/empty"}
    pages = details(UserDetailList=[user("alice", GroupList=["ops"]), user("bob")], GroupDetailList=[ops, empty])
    account = inventory(tmp_path, pages).accounts[0]
    assert [(group.arn, [policy.identity for policy in group.policies]) for group in account.groups] == [
        (GROUP, [f"{GROUP}#inline"]),
        (empty["Arn"], []),
    ]
    assert [found.groups for found in account.users] == [(GROUP,), ()]
    assert account.users[0].policies == account.groups[0].policies


def test_u3_what_a_group_misses_is_remembered_for_it_and_for_its_members(tmp_path: Path) -> None:
    ops = {
        "GroupName": "ops",
        "Arn": GROUP,
        "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}],
    }
    estate = inventory(tmp_path, details(UserDetailList=[user("alice", GroupList=["ops"])], GroupDetailList=[ops]))
    assert [(thing.principal, thing.of_statement) for thing in estate.unmodelled] == [
        (GROUP, True),
        (f"arn:aws:iam::{ACCOUNT}:user/alice", False),
    ]


@pytest.mark.parametrize(
    ("group", "says"),
    [
        ({"GroupName": "ops"}, "the group has no `Arn`"),
        ({"GroupName": "ops", "Arn": f"arn:aws:iam::{ACCOUNT}:role/ops"}, "is not the ARN of a group"),
        ({"GroupName": "ops", "Arn": "arn:aws:iam::999988887777:group/ops"}, "is of another account"),
    ],
)
def test_a_group_whose_arn_is_in_error(tmp_path: Path, group: Any, says: str) -> None:
    pages = details(UserDetailList=[user("alice", GroupList=["ops"])], GroupDetailList=[group])
    assert_only(errors(tmp_path, {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": pages}}}), says)


OIDC_LIST = {"OpenIDConnectProviderList": [{"Arn": GITHUB}]}
SAML_LIST = {
    "SAMLProviderList": [
        {"Arn": SSO, "ValidUntil": "2030-01-01T00:00:00+00:00", "CreateDate": "2026-01-01T00:00:00+00:00"}
    ]
}


def with_providers(folder: Path, **listings: Any) -> Estate:
    return load(folder, {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": details(), **listings}}})


@pytest.mark.parametrize("saml", [SAML_LIST, [SAML_LIST], SAML_LIST["SAMLProviderList"]])
def test_e2w_the_providers_of_an_account(tmp_path: Path, saml: Any) -> None:
    estate = with_providers(tmp_path, open_id_connect_providers=OIDC_LIST, saml_providers=saml)
    assert (estate.accounts[0].providers, estate.warnings) == ((GITHUB, SSO), ())


def test_e2w_no_listing_is_not_an_empty_one(tmp_path: Path) -> None:
    assert with_providers(tmp_path).accounts[0].providers is None
    assert with_providers(tmp_path, open_id_connect_providers=[], saml_providers=[]).accounts[0].providers == ()


@pytest.mark.parametrize("listing", [{"open_id_connect_providers": OIDC_LIST}, {"saml_providers": SAML_LIST}])
def test_e2w_one_listing_alone_says_nothing_of_the_other(tmp_path: Path, listing: Any) -> None:
    estate = with_providers(tmp_path, **listing)
    (account,) = estate.accounts
    assert account.providers is None
    arn = GITHUB if "open_id_connect_providers" in listing else SSO
    assert account.provider_contents == ((arn, "listed"),)  # whether it still is, comparisons ask
    assert "which providers it has is not known" in estate.warnings[0].message


@pytest.mark.parametrize(
    ("listing", "says"),
    [
        ({}, "has no `OpenIDConnectProviderList`"),
        ([{}], "has no `Arn`"),
        ([{"Arn": SSO}], "is not the ARN of an oidc-provider"),
        ([{"Arn": GITHUB.replace(ACCOUNT, "999988887777")}], "is of another account"),
        (OIDC_LIST | {"IsTruncated": True}, "is truncated"),
    ],
)
def test_e2w_providers_in_error(tmp_path: Path, listing: Any, says: str) -> None:
    given = {"authorization_details": details(), "open_id_connect_providers": listing, "saml_providers": []}
    found = errors(tmp_path, {"keys": [key()], "accounts": {ACCOUNT: given}})
    assert says in found[0].message


def test_e2w_providers_in_the_folder_of_an_account(tmp_path: Path) -> None:
    files = {
        "snapshot.json": {"keys": [key()]},
        f"accounts/{ACCOUNT}/authorization-details.json": details(),
        f"accounts/{ACCOUNT}/open-id-connect-providers.json": OIDC_LIST,
        f"accounts/{ACCOUNT}/saml-providers.yaml": SAML_LIST,
    }
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data), encoding="utf-8")
    assert load_estate([tmp_path]).accounts[0].providers == (GITHUB, SSO)


_OF_SESSIONS = (
    *("aws:PrincipalTag/team", "aws:principaltag/team", "aws:Principal\\u0054ag/team"),
    *("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge", "ec2:SourceInstanceArn", "ec2:RoleDelivery"),
    *("aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4", "lambda:SourceFunctionArn", "codebuild:BuildArn"),
    *(
        "codebuild:ProjectArn",
        "glue:RoleAssumedBy",
        "glue:CredentialIssuingService",
        "ssm:SourceInstanceArn",
        "aws:SourceIp",
    ),
    *("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths", "aws:ViaAWSService"),
    *("saml:sub", "saml:namequalifier", "cognito-identity.amazonaws.com:amr", "www.amazon.com:user_id"),
    *("token.actions.githubusercontent.com:sub", "oidc.example.org:aud", "graph.facebook.com:id"),
    "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE:sub",
)


@pytest.mark.parametrize("encoded", [False, True])
@pytest.mark.parametrize("key_of", _OF_SESSIONS)
def test_f3_trust_policies_are_read_where_the_input_asks_for_what_sessions_have(
    tmp_path: Path, key_of: str, encoded: bool
) -> None:
    """IAM gives documents as text that is percent-encoded [API: GetRolePolicy]."""
    statement = {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "glue:GetTable", "codebuild:StartBuild"],
        "Resource": "*",
        "Condition": {"StringEquals": {"KEY": "red"}},
    }
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
    path = tmp_path / "snapshot.json"
    for name, read in ((key_of, True), ("aws:PrincipalArn", False)):
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).replace("KEY", name)
        own = quote(json.loads(f'"{name}"').join(document.split(name))) if encoded else json.loads(document)
        inline = [{"PolicyName": "own", "PolicyDocument": own}]
        pages = details(RoleDetailList=[role("app", AssumeRolePolicyDocument=trust, RolePolicyList=inline)])
        text = json.dumps({"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": pages}}})
        path.write_text(text if encoded else text.replace(json.loads(f'"{name}"'), name))
        (found,) = load_estate([path], steps=False, tags=False).accounts[0].roles
        assert (found.trust is not None) is read
        assert load_estate([path], steps=False).accounts[0].roles[0].trust is not None


def test_what_only_steps_turn_on_is_read_only_where_it_is_asked_for(tmp_path: Path) -> None:
    """A document in error that nothing asked for turns on is none of the question's business."""
    broken = {"Statement": [{"Effect": "Alow", "Action": "kms:*", "Resource": "*"}]}
    versions = [{"VersionId": "v1", "IsDefaultVersion": True, "Document": broken}]
    policies = [{"Arn": f"arn:aws:iam::{ACCOUNT}:policy/unused", "PolicyVersionList": versions}]
    pages = details(RoleDetailList=[role("app", AssumeRolePolicyDocument=broken)], Policies=policies)
    path = tmp_path / "snapshot.json"
    path.write_text(json.dumps({"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": pages}}}))
    (account,) = load_estate([path], steps=False, tags=False).accounts
    assert (account.roles[0].trust, account.managed) == (None, ())
    with pytest.raises(InputError) as refused_whole:
        load_estate([path])
    assert [error.message for error in refused_whole.value.diagnostics if "Effect" in error.message] == [
        'unknown `Effect` "Alow"; expected `Allow` or `Deny`'
    ] * 2
