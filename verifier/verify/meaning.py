"""What parts of an input mean, without how they are laid out.

In: values of the model. Out: values that can be compared and hashed. Guarantee: two parts with equal meanings decide
every request on a key alike, so equality may end a comparison; unequal ones may do so as well. A member that is not
named here counts as it stands.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, cast

from verifier.model.estate import Account, Estate, Key, ManagedPolicy
from verifier.model.invariant_file import CLAIMS
from verifier.model.policy import Condition, Policy, Principal, PrincipalType, Statement
from verifier.model.symbols import ThingEffect
from verifier.model.trust_keys import BY_ORIGIN, KEYS_WITHOUT_RULE

_LAYOUT = frozenset(
    (
        *("span", "index", "sid", "size", "warnings", "inputs", "created", "state", "supposed"),
        *("open_region", "open_account", "concluded", "regions_taken", "generated"),
    )
)
"""Members that no decision turns on: places, names and order of statements, counts of characters, remarks, what is
shown and never proved with, what was concluded about where keys are."""

_STEPS = frozenset({"trust", "groups", "managed", "unlisted", "providers", "provider_contents"})
"""Members that only steps turn on (W2), and the tags of sessions (F3): no other decision on a key does."""

_SETS = frozenset(
    (
        *("keys", "accounts", "users", "roles", "endpoints", "controls", "unmodelled"),
        *("policies", "statements", "grants", "tags", "aliases", "principals", "resources", "conditions"),
    )
)
"""Members whose order no decision turns on."""


def meaning(value: Any) -> Hashable:
    """A part of the model without its layout."""
    kind = type(value)
    if kind in _PLAIN:
        return cast(Hashable, value)
    if kind is tuple:
        return tuple([meaning(part) for part in value])
    if kind is Principal:
        return _principal(value)
    if kind is Condition:
        return str(value.operator), value.key.value, frozenset([text.value for text in value.values])
    if is_dataclass(kind):
        return kind.__name__, *_members(value)
    assert isinstance(value, Enum), kind
    return value


def _members(value: Any, without: frozenset[str] = frozenset()) -> list[Hashable]:
    names = _counted(type(value))  # type: ignore[arg-type]  # classes can be hashed
    return [_member(getattr(value, name), name) for name in names if name not in without]


@cache
def _counted(kind: Any) -> tuple[str, ...]:
    """The members that count."""
    return tuple(field.name for field in fields(kind) if field.name not in _LAYOUT | _STEPS)


def _member(found: Any, name: str) -> Hashable:
    if found is None:
        return None
    if name == "actions":
        texts = (action if isinstance(action, str) else action.value for action in found)
        return frozenset([text.lower() for text in texts])  # L3
    if name == "unmodelled":
        found = tuple([thing for thing in found if not thing.only_of_steps])
    if name in _SETS and isinstance(found, tuple):
        return frozenset([meaning(part) for part in found])
    return meaning(found)


_PLAIN = frozenset({str, bool, int, type(None), ThingEffect})


def _principal(principal: Principal) -> Hashable:
    """An account is the same by its digits and by its `:root` ARN (P2), but not in two partitions (R7)."""
    if principal.type is PrincipalType.ACCOUNT:
        return principal.type, principal.partition, principal.account
    return principal.type, principal.value


def surroundings(estate: Estate) -> Hashable:
    """Everything in an estate but its keys, and what only steps turn on; trust policies are among it where they bear on
    requests on keys (F3)."""
    found = tuple(_members(estate, frozenset({"keys"})))
    return (*found, trusts(estate)) if heeds_trust_policies(estate) else found


def trusts(estate: Estate) -> Hashable:
    """Who may assume roles, with which session tags (E2, F3), and the code that runs as them."""
    roles = frozenset((role.arn, meaning(role.trust)) for role in estate.roles)
    listed = ((one.id, one.providers and frozenset(one.providers), one.provider_contents) for one in estate.accounts)
    providers = frozenset(listed)
    code = frozenset((one.arn, frozenset(one.roles)) for one in estate.workloads)
    return roles, providers, code, frozenset(meaning(thing) for thing in estate.unmodelled if thing.only_of_steps)


def whole(estate: Estate) -> Hashable:
    """Everything in an estate, what only steps turn on as well (W2)."""
    accounts = frozenset((account.id, *_of_steps(account)) for account in estate.accounts)
    doubts = frozenset(meaning(thing) for thing in estate.unmodelled if thing.only_of_steps)
    return surroundings(estate), frozenset(map(meaning, estate.keys)), accounts, doubts


def _of_steps(account: Account) -> Iterator[Hashable]:
    yield frozenset((role.arn, meaning(role.trust)) for role in account.roles)
    yield frozenset((user.arn, frozenset(user.groups)) for user in account.users)
    yield frozenset(map(meaning, account.groups))
    yield frozenset(map(_managed, account.managed))
    yield None if account.providers is None else frozenset(account.providers)
    yield frozenset(account.unlisted)


def _managed(managed: ManagedPolicy) -> Hashable:
    versions = frozenset((version, meaning(policy)) for version, policy in managed.versions)
    return managed.arn, managed.default, managed.complete, versions


def key_meaning(key: Key) -> Hashable:
    """A key, whatever reports call it."""
    return tuple(_members(key, frozenset({"name"})))


def in_policy(policy: Policy, statement: Statement) -> Hashable:
    """A statement with what it takes from its policy: the kind, and how its variables are read (L1)."""
    return policy.kind, policy.variables or not _has_variable(statement), meaning(_spelled_out(policy, statement))


def _spelled_out(policy: Policy, statement: Statement) -> Statement:
    """The statement with accounts in the partition of the policy's ARN where they are given by their digits (R7)."""
    parts = policy.identity.split(":")
    whole = all(principal.account is None or principal.partition for principal in statement.principals or ())
    if parts[0] != "arn" or whole:
        return statement
    named = (replace(principal, partition=principal.partition or parts[1]) for principal in statement.principals or ())
    return replace(statement, principals=tuple(named))


def _has_variable(statement: Statement) -> bool:
    texts = [*(statement.resources or ()), *(value for condition in statement.conditions for value in condition.values)]
    return any("${" in text.value for text in texts)


def heeds_trust_policies(estate: Estate) -> bool:
    """False only if trust policies do not bear on requests on keys. They do where a policy of these asks, by a
    condition or a policy variable, for `aws:PrincipalTag/…`, source identities of sessions, who made them and when,
    MFA (F3), providers (F6, P6), the address of a request (F4) or for whom a service makes it (F5), and where some
    policy binds names of sessions."""
    about = ("principaltag/", "aws:sourceidentity", "aws:tokenissuetime", *CLAIMS, *BY_ORIGIN, *KEYS_WITHOUT_RULE)
    return estate.binds_session_names or any(
        policy.names_providers or any(key in text for text in policy.texts for key in about)
        for policy in estate.deciding_policies()
    )
