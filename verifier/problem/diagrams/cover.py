"""A set of requests → few cubes: what has to hold, as weakly as the facts let it be said.

In: two nodes, what must be covered and what may be. Out: cubes, for each variable a mask of its values.
Guarantee: the union of the cubes holds all of `least` and nothing outside `most` (Minato and Morreale's irredundant
covers, with variables of many values).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode, Diagrams, TooLarge

CUBE_BUDGET = 200
"""Cubes of one cover, before it is said more coarsely."""

CubeMasks = tuple[tuple[str, int], ...]
"""A variable and the mask of its values, for each variable that is limited."""


@dataclass
class _Need:
    """Values of one variable for which the same must, and may, be covered."""

    mask: int
    least: DiagramNode
    most: DiagramNode


@dataclass
class Cover:
    """Covers over one manager; what was covered once is remembered."""

    diagrams: Diagrams
    budget: int = CUBE_BUDGET
    _memo: dict[tuple[DiagramNode, DiagramNode], tuple[tuple[CubeMasks, ...], DiagramNode]] = field(
        default_factory=dict
    )

    def cubes(self, least: DiagramNode, most: DiagramNode) -> tuple[CubeMasks, ...]:
        """Cubes for a set between two others. Raises `TooLarge` where they are more than the budget."""
        return self._cover(least, most)[0]

    def described(self, least: DiagramNode, most: DiagramNode) -> DiagramNode:
        """The set that the cubes make up; where they are too many, the least one."""
        try:
            return self._cover(least, most)[1]
        except TooLarge:
            return least

    def words(self, least: DiagramNode, most: DiagramNode) -> int:
        """How many limits the cubes have in all."""
        try:
            return sum(len(cube) for cube in self.cubes(least, most))
        except TooLarge:
            return self.budget**2

    def _cover(self, least: DiagramNode, most: DiagramNode) -> tuple[tuple[CubeMasks, ...], DiagramNode]:
        """The cubes, and the set that they make up."""
        if least == NOTHING:
            return (), NOTHING
        if most == EVERYTHING:
            return ((),), EVERYTHING
        found = self._memo.get((least, most))
        if found is None:
            found = self._memo[least, most] = self._split(least, most)
        return found

    def _split(self, least: DiagramNode, most: DiagramNode) -> tuple[tuple[CubeMasks, ...], DiagramNode]:
        diagrams = self.diagrams
        variable = min(filter(None, (diagrams.top(least), diagrams.top(most))), key=diagrams.level.__getitem__)
        needs = _needs(diagrams, least, most, variable)
        anyway = diagrams.all_of(need.most for need in needs)
        cubes: list[CubeMasks] = []
        covered: list[tuple[int, DiagramNode]] = []
        # First what cannot be said without this variable; what is left then does not need it.
        open_needs = [_Need(need.mask, diagrams.minus(need.least, anyway), need.most) for need in needs]
        while True:
            need = next((need for need in open_needs if need.least != NOTHING), None)
            if need is None:
                break
            mask, part, reached = self._together(need, open_needs)
            cubes += [((variable, mask), *cube) for cube in part]
            covered.append((mask, reached))
            for other in open_needs:
                if other.mask & mask:
                    other.least = diagrams.minus(other.least, reached)
        left = diagrams.any_of(diagrams.minus(need.least, _reached(diagrams, covered, need.mask)) for need in needs)
        free, reached_anyway = self._cover(left, anyway)
        cubes += free
        if len(cubes) > self.budget:
            raise TooLarge(f"more than {self.budget} alternatives")
        whole = diagrams.any_of(
            [reached_anyway, *(diagrams.both(diagrams.literal(variable, mask), node) for mask, node in covered)]
        )
        return tuple(cubes), whole

    def _together(self, first: _Need, needs: list[_Need]) -> tuple[int, tuple[CubeMasks, ...], DiagramNode]:
        """Cubes for one need, with the values of all others that can share them."""
        diagrams = self.diagrams
        least, most, sharing = first.least, first.most, [first]
        for other in needs:
            if other is not first and other.least != NOTHING:
                joined, allowed = diagrams.either(least, other.least), diagrams.both(most, other.most)
                if diagrams.implies(joined, allowed):
                    least, most = joined, allowed
                    sharing.append(other)
        part, reached = self._cover(least, most)
        mask = 0
        for need in needs:
            if any(need is shared for shared in sharing) or diagrams.implies(reached, need.most):
                mask |= need.mask
        return mask, part, reached


def _needs(diagrams: Diagrams, least: DiagramNode, most: DiagramNode, variable: str) -> list[_Need]:
    return [_Need(mask, below, above) for mask, below, above in diagrams.common_choices(least, most, variable)]


def _reached(diagrams: Diagrams, covered: list[tuple[int, DiagramNode]], mask: int) -> DiagramNode:
    return diagrams.any_of(node for values, node in covered if values & mask == mask)


@dataclass
class _Group:
    """Values of one variable that one description serves: what must be covered for some of them, and what may be for
    all."""

    mask: int
    least: DiagramNode
    most: DiagramNode
    described: DiagramNode


MOST_COMPARED = 64
"""Groups that a value is tried with, the latest first: a thousand different callers need not be compared with one
another."""


def grouped(cover: Cover, least: DiagramNode, most: DiagramNode, variable: str) -> list[_Group]:
    """The values of a variable for which there is something to cover, put together where the description of one serves
    another."""
    diagrams = cover.diagrams
    needs = [need for need in _needs(diagrams, least, most, variable) if need.least != NOTHING]
    # what is said most simply first, so that nothing is said with more words than it needs
    if len(needs) <= MOST_COMPARED:
        needs.sort(key=lambda need: cover.words(need.least, need.most))
    groups: list[_Group] = []
    for need in needs:
        some = diagrams.some(need.least)
        close = (group for group in groups[-MOST_COMPARED:] if diagrams.contains(group.described, some))
        group = next((group for group in close if _serves(diagrams, group.described, need)), None)
        if group is None:
            groups.append(_Group(need.mask, need.least, need.most, cover.described(need.least, need.most)))
        else:
            group.mask |= need.mask
            group.least, group.most = diagrams.either(group.least, need.least), diagrams.both(group.most, need.most)
    return groups


def _serves(diagrams: Diagrams, described: DiagramNode, need: _Need) -> bool:
    return diagrams.implies(need.least, described) and diagrams.implies(described, need.most)
