"""Rows of an answer, and what lets their requests in.

In: a side of a `Joint`; callers and actions that one description serves. Out: the same as one row for the actions that
have the same ways.
Guarantee: as `problem.diagrams.provenance` gives it; where the ways are too many to tell, that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model.estate import Key
from verifier.model.grant import Grant, grant_id, reference_to_grant
from verifier.model.policy import PolicyKind, Principal, PrincipalType, StatementRef
from verifier.model.results.access import AccessWay
from verifier.problem.classes.tables import bits
from verifier.problem.diagrams.diagram import DiagramNode, TooLarge
from verifier.problem.diagrams.joint import Joint
from verifier.problem.diagrams.provenance import Provenance
from verifier.problem.diagrams.provenance import SufficientStatements as Numbers
from verifier.problem.semantics.statements import NAMED_ONE_BY_ONE
from verifier.verify.partition import DescribedRequests


class RowDraft(Frozen):
    """One row before it is in words: a name, or the classes of a region, and some of the actions of a part. `node`
    holds its requests."""

    part: DescribedRequests
    alike: int
    classes: int
    actions: int
    node: DiagramNode
    name: str | None = None
    ways: tuple[AccessWay, ...] | None = ()


class AccessWays:
    """What lets the requests of rows in."""

    def __init__(self, joint: Joint, key: Key) -> None:
        self._joint, self._grants = joint, BatchedGrants(key)
        self._owners = joint.sides[0].question.space.owners
        try:
            self._provenance: Provenance | None = Provenance(joint, 0)
        except TooLarge:
            self._provenance = None

    def by_action(self, draft: RowDraft) -> Iterator[RowDraft]:
        """A row as one row for the actions that the same ways let its callers do, the shortest way first; as it is
        where the ways are too many to tell."""
        try:
            found = self._found(draft)
        except TooLarge:
            yield replace(draft, ways=None)
            return
        for ways, actions in found.items():
            ordered = sorted(ways, key=lambda way: (not way, len(way), sorted(way)))
            yield replace(draft, actions=actions, ways=tuple(self._statements(way, draft.name) for way in ordered))

    def _found(self, draft: RowDraft) -> dict[frozenset[Numbers], int]:
        """The actions by the ways that they have."""
        if self._provenance is None:
            raise TooLarge("the statements are too many to tell apart")
        ways_of = self._provenance.ways(draft.node).items()
        masks = {way: self._joint.diagrams.values(node, "action") for way, node in ways_of}
        found: dict[frozenset[Numbers], int] = {}
        for action in bits(draft.actions):
            ways = frozenset(way for way, mask in masks.items() if mask & action)
            found[ways] = found.get(ways, 0) | action
        return found

    def _statements(self, way: Numbers, name: str | None) -> AccessWay:
        ranks = {PolicyKind.KEY: 0, None: 1}
        owners = [self._owners[one] for one in sorted(way, key=lambda one: (ranks.get(self._owners[one].kind, 2), one))]
        return tuple(owners if name is None else (self._grants.own(owner, name) for owner in owners))


class BatchedGrants:
    """The grants of a key by whom they name."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._batched = key.grants is not None and len(key.grants) > NAMED_ONE_BY_ONE
        self._by_id: dict[str, Grant] = {}
        self._naming: dict[str, list[Grant]] = {}
        for grant in key.grants or () if self._batched else ():
            self._by_id[grant.id] = grant
            for name in {*map(_name, grant.principals)}:
                self._naming.setdefault(name, []).append(grant)

    def own(self, reference: StatementRef, caller: str) -> StatementRef:
        """The one grant of a batch that names a caller; the reference as it is, for no batch, or several."""
        first = self._by_id.get(grant_id(reference) or "")
        if first is None:
            return reference
        operations = frozenset(first.operations)
        naming = (grant for name in _called(caller) for grant in self._naming.get(name, ()))
        found = {grant.id: grant for grant in naming if frozenset(grant.operations) == operations}
        if len(found) != 1 or any(grant.grantee_hidden for grant in self._by_id.values()):
            return reference
        return reference_to_grant(self._key.arn, next(iter(found.values())))


def _name(principal: Principal) -> str:
    """A principal as `_called` names callers: a session by its role's account and name."""
    if principal.type is PrincipalType.ACCOUNT:
        return principal.account or ""
    if principal.type is PrincipalType.SESSION:
        return f"{principal.account}/{principal.value.split(':', 5)[5].split('/')[1]}"
    return principal.value


def _called(caller: str) -> Iterator[str]:
    """All that a principal may be named by: itself, its account, the name of its role."""
    yield caller
    if caller.startswith("arn:"):
        account, last = caller.split(":", 5)[4:]
        yield account
        if last.startswith("role/"):
            yield f"{account}/{last.rsplit('/', 1)[1]}"
