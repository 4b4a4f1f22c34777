"""What the input says of users and roles that the estate does not list.

In: the estate, what is told of each account, and what is done to others. Out: the estate with what it leaves open. Guarantee: two versions
that give one of them other policies, as far as these may be about keys, do not leave the same open; nor do those that give it other tags
where a policy tests some, or give a listed role a trust policy that is not known; nor those of which a policy or group that users and roles
may have whom nothing lists says otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from verifier.inputs.drafts import BOUNDARY, TAGS, TRUST, Details, Draft, membership
from verifier.inputs.identity_changes import IdentityChanges
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.text.nodes import Members, Node, Remarks, Scalar, member, values_of
from verifier.inputs.text.unknown import content, names_in, replaced
from verifier.model.estate import OF_OTHERS, Estate
from verifier.model.policy import arn_kind
from verifier.syntax.text import printable


def with_unlisted(estate: Estate, remarks: Remarks, parts: Parts, told: Mapping[str, Details]) -> Estate:
    """The estate with what its input, which has `told` this of each account, gives users and roles that it does not list."""
    left_open = _left_open(estate, parts, told)
    return replace(estate, left_open=tuple((printable(what), remarks.definitions.digest(said)) for what, said in left_open))


def _left_open(estate: Estate, parts: Parts, told: Mapping[str, Details]) -> Iterator[tuple[str, object]]:
    """What is left open, each with what is said of that."""
    changes = [(account, change) for account, found in parts.identity_changes.items() for change in found]
    given = _Given(told.values(), [change for _, change in changes])
    # Who else is in a group of an inventory that is not complete nothing tells.
    owners = [(account.id, one.arn) for account in estate.accounts for one in account.identities]
    owners += [(account.id, group.arn) for account in estate.accounts if account.complete for group in account.groups]
    listed = {(account, arn_kind(arn), arn.rsplit("/", 1)[1]) for account, arn in owners}
    tested = any(policy.tests_tags_of_callers for policy in estate.deciding_policies())
    for account, draft in ((account, draft) for account, details in told.items() for draft in details.drafts):
        if tested and TRUST in draft.has and names_in([draft.has[TRUST]]):
            yield f"which session tags the trust policy of {draft.arn} lets pass", [draft.arn, content(draft.has[TRUST])]
        if draft.kind != "group" and (account, *draft.id) not in listed:
            said, tags = given.policies(draft), content(draft.has.get(TAGS)) if tested else None
            yield f"what {draft.arn} has, of which not enough is known to list it", [draft.arn, said, tags]
    for account, change in changes:
        for (kind, name), draft in change.drafts.items():
            said = given.policies(draft)
            if said and (account, kind, name) not in listed:
                yield f"the policies of {kind} {name}, which no list has", [account, kind, name, said]
        for (kind, name), taken in change.detached.items():
            if (account, kind, name) not in listed:
                yield f"which policies {kind} {name} loses, which no list has", [account, kind, name, sorted(taken)]
        for shown, who, tags, draft in change.left_out_drafts:
            said = given.policies(draft)
            if said or tested:
                yield f"what {shown} has, of which not enough is known to list it", [account, who, said, tags if tested else None]
    whole = {account.id for account in estate.accounts if account.complete}
    made = [(account, details.policies) for account, details in told.items()] + [(account, change.policies) for account, change in changes]
    documents = {policy.arn: policy.document for account, found in made if account not in whole for policy in found}
    for arn, document in documents.items():
        yield f"what {arn}{OF_OTHERS}", [arn, _in_any_order([*of_keys(document)] if document is not None else None)]
    for group in (one for account, details in told.items() if account not in whole for one in details.drafts if one.kind == "group"):
        yield f"what {group.arn}{OF_OTHERS}", [group.arn, _in_any_order(given.policies(group))]
    for maker, policies, tags in parts.made_by_others:
        if policies or (tags and tested):
            yield f"what the roles of {maker} have, which no list has", {maker: [policies, tags if tested else None]}


class _Given:
    """What policies that are given may say of keys."""

    def __init__(self, told: Collection[Details], changes: list[IdentityChanges]) -> None:
        policies = chain(*(change.policies for change in changes), *(details.policies for details in told))
        self.managed = {policy.arn: policy.document for policy in policies}
        drafts = chain(*(details.drafts for details in told), *(change.drafts.values() for change in changes))
        self.groups = [(membership(draft.name), draft) for draft in drafts if draft.kind == "group"]

    def policies(self, draft: Draft) -> list[object]:
        """What a user, group or role has that may be about keys."""
        found: list[object] = [[managed, sorted(kept), by] for managed, (kept, by) in sorted(draft.only.items())]
        for what, node in draft.has.items():
            groups = [group for name, group in self.groups if name == what and group is not draft]
            if what == BOUNDARY:
                found.append([what, content(self.managed.get(node.text if isinstance(node, Scalar) else "") or node)])
            elif what not in (TRUST, TAGS):
                found += chain(*map(self.policies, groups)) if groups else of_keys(self.managed.get(what) or node)
        return sorted(found, key=repr)


def of_keys(document: Node) -> Iterator[object]:
    """The statements of a policy that may be about keys; all that is not known."""
    statements = member(document, "Statement") if isinstance(document, Members) else None
    for statement in [document] if statements is None else values_of(statements):
        actions = values_of(member(statement, "Action")) if isinstance(statement, Members) else []
        if not actions or not all(isinstance(action, Scalar) and _is_elsewhere(action.text) for action in actions):
            yield content(replaced(statement, "Sid", None) if isinstance(statement, Members) else statement)


def _in_any_order(said: object) -> object:
    """The same for lists of the same members: statements, actions, principals, resources and values have no order."""
    if isinstance(said, dict):
        return {name: _in_any_order(value) for name, value in said.items()}
    return sorted(map(_in_any_order, said), key=repr) if isinstance(said, list) else said


def _is_elsewhere(action: str) -> bool:
    """Whether a pattern of actions is certainly of another service."""
    service = action.lower().partition(":")[0]
    return service != "kms" and not {*"*?$"} & {*service}
