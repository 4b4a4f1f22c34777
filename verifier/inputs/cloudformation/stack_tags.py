"""Tags of the stack, which CloudFormation puts on what it makes: `aws:cloudformation:stack-name` and its like, and those of `create-stack
--tags` [CloudFormation: aws-properties-resource-tags; API: CreateStack, Tags].

In: the estate. Out: the estate, without what the template tells of the tags of a key where a policy tests one that it does not give itself,
and of users and roles where it tests one of CloudFormation's own. Guarantee: nothing is taken to be without such a tag. A user or role is
not listed then (U1), the tags of a key are in doubt, and what is refuted about them is Unknown. That users and roles have none of
`create-stack --tags` is supposed, and each verdict says it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from verifier.inputs.elsewhere import untagged
from verifier.model.estate import Estate, Identity, Key, Unmodelled
from verifier.model.policy import Policy
from verifier.syntax.text import first_few, printable

_OF_CLOUDFORMATION = "aws:cloudformation:"


def with_stack_tags(estate: Estate, files: Collection[str]) -> Estate:
    """The estate, in which the tags of what the templates, the `files`, make are not known where something tests one of a stack."""
    trusts = (role.trust for account in estate.accounts for role in account.roles if role.trust is not None)
    tested = frozenset(
        name for name in _tested((*estate.deciding_policies(), *trusts), of_key=False) if name.startswith(_OF_CLOUDFORMATION)
    )
    of_keys = _tested(replace(estate, keys=()).deciding_policies(), of_key=True)
    left_out: list[Unmodelled] = []

    def listed(identities: tuple[Identity, ...]) -> tuple[Identity, ...]:
        open_ = {one.arn: why for one in identities if one.span.file in files and (why := _open(one, tested))}
        left_out.extend(untagged(one.arn, open_[one.arn], one.span) for one in identities if one.arn in open_)
        return tuple(one for one in identities if one.arn not in open_)

    def key(known: Key) -> Key:
        why = _open(known, of_keys | _tested(known.policies or (), of_key=True))
        if known.span.file not in files or not why:
            return known
        reason = printable(f"the tags of {known.name or known.arn} are not known: {why}")
        return replace(known, tags=None, doubtful=(*known.doubtful, ("tags", reason)))

    accounts = tuple(
        replace(account, users=users, roles=roles, complete=account.complete and len(users + roles) == len(account.users + account.roles))
        for account in estate.accounts
        for users, roles in [(listed(account.users), listed(account.roles))]
    )
    return replace(estate, keys=tuple(map(key, estate.keys)), accounts=accounts, unmodelled=(*estate.unmodelled, *left_out))


def _open(thing: Key | Identity, tested: frozenset[str]) -> str:
    """Why the tags of a thing are not known, if it does not give itself one that is tested."""
    names = sorted(tested - {name.lower() for name, _ in thing.tags or ()})
    return (
        f"a policy tests {first_few(names)}, which the stack may have (`create-stack --tags`)" if names and thing.tags is not None else ""
    )


def _tested(policies: Iterable[Policy], *, of_key: bool) -> frozenset[str]:
    """The names of tags, in lower case, that policies test: those of a key, or of users and roles, as callers and in steps with them."""
    found: set[str] = set()
    for statement in (statement for policy in policies for statement in policy.statements):
        of_keys_alone = not statement.not_action and all(action.value.lower().startswith("kms:") for action in statement.actions)
        owners = "resource" if of_key else "principal" if of_keys_alone else "principal|resource"
        texts = (*(statement.resources or ()), *(text for c in statement.conditions for text in (c.key, *c.values)))
        found |= {name.strip() for text in texts for name in re.findall(rf"(?:{owners})tag/([^}},]+)", text.value.lower())}
    return frozenset(found)
