"""A set of requests → disjoint parts, each with one description of its conditions: what `regions` puts into words.

In: a side of a `Joint`, and a set of its requests. Out: `RequestPartition`.
Guarantee: the parts are disjoint and together exactly the set, among the requests that can be made on that side; each
alternative of a part that compares keys with one another has a request, by concrete values. What rests on something
that is not modelled is in no part: `undecided` says so (S1). Where a limit was met the parts are coarser, and `exact`
is false.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from verifier.ask.answers import Unknown
from verifier.ask.diagrams import PREFERRED, sample
from verifier.ask.loop import unmodelled_reasons
from verifier.deadline import look
from verifier.frozen import Frozen
from verifier.model.request import Outcome
from verifier.model.results.verdict import Reason
from verifier.model.symbols import LazyTest, NotModelled, RelationTest
from verifier.problem.diagrams.cover import Cover, CubeMasks, grouped
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode, TooLarge
from verifier.problem.diagrams.elimination import Projection
from verifier.problem.diagrams.joint import Joint

_OF_SOME_ACTIONS = re.compile("kms:(?!viaservice|calleraccount)", re.IGNORECASE)
"""Operation keys: requests for some actions do not have them (F6)."""
REGION_BUDGET = 400
"""Parts of one answer, before callers are no longer told apart by their actions."""


class DescribedRequests(Frozen):
    """Callers and actions, as masks of classes, and their requests in the set, `node`, which one description serves:
    `cubes`; `None` where they would be too many. `seen` are all requests of these callers for these actions that can be
    made, `sendable` the actions that anyone's requests can be for."""

    callers: int
    actions: int
    node: DiagramNode
    cubes: tuple[CubeMasks, ...] | None
    seen: DiagramNode
    sendable: int


class RequestPartition(Frozen):
    """The parts of a set, and why some of it is in none (empty: all of it is). `sampling` are facts to sample with."""

    parts: tuple[DescribedRequests, ...]
    sampling: Projection | None = None
    undecided: tuple[Reason, ...] = ()
    exact: bool = True


class _Group(Frozen):
    """Callers and actions whose requests one description serves: what must be, and what may be, covered."""

    callers: int
    actions: int
    least: DiagramNode
    most: DiagramNode


def beyond_known_actions(joint: Joint, node: DiagramNode) -> tuple[Reason, ...]:
    """Why a list of the requests of a set for known actions does not stand for those for others (U4): some caller may
    make one of these where it may make none of those, whatever operation keys these have (F6)."""
    diagrams = joint.diagrams
    seen = diagrams.both(node, joint.care(0, node).care)
    carried = [name for name in diagrams.level if name in ("action", "facts") or _OF_SOME_ACTIONS.search(name)]
    known, others = (
        diagrams.exists(part, carried)
        for part in (diagrams.both(seen, joint.known_action), diagrams.minus(seen, joint.known_action))
    )
    untold = seen != NOTHING and joint.known_action == EVERYTHING  # the others are too many to be told apart
    if not untold and diagrams.minus(others, known) == NOTHING:
        return ()
    what = "an action that the reference data does not know may be allowed to callers who are not listed, or otherwise"
    return (Reason("U4", what),)


class Partitioner(Frozen):
    """Takes sets of one side apart. `wanted` is how `evaluate` decides their requests; `budget` is for the parts."""

    joint: Joint
    number: int
    wanted: Outcome = Outcome.ALLOW
    budget: int = REGION_BUDGET

    def partition(self, node: DiagramNode) -> RequestPartition:
        """The parts of a set. Actions that the data does not know are left out (U4). Raises `Impossible`."""
        node = self.joint.diagrams.both(node, self.joint.known_action)
        try:
            certain, undecided = self.certain_part(node)
            projection = self.joint.care(self.number, node)
            found = self._parts(certain, projection)
            rest = self.joint.diagrams.both(undecided, projection.care)
            return found if rest == NOTHING else replace(found, undecided=(*found.undecided, *self.reasons(rest)))
        except TooLarge as error:
            reason = Reason("budget", f"the requests are too many to describe: {error}")
            return RequestPartition((), None, (reason,), False)

    # -- what is not modelled --

    def certain_part(self, node: DiagramNode) -> tuple[DiagramNode, DiagramNode]:
        """The part of a set that it has whatever the unmodelled things are, and the rest."""
        diagrams = self.joint.diagrams
        open_symbols = [name for name in diagrams.support(node) if isinstance(name, NotModelled)]
        if not open_symbols:
            return node, NOTHING
        rest = diagrams.both(node, diagrams.exists(diagrams.complement(node), open_symbols))
        return diagrams.minus(node, rest), rest

    def reasons(self, rest: DiagramNode) -> Iterator[Reason]:
        """What the requests of a set rest on that is not modelled, on whichever side; never nothing (S1)."""
        names = sorted(n for n in self.joint.diagrams.support(rest) if isinstance(n, NotModelled))
        found = (reason for side in self.joint.sides for reason in unmodelled_reasons(side.question, names))
        first = next(found, Reason("budget", "the answer rests on something that is not modelled"))
        return chain((first,), found)

    # -- parts --

    def _parts(self, node: DiagramNode, projection: Projection) -> RequestPartition:
        diagrams = self.joint.diagrams
        least = diagrams.both(node, projection.care)
        if least == NOTHING:
            return RequestPartition(())
        cover = Cover(diagrams)
        groups, exact = self._groups(cover, least, diagrams.either(node, diagrams.complement(projection.care)))
        sampling = self.joint.care(self.number, node, PREFERRED)
        sendable = diagrams.values(projection.care, "action")
        found, undecided = list[DescribedRequests](), list[Reason]()
        for group in groups:
            look()
            whole, seen = (self._within(group, node) for node in (least, projection.care))
            cubes = self._cubes(cover, group)
            checked = self._checked(whole, cubes or (), sampling)
            if checked is not None:
                undecided.append(checked.reason)
            else:
                found.append(DescribedRequests(group.callers, group.actions, whole, cubes, seen, sendable))
                exact &= cubes is not None
        return RequestPartition(tuple(found), sampling, tuple(dict.fromkeys(undecided)), exact)

    def _groups(self, cover: Cover, least: DiagramNode, most: DiagramNode) -> tuple[list[_Group], bool]:
        """By callers, then by actions."""
        found = []
        callers = grouped(cover, least, most, "principal")
        for whom in callers:
            found += [
                _Group(whom.mask, what.mask, what.least, what.most)
                for what in grouped(cover, whom.least, whom.most, "action")
            ]
        if len(found) <= self.budget or len(callers) >= len(found):
            return found, True
        return [self._coarse(whom.mask, whom.least) for whom in callers], False

    def _coarse(self, mask: int, needed: DiagramNode) -> _Group:
        """Some callers, with all that they can do, under some conditions or others."""
        diagrams = self.joint.diagrams
        actions = sum(values for values, child in diagrams.choices(needed, "action") if child != NOTHING)
        return _Group(mask, actions, diagrams.exists(needed, ("action",)), EVERYTHING)

    def _within(self, group: _Group, node: DiagramNode) -> DiagramNode:
        """The requests of a set that are of a group: what must be covered for some of its callers need not for all."""
        diagrams = self.joint.diagrams
        callers, actions = diagrams.literal("principal", group.callers), diagrams.literal("action", group.actions)
        return diagrams.all_of((callers, actions, node))

    def _cubes(self, cover: Cover, group: _Group) -> tuple[CubeMasks, ...] | None:
        try:
            return cover.cubes(group.least, group.most)
        except TooLarge:
            return None

    def _checked(self, whole: DiagramNode, cubes: tuple[CubeMasks, ...], sampling: Projection) -> Unknown | None:
        """Unknown iff no request was found of one of the alternatives that compare keys with one another, of which only
        concrete values tell; else `None`."""
        for cube in cubes:
            if any(isinstance(name, RelationTest | LazyTest) for name, _ in cube):
                of_cube = (self.joint.diagrams.literal(name, mask) for name, mask in cube)
                part = self.joint.diagrams.all_of((whole, *of_cube))
                found = sample(self.joint, self.number, sampling, part, self.wanted) if part != NOTHING else None
                if isinstance(found, Unknown):
                    return found
        return None
