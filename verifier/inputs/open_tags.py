"""Tags that something may have besides those that the input gives it: those of the stack, which CloudFormation puts on
what it makes (`aws:cloudformation:stack-name` and its like, and those of `create-stack --tags`); those that a provider
of Terraform is told to leave to others, and does not tell (`ignore_tags`); and those of AWS (`aws:`), which it never
tells. [CloudFormation: aws-properties-resource-tags; API: CreateStack, Tags; terraform-provider-aws: ignore_tags
Configuration Block]

In: the estate. Out: the estate, without what is told of the tags of a key where a policy tests such a one, and without
users and roles where one tests a tag of CloudFormation's own, or one that Terraform does not tell. Guarantee:
nothing is taken to be without such a tag. A user or role is not listed then (U1), the tags of a key are in doubt, and
what is refuted about them is Unknown. That users and roles have none of `create-stack --tags` that the input does not
tell, and that nothing has one besides that an invariant names, is supposed, and each verdict says it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from verifier.inputs.identity_changes import untagged
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.text.definitions import letters_of
from verifier.model.estate import Estate, Identity, Key, Pairs
from verifier.model.policy import Policy
from verifier.syntax.text import first_few, printable


def with_open_tags(estate: Estate, files: Mapping[str, Pairs], parts: Parts) -> Estate:
    """The estate, in which the tags of a thing are not known where a policy tests one that the thing may have besides:
    from the stack of its template (`files` has the tags that are told of each), from before, as a snapshot lists it, or
    where a plan does not tell all tags. Versions that tell such a tag otherwise are told apart."""
    ignored = parts.ignored_tags
    tested = _tested((*estate.deciding_policies(), *estate.trust_policies()), "")
    of_all = _tested(replace(estate, keys=()).deciding_policies(), "resource")

    def left_to_others(arn: str, names: Iterable[str]) -> str:
        if arn in parts.without_system_tags and (system := sorted(name for name in names if name.startswith("aws:"))):
            return f"a policy tests {first_few(system)}, and Terraform tells no tag of AWS"
        found = sorted(name for name in names if arn in ignored and ignored[arn].match(name))
        return f"a policy tests {first_few(found)}, which the provider does not tell (`ignore_tags`)" if found else ""

    def besides(one: Identity) -> Pairs:
        """The tags that are told of its stack, and those that a snapshot lists of it."""
        return (*files[one.span.file], *parts.listed_tags.get(one.arn, ())) if one.span.file in files else ()

    def why(one: Identity) -> str:
        added = {name.lower() for name, _ in besides(one)} - {name.lower() for name, _ in one.tags}
        names = sorted(name for name in tested if name.startswith("aws:cloudformation:") or name in added)
        return _of_stack(names) if names and one.span.file in files else left_to_others(one.arn, tested)

    def key(known: Key) -> Key:
        read = of_all | _tested(known.policies or (), "resource")
        more = sorted(read - {name.lower() for name, _ in known.tags or ()})
        of_stack = f"{_of_stack(more)} (`create-stack --tags`)" if more and known.span.file in files else ""
        found = of_stack or left_to_others(known.arn, read)
        if known.tags is None or not found:
            return known
        said = printable(f"the tags of {known.name} are not known: {found}")
        tags = [pair for pair in (*known.tags, *files.get(known.span.file, ())) if pair[0].lower() in read]
        left_open = (*known.left_open, ("tags", letters_of(tags)))
        return replace(known, tags=None, unknown_facts=(*known.unknown_facts, ("tags", said)), left_open=left_open)

    open_ = [(one, said) for one in estate.identities if (said := why(one))]
    left_out = {one.arn: untagged(one.arn, said, one.span) for one, said in open_}
    left_open = [
        (f"the tags of {one.arn}", letters_of([one.arn, [pair for pair in besides(one) if pair[0].lower() in tested]]))
        for one, _ in open_
    ]
    accounts = tuple(
        replace(
            account,
            users=tuple(one for one in account.users if one.arn not in left_out),
            roles=tuple(one for one in account.roles if one.arn not in left_out),
            complete=account.complete and left_out.keys().isdisjoint(one.arn for one in account.identities),
        )
        for account in estate.accounts
    )
    return replace(
        estate,
        keys=tuple(map(key, estate.keys)),
        accounts=accounts,
        unmodelled=(*estate.unmodelled, *left_out.values()),
        left_open=(*estate.left_open, *left_open),
    )


def _of_stack(names: list[str]) -> str:
    return f"a policy tests {first_few(names)}, which the stack may have"


def _tested(policies: Iterable[Policy], owner: str) -> frozenset[str]:
    """The names of tags, in lower case, that policies test."""
    texts = (text for policy in policies for text in policy.texts)
    return frozenset(name.strip() for text in texts for name in re.findall(rf"{owner}tag/([^}},]+)", text))
