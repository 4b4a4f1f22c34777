"""Tags of the stack, which CloudFormation puts on what it makes: `aws:cloudformation:stack-name` and its like, and
those of `create-stack --tags` [CloudFormation: aws-properties-resource-tags; API: CreateStack, Tags].

In: the estate. Out: the estate, without what the template tells of the tags of a key where a policy tests one that it
does not give itself, and of users and roles where one tests a tag of CloudFormation's own. Guarantee: nothing is taken
to be without such a tag. A user or role is not listed then (U1), the tags of a key are in doubt, and what is refuted
about them is Unknown. That users and roles have none of `create-stack --tags` is supposed, and each verdict says it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from verifier.inputs.identity_changes import untagged
from verifier.inputs.text.definitions import letters_of
from verifier.model.estate import Estate, Identity, Key
from verifier.model.policy import Policy
from verifier.syntax.text import first_few, printable


def with_stack_tags(estate: Estate, files: Collection[str]) -> Estate:
    """The estate, in which the tags of what the templates, the `files`, make are not known where something tests one of
    a stack."""
    tested = _tested((*estate.deciding_policies(), *estate.trust_policies()), "")
    names = sorted(name for name in tested if name.startswith("aws:cloudformation:"))
    of_all = _tested(replace(estate, keys=()).deciding_policies(), "resource")

    def stays(one: Identity) -> bool:
        return not names or one.span.file not in files

    def key(known: Key) -> Key:
        read = of_all | _tested(known.policies or (), "resource")
        tested = read - {name.lower() for name, _ in known.tags or ()}
        if known.span.file not in files or known.tags is None or not tested:
            return known
        why = f"the tags of {known.name} are not known: {_why(sorted(tested))} (`create-stack --tags`)"
        left_open = (*known.left_open, ("tags", letters_of([pair for pair in known.tags if pair[0].lower() in read])))
        return replace(known, tags=None, doubtful=(*known.doubtful, ("tags", printable(why))), left_open=left_open)

    accounts = tuple(
        replace(
            account,
            users=tuple(filter(stays, account.users)),
            roles=tuple(filter(stays, account.roles)),
            complete=account.complete and all(map(stays, account.identities)),
        )
        for account in estate.accounts
    )
    left_out = [untagged(one.arn, _why(names), one.span) for one in estate.identities if not stays(one)]
    return replace(
        estate, keys=tuple(map(key, estate.keys)), accounts=accounts, unmodelled=(*estate.unmodelled, *left_out)
    )


def _why(names: list[str]) -> str:
    return f"a policy tests {first_few(names)}, which the stack may have"


def _tested(policies: Iterable[Policy], owner: str) -> frozenset[str]:
    """The names of tags, in lower case, that policies test."""
    texts = (text for policy in policies for text in policy.texts)
    return frozenset(name.strip() for text in texts for name in re.findall(rf"{owner}tag/([^}},]+)", text))
