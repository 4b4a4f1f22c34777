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

from verifier.model.estate import Account, Identity, Key
from verifier.model.grant import Grant
from verifier.model.policy import Policy, Principal, PrincipalType, Statement


def with_known_ids(keys: Iterable[Key], accounts: Iterable[Account]) -> tuple[Key, ...]:
    """The keys, with principals that are unique IDs of the inventory replaced by the ARNs of their identities."""
    known = _known(accounts)
    return tuple(_key(key, known) for key in keys)


def trusts_with_known_ids(accounts: Iterable[Account]) -> tuple[Account, ...]:
    """The accounts, whose roles' trust policies have principals replaced likewise."""
    accounts = tuple(accounts)
    known = _known(accounts)
    return tuple(replace(account, roles=tuple(_role(role, known) for role in account.roles)) for account in accounts)


def _known(accounts: Iterable[Account]) -> dict[str, str]:
    return {i.unique_id: i.arn for account in accounts for i in (*account.users, *account.roles) if i.unique_id is not None}


def _role(role: Identity, known: Mapping[str, str]) -> Identity:
    if role.trust is None or not any(p.type is PrincipalType.UNIQUE_ID for s in role.trust.statements for p in s.principals or ()):
        return role
    return replace(role, trust=_policy(role.trust, known))


def _key(key: Key, known: Mapping[str, str]) -> Key:
    policies = None if key.policies is None else tuple(_policy(policy, known) for policy in key.policies)
    grants = None if key.grants is None else tuple(_grant(grant, known) for grant in key.grants)
    return replace(key, policies=policies, grants=grants)


def _grant(grant: Grant, known: Mapping[str, str]) -> Grant:
    if PrincipalType.UNIQUE_ID not in (grant.grantee.type, grant.retiring.type if grant.retiring else None):
        return grant
    return replace(grant, grantee=_principal(grant.grantee, known), retiring=_principal(grant.retiring, known) if grant.retiring else None)


def _policy(policy: Policy, known: Mapping[str, str]) -> Policy:
    return replace(policy, statements=tuple(_statement(statement, known) for statement in policy.statements))


def _statement(statement: Statement, known: Mapping[str, str]) -> Statement:
    if statement.principals is None:
        return statement
    return replace(statement, principals=tuple(_principal(principal, known) for principal in statement.principals))


def _principal(principal: Principal, known: Mapping[str, str]) -> Principal:
    arn = known.get(principal.value) if principal.type is PrincipalType.UNIQUE_ID else None
    if arn is None:
        return principal
    _, partition, _, _, account, resource = arn.split(":", 5)
    kind = PrincipalType.ROLE if resource.startswith("role/") else PrincipalType.USER
    return Principal(kind, arn, account, partition, principal.span)
