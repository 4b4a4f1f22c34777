"""The allowed requests of a scope → findings: cubes that cover them, each with a request and the statements that let it
in.

In: one side of a `Joint` whose facts include the scope. Out: `Cubes`. Guarantee: the findings together hold exactly the
requests of the scope that are allowed and can be made; none of the cubes that they are made of is held by the others
together. The least number of such cubes is not promised: of the covers that are tried the smallest is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from verifier.ask.answers import Unknown
from verifier.ask.diagrams import PREFERRED, Sample, sample
from verifier.deadline import look
from verifier.frozen import Frozen
from verifier.model.request import CallerKind
from verifier.model.results.access import AccessWay, Callers, ExternalAccess, Region
from verifier.model.results.verdict import Counterexample, Reason
from verifier.model.symbols import LazyTest, RelationTest
from verifier.problem.diagrams.cover import Cover, CubeMasks
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode, Diagrams, TooLarge
from verifier.problem.diagrams.joint import Joint
from verifier.problem.diagrams.provenance import lets_in
from verifier.problem.diagrams.sets import FIRST
from verifier.verify.access.ways import AccessWays, RowDraft
from verifier.verify.partition import DescribedRequests, Partitioner
from verifier.verify.regions import Describer

_ANYONE = "anyone outside the zone of trust"
ANY_SERVICE = "every AWS service"


class Cubes(Frozen):
    """The findings, their requests as `nodes`, why some requests are in none, and whether all conditions are exact."""

    findings: tuple[ExternalAccess, ...]
    reasons: tuple[Reason, ...] = ()
    exact: bool = True
    nodes: tuple[DiagramNode, ...] = ()
    whole: DiagramNode = NOTHING
    """All requests that the findings are to hold."""


class _Draft(Frozen):
    """A part of a finding: a cube, with its callers and actions as masks and its requests. `exact` is false for callers
    and actions whose conditions are too many to say."""

    cube: CubeMasks
    callers: int
    actions: int
    node: DiagramNode
    exact: bool = True


class External:
    """Makes findings on one side of a `Joint`. `strangers` are the requests of callers whom nothing names."""

    def __init__(self, joint: Joint, strangers: DiagramNode) -> None:
        self.joint, self._strangers = joint, strangers
        key = joint.sides[0].question.space.target.key
        assert key is not None, "findings are about a key"
        self._key = key
        self._describer = Describer(joint, 0)

    def found(self) -> Cubes:
        """The findings. Raises `TooLarge` and `Impossible`."""
        diagrams, partitioner = self.joint.diagrams, Partitioner(self.joint, 0)
        node, open_ = partitioner.certain_part(diagrams.both(self.joint.sides[0].allowed, self.joint.known_action))
        parts = [diagrams.both(node, part) for part in self._parts()]
        projection = self.joint.care(0, node, frozenset[str]().union(*map(diagrams.support, parts)))
        least = diagrams.both(node, projection.care)
        self._public = diagrams.both(self._strangers, self.joint.care(0, diagrams.both(least, self._strangers)).care)
        rest = diagrams.both(open_, self.joint.care(0, open_).care)
        reasons = tuple(partitioner.reasons(rest)) if rest != NOTHING else ()
        if least == NOTHING:
            return Cubes((), reasons)
        most = diagrams.either(node, diagrams.complement(projection.care))
        drafts, untold = self._drafts(least, most, parts, projection.care)
        return self._findings(drafts, least, projection.care, (*reasons, *untold))

    def _parts(self) -> Iterator[DiagramNode]:
        """What each statement and grant lets in by what it says."""
        side = self.joint.sides[0]
        for number, owner in enumerate(side.question.space.owners):
            if lets_in(owner) and number in side.parts:
                yield side.parts[number]

    # -- cubes --

    def _drafts(
        self, least: DiagramNode, most: DiagramNode, parts: list[DiagramNode], care: DiagramNode
    ) -> tuple[list[_Draft], tuple[Reason, ...]]:
        """The cubes; and why some requests are in none."""
        diagrams = self.joint.diagrams
        try:
            cubes = covering(diagrams, least, most, parts)
        except TooLarge:
            found = Partitioner(self.joint, 0).partition(least)
            coarse = [_Draft((), part.callers, part.actions, part.node, False) for part in found.parts]
            return coarse, found.undecided
        everybody = diagrams.values(care, "principal")
        split = irredundant(diagrams, [part for cube in cubes for part in self._by_account(cube, everybody)], least)
        nodes = [diagrams.both(least, cube_node(diagrams, cube)) for cube in split]
        drafts = [
            _Draft(cube, diagrams.values(n, "principal"), diagrams.values(n, "action"), n)
            for cube, n in zip(split, nodes, strict=True)
        ]
        return drafts, ()

    def _by_account(self, cube: CubeMasks, everybody: int) -> Iterator[CubeMasks]:
        """A cube for each account, and one for the callers of accounts that nothing names, if there are others."""
        masks = dict(cube)
        callers = masks.pop("principal", everybody) & everybody
        phrases = self._describer.phrases
        *_, others = phrases.apart(everybody)
        if others & ~callers:
            for part in phrases.apart(callers):
                yield (("principal", part), *masks.items())
        else:
            yield cube

    # -- in words --

    def _findings(
        self, drafts: list[_Draft], least: DiagramNode, care: DiagramNode, reasons: tuple[Reason, ...]
    ) -> Cubes:
        sampling, ways = self.joint.care(0, least, PREFERRED), AccessWays(self.joint, self._key)
        groups: dict[object, list[_Draft]] = {}
        for draft in drafts:
            groups.setdefault((draft.callers, draft.actions, draft.exact, self._ways(ways, draft)), []).append(draft)
        confirmed, missing = list[tuple[ExternalAccess, DiagramNode]](), list[Reason]()
        for group in groups.values():
            look()
            node = self.joint.diagrams.any_of(draft.node for draft in group)
            sampled = sample(self.joint, 0, sampling, node)
            parts = [draft.node for draft in group if len(group) > 1 and _compares(draft.cube)]
            # raises `Impossible` where there is none
            each = [sampled, *(sample(self.joint, 0, sampling, part) for part in parts)]
            missing += [one.reason for one in each if isinstance(one, Unknown)]
            if isinstance(sampled, Sample):
                finding = self._finding(group, node, care, sampled.counterexample, self._ways(ways, group[0]))
                confirmed.append((finding, node))
        findings, exact = tuple(finding for finding, _ in confirmed), all(draft.exact for draft in drafts)
        return Cubes(findings, (*reasons, *dict.fromkeys(missing)), exact, tuple(node for _, node in confirmed), least)

    def _ways(self, ways: AccessWays, draft: _Draft) -> tuple[AccessWay, ...] | None:
        part = DescribedRequests(draft.callers, draft.actions, draft.node, (), EVERYTHING, draft.actions)
        names = self._describer.phrases.callers(draft.callers).names
        row = RowDraft(part, 0, draft.callers, draft.actions, draft.node, names[0] if len(names) == 1 else None)
        found = [row.ways for row in ways.by_action(row)]
        return None if None in found else tuple(dict.fromkeys(way for ways_ in found for way in ways_ or ()))

    def _finding(
        self,
        group: list[_Draft],
        node: DiagramNode,
        care: DiagramNode,
        witness: Counterexample,
        ways: tuple[AccessWay, ...] | None,
    ) -> ExternalAccess:
        diagrams, first = self.joint.diagrams, group[0]
        everybody, sendable = diagrams.values(care, "principal"), diagrams.values(care, "action")
        seen = diagrams.all_of(
            (care, diagrams.literal("principal", first.callers), diagrams.literal("action", first.actions))
        )
        cubes = tuple(tuple((n, mask) for n, mask in draft.cube if n not in FIRST) for draft in group)
        when = self._describer.alternatives(cubes, seen) if first.exact else ((),)
        statements = tuple(dict.fromkeys(statement for way in ways or () for statement in way))
        actions = self._describer.phrases.actions(first.actions, sendable)
        region = Region(self._callers(first.callers, everybody), actions, when, witness, statements, first.exact)
        return ExternalAccess(region, diagrams.meets(node, self._public), ways)

    def _callers(self, mask: int, everybody: int) -> Callers:
        found = self._describer.phrases.callers(mask)
        if mask != everybody:
            return found
        return replace(found, text=ANY_SERVICE if found.kinds == (CallerKind.SERVICE,) else _ANYONE)


def _compares(cube: CubeMasks) -> bool:
    """True iff only concrete values tell if there are requests of a cube."""
    return any(isinstance(name, RelationTest | LazyTest) for name, _ in cube)


def covering(
    diagrams: Diagrams, least: DiagramNode, most: DiagramNode, parts: Iterable[DiagramNode]
) -> tuple[CubeMasks, ...]:
    """Cubes that cover `least`, within `most`. Tried are: each part by itself, as its own words have it; each part as
    widely as `most` lets it be said; where neither stays within its budget, the whole set, whatever its parts. Raises
    `TooLarge` where that does not either."""
    cover = Cover(diagrams)
    own = [part for part in (diagrams.both(part, least) for part in dict.fromkeys(parts)) if part != NOTHING]
    rest = diagrams.minus(least, diagrams.any_of(own))
    if rest != NOTHING:
        own.append(rest)
    free = diagrams.minus(most, least)
    found: list[Sequence[CubeMasks]] = []
    for wide in (False, True):
        with suppress(TooLarge):
            extents = ((part, most if wide else diagrams.either(part, free)) for part in own)
            found.append([cube for part, extent in extents for cube in cover.cubes(part, extent)])
    covers = (irredundant(diagrams, cubes, least) for cubes in found or [cover.cubes(least, most)])
    return min(covers, key=lambda cubes: (len(cubes), sum(map(len, cubes))))


def cube_node(diagrams: Diagrams, cube: CubeMasks) -> DiagramNode:
    return diagrams.all_of(diagrams.literal(name, mask) for name, mask in cube)


def irredundant(diagrams: Diagrams, cubes: Sequence[CubeMasks], least: DiagramNode) -> tuple[CubeMasks, ...]:
    """Those of some cubes that the others do not cover for them, within `least`; the longer ones are dropped first."""
    ordered = sorted(dict.fromkeys(cubes), key=lambda cube: (-len(cube), cube))
    nodes = [diagrams.both(least, cube_node(diagrams, cube)) for cube in ordered]
    after = [NOTHING]
    for node in reversed(nodes):
        after.append(diagrams.either(node, after[-1]))
    kept, covered = list[CubeMasks](), NOTHING
    for cube, node, later in zip(ordered, nodes, list(reversed(after))[1:], strict=True):
        if not diagrams.implies(node, diagrams.either(covered, later)):
            kept.append(cube)
            covered = diagrams.either(covered, node)
    return tuple(cube for cube in dict.fromkeys(cubes) if cube in set(kept))
