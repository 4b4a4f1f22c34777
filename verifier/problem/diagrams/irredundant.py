"""Covers of a set by cubes that people name: as few as can be had, none of them for nothing.

In: the set, the parts that it has by itself (what each statement allows), what may be covered besides. Out: cubes.
Guarantee: together they hold the whole set and nothing outside what may be covered; none is held by the others
together. The least number of such cubes is not promised: of the covers that are tried the smallest is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from verifier.problem.diagrams.cover import Cover, Cube
from verifier.problem.diagrams.diagram import NOTHING, Diagrams, Node, TooLarge


def covering(diagrams: Diagrams, least: Node, most: Node, parts: Iterable[Node]) -> tuple[Cube, ...]:
    """Cubes that cover `least`, within `most`. Tried are: each part by itself, as its own words have it; each part as
    widely as `most` lets it be said; where neither stays within its budget, the whole set, whatever its parts. Raises
    `TooLarge` where that does not either."""
    cover = Cover(diagrams)
    own = [part for part in (diagrams.both(part, least) for part in dict.fromkeys(parts)) if part != NOTHING]
    rest = diagrams.minus(least, diagrams.any_of(own))
    own += [rest] if rest != NOTHING else []
    free = diagrams.minus(most, least)
    ways: list[Callable[[], list[Cube]]] = [
        lambda: [cube for part in own for cube in cover.cubes(part, diagrams.either(part, free))],
        lambda: [cube for part in own for cube in cover.cubes(part, most)],
    ]
    found = [cubes for way in ways if (cubes := _tried(way)) is not None] or [list(cover.cubes(least, most))]
    return min(
        (irredundant(diagrams, cubes, least) for cubes in found), key=lambda cubes: (len(cubes), sum(map(len, cubes)))
    )


def _tried(way: Callable[[], list[Cube]]) -> list[Cube] | None:
    try:
        return way()
    except TooLarge:
        return None


def cube_node(diagrams: Diagrams, cube: Cube) -> Node:
    """The set of a cube."""
    return diagrams.all_of(diagrams.literal(name, mask) for name, mask in cube)


def irredundant(diagrams: Diagrams, cubes: Sequence[Cube], least: Node) -> tuple[Cube, ...]:
    """Those of some cubes that the others do not cover for them, within `least`; the longer ones are dropped first."""
    ordered = sorted(dict.fromkeys(cubes), key=lambda cube: (-len(cube), cube))
    nodes = [diagrams.both(least, cube_node(diagrams, cube)) for cube in ordered]
    after = [NOTHING]
    for node in reversed(nodes):
        after.append(diagrams.either(node, after[-1]))
    kept, covered = list[Cube](), NOTHING
    for cube, node, later in zip(ordered, nodes, list(reversed(after))[1:], strict=True):
        if not diagrams.implies(node, diagrams.either(covered, later)):
            kept.append(cube)
            covered = diagrams.either(covered, node)
    return tuple(cube for cube in dict.fromkeys(cubes) if cube in set(kept))
