"""The inventory of an account, from get-account-authorization-details."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.inputs.samples import ACCOUNT, READ, assert_only, details, errors, inventory, key, load, place, role, user
from verifier.model.estate import Account
from verifier.model.policy import PolicyKind
from verifier.model.unmodelled import Influence

MANAGED = f"arn:aws:iam::{ACCOUNT}:policy/read"
OLD = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
BROKEN = {"Statement": [{"Effect": "Alow", "Action": "kms:*", "Resource": "*"}]}


def managed(document: Any = READ, arn: str = MANAGED, **parts: Any) -> dict[str, Any]:
    versions = [
        {"VersionId": "v1", "IsDefaultVersion": False, "Document": OLD},
        {"VersionId": "v2", "IsDefaultVersion": True, "Document": document},
    ]
    return {"PolicyName": "read", "Arn": arn, "DefaultVersionId": "v2", "PolicyVersionList": versions} | parts


def attached(*arns: str) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rsplit("/", 1)[1], "PolicyArn": arn} for arn in arns]


def account(folder: Path, pages: Any) -> Account:
    (found,) = inventory(folder, pages).accounts
    return found


def refused(folder: Path, pages: Any) -> Any:
    return errors(folder, {"keys": [key()], "accounts": {ACCOUNT: {"authorization_details": pages}}})


def test_u1_roles_and_users(tmp_path: Path) -> None:
    pages = details(
        RoleDetailList=[role("app", Tags=[{"Key": "team", "Value": "pay"}])],
        UserDetailList=[user("alice")],
    )
    found = account(tmp_path, pages)
    assert found.id == ACCOUNT
    assert [(identity.arn, identity.unique_id, identity.tags) for identity in (*found.users, *found.roles)] == [
        (f"arn:aws:iam::{ACCOUNT}:user/alice", "AIDAEXAMPLE", ()),
        (f"arn:aws:iam::{ACCOUNT}:role/app", "AROAEXAMPLE", (("team", "pay"),)),
    ]


def test_l8_a_principal_that_is_the_unique_id_of_several_is_an_error(tmp_path: Path) -> None:
    shared = "AROAJQABLZS4A3QDU576Q"
    named = {"Effect": "Allow", "Principal": {"AWS": shared}, "Action": "kms:Decrypt", "Resource": "*"}
    pages = details(RoleDetailList=[role(name, RoleId=shared) for name in "ab"])
    policy = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": [named]})}
    accounts = {ACCOUNT: {"authorization_details": pages}}
    found = errors(tmp_path, {"keys": [key(policy=policy)], "accounts": accounts})
    assert_only(found, "is the unique ID of several users and roles")


@pytest.mark.parametrize("document", [READ, json.dumps(READ), quote(json.dumps(READ))])
def test_inline_policies_in_every_form(tmp_path: Path, document: Any) -> None:
    pages = details(
        RoleDetailList=[role("app", RolePolicyList=[{"PolicyName": "decrypt", "PolicyDocument": document}])]
    )
    (policy,) = account(tmp_path, pages).roles[0].policies
    assert (policy.identity, policy.name) == (f"arn:aws:iam::{ACCOUNT}:role/app#decrypt", "decrypt")
    assert [action.value for action in policy.statements[0].actions or ()] == ["kms:Decrypt"]
    assert policy.statements[0].span.line > 1


def test_managed_policies_use_the_default_version(tmp_path: Path) -> None:
    pages = details(
        RoleDetailList=[
            role("a", AttachedManagedPolicies=attached(MANAGED)),
            role("b", AttachedManagedPolicies=attached(MANAGED)),
        ]
    )
    roles = account(tmp_path, pages | {"Policies": [managed()]}).roles
    assert [[policy.identity for policy in found.policies] for found in roles] == [[MANAGED], [MANAGED]]
    assert roles[0].policies[0] is roles[1].policies[0]


def test_the_default_version_may_be_told_by_its_id(tmp_path: Path) -> None:
    policy = managed(PolicyVersionList=[{"VersionId": "v1", "Document": OLD}, {"VersionId": "v2", "Document": READ}])
    pages = details(RoleDetailList=[role("a", AttachedManagedPolicies=attached(MANAGED))], Policies=[policy])
    assert len(account(tmp_path, pages).roles[0].policies) == 1


def test_users_have_the_policies_of_their_groups(tmp_path: Path) -> None:
    group = {
        "GroupName": "ops", "Arn": f"arn:aws:iam::{ACCOUNT}:group/ops", "AttachedManagedPolicies": attached(MANAGED),
        "GroupPolicyList": [{"PolicyName": "inline", "PolicyDocument": READ}],
    }  # fmt: skip
    users = [user("alice", GroupList=["ops"], AttachedManagedPolicies=attached(MANAGED)), user("bob")]
    pages = details(UserDetailList=users, GroupDetailList=[group], Policies=[managed()])
    alice, bob = account(tmp_path, pages).users
    assert [policy.identity for policy in alice.policies] == [MANAGED, f"arn:aws:iam::{ACCOUNT}:group/ops#inline"]
    assert bob.policies == ()


@pytest.mark.parametrize(
    "policies", [[], [managed(PolicyVersionList=[])], [managed(None, PolicyVersionList=[{"IsDefaultVersion": True}])]]
)
def test_u3_a_managed_policy_without_its_document_is_not_modelled(tmp_path: Path, policies: Any) -> None:
    estate = inventory(
        tmp_path, details(RoleDetailList=[role("app", AttachedManagedPolicies=attached(MANAGED))], Policies=policies)
    )
    (thing,) = estate.unmodelled
    assert (thing.label, thing.influence, thing.principal) == (
        "U3",
        Influence.EITHER,
        f"arn:aws:iam::{ACCOUNT}:role/app",
    )
    assert thing.name == f"policy {MANAGED} of role/app"
    assert thing.span.line > 1


def test_u3_a_group_that_is_not_listed_is_not_modelled(tmp_path: Path) -> None:
    (thing,) = inventory(tmp_path, details(UserDetailList=[user("alice", GroupList=["ops"])])).unmodelled
    assert (thing.name, thing.influence, thing.principal) == (
        "group ops of user/alice",
        Influence.EITHER,
        f"arn:aws:iam::{ACCOUNT}:user/alice",
    )


def test_u3_an_inline_policy_without_its_document_is_not_modelled(tmp_path: Path) -> None:
    (thing,) = inventory(
        tmp_path, details(RoleDetailList=[role("app", RolePolicyList=[{"PolicyName": "x"}])])
    ).unmodelled
    assert (thing.label, thing.influence) == ("U3", Influence.EITHER)


BOUNDARY = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": MANAGED}
AWS_MANAGED = "arn:aws:iam::aws:policy/PowerUserAccess"


def test_d4_a_permissions_boundary_is_a_policy(tmp_path: Path) -> None:
    roles = [
        role("app", PermissionsBoundary=BOUNDARY, AttachedManagedPolicies=attached(MANAGED)),
        role("b", PermissionsBoundary=None),
    ]
    estate = inventory(
        tmp_path,
        details(RoleDetailList=roles, UserDetailList=[user("al", PermissionsBoundary=BOUNDARY)], Policies=[managed()]),
    )
    (alice,), (app, other) = estate.accounts[0].users, estate.accounts[0].roles
    assert app.boundary is not None and alice.boundary is app.boundary
    assert (app.boundary.kind, app.boundary.identity, app.boundary.name) == (
        PolicyKind.BOUNDARY,
        f"{MANAGED}#boundary",
        "read",
    )
    assert [text.value for text in app.boundary.statements[0].actions or ()] == ["kms:Decrypt"]
    assert [(policy.kind, policy.identity) for policy in app.policies] == [(PolicyKind.IDENTITY, MANAGED)]
    assert (app.bounded, alice.bounded, other.bounded, other.boundary) == (True, True, False, None)
    assert estate.unmodelled == ()


@pytest.mark.parametrize(
    ("arn", "policies"),
    [(MANAGED, []), (AWS_MANAGED, [managed()]), (MANAGED, [managed(PolicyVersionList=[])])],
)
def test_d4_a_permissions_boundary_without_its_document_may_refuse(tmp_path: Path, arn: str, policies: Any) -> None:
    given = role("app", PermissionsBoundary=BOUNDARY | {"PermissionsBoundaryArn": arn})
    estate = inventory(tmp_path, details(RoleDetailList=[given], Policies=policies))
    (found,) = estate.accounts[0].roles
    assert (found.bounded, found.boundary) == (True, None)
    (thing,) = estate.unmodelled
    named = thing.name.rpartition(" ")[0]
    assert (named, thing.label, thing.influence) == ("permissions boundary of role/app", "D4", Influence.MAY_REFUSE)
    assert thing.principal == f"arn:aws:iam::{ACCOUNT}:role/app"
    assert arn in thing.description


def test_d4_an_aws_managed_boundary_whose_document_is_listed_is_read(tmp_path: Path) -> None:
    given = role("app", PermissionsBoundary=BOUNDARY | {"PermissionsBoundaryArn": AWS_MANAGED})
    estate = inventory(tmp_path, details(RoleDetailList=[given], Policies=[managed(arn=AWS_MANAGED)]))
    assert estate.accounts[0].roles[0].boundary is not None


def test_p7_a_principal_in_a_boundary_is_an_error(tmp_path: Path) -> None:
    bad = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}
    found = refused(
        tmp_path, details(RoleDetailList=[role("app", PermissionsBoundary=BOUNDARY)], Policies=[managed(bad)])
    )
    assert {(error.rule, place(error)) for error in found} == {("P7", place(found[0]))}
    assert any(error.message == "a statement of a permissions boundary takes no `Principal`" for error in found)


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_policies_that_nobody_has_are_read_with_all_versions(tmp_path: Path, version: str) -> None:
    found = account(tmp_path, details(Policies=[managed()]))
    (policy,) = found.managed
    assert (found.roles, policy.arn, policy.default, policy.complete) == ((), MANAGED, "v2", True)
    actions = {name: [action.value for action in read.statements[0].actions or ()] for name, read in policy.versions}
    assert actions == {"v1": ["kms:*"], "v2": ["kms:Decrypt"]}
    assert {(read.identity, read.kind) for _, read in policy.versions} == {(MANAGED, PolicyKind.IDENTITY)}
    versions = [{"VersionId": name, "Document": BROKEN if name == version else READ} for name in ("v1", "v2")]
    error = assert_only(refused(tmp_path, details(Policies=[managed(PolicyVersionList=versions)])), "unknown `Effect`")
    assert place(error)[0] > 1


def test_a_version_without_its_document_is_left_out(tmp_path: Path) -> None:
    versions = [
        {"VersionId": "v1"},
        {"VersionId": "v2", "IsDefaultVersion": True},
        {"VersionId": "v3", "Document": READ},
    ]
    (policy,) = account(
        tmp_path, details(Policies=[managed(PolicyVersionList=versions, DefaultVersionId=None)])
    ).managed
    assert ([name for name, _ in policy.versions], policy.default, policy.complete) == (["v3"], "v2", False)


def test_pages_are_merged(tmp_path: Path) -> None:
    first = details(RoleDetailList=[role("a", AttachedManagedPolicies=attached(MANAGED))], IsTruncated=True, Marker="m")
    pages = [first, details(RoleDetailList=[role("b")], Policies=[managed()], IsTruncated=False)]
    found = account(tmp_path, pages)
    assert [identity.arn.rsplit("/", 1)[1] for identity in found.roles] == ["a", "b"]
    assert len(found.roles[0].policies) == 1


LISTED = {"Path": "/", "CreateDate": "2026-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("pages", "says"),
    [
        (details(IsTruncated=True), "truncated"),
        (details(Marker="m"), "truncated"),
        ([details(), details(IsTruncated=True)], "truncated"),
        ({"UserDetailList": []}, "has no `RoleDetailList`"),
        ({"RoleDetailList": []}, "has no `UserDetailList`"),
        (details(RoleDetailList={}), "`RoleDetailList` must be a list"),
        (details(RoleDetailList=[role("a"), role("a")]), "duplicate user or role"),
        (
            details(RoleDetailList=[role("a", Tags=[{"Key": k, "Value": "x"} for k in ("team", "Team")])]),
            "duplicate tag `Team`",
        ),
        (details(RoleDetailList=[{"RoleName": "a"}]), "the role has no `Arn`"),
        (
            details(RoleDetailList=[{**LISTED, "RoleName": "a", "Arn": f"arn:aws:iam::{ACCOUNT}:role/a"}]),
            "the output of `aws iam list-roles`",
        ),
        (
            details(UserDetailList=[{**LISTED, "UserName": "a", "Arn": f"arn:aws:iam::{ACCOUNT}:user/a"}]),
            "the output of `aws iam list-users`",
        ),
        (details(RoleDetailList=[role("a b")]), "is not the ARN of a role"),
        (details(RoleDetailList=[user("a")]), "is not the ARN of a role"),
        (
            details(UserDetailList=[user("a", Arn="arn:aws:iam::444455556666:user/a")]),
            "of another account than 111122223333",
        ),
        (
            details(RoleDetailList=[role("a", RolePolicyList=[{"PolicyDocument": READ}])]),
            "the inline policy has no `PolicyName`",
        ),
        (details(RoleDetailList=[role("a", AttachedManagedPolicies=[{}])]), "the attached policy has no `PolicyArn`"),
        (
            details(RoleDetailList=[role("a", RolePolicyList=[{"PolicyName": "p", "PolicyDocument": READ}] * 2)]),
            "duplicate inline policy `p`",
        ),
        (details(RoleDetailList=[role("a", PermissionsBoundary={})]), "has no `PermissionsBoundaryArn`"),
        (details(RoleDetailList=[role("a", Tags=[{"Key": "k"}])]), "a tag must have `Key` and `Value`"),
        (details(Policies=[managed(), managed()]), "duplicate managed policy"),
        (details(Policies=[{}]), "the managed policy has no `Arn`"),
        (details(Policies=[{"Arn": "m"}]), "`m` is not the ARN of a managed policy"),
        (details(GroupDetailList=[{}]), "the group has no `Arn`"),
        (details(GroupDetailList=[{"Arn": f"arn:aws:iam::{ACCOUNT}:group/a"}] * 2), "duplicate group"),
        (
            details(
                RoleDetailList=[role("a", AttachedManagedPolicies=attached(MANAGED))],
                Policies=[managed(PolicyVersionList=[{"IsDefaultVersion": True, "Document": READ}] * 2)],
            ),
            "more than one default version",
        ),
        (
            details(Policies=[managed(DefaultVersionId="v9")]),
            f"`IsDefaultVersion` says that v2 is the default one, and `DefaultVersionId` of {MANAGED} is v9",
        ),
        (
            details(
                Policies=[managed(PolicyVersionList=[{"VersionId": "v2", "IsDefaultVersion": False, "Document": READ}])]
            ),
            f"`IsDefaultVersion` says that v2 is not the default one, and `DefaultVersionId` of {MANAGED} is v2",
        ),
        (details(RoleDetailList=[role("a", RolePolicyList=[{"PolicyName": "p", "PolicyDocument": BROKEN}])]), "Alow"),
    ],
)
def test_what_is_wrong_is_an_error_at_its_place(tmp_path: Path, pages: Any, says: str) -> None:
    found = refused(tmp_path, pages)
    assert any(says in error.message for error in found), [error.message for error in found]
    assert all(place(error) > (1, 1) for error in found)


@pytest.mark.parametrize(
    ("kind", "lists"),
    [
        ("Role", ("RolePolicyList", "AttachedManagedPolicies")),
        ("User", ("UserPolicyList", "AttachedManagedPolicies", "GroupList")),
        ("Group", ("GroupPolicyList", "AttachedManagedPolicies")),
    ],
)
def test_u3_a_list_that_is_left_out_of_an_answer_is_not_an_empty_one(
    tmp_path: Path, kind: str, lists: tuple[str, ...]
) -> None:
    """IAM tells empty lists, but for the inline policies of a user [AWS CLI Command Reference:
    get-account-authorization-details, Examples]. A list that is not there is one that somebody filtered out."""
    arn = f"arn:aws:iam::{ACCOUNT}:{kind.lower()}/a"
    entry = {**LISTED, f"{kind}Name": "a", "Arn": arn, **{name: [] for name in lists}}
    for name in lists:
        pages = details(**{f"{kind}DetailList": [{key: value for key, value in entry.items() if key != name}]})
        if name == "UserPolicyList":
            assert [one.policies for one in account(tmp_path, pages).users] == [()]
        else:
            (error,) = refused(tmp_path, pages)
            assert f"has no `{name}`" in error.message


@pytest.mark.parametrize("name", ["1111", "payments", "1111222233334"])
def test_accounts_have_twelve_digits(tmp_path: Path, name: str) -> None:
    found = errors(tmp_path, {"keys": [key()], "accounts": {name: {"authorization_details": details()}}})
    assert_only(found, "is not an account of twelve digits")


def test_an_unquoted_account_in_yaml_keeps_its_zero(tmp_path: Path) -> None:
    text = "keys: [{arn: 'arn:aws:kms:us-west-2:012345678901:key/x', policy: default}]\n"
    text += "accounts:\n  012345678901: {authorization_details: {UserDetailList: [], RoleDetailList: []}}\n"

    assert [found.id for found in load(tmp_path, text, "s.yaml").accounts] == ["012345678901"]


def test_an_account_without_details_is_an_error(tmp_path: Path) -> None:
    assert_only(errors(tmp_path, {"keys": [key()], "accounts": {ACCOUNT: {}}}), "has no `authorization_details`")


def test_p7_a_principal_in_an_identity_policy_is_an_error(tmp_path: Path) -> None:
    bad = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}
    assert_only(
        refused(
            tmp_path, details(RoleDetailList=[role("a", RolePolicyList=[{"PolicyName": "p", "PolicyDocument": bad}])])
        ),
        "Principal",
    )
