"""Covers by named parts, against sets written out point by point."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from tests.problem.boolean import POINTS, Point, Recipe, holds, manager, node_of, recipes
from verifier.problem.diagrams.cover import Cover, CubeMasks
from verifier.problem.diagrams.diagram import NOTHING, TooLarge
from verifier.verify.access.external import covering, cube_node, irredundant

LAW = settings(max_examples=many(150))


def inside(cube: CubeMasks, point: Point) -> bool:
    return all(mask >> point[name] & 1 for name, mask in cube)


def needed(cubes: tuple[CubeMasks, ...], wanted: list[Point]) -> bool:
    """Whether each cube holds a point of its own."""
    return all(
        any(sum(inside(other, point) for other in cubes) == 1 and inside(cube, point) for point in wanted)
        for cube in cubes
    )


@LAW
@given(st.lists(recipes(), min_size=1, max_size=4), recipes())
def test_a_covering_is_exact_and_none_of_its_cubes_is_for_nothing(parts: list[Recipe], ignored: Recipe) -> None:
    diagrams = manager()
    nodes = [node_of(diagrams, part) for part in parts]
    care = diagrams.complement(node_of(diagrams, ignored))
    whole = diagrams.any_of(nodes)
    cubes = covering(
        diagrams, diagrams.both(whole, care), diagrams.either(whole, diagrams.complement(care)), nodes[:-1]
    )
    real = [point for point in POINTS if not holds(ignored, point)]
    wanted = [point for point in real if any(holds(part, point) for part in parts)]
    assert [point for point in real if any(inside(cube, point) for cube in cubes)] == wanted
    assert needed(cubes, wanted)


@LAW
@given(st.lists(recipes(), min_size=1, max_size=6))
def test_what_is_dropped_is_covered_by_what_is_kept(recipes_: list[Recipe]) -> None:
    diagrams = manager()
    cubes = [
        cube
        for recipe in recipes_
        for node in [node_of(diagrams, recipe)]
        for cube in Cover(diagrams).cubes(node, node)
    ]
    whole = diagrams.any_of(cube_node(diagrams, cube) for cube in cubes)
    kept = irredundant(diagrams, cubes, whole)
    assert diagrams.any_of(cube_node(diagrams, cube) for cube in kept) == whole
    assert set(kept) <= set(cubes) and needed(kept, [point for point in POINTS if diagrams.contains(whole, point)])


def test_parts_that_go_together_are_one_cube() -> None:
    """a=0 for some values of b, and a=0 for the others: a=0."""
    diagrams = manager()
    parts = [diagrams.both(diagrams.literal("a", 1), diagrams.literal("b", mask)) for mask in (1, 2)]
    assert covering(diagrams, diagrams.literal("a", 1), diagrams.literal("a", 1), parts) == ((("a", 1),),)


def test_a_part_keeps_its_own_words_where_that_takes_no_more_cubes() -> None:
    diagrams = manager()
    parts = [diagrams.literal("a", 1), diagrams.literal("c", 3)]
    whole = diagrams.any_of(parts)
    assert set(covering(diagrams, whole, whole, parts)) == {(("a", 1),), (("c", 3),)}


def test_too_many_cubes_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    diagrams = manager()
    odd = diagrams.any_of(
        diagrams.all_of(diagrams.literal(n, 1 << v) for n, v in p.items()) for p in POINTS if sum(p.values()) % 2
    )
    monkeypatch.setattr("verifier.verify.access.external.Cover", lambda diagrams: Cover(diagrams, budget=3))
    with pytest.raises(TooLarge):
        covering(diagrams, odd, odd, [odd])
    assert covering(diagrams, NOTHING, NOTHING, []) == ()
