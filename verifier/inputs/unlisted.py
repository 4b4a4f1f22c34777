"""What the input says of users and roles that the estate does not list.

Guarantee: two versions do not leave the same open where they give one of them other policies, as far as these may be
about keys, or, where policies test these, other tags, another trust policy, other facts of a key or another
organization; where they give a listed role another trust policy that is not known; or where a policy or group says
otherwise that one of them may have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from verifier.inputs.drafts import BOUNDS, TAGS, TRUST, Details, Draft, id_of, membership
from verifier.inputs.identity_changes import IdentityChanges
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.tested_facts import PolicyFact, PolicyFacts, facts, facts_in, facts_tested, with_tested_key_facts
from verifier.inputs.text.nodes import Members, Node, Remarks, Scalar, member, values_of
from verifier.inputs.text.unknown import content, names_in, replaced
from verifier.model.estate import Estate, Pairs
from verifier.model.policy import arn_kind
from verifier.syntax.text import printable


def with_unlisted(estate: Estate, remarks: Remarks, parts: Parts, inputs: Mapping[str, Details]) -> Estate:
    """The estate with what its `inputs`, by account, give users and roles that it does not list."""
    texts = (text for policy in estate.deciding_policies() for text in policy.texts)
    tested = facts_in([*texts]).union(*(facts_tested(one, known=False) for one in remarks.written_statements.values()))
    given = _Given(inputs, parts.identity_changes, estate, tested)

    def letters(found: Iterable[tuple[str, object]]) -> Pairs:
        return tuple((printable(what), remarks.definitions.digest(said)) for what, said in found)

    left_open = letters(_left_open(estate, given, parts.made_by_others))
    left_open = (*estate.left_open, *left_open)
    found = replace(estate, left_open=left_open, unlisted_may_have=letters(_may_have(estate, given)))
    return with_tested_key_facts(found, frozenset[PolicyFact]().union(*given.tested_by_others))


def _left_open(
    estate: Estate, given: _Given, makers: Sequence[tuple[str, object, object]]
) -> Iterator[tuple[str, object]]:
    """What is left open, each with what is said of that."""
    # Who else is in a group of an inventory that is not complete nothing tells.
    owners = [(account.id, one.arn) for account in estate.accounts for one in account.identities]
    owners += [(account.id, group.arn) for account in estate.accounts if account.complete for group in account.groups]
    listed = {(account, *id_of(arn_kind(arn), arn.rsplit("/", 1)[1])) for account, arn in owners}
    for account, draft in ((account, draft) for account, details in given.inputs.items() for draft in details.drafts):
        if PolicyFact.SESSIONS in given.tested and TRUST in draft.has and names_in([draft.has[TRUST]]):
            said = [draft.arn, content(draft.has[TRUST])]
            yield f"what the trust policy of {draft.arn} lets sessions have", said
        if draft.kind != "group" and (account, *draft.id) not in listed:
            tags, trust = (content(draft.has.get(what)) for what in (TAGS, TRUST))
            said = [draft.arn, given.policies(draft), given.facts(draft, tags, trust)]
            yield f"what {draft.arn} has, of which not enough is known to list it", said
    for account, change in given.changes:
        for (kind, name), draft in change.drafts.items():
            said = given.policies(draft)
            if said and (account, kind, name) not in listed:
                all_said = [account, kind, name, said, given.facts(draft)]
                yield f"the policies of {kind} {draft.name}, which no list has", all_said
        for (kind, name), taken in change.detached.items():
            if (account, kind, name) not in listed:
                yield f"which policies {kind} {name} loses, which no list has", [account, kind, name, sorted(taken)]
        for shown, who, tags, trust, draft in change.left_out_drafts:
            said, facts_said = given.policies(draft), given.facts(draft, tags, trust)
            if said or facts_said:
                yield f"what {shown} has, of which not enough is known to list it", [account, who, said, facts_said]
    for maker, policies, tags in makers:
        facts_said = given.facts_of(facts_in(policies), tags)
        if policies or facts_said:
            yield f"what the roles of {maker} have, which no list has", {maker: [policies, facts_said]}


def _may_have(estate: Estate, given: _Given) -> Iterator[tuple[str, object]]:
    """The policies and groups, by ARN, that unlisted ones may have, each with what it may say of keys."""
    whole = {account.id for account in estate.accounts if account.complete}
    open_accounts = [details for account, details in given.inputs.items() if account not in whole]
    changed = (change.policies for account, change in given.changes if account not in whole)
    documents = {
        policy.arn: policy.document for policy in chain(*(details.policies for details in open_accounts), *changed)
    }
    for arn, document in documents.items():
        said = _in_any_order([*of_keys(document)] if document is not None else None)
        yield arn, [arn, said, given.facts_of(_tested_by(document))]
    for group in (draft for details in open_accounts for draft in details.drafts if draft.kind == "group"):
        yield group.arn, [group.arn, _in_any_order(given.policies(group)), given.facts(group)]


class _Given:
    """What is given to whom, by account, what that may say of keys, and the facts it tests; `tested`: any."""

    def __init__(
        self,
        inputs: Mapping[str, Details],
        changes: Mapping[str, Sequence[IdentityChanges]],
        estate: Estate,
        tested: PolicyFacts,
    ) -> None:
        self.inputs, self.estate = inputs, estate
        self.tested_by_others: list[PolicyFacts] = []
        self.changes = [(account, change) for account, found in changes.items() for change in found]
        policies = chain(
            *(change.policies for _, change in self.changes), *(details.policies for details in inputs.values())
        )
        self.managed = {policy.arn: policy.document for policy in policies}
        drafts = chain(
            *(details.drafts for details in inputs.values()), *(change.drafts.values() for _, change in self.changes)
        )
        given = [*drafts, *(draft for _, change in self.changes for *_, draft in change.left_out_drafts)]
        self.groups = [(membership(draft.name), draft) for draft in given if draft.kind == "group"]
        self.tested = tested.union(*map(_tested_by, chain(self.managed.values(), *map(self._documents, given))))

    def policies(self, draft: Draft) -> list[object]:
        """What a user, group or role has that may be about keys."""
        found: list[object] = [[managed, sorted(kept), by] for managed, (kept, by) in sorted(draft.only.items())]
        for what, node in draft.has.items():
            groups = [group for name, group in self.groups if name == what and group is not draft]
            if what == BOUNDS:
                found.append([what, content(self.managed.get(node.text if isinstance(node, Scalar) else "") or node)])
            elif what not in (TRUST, TAGS):
                found += chain(*map(self.policies, groups)) if groups else of_keys(self.managed.get(what) or node)
        return sorted(found, key=repr)

    def _documents(self, draft: Draft) -> Iterator[Node]:
        """The documents of what a user, group or role has, its boundary among them."""
        for what, node in draft.has.items():
            groups = [group for name, group in self.groups if name == what and group is not draft]
            if groups:
                yield from chain(*map(self._documents, groups))
            elif what not in (TRUST, TAGS):
                name = node.text if what == BOUNDS and isinstance(node, Scalar) else what
                yield self.managed.get(name) or node

    def facts(self, draft: Draft, tags: object = None, trust: object = None) -> list[object]:
        """What is so of a user, group or role, its tags and trust policy, and the estate, where policies test it."""
        tested = frozenset[PolicyFact]().union(*map(_tested_by, self._documents(draft)))
        return self.facts_of(tested, tags, trust)

    def facts_of(self, tested: PolicyFacts, tags: object = None, trust: object = None) -> list[object]:
        """The facts that its policies test, and what of itself any policy tests."""
        self.tested_by_others.append(tested)
        own = [
            tags if PolicyFact.CALLER_TAGS in self.tested else None,
            trust if PolicyFact.SESSIONS in self.tested else None,
        ]
        found = facts(self.estate, tested & {PolicyFact.ORGANIZATIONS})
        return [*own, *found] if any(own) or found else []


def _tested_by(document: Node | None) -> PolicyFacts:
    """The facts that a policy tests in statements that may be about keys."""
    return frozenset[PolicyFact]().union(*(facts_tested(one, known=True) for one in _statements_of_keys(document)))


def of_keys(document: Node) -> Iterator[object]:
    """The statements that may be about keys, with the version if they have policy variables (L1); all unknown."""
    version = content(member(document, "Version")) if isinstance(document, Members) else None
    for statement in _statements_of_keys(document):
        said = content(replaced(statement, "Sid", None) if isinstance(statement, Members) else statement)
        yield [version, said] if "${" in str(said) else said


def _statements_of_keys(document: Node | None) -> Iterator[Node]:
    statements = member(document, "Statement") if isinstance(document, Members) else None
    given = values_of(statements) if statements is not None else [] if document is None else [document]
    for statement in given:
        actions = values_of(member(statement, "Action")) if isinstance(statement, Members) else []
        of_others = [isinstance(action, Scalar) and _is_of_other_service(action.text) for action in actions]
        if not of_others or not all(of_others):
            yield statement


def _in_any_order(said: object) -> object:
    """The same for lists of the same members: statements, actions, principals, resources and values have no order."""
    if isinstance(said, dict):
        return {name: _in_any_order(value) for name, value in said.items()}
    return sorted(map(_in_any_order, said), key=repr) if isinstance(said, list) else said


def _is_of_other_service(action: str) -> bool:
    """True iff a pattern of actions is certainly of another service."""
    service = action.lower().partition(":")[0]
    return service != "kms" and not {*"*?$"} & {*service}
