"""Rows of an answer, and what lets their requests in.

In: a side of a `Joint`; callers and actions that one description serves. Out: the same as one row for the actions that have the same ways.
Guarantee: as `problem.diagrams.provenance` gives it; where the ways are too many to tell, that is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from verifier.model.estate import Key
from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.results.access import Way
from verifier.problem.classes.tables import bits
from verifier.problem.diagrams.diagram import Node, TooLarge
from verifier.problem.diagrams.joint import Joint
from verifier.problem.diagrams.provenance import Provenance
from verifier.problem.diagrams.provenance import Way as Numbers
from verifier.verify.access.batched_grants import BatchedGrants
from verifier.verify.partition import Described


@dataclass(frozen=True)
class Draft:
    """One row before it is in words: a name, or the classes of a region, and some of the actions of a part. `node` holds its requests."""

    part: Described
    alike: int
    classes: int
    actions: int
    node: Node
    name: str | None = None
    ways: tuple[Way, ...] | None = ()


class Ways:
    """What lets the requests of rows in."""

    def __init__(self, joint: Joint, key: Key) -> None:
        self._joint, self._grants = joint, BatchedGrants(key)
        self._owners = joint.sides[0].question.space.owners
        try:
            self._provenance: Provenance | None = Provenance(joint, 0)
        except TooLarge:
            self._provenance = None

    def by_action(self, draft: Draft) -> Iterator[Draft]:
        """A row as one row for the actions that the same ways let its callers do, the shortest way first; as it is where the ways are too
        many to tell."""
        try:
            found = self._found(draft)
        except TooLarge:
            yield replace(draft, ways=None)
            return
        for ways, actions in found.items():
            yield replace(draft, actions=actions, ways=tuple(self._statements(way, draft.name) for way in _ordered(ways)))

    def _found(self, draft: Draft) -> dict[frozenset[Numbers], int]:
        """The actions by the ways that they have."""
        if self._provenance is None:
            raise TooLarge("the statements are too many to tell apart")
        masks = {way: self._joint.diagrams.values(node, "action") for way, node in self._provenance.ways(draft.node).items()}
        found: dict[frozenset[Numbers], int] = {}
        for action in bits(draft.actions):
            ways = frozenset(way for way, mask in masks.items() if mask & action)
            found[ways] = found.get(ways, 0) | action
        return found

    def _statements(self, way: Numbers, name: str | None) -> Way:
        owners = [self._owners[number] for number in sorted(way, key=lambda number: (_rank(self._owners[number]), number))]
        return tuple(owners if name is None else (self._grants.own(owner, name) for owner in owners))


def _ordered(ways: frozenset[Numbers]) -> list[Numbers]:
    return sorted(ways, key=lambda way: (not way, len(way), sorted(way)))


def _rank(owner: StatementRef) -> int:
    return {PolicyKind.KEY: 0, None: 1}.get(owner.kind, 2)
