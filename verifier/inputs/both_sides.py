"""The users and roles that plans or templates have on one side of a comparison only.

In: both estates, with the parts that they were read from. Out: the same; each lists such identities of the other too, without policies.
Guarantee: an identity that is made, or goes, is not taken for one of which nothing is known (U1). One that a side may have under a name
that it does not tell is left as it is, and so are those of accounts of which a snapshot lists some.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.inputs.parts import Parts
from verifier.model.estate import Account, Estate, Identity

Side = tuple[Estate, Parts]


def with_each_others(old: Side, new: Side) -> tuple[Estate, Estate]:
    """Both sides, each with the identities that plans or templates of the other make."""
    return _with_others(old, new), _with_others(new, old)


def _with_others(side: Side, other: Side) -> Estate:
    (estate, parts), (others, other_parts) = side, other
    accounts = {account.id: account for account in estate.accounts}
    for account in others.accounts:
        own = accounts.get(account.id, Account(account.id, complete=False))
        if not ({account.id} & {*parts.accounts, *other_parts.accounts}):
            users, roles = _missing(own.users, account.users, parts), _missing(own.roles, account.roles, parts)
            accounts[account.id] = replace(own, users=(*own.users, *users), roles=(*own.roles, *roles))
    return replace(estate, accounts=tuple(accounts[number] for number in sorted(accounts)))


def _missing(own: tuple[Identity, ...], others: tuple[Identity, ...], parts: Parts) -> Iterator[Identity]:
    listed = {identity.arn for identity in own}
    for identity in others:
        account, resource = identity.arn.split(":", 5)[4:]
        kind, name = resource.split("/", 1)[0], resource.rsplit("/", 1)[1]
        changes = [*parts.elsewhere.get(account, ()), *parts.elsewhere.get("", ())]
        if identity.arn not in listed and not any(change.may_be((kind, name)) for change in changes):
            yield Identity(identity.arn, tags=identity.tags, unique_id=identity.unique_id, span=identity.span)
