"""Principals written as unique IDs (L8), resolved against the inventory.

In: the keys and accounts of an estate. Out: both; in the policies and grants of keys, and in the trust policies of roles, a unique ID that
the inventory holds names its user or role.
Guarantee: an ID that the inventory does not hold stays one: a deleted identity, which matches nobody.

A policy may name a live identity by its ID [IAM User Guide, reference_identifiers, "Unique identifiers"], while L8 knows IDs only as
what AWS shows once the identity is deleted: the page wins where the inventory says whose ID it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from verifier.inputs.policies import with_policies
from verifier.model.estate import Account, Key
from verifier.model.grant import Grant
from verifier.model.policy import Policy, Principal, PrincipalType


def with_known_ids(keys: Iterable[Key], accounts: tuple[Account, ...]) -> tuple[tuple[Key, ...], tuple[Account, ...]]:
    """Both, with principals that are unique IDs of the inventory replaced by the ARNs of their identities."""
    known = {i.unique_id: i.arn for account in accounts for i in (*account.users, *account.roles) if i.unique_id is not None}

    def named(policy: Policy) -> Policy:
        if not any(p.type is PrincipalType.UNIQUE_ID for s in policy.statements for p in s.principals or ()):
            return policy
        principals = (s.principals and tuple(_principal(p, known) for p in s.principals) for s in policy.statements)
        statements = (replace(s, principals=found) for s, found in zip(policy.statements, principals, strict=True))
        return replace(policy, statements=tuple(statements))

    found = (with_policies(key, named) for key in keys)
    with_grants = tuple(replace(key, grants=key.grants and tuple(_grant(g, known) for g in key.grants)) for key in found)
    return with_grants, with_policies(accounts, named)


def _grant(grant: Grant, known: Mapping[str, str]) -> Grant:
    retiring = grant.retiring and _principal(grant.retiring, known)
    return replace(grant, grantee=_principal(grant.grantee, known), retiring=retiring)


def _principal(principal: Principal, known: Mapping[str, str]) -> Principal:
    arn = known.get(principal.value) if principal.type is PrincipalType.UNIQUE_ID else None
    if arn is None:
        return principal
    _, partition, _, _, account, resource = arn.split(":", 5)
    kind = PrincipalType.ROLE if resource.startswith("role/") else PrincipalType.USER
    return Principal(kind, arn, account, partition, principal.span)
