"""Which accounts and organizations a key names, for the built-in `no-public-access`.

In: a key with its policies and grants. Out: the callers of what its Allow statements and its grants name.
Guarantee: what only a Deny names does not count, and neither does a pattern: only a whole account or organization ID is a name.
"""

from __future__ import annotations

import re
from dataclasses import replace

from verifier.model.estate import Key
from verifier.model.invariant import (
    CallersAnd,
    CallerSet,
    CallersNot,
    CallersOr,
    InAccount,
    InOrganization,
    Invariant,
    IssuedBy,
    KeyAccount,
    NamedAccount,
)
from verifier.model.policy import Condition, Effect, Statement

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_ORGANIZATION = re.compile(r"(o-[a-z0-9]+)(?:/.*)?", re.ASCII | re.DOTALL)

_ACCOUNT_KEYS = frozenset({"aws:principalaccount", "kms:calleraccount", "aws:principalarn"})
_ORGANIZATION_KEYS = frozenset({"aws:principalorgid", "aws:principalorgpaths"})


def with_named_accounts(invariant: Invariant, key: Key) -> Invariant:
    """The invariant with every `NamedAccount` replaced by the accounts and organizations that the key names."""
    return replace(invariant, callers=with_names_replaced(invariant.callers, key))


def with_names_replaced(callers: CallerSet, key: Key) -> CallerSet:
    """The caller set with every `NamedAccount` replaced by the accounts and organizations that the key names."""
    return _replaced(callers, named_callers(key))


def named_callers(key: Key) -> CallerSet:
    """The callers of the key's account and of every account or organization that an Allow statement of a policy, or a grant, of the key
    names.

    A statement names an account as (the account of) a principal, or as the value of a condition on the caller's account or ARN that is
    not negated; an organization as such a value of `aws:PrincipalOrgID` or the beginning of one of `aws:PrincipalOrgPaths`.
    A grant names the accounts of its grantee and its retiring principal.
    """
    accounts: set[str] = set()
    organizations: set[str] = set()
    for policy in key.policies or ():
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW:
                accounts |= _accounts_of(statement)
                organizations |= _organizations_of(statement)
    accounts |= {named.account for grant in key.grants or () for named in (grant.grantee, grant.retiring) if named and named.account}
    in_accounts = tuple(InAccount(account) for account in sorted(accounts))
    in_organizations = tuple(InOrganization(organization) for organization in sorted(organizations))
    return CallersOr((KeyAccount(), *in_accounts, *in_organizations))


def _accounts_of(statement: Statement) -> set[str]:
    principals = () if statement.not_principal else statement.principals or ()
    found = {principal.account for principal in principals if principal.account}
    for text in _values_of(statement, _ACCOUNT_KEYS):
        fields = text.split(":")
        account = fields[4] if len(fields) >= 6 else text
        if _ACCOUNT.fullmatch(account):
            found.add(account)
    return found


def _organizations_of(statement: Statement) -> set[str]:
    matches = (_ORGANIZATION.fullmatch(text) for text in _values_of(statement, _ORGANIZATION_KEYS))
    return {match.group(1) for match in matches if match}


def _values_of(statement: Statement, keys: frozenset[str]) -> list[str]:
    """The listed values of the conditions on these keys that say what a value must be."""
    return [value.value for condition in statement.conditions if _requires(condition, keys) for value in condition.values]


def _requires(condition: Condition, keys: frozenset[str]) -> bool:
    return condition.key.value.lower() in keys and "Not" not in condition.operator.base


def _replaced(callers: CallerSet, named: CallerSet) -> CallerSet:
    match callers:
        case NamedAccount():
            return named
        case CallersNot():
            return CallersNot(_replaced(callers.operand, named))
        case IssuedBy():
            return IssuedBy(_replaced(callers.callers, named))
        case CallersOr():
            return CallersOr(tuple(_replaced(operand, named) for operand in callers.operands))
        case CallersAnd():
            return CallersAnd(tuple(_replaced(operand, named) for operand in callers.operands))
        case _:
            return callers
