"""The short forms of cited cases, written out as AWS CLI output.

In: keys, inventories and organizations as `tests/cases/README.md` abbreviates them. Out: the parts of a snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

IDENTITY_MEMBERS = {"statements", "version", "tags", "path", "id", "boundary", "managed", "groups"}
"""What may be said of a user or role."""


def known(given: Mapping[str, Any], members: set[str]) -> None:
    """Raises `ValueError` for a member that is not one of these."""
    unknown = set(given) - members
    if unknown:
        raise ValueError(f"unknown members {sorted(unknown)}")


def document(statements: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": statements} if version else {"Statement": statements}


def key(arn: str, described: Mapping[str, Any]) -> dict[str, Any]:
    """A key of the snapshot. `key_policy` is short for a document of version 2012-10-17 with those statements."""
    members = {name: value for name, value in described.items() if name != "key_policy"}
    if "key_policy" in described:
        members["policy"] = document(described["key_policy"])
    _, _, _, _, account, resource = arn.split(":", 5)
    metadata = {"Arn": arn, "KeyId": resource.removeprefix("key/"), "AWSAccountId": account}
    members["metadata"] = {"KeyMetadata": metadata | dict(described.get("metadata", {}))}
    return members


def organization(given: Mapping[str, Any]) -> dict[str, Any]:
    """`{id, management, accounts: [id, …]}` as `describe-organization` and `list-accounts` tell it."""
    known(given, {"id", "management", "accounts"})
    return {
        "describe_organization": {"Organization": {"Id": given["id"], "MasterAccountId": given["management"]}},
        "accounts": {"Accounts": [{"Id": account} for account in given["accounts"]]},
    }


def details(account: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """`get-account-authorization-details` of users and roles by name, and of groups and policies by name with their statements."""
    known(given, {"users", "roles", "groups", "policies"})
    users = [_identity("user", account, name, its) for name, its in given.get("users", {}).items()]
    roles = [_identity("role", account, name, its) for name, its in given.get("roles", {}).items()]
    groups = [_group(account, name, statements) for name, statements in given.get("groups", {}).items()]
    policies = [_managed(account, name, statements) for name, statements in given.get("policies", {}).items()]
    return {"UserDetailList": users, "RoleDetailList": roles, "GroupDetailList": groups, "Policies": policies}


def _identity(kind: str, account: str, name: str, given: Any) -> dict[str, Any]:
    """A user or role; a list is short for one inline policy with those statements."""
    its: dict[str, Any] = {"statements": given} if isinstance(given, list) else dict(given)
    known(its, IDENTITY_MEMBERS)
    title, path = kind.capitalize(), its.get("path", "/")
    inline = [{"PolicyName": "inline", "PolicyDocument": document(its.get("statements"), its.get("version", "2012-10-17"))}]
    identity: dict[str, Any] = {
        "Path": path,
        f"{title}Name": name,
        f"{title}Id": its.get("id", f"{'AIDA' if kind == 'user' else 'AROA'}{name.upper():A<17.17}"),
        "Arn": f"arn:aws:iam::{account}:{kind}{path}{name}",
        f"{title}PolicyList": inline if its.get("statements") else [],
        "AttachedManagedPolicies": [
            {"PolicyName": policy, "PolicyArn": f"arn:aws:iam::{account}:policy/{policy}"} for policy in its.get("managed", ())
        ],
        "Tags": [{"Key": tag, "Value": value} for tag, value in its.get("tags", {}).items()],
    }
    if kind == "user":
        identity["GroupList"] = list(its.get("groups", ()))
    else:
        identity["AssumeRolePolicyDocument"] = document([])
    if "boundary" in its:
        identity["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": its["boundary"]}
    return identity


def _group(account: str, name: str, statements: Any) -> dict[str, Any]:
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": f"AGPA{name.upper():A<17.17}",
        "Arn": f"arn:aws:iam::{account}:group/{name}",
        "GroupPolicyList": [{"PolicyName": "inline", "PolicyDocument": document(statements)}],
        "AttachedManagedPolicies": [],
    }


def _managed(account: str, name: str, statements: Any) -> dict[str, Any]:
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{name.upper():A<17.17}",
        "Arn": f"arn:aws:iam::{account}:policy/{name}",
        "Path": "/",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": True, "Document": document(statements)}],
    }
