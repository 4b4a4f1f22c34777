"""Which accounts and organizations an input names, for the built-in `no-public-access` and for what callers have
outside (W2).

In: an estate, and a key of it. Out: the callers of all accounts and organizations that bear on the key by name.
Guarantee: a name counts wherever it stands, in an Allow as in a Deny. The policies treat all accounts alike that
nothing names, in no organization that anything names, but for patterns: a pattern is no name, only a whole account or
organization ID is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from verifier.model import invariant as model
from verifier.model.caller_sets import with_parts
from verifier.model.estate import Estate, Key
from verifier.model.policy import Condition, Operator, Policy, Statement, Text
from verifier.model.step_kinds import is_own_key

ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])", re.ASCII)
"""The ID of an account in a text."""
_ORGANIZATION = re.compile(r"(?<![a-z0-9])o-[a-z0-9]+", re.ASCII)
_OWN_ORGANIZATION = "aws:resourceorg"
_IN_OWN_ORGANIZATION = model.Tagged(
    Condition(Operator("StringEquals", None, False), Text("aws:PrincipalOrgID"), (Text("${aws:ResourceOrgID}"),))
)


def with_named_accounts(invariant: model.Invariant, estate: Estate, key: Key) -> model.Invariant:
    """The invariant with every `NamedAccount` replaced by the callers of the accounts and organizations that the input
    names."""
    return replace(invariant, callers=with_names_replaced(invariant.callers, estate, key))


def with_names_replaced(callers: model.CallerSet, estate: Estate, key: Key) -> model.CallerSet:
    """The caller set with every `NamedAccount` replaced by the callers of the accounts and organizations that the input
    names."""
    if not any(isinstance(part, model.NamedAccount) for part in model.parts_of(callers)):
        return callers
    named = named_callers(estate, key)
    return with_parts(callers, lambda part: named if isinstance(part, model.NamedAccount) else part)


def named_callers(estate: Estate, key: Key) -> model.CallerSet:
    """The callers of the key's account, and of every account or organization that the input names beside it.

    It names those in the principals and in the values of conditions of the key's policies, of the resource control
    policies over its account and of VPC endpoint policies; the accounts of grantees and retiring principals, and that
    which issued a grant (G5); the accounts with an inventory; the organization that it describes (its members are those
    that it lists, F2); and the organization of the key's own account, where a policy speaks of it
    (`aws:ResourceOrgID`).
    """
    texts = [text.lower() for policy in _policies(estate, key) for text in _texts(policy)]
    accounts = {account for text in texts for account in ACCOUNT.findall(text)} | set(_of_grants(key))
    organizations = {organization for text in texts for organization in _ORGANIZATION.findall(text)}
    listed = {account.id for account in estate.accounts}
    if estate.organization is not None:
        organizations.add(estate.organization.id)
        listed -= estate.organization.members
    in_accounts = tuple(model.InAccount(account) for account in sorted(accounts | listed))
    in_organizations = tuple(model.InOrganization(organization) for organization in sorted(organizations))
    own = (_IN_OWN_ORGANIZATION,) if any(_OWN_ORGANIZATION in text for text in texts) else ()
    return model.CallersOr((model.KeyAccount(), *in_accounts, *in_organizations, *own))


def accounts_named(estate: Estate) -> frozenset[str]:
    """Every account that the input names: those of inventories, of keys, of the organization, and those that some
    policy or grant names."""
    keys = [key for key in estate.keys if not is_own_key(key.arn)]
    found = {account.id for account in estate.accounts} | {key.account for key in keys}
    found |= estate.organization.members if estate.organization is not None else set()
    for key in keys:
        found |= set(_of_grants(key))
    return frozenset(found.union(*map(ACCOUNT.findall, texts_about_accounts(estate))))


def texts_about_accounts(estate: Estate) -> Iterator[str]:
    """Whatever text of a policy may name accounts, or be a pattern of their IDs."""
    for policy in _every_policy(estate):
        for statement in policy.statements:
            yield from _said(statement)
            yield from (text.value for text in statement.resources or ())


def conditions_of(estate: Estate) -> Iterator[Condition]:
    """The conditions of every policy."""
    for policy in _every_policy(estate):
        yield from policy.conditions


def _every_policy(estate: Estate) -> Iterator[Policy]:
    for account in estate.accounts:
        yield from account.policies()
        yield from (role.trust for role in account.roles if role.trust is not None)
    for key in estate.keys:
        yield from () if is_own_key(key.arn) else key.policies or ()
    yield from estate.surrounding_policies()


def _policies(estate: Estate, key: Key) -> Iterator[Policy]:
    """The policies that decide about callers of accounts that are not in the input."""
    yield from key.policies or ()
    for controls in estate.organization.controls if estate.organization is not None else ():
        if controls.account == key.account:
            yield from (policy for level in controls.resource or () for policy in level.policies)
    yield from (endpoint.policy for endpoint in estate.endpoints or () if endpoint.policy is not None)


def _texts(policy: Policy) -> Iterator[str]:
    """The principals, and the keys and values of conditions."""
    for statement in policy.statements:
        yield from _said(statement)


def _said(statement: Statement) -> Iterator[str]:
    yield from (principal.value for principal in statement.principals or ())
    for condition in statement.conditions:
        yield condition.key.value
        yield from (value.value for value in condition.values)


def _of_grants(key: Key) -> Iterator[str]:
    for grant in key.grants or ():
        accounts = (*(one.account for one in grant.principals), grant.issuing_account)
        yield from (account for account in accounts if account)
