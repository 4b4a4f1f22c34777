"""The operations that a collection may call. All of them read; `AssumeRole` only makes the credentials to read with.

In: nothing (plain data). Out: `ALLOWED`. Guarantee: `reading.Service` refuses any other, and docs/live.md lists the same.
"""

from __future__ import annotations

ALLOWED = {
    "sts": ("GetCallerIdentity", "AssumeRole"),
    "kms": ("ListKeys", "ListAliases", "DescribeKey", "ListKeyPolicies", "GetKeyPolicy", "ListGrants", "ListResourceTags"),
    "iam": ("GetAccountAuthorizationDetails", "ListOpenIDConnectProviders", "ListSAMLProviders"),
    "ec2": ("DescribeVpcEndpoints",),
    "organizations": (
        "DescribeOrganization",
        "ListAccounts",
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "ListParents",
        "ListPolicies",
        "DescribePolicy",
        "ListTargetsForPolicy",
    ),
}
"""Operations by service, as the API and IAM's actions name them."""
