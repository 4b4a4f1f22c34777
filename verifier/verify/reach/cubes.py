"""Sets of requests → who can make one, given which changes.

In: a joint question about one target with changes, and a set of its requests. Out: cubes over callers, changes and the
values of some attributes.
Guarantee: with some changes and values of these attributes a caller can make a request of the set iff it is in a cube
that needs no other changes, and whose masks have the values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from verifier.frozen import Frozen
from verifier.model.invariant import AnyCaller, CallerSet
from verifier.model.symbols import PossibleChange
from verifier.problem.diagrams.diagram import DiagramNode, Diagrams
from verifier.problem.diagrams.elimination import project
from verifier.problem.diagrams.joint import Joint
from verifier.problem.expression import Expression
from verifier.problem.semantics.caller_sets import callers
from verifier.problem.space import CALLER, Space

ANYONE: CallerSet = AnyCaller()


class Cube(Frozen):
    """Some callers, as a mask over the classes of the target's table, or some targets, as a mask over those of a group;
    the changes that are needed, and (attribute, mask of classes)."""

    members: int
    needs: frozenset[PossibleChange]
    values: tuple[tuple[str, int], ...] = ()

    def covers(self, other: Cube) -> bool:
        """True iff it needs no more than another one, whatever their members."""
        theirs = dict(other.values)
        return self.needs <= other.needs and all(
            name in theirs and not theirs[name] & ~mask for name, mask in self.values
        )


def sessions_outside(space: Space, issued: CallerSet) -> Expression:
    """True iff the caller is a federated session that is not in a set of callers."""
    return space.is_federated & ~callers(space, issued)


def projected(joint: Joint, node: DiagramNode, keep: Iterable[str]) -> DiagramNode:
    """The requests of a set that can be made, on some variables alone: whatever the others are. Raises `TooLarge`."""
    kept = frozenset(name for name in keep if name in joint.diagrams.level)
    return project(joint.diagrams, (node, *joint.sides[0].facts, *joint.definitions), kept).care


def cubes(joint: Joint, node: DiagramNode, possible_changes: frozenset[PossibleChange]) -> tuple[Cube, ...]:
    """A projected set as cubes. It is monotone in the changes, so that one which a cube says is missing is left out."""
    return tuple(cubes_over(joint.diagrams, node, possible_changes, CALLER))


def cubes_over(
    diagrams: Diagrams, node: DiagramNode, possible_changes: frozenset[PossibleChange], subject: str
) -> list[Cube]:
    """The same over the classes of another variable. Where nothing tells any apart, every class is in each cube."""
    everything = (1 << diagrams.widths.get(subject, MANY)) - 1
    found: dict[tuple[frozenset[PossibleChange], tuple[tuple[str, int], ...]], int] = {}
    for path in diagrams.paths(node):
        needs = needs_of(path, possible_changes)
        values = tuple(
            sorted(
                (name, mask)
                for name, mask in path.items()
                if name not in possible_changes and name not in (subject, "action")
            )
        )
        found[needs, values] = found.get((needs, values), 0) | path.get(subject, everything)
    return _without_needless(found)


MANY = 1 << 20
"""More classes than a variable can have."""


def needs_of(path: Mapping[str, int], possible_changes: frozenset[PossibleChange]) -> frozenset[PossibleChange]:
    """The changes that a path of a diagram needs, of some."""
    return frozenset(change for change in possible_changes if path.get(change) == 2)


def _without_needless(
    found: Mapping[tuple[frozenset[PossibleChange], tuple[tuple[str, int], ...]], int],
) -> list[Cube]:
    """Without classes that another cube has with fewer changes and the same values."""
    kept: list[Cube] = []
    for (needs, values), classes in sorted(found.items(), key=lambda item: len(item[0][0])):
        for cube in kept:
            if cube.needs <= needs and cube.values == values:
                classes &= ~cube.members
        if classes:
            kept.append(Cube(classes, needs, values))
    return kept
