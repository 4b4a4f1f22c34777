"""A set of requests → disjoint regions in words, each with a request.

In: a side of a `Joint`, and a set of its requests. Out: `Regions`.
Guarantee: the regions are disjoint and together exactly the set, among the requests that can be made on that side. What
rests on something that is not modelled is not in them: `undecided` says so (S1). Where a limit was met the regions are
said more coarsely, and `exact` is false.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.ask.answers import Unknown
from verifier.ask.diagrams import Sample, sample
from verifier.ask.loop import refined
from verifier.deadline import look
from verifier.frozen import Frozen
from verifier.model.request import Outcome
from verifier.model.results.access import Alternative, Region
from verifier.model.results.verdict import Reason
from verifier.model.symbols import SymbolName
from verifier.problem.diagrams.cover import CubeMasks
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.diagrams.joint import Joint
from verifier.verify.partition import DescribedRequests, Partitioner
from verifier.verify.phrases.regions import Phrases


class FoundRegion(Frozen):
    """A region, and its requests."""

    region: Region
    node: DiagramNode
    sample: Sample | None = None


class Regions(Frozen):
    """The regions of a set, and why a part of it could not be settled (empty: all of it was)."""

    found: tuple[FoundRegion, ...]
    undecided: tuple[Reason, ...] = ()
    exact: bool = True


@dataclass
class Describer:
    """Describes sets of one side. `wanted` is how `evaluate` decides their requests on that side."""

    joint: Joint
    number: int
    wanted: Outcome = Outcome.ALLOW
    phrases: Phrases = field(init=False)

    def __post_init__(self) -> None:
        question = self.joint.sides[self.number].question
        estates = [side.question.space.estate for side in self.joint.sides]
        self.phrases = Phrases(question.space, question.finite, estates)

    def describe(self, node: DiagramNode) -> Regions:
        """The regions of a set. Actions that the data does not know are left out (U4)."""
        found = refined(self.joint, lambda: self._regions(node))
        return Regions((), (found.reason,), False) if isinstance(found, Unknown) else found

    def _regions(self, node: DiagramNode) -> Regions:
        partition = Partitioner(self.joint, self.number, self.wanted).partition(node)
        found, undecided = list[FoundRegion](), list[Reason](partition.undecided)
        for part in partition.parts:
            look()
            assert partition.sampling is not None, "a part without facts to sample with"
            sampled = sample(self.joint, self.number, partition.sampling, part.node, self.wanted)
            if isinstance(sampled, Unknown):
                undecided.append(sampled.reason)
            else:
                found.append(self._region(part, sampled))
        return Regions(tuple(found), tuple(dict.fromkeys(undecided)), partition.exact)

    def _region(self, part: DescribedRequests, sampled: Sample) -> FoundRegion:
        callers, shown = self.phrases.callers(part.callers), sampled.counterexample
        actions = self.phrases.actions(part.actions, part.sendable)
        region = Region(callers, actions, self.when(part), shown, shown.statements, part.cubes is not None)
        return FoundRegion(region, part.node, sampled)

    # -- in words --

    def when(self, part: DescribedRequests) -> tuple[Alternative, ...]:
        """The conditions of a part: *always* where they are too many to say (`Region.exact`)."""
        return ((),) if part.cubes is None else self.alternatives(part.cubes, part.seen)

    def alternatives(self, cubes: tuple[CubeMasks, ...], seen: DiagramNode) -> tuple[Alternative, ...]:
        """What cubes say of the requests `seen`."""
        diagrams = self.joint.diagrams

        def within(masks: Mapping[str, int]) -> dict[str, int]:
            known = {name: mask for name, mask in masks.items() if name in diagrams.level}
            of_cube = diagrams.all_of((seen, *(diagrams.literal(name, mask) for name, mask in known.items())))
            return {name: diagrams.values(of_cube, name) for name in known}

        found = [self._cube(cube) for cube in cubes]
        return self.phrases.alternatives(found, self._possible(seen, cubes), within)

    def _cube(self, cube: CubeMasks) -> tuple[dict[str, int], dict[SymbolName, bool]]:
        tables = self.joint.finite.tables
        masks = {name: mask for name, mask in cube if name in tables}
        return masks, {name: mask == 2 for name, mask in cube if isinstance(name, SymbolName)}

    def _possible(self, seen: DiagramNode, cubes: tuple[CubeMasks, ...]) -> dict[str, int]:
        """What requests have of the attributes that cubes limit (see `Phrases.alternative`)."""
        diagrams, finite = self.joint.diagrams, self.joint.finite
        named = dict.fromkeys(name for cube in cubes for name, _ in cube)
        found = {name: diagrams.values(seen, name) for name in named if name in finite.tables}
        for name, held in finite.held.items():
            if not named.keys().isdisjoint(held):
                known = [symbol for symbol in held if symbol in diagrams.level]
                empty = diagrams.all_of((seen, *(diagrams.literal(symbol, 1) for symbol in known)))
                numbered = enumerate(held)
                some = sum(1 << at for at, name in numbered if name not in known or diagrams.values(seen, name) & 2)
                found[name] = some | (empty != NOTHING) << len(held)
        return found
