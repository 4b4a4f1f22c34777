"""Tags that CloudFormation itself puts on what a stack makes: `aws:cloudformation:stack-name` and others [CloudFormation: Resource tag].

In: the estate. Out: the estate, where a policy tests one of them without what the template tells of tags. Guarantee: nobody is taken to be
without such a tag. A user or role is not listed then (U1), and what is refuted about it is Unknown.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from verifier.inputs.elsewhere import untagged
from verifier.model.estate import Estate, Identity, Unmodelled

_OF_STACK = "tag/aws:cloudformation:"
_WHY = "a policy tests those that CloudFormation adds"


def with_stack_tags(estate: Estate, files: Collection[str]) -> Estate:
    """The estate, in which the tags of what the templates, the `files`, make are not known where something tests one of a stack."""
    if not _tested(estate):
        return estate
    left_out: list[Unmodelled] = []

    def listed(identities: tuple[Identity, ...]) -> tuple[Identity, ...]:
        left_out.extend(untagged(identity.arn, _WHY, identity.span) for identity in identities if identity.span.file in files)
        return tuple(identity for identity in identities if identity.span.file not in files)

    keys = tuple(replace(key, tags=None) if key.span.file in files else key for key in estate.keys)
    accounts = tuple(
        replace(account, users=users, roles=roles, complete=account.complete and len(users + roles) == len(account.users + account.roles))
        for account in estate.accounts
        for users, roles in [(listed(account.users), listed(account.roles))]
    )
    return replace(estate, keys=keys, accounts=accounts, unmodelled=(*estate.unmodelled, *left_out))


def _tested(estate: Estate) -> bool:
    trusts = (role.trust for account in estate.accounts for role in account.roles if role.trust is not None)
    conditions = (c for policy in (*estate.deciding_policies(), *trusts) for statement in policy.statements for c in statement.conditions)
    return any(_OF_STACK in text.value.lower() for condition in conditions for text in (condition.key, *condition.values))
