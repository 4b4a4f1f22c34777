"""The short forms of cited cases, written out as AWS CLI output.

In: keys, inventories, organizations and VPC endpoints as `tests/cases/README.md` abbreviates them. Out: the parts of a
snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

IDENTITY_MEMBERS = {"statements", "version", "tags", "path", "id", "boundary", "managed", "groups", "trust", "profiles"}
"""What may be said of a user or role."""


GRANT_MEMBERS = {
    *("operations", "issuing", "grantee", "grantee_service", "retiring", "retiring_service"),
    *("equals", "subset", "source_arn"),
}
"""What may be said of a grant."""

CONSTRAINTS = {"equals": "EncryptionContextEquals", "subset": "EncryptionContextSubset", "source_arn": "SourceArn"}
"""The constraints of a grant, by their short names."""


TRUST = [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]
"""The statements of a role's trust policy where a case does not give them in `trust`."""

FULL_ENDPOINT_ACCESS = {"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}
"""The statement of the policy that a VPC endpoint has when it is given none."""


def known(given: Mapping[str, Any], members: set[str]) -> None:
    """Raises `ValueError` for a member that is not one of these."""
    unknown = set(given) - members
    if unknown:
        raise ValueError(f"unknown members {sorted(unknown)}")


def policy_document(statements: Any, version: str | None = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": statements} if version else {"Statement": statements}


def key(arn: str, described: Mapping[str, Any]) -> dict[str, Any]:
    """A key of the snapshot. `key_policy` is short for a document of version 2012-10-17 with those statements."""
    members = {name: value for name, value in described.items() if name not in ("key_policy", "grants")}
    if "key_policy" in described:
        members["policy"] = policy_document(described["key_policy"])
    if "grants" in described:
        members["grants"] = {
            "Grants": [_grant(arn, number, its) for number, its in enumerate(described["grants"], start=1)]
        }
    _, _, _, _, account, resource = arn.split(":", 5)
    metadata = {"Arn": arn, "KeyId": resource.removeprefix("key/"), "AWSAccountId": account}
    members["metadata"] = {"KeyMetadata": metadata | dict(described.get("metadata", {}))}
    return members


def _grant(key_arn: str, number: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """A grant as `list-grants` tells it. Its issuing account is the key's, unless another is said or `null` leaves it
    out."""
    known(given, GRANT_MEMBERS)
    _, partition, _, _, account, _ = key_arn.split(":", 5)
    issuing = given.get("issuing", account)
    constraints = {name: given[short] for short, name in CONSTRAINTS.items() if short in given}
    grant = {
        "KeyId": key_arn,
        "GrantId": f"{number:064x}",
        "Name": "",
        "CreationDate": 1572216195.0,
        "Operations": list(given["operations"]),
        "IssuingAccount": issuing and f"arn:{partition}:iam::{issuing}:root",
        "GranteePrincipal": given.get("grantee"),
        "GranteeServicePrincipal": given.get("grantee_service"),
        "RetiringPrincipal": given.get("retiring"),
        "RetiringServicePrincipal": given.get("retiring_service"),
        "Constraints": constraints or None,
    }
    return {name: value for name, value in grant.items() if value is not None}


def vpc_endpoints(given: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """`describe-vpc-endpoints` of endpoints by their ID."""
    return {"VpcEndpoints": [_endpoint(identifier, its) for identifier, its in given.items()]}


def _endpoint(identifier: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """An endpoint of KMS. Without `statements` it has the default policy; `null` leaves the document out."""
    known(given, {"vpc", "account", "region", "statements"})
    statements = given.get("statements", "full")
    policy = policy_document([FULL_ENDPOINT_ACCESS], None) if statements == "full" else policy_document(statements)
    endpoint = {
        "VpcEndpointId": identifier,
        "VpcEndpointType": "Interface",
        "ServiceName": f"com.amazonaws.{given.get('region', 'us-west-2')}.kms",
        "State": "available",
        "VpcId": given.get("vpc"),
        "OwnerId": given.get("account"),
        "PolicyDocument": json.dumps(policy) if statements is not None else None,
    }
    return {name: value for name, value in endpoint.items() if value is not None}


def details(account: str, given: Mapping[str, Any], partition: str = "aws") -> dict[str, Any]:
    """`get-account-authorization-details` of users and roles by name, and of groups and policies by name with their
    statements."""
    known(given, {"users", "roles", "groups", "policies"})
    home = f"arn:{partition}:iam::{account}"
    entities = [("user", name, its) for name, its in given.get("users", {}).items()]
    entities += [("role", name, its) for name, its in given.get("roles", {}).items()]
    identities = [_identity(kind, home, name, its) for kind, name, its in entities]
    policies = [_managed(home, name, statements) for name, statements in given.get("policies", {}).items()]
    return {
        "UserDetailList": [identity for identity in identities if "UserName" in identity],
        "RoleDetailList": [identity for identity in identities if "RoleName" in identity],
        "GroupDetailList": [_group(home, name, statements) for name, statements in given.get("groups", {}).items()],
        "Policies": policies
        + [
            _managed(home, _boundary_name(kind, name), its["boundary"]) for kind, name, its in entities if _bounded(its)
        ],
    }


def _bounded(given: Any) -> bool:
    """Whether the statements of a permissions boundary are given, not only its ARN."""
    return isinstance(given, Mapping) and isinstance(given.get("boundary"), list)


def _boundary_name(kind: str, name: str) -> str:
    return f"boundary-of-{kind}-{name}"


def _identity(kind: str, home: str, name: str, given: Any) -> dict[str, Any]:
    """A user or role; a list is short for one inline policy with those statements."""
    its: dict[str, Any] = {"statements": given} if isinstance(given, list) else dict(given)
    known(its, IDENTITY_MEMBERS)
    title, path = kind.capitalize(), its.get("path", "/")
    inline = [
        {
            "PolicyName": "inline",
            "PolicyDocument": policy_document(its.get("statements"), its.get("version", "2012-10-17")),
        }
    ]
    identity: dict[str, Any] = {
        "Path": path,
        f"{title}Name": name,
        f"{title}Id": its.get("id", f"{'AIDA' if kind == 'user' else 'AROA'}{name.upper():A<17.17}"),
        "Arn": f"{home}:{kind}{path}{name}",
        f"{title}PolicyList": inline if its.get("statements") else [],
        "AttachedManagedPolicies": [
            {"PolicyName": policy, "PolicyArn": f"{home}:policy/{policy}"} for policy in its.get("managed", ())
        ],
        "Tags": [{"Key": tag, "Value": value} for tag, value in its.get("tags", {}).items()],
    }
    if kind == "user":
        identity["GroupList"] = list(its.get("groups", ()))
    else:
        identity["AssumeRolePolicyDocument"] = policy_document(its.get("trust", TRUST))
    if "profiles" in its:
        profiles = [{"InstanceProfileName": own, "Arn": f"{home}:instance-profile/{own}"} for own in its["profiles"]]
        identity["InstanceProfileList"] = profiles
    if "boundary" in its:
        arn = f"{home}:policy/{_boundary_name(kind, name)}" if _bounded(its) else its["boundary"]
        identity["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    return identity


def _group(home: str, name: str, given: Any) -> dict[str, Any]:
    """A group; a list is short for one inline policy with those statements."""
    its: dict[str, Any] = {"statements": given} if isinstance(given, list) else dict(given)
    known(its, {"statements", "managed"})
    inline = (
        [{"PolicyName": "inline", "PolicyDocument": policy_document(its["statements"])}] if "statements" in its else []
    )
    return {
        "Path": "/",
        "GroupName": name,
        "GroupId": f"AGPA{name.upper():A<17.17}",
        "Arn": f"{home}:group/{name}",
        "GroupPolicyList": inline,
        "AttachedManagedPolicies": [
            {"PolicyName": policy, "PolicyArn": f"{home}:policy/{policy}"} for policy in its.get("managed", ())
        ],
    }


def _managed(home: str, name: str, given: Any) -> dict[str, Any]:
    """A managed policy; a list is short for one version with those statements. The first version is in force."""
    versions = [given] if isinstance(given, list) else given["versions"]
    return {
        "PolicyName": name,
        "PolicyId": f"ANPA{name.upper():A<17.17}",
        "Arn": f"{home}:policy/{name}",
        "Path": "/",
        "DefaultVersionId": "v1",
        "PolicyVersionList": [
            {"VersionId": f"v{number}", "IsDefaultVersion": number == 1, "Document": policy_document(statements)}
            for number, statements in enumerate(versions, start=1)
        ],
    }
