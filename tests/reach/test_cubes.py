"""Cubes against the sets that they were read off, point by point."""

from __future__ import annotations

from hypothesis import example, given, settings

from tests.examples import many
from tests.problem.boolean import POINTS, Point, Recipe, holds, manager, node_of, recipes
from verifier.model.symbols import PossibleChange
from verifier.problem.diagrams.diagram import DiagramNode, Diagrams
from verifier.verify.reach.cubes import MANY, Cube, cubes_over

LAW = settings(max_examples=many(300))


class _Change(PossibleChange, begins=""):
    """One of the variables of `boolean`."""


CHANGES, SUBJECT = frozenset({_Change("b"), _Change("d")}), "a"
"""Of the variables of `boolean`: those with two values stand for changes, one for the caller."""


def with_more(diagrams: Diagrams, node: DiagramNode) -> DiagramNode:
    """The same set, and whatever has more changes than a member."""
    for possible in sorted(CHANGES):
        node = diagrams.either(node, diagrams.both(diagrams.literal(possible, 2), diagrams.exists(node, {possible})))
    return node


def reached(recipe: Recipe, point: Point) -> bool:
    """Whether the recipe has the point, or one like it with fewer changes."""

    def below(name: str, value: int) -> bool:
        return value <= point[name] if name in CHANGES else value == point[name]

    return any(holds(recipe, other) for other in POINTS if all(below(name, value) for name, value in other.items()))


def inside(cube: Cube, point: Point) -> bool:
    """Whether a cube has a point."""
    possible_changes = {name for name in CHANGES if point[name] == 1}
    return (
        bool(cube.members >> point[SUBJECT] & 1)
        and cube.needs <= possible_changes
        and all(mask >> point[name] & 1 for name, mask in cube.values)
    )


SHARED: Recipe = ("or", ("in", "c", 2), ("and", ("in", "a", 2), ("in", "d", 2)))
"""Callers of different sets of requests have some of these in common."""
NEEDLESS: Recipe = ("or", ("in", "c", 2), ("and", ("in", "c", 4), ("and", ("in", "b", 2), ("in", "d", 2))))
"""What needs no change comes up again beside what needs one."""


@LAW
@given(recipes())
@example(SHARED)
@example(NEEDLESS)
def test_a_point_is_in_a_cube_iff_it_is_in_the_set(recipe: Recipe) -> None:
    diagrams = manager()
    found = cubes_over(diagrams, with_more(diagrams, node_of(diagrams, recipe)), CHANGES, SUBJECT)
    for point in POINTS:
        assert any(inside(cube, point) for cube in found) == reached(recipe, point)


@LAW
@given(recipes())
@example(SHARED)
@example(NEEDLESS)
def test_a_cube_has_no_changes_that_another_one_does_without(recipe: Recipe) -> None:
    diagrams = manager()
    found = cubes_over(diagrams, with_more(diagrams, node_of(diagrams, recipe)), CHANGES, SUBJECT)
    assert all(cube.members for cube in found)
    for cube in found:
        for other in found:
            assert not (other.needs < cube.needs and other.values == cube.values and cube.members & other.members)


def test_where_nothing_tells_the_subject_apart_every_one_is_meant() -> None:
    diagrams = manager()
    (cube,) = cubes_over(diagrams, diagrams.literal("b", 2), CHANGES, "target")
    assert cube == Cube((1 << MANY) - 1, frozenset({_Change("b")}))
