"""Caller sets: joining them, whether one can have a member at all (S3), and which accounts and organizations an input
names, for the built-in `no-public-access` and for what callers have outside (W2).

In: `CallerSet`s; an estate, and a key of it. Out: unions and intersections; whether a set is empty for want of a kind
of caller, whatever the estate; the callers of all accounts and organizations that bear on the key by name.
Guarantee: `is_empty` is true only for sets that are empty; one that is empty for other reasons may go unnoticed here. A
name counts wherever it stands, in an Allow as in a Deny. The policies treat all accounts alike that nothing names, in
no organization that anything names, but for patterns: a pattern is no name, only a whole account or organization ID is
one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from verifier.model import invariant as model
from verifier.model.estate import Estate, Key
from verifier.model.policy import Condition, Operator, Policy, Statement, Text
from verifier.model.request import CallerKind
from verifier.model.steps.descriptions import is_own_key

Kinds = frozenset[CallerKind]
_ALL: Kinds = frozenset(CallerKind)
_NONE: Kinds = frozenset()
_WITH_ACCOUNT: Kinds = _ALL - {CallerKind.SERVICE, CallerKind.WEB}


def either(operands: tuple[model.CallerSet, ...]) -> model.CallerSet:
    """The union, without a needless node."""
    return operands[0] if len(operands) == 1 else model.CallersOr(operands)


def both(operands: tuple[model.CallerSet, ...]) -> model.CallerSet:
    """The intersection, without needless nodes."""
    proper = tuple(operand for operand in operands if operand != model.AnyCaller())
    if not proper:
        return model.AnyCaller()
    return proper[0] if len(proper) == 1 else model.CallersAnd(proper)


def _with_parts(callers: model.CallerSet, change: Callable[[model.CallerSet], model.CallerSet]) -> model.CallerSet:
    """The set, with each of its parts (`parts_of`) changed."""
    match callers:
        case model.CallersNot(operand):
            return model.CallersNot(_with_parts(operand, change))
        case model.IssuedBy(inner):
            return model.IssuedBy(_with_parts(inner, change))
        case model.CallersOr(operands):
            return model.CallersOr(tuple(_with_parts(operand, change) for operand in operands))
        case model.CallersAnd(operands):
            return model.CallersAnd(tuple(_with_parts(operand, change) for operand in operands))
    return change(callers)


def of_account(callers: model.CallerSet, account: str) -> model.CallerSet:
    """The set, with the account of the key by its digits."""
    return _with_parts(callers, lambda part: model.InAccount(account) if part == model.KeyAccount() else part)


def is_empty(callers: model.CallerSet) -> bool:
    """True iff no caller of any kind can be in the set."""
    return not possible_kinds(callers)


def asks_for_tags(callers: model.CallerSet) -> bool:
    """True iff the set depends on the tags of a caller, which its ARN does not tell."""
    return any(isinstance(part, model.Tagged) for part in model.parts_of(callers))


def possible_kinds(callers: model.CallerSet) -> Kinds:
    """The kinds of which some caller may be in the set; of no other kind one is."""
    return _kinds(callers)[0]


def _kinds(callers: model.CallerSet) -> tuple[Kinds, Kinds]:
    """The kinds of which some caller may be in the set, and those of which every caller certainly is."""
    match callers:
        case model.AnyCaller():
            return _ALL, _ALL
        case model.OfKind():
            kind = frozenset({callers.kind})
            return kind, _NONE if callers.service_linked else kind
        case model.IssuedBy():
            return frozenset({CallerKind.FEDERATED}), _NONE
        case model.SessionLike():
            return frozenset({CallerKind.ROLE}), _NONE
        case model.ServiceLike():
            return frozenset({CallerKind.SERVICE}), _NONE
        case model.IdentityOf():
            return frozenset({CallerKind.WEB}), _NONE
        case model.Tagged():
            # An absent tag satisfies negated operators, so a service may be in it as well.
            return _ALL, _NONE
        case model.CallersNot():
            some, every = _kinds(callers.operand)
            return _ALL - every, _ALL - some
        case model.CallersOr() | model.CallersAnd():
            return _join(callers)
        case _:
            return _WITH_ACCOUNT, _NONE


def _join(callers: model.CallersOr | model.CallersAnd) -> tuple[Kinds, Kinds]:
    found = [_kinds(operand) for operand in callers.operands]
    if isinstance(callers, model.CallersOr):
        return _NONE.union(*(some for some, _ in found)), _NONE.union(*(every for _, every in found))
    return _ALL.intersection(*(some for some, _ in found)), _ALL.intersection(*(every for _, every in found))


# -- whom the input names --

ACCOUNT_IN_TEXT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])", re.ASCII)
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
    return _with_parts(callers, lambda part: named if isinstance(part, model.NamedAccount) else part)


def named_callers(estate: Estate, key: Key) -> model.CallerSet:
    """The callers of the key's account, and of every account or organization that the input names beside it.

    It names those in the principals and in the values of conditions of the key's policies, of the resource control
    policies over its account and of VPC endpoint policies; the accounts of grantees and retiring principals, and that
    which issued a grant (G5); the accounts with an inventory; the organization that it describes (its members are those
    that it lists, F2); and the organization of the key's own account, where a policy speaks of it
    (`aws:ResourceOrgID`).
    """
    texts = [text.lower() for policy in _policies(estate, key) for text in _texts(policy)]
    accounts = {account for text in texts for account in ACCOUNT_IN_TEXT.findall(text)} | set(_of_grants(key))
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
    if estate.organization is not None:
        found |= estate.organization.members
    for key in keys:
        found |= set(_of_grants(key))
    return frozenset(found.union(*map(ACCOUNT_IN_TEXT.findall, texts_about_accounts(estate))))


def texts_about_accounts(estate: Estate) -> Iterator[str]:
    """Whatever text of a policy may name accounts, or be a pattern of their IDs."""
    for policy in _every_policy(estate):
        for statement in policy.statements:
            yield from _said(statement)
            yield from (text.value for text in statement.resources or ())


def estate_conditions(estate: Estate) -> Iterator[Condition]:
    """The conditions of every policy."""
    for policy in _every_policy(estate):
        yield from policy.conditions


def _every_policy(estate: Estate) -> Iterator[Policy]:
    for account in estate.accounts:
        yield from account.policies()
        yield from (role.trust for role in account.roles if role.trust is not None)
    for key in estate.keys:
        if not is_own_key(key.arn):
            yield from key.policies or ()
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
