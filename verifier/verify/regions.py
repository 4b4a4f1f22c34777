"""A set of requests → disjoint regions in words, each with a request.

In: a side of a `Joint`, and a set of its requests. Out: `Regions`.
Guarantee: the regions are disjoint and together exactly the set, among the requests that can be made on that side. What rests on something
that is not modelled is not in them: `unsettled` says so (S1). Where a limit was met the regions are said more coarsely, and `exact` is
false.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from verifier.model.region import Region
from verifier.model.request import Outcome
from verifier.model.verdict import Reason
from verifier.problem.cover import Cover, Cube, grouped
from verifier.problem.diagram import EVERYTHING, NOTHING, Node, TooLarge
from verifier.problem.elimination import Projection
from verifier.problem.joint import Joint
from verifier.verify.phrases import Phrases
from verifier.verify.replay import is_unmodelled
from verifier.verify.sample import PREFERRED, Impossible, NotFound, Sample, sample

REGION_BUDGET = 400
"""Regions of one answer, before callers are no longer told apart by their actions."""
REFINEMENTS = 100
"""Rounds in which concrete values may show that a combination of comparisons is impossible."""


@dataclass(frozen=True)
class FoundRegion:
    """A region, and the set that it describes: `callers` and `actions` are masks of classes; `node` holds its requests."""

    region: Region
    callers: int
    actions: int
    node: Node
    sample: Sample | None = None


@dataclass(frozen=True)
class Regions:
    """The regions of a set, and why a part of it could not be settled (empty: all of it was)."""

    found: tuple[FoundRegion, ...]
    unsettled: tuple[Reason, ...] = ()
    exact: bool = True


@dataclass(frozen=True)
class _Group:
    """Callers and actions whose requests one description serves: what must be, and what may be, covered."""

    callers: int
    actions: int
    least: Node
    most: Node
    whole: Node
    """The requests of the group: what must be covered for some of its callers need not be covered for all."""
    seen: Node
    """All requests of these callers for these actions that can be made."""
    sendable: int
    """The actions that anyone's requests can be for."""


@dataclass
class Describer:
    """Describes sets of one side. `wanted` is how `evaluate` decides their requests on that side."""

    joint: Joint
    number: int
    wanted: Outcome = Outcome.ALLOW
    phrases: Phrases = field(init=False)

    def __post_init__(self) -> None:
        question = self.joint.sides[self.number].question
        self.phrases = Phrases(question.space, question.finite, [side.question.space.estate for side in self.joint.sides])

    def describe(self, node: Node) -> Regions:
        """The regions of a set. Actions that the data does not know are left out (U4): `problem.joint.nothing_known` tells of them."""
        node = self.joint.diagrams.both(node, self.joint.known_action)
        try:
            return self._refined(node)
        except TooLarge as error:
            return Regions((), (Reason("budget", f"the requests are too many to describe: {error}"),), False)

    def _refined(self, node: Node) -> Regions:
        for _ in range(REFINEMENTS):
            settled, unsettled = self._settled(node)
            projection = self.joint.care(self.number, node)
            found = self._regions(settled, projection)
            if isinstance(found, Regions):
                rest = self.joint.diagrams.both(unsettled, projection.care)
                return found if rest == NOTHING else replace(found, unsettled=(*found.unsettled, *self._reasons(rest)))
            self.joint.learn(found.clause)
        return Regions((), (Reason("budget", f"no answer within {REFINEMENTS} rounds of refinement"),), False)

    # -- what is not modelled --

    def _settled(self, node: Node) -> tuple[Node, Node]:
        """The part of a set that it has whatever the unmodelled things are, and the rest."""
        diagrams, question = self.joint.diagrams, self.joint.sides[self.number].question
        open_symbols = [name for name in diagrams.support(node) if name not in self.joint.finite.tables and is_unmodelled(question, name)]
        if not open_symbols:
            return node, NOTHING
        rest = diagrams.both(node, diagrams.exists(diagrams.complement(node), open_symbols))
        return diagrams.minus(node, rest), rest

    def _reasons(self, rest: Node) -> Iterator[Reason]:
        question = self.joint.sides[self.number].question
        names = [n for n in self.joint.diagrams.support(rest) if n not in self.joint.finite.tables and is_unmodelled(question, n)]
        for thing in question.space.estate.unmodelled:
            if any(name.startswith(thing.name + ":") for name in names):
                yield Reason(thing.label, thing.description, thing.span)
        for name in sorted(names):
            if name.startswith("L5:"):
                yield Reason("L5", "`NotResource` in a key policy is not documented")
            text = question.space.unsupported.get(name) or question.finite.unsupported.get(name)
            if text is not None:
                yield Reason("C3", f"this comparison is not modelled: {text}")

    # -- regions --

    def _regions(self, node: Node, projection: Projection) -> Regions | Impossible:
        diagrams = self.joint.diagrams
        least = diagrams.both(node, projection.care)
        if least == NOTHING:
            return Regions(())
        cover = Cover(diagrams)
        groups, exact = self._groups(cover, least, diagrams.either(node, diagrams.complement(projection.care)), projection.care)
        sampling = self.joint.care(self.number, node, PREFERRED)
        found, unsettled = list[FoundRegion](), list[Reason]()
        for group in groups:
            cubes = self._cubes(cover, group)
            described = self._region(group, cubes, sampling)
            if isinstance(described, Impossible):
                return described
            if isinstance(described, NotFound):
                unsettled.append(Reason("budget", described.reason))
            else:
                found.append(described)
                exact &= described.region.exact
        return Regions(tuple(found), tuple(dict.fromkeys(unsettled)), exact)

    def _groups(self, cover: Cover, least: Node, most: Node, care: Node) -> tuple[list[_Group], bool]:
        """By callers, then by actions."""
        found = []
        callers = grouped(cover, least, most, "principal")
        sendable = self.joint.diagrams.values(care, "action")
        for whom in callers:
            for what in grouped(cover, whom.least, whom.most, "action"):
                whole, seen = (self._within(whom.mask, what.mask, node) for node in (least, care))
                found.append(_Group(whom.mask, what.mask, what.least, what.most, whole, seen, sendable))
        if len(found) <= REGION_BUDGET or len(callers) >= len(found):
            return found, True
        return [self._coarse(whom.mask, whom.least, least, care) for whom in callers], False

    def _coarse(self, mask: int, needed: Node, least: Node, care: Node) -> _Group:
        """Some callers, with all that they can do, under some conditions or others."""
        diagrams = self.joint.diagrams
        actions = sum(values for values, child in diagrams.choices(needed, "action") if child != NOTHING)
        whole, seen = (self._within(mask, actions, node) for node in (least, care))
        sendable = diagrams.values(care, "action")
        return _Group(mask, actions, diagrams.exists(needed, ("action",)), EVERYTHING, whole, seen, sendable)

    def _cubes(self, cover: Cover, group: _Group) -> tuple[Cube, ...] | None:
        try:
            return cover.cubes(group.least, group.most)
        except TooLarge:
            return None

    def _region(self, group: _Group, cubes: tuple[Cube, ...] | None, projection: Projection) -> FoundRegion | Impossible | NotFound:
        whole = group.whole
        for doubtful in self._doubtful(group, cubes or ()):
            checked = sample(self.joint, self.number, projection, doubtful, self.wanted)
            if isinstance(checked, Impossible):
                return checked
        found = sample(self.joint, self.number, projection, whole, self.wanted)
        if not isinstance(found, Sample):
            return found
        possible = self._possible(group.seen, cubes or ())
        when = ((),) if cubes is None else self.phrases.alternatives([self._cube(cube) for cube in cubes], possible)
        callers, actions = self.phrases.callers(group.callers), self.phrases.actions(group.actions, group.sendable)
        region = Region(callers, actions, when, found.counterexample, found.counterexample.statements, cubes is not None)
        return FoundRegion(region, group.callers, group.actions, whole, found)

    def _doubtful(self, group: _Group, cubes: tuple[Cube, ...]) -> Iterator[Node]:
        """The alternatives that compare keys with each other: whether there are such requests only concrete values tell."""
        for cube in cubes:
            if any(name.startswith(("relation:", "lazy:")) for name, _ in cube):
                literals = (self.joint.diagrams.literal(name, mask) for name, mask in cube)
                part = self.joint.diagrams.all_of((group.whole, *literals))
                if part != NOTHING:
                    yield part

    def _within(self, callers: int, actions: int, node: Node) -> Node:
        diagrams = self.joint.diagrams
        return diagrams.all_of((diagrams.literal("principal", callers), diagrams.literal("action", actions), node))

    def _cube(self, cube: Cube) -> tuple[dict[str, int], dict[str, bool]]:
        tables = self.joint.finite.tables
        masks = {name: mask for name, mask in cube if name in tables}
        return masks, {name: mask == 2 for name, mask in cube if name not in tables}

    def _possible(self, seen: Node, cubes: tuple[Cube, ...]) -> dict[str, int]:
        """What requests of the group have of the attributes that cubes limit (see `Phrases.alternative`)."""
        diagrams, finite = self.joint.diagrams, self.joint.finite
        named = dict.fromkeys(name for cube in cubes for name, _ in cube)
        found = {name: diagrams.values(seen, name) for name in named if name in finite.tables}
        for name, held in finite.held.items():
            if not named.keys().isdisjoint(held):
                known = [symbol for symbol in held if symbol in diagrams.level]
                empty = diagrams.all_of((seen, *(diagrams.literal(symbol, 1) for symbol in known)))
                some = sum(1 << at for at, symbol in enumerate(held) if symbol not in known or diagrams.values(seen, symbol) & 2)
                found[name] = some | (empty != NOTHING) << len(held)
        return found
