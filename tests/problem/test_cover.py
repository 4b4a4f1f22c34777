"""Covers and projections against sets written out point by point."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from tests.problem.boolean import POINTS, WIDTHS, Point, Recipe, holds, manager, members, node_of, recipes
from verifier.problem.diagrams.cover import Cover, CubeMasks, grouped
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, TooLarge
from verifier.problem.diagrams.elimination import project

LAW = settings(max_examples=many(150))


def inside(cube: CubeMasks, point: Point) -> bool:
    return all(mask >> point[name] & 1 for name, mask in cube)


@LAW
@given(recipes(), recipes())
def test_cubes_hold_what_they_must_and_nothing_that_they_may_not(wanted: Recipe, ignored: Recipe) -> None:
    """`ignored` are the requests that cannot be made: they may be in a cube or not."""
    diagrams = manager()
    target, care = node_of(diagrams, wanted), diagrams.complement(node_of(diagrams, ignored))
    cubes = Cover(diagrams).cubes(diagrams.both(target, care), diagrams.either(target, diagrams.complement(care)))
    for point in POINTS:
        if not holds(ignored, point):
            assert any(inside(cube, point) for cube in cubes) == holds(wanted, point)


@LAW
@given(recipes())
def test_without_facts_a_cover_is_the_set(wanted: Recipe) -> None:
    diagrams = manager()
    node = node_of(diagrams, wanted)
    cubes = Cover(diagrams).cubes(node, node)
    assert [any(inside(cube, point) for cube in cubes) for point in POINTS] == [
        holds(wanted, point) for point in POINTS
    ]


@LAW
@given(recipes(), recipes(), st.sampled_from(sorted(WIDTHS)))
def test_groups_are_disjoint_and_one_description_serves_all_of_a_group(
    wanted: Recipe, ignored: Recipe, variable: str
) -> None:
    diagrams = manager()
    target, care = node_of(diagrams, wanted), diagrams.complement(node_of(diagrams, ignored))
    least, most = diagrams.both(target, care), diagrams.either(target, diagrams.complement(care))
    # Of both sets the variable must be the first.
    least, most = (diagrams.restrict(node, {name: 0 for name in WIDTHS if name < variable}) for node in (least, most))
    groups = grouped(Cover(diagrams), least, most, variable)
    for value in range(WIDTHS[variable]):
        need, may = (diagrams.restrict(node, {variable: value}) for node in (least, most))
        own = [group for group in groups if group.mask >> value & 1]
        assert len(own) == (need != NOTHING)
        for group in own:
            assert (
                diagrams.implies(need, group.least)
                and diagrams.implies(group.least, group.most)
                and diagrams.implies(group.most, may)
            )


def test_a_cover_of_too_many_cubes_is_an_error() -> None:
    diagrams = manager()
    odd = diagrams.any_of(
        diagrams.all_of(diagrams.literal(n, 1 << v) for n, v in p.items()) for p in POINTS if sum(p.values()) % 2
    )
    with pytest.raises(TooLarge):
        Cover(diagrams, budget=3).cubes(odd, odd)
    assert Cover(diagrams, budget=3).described(odd, odd) == odd


def test_what_need_not_be_said_is_not_said() -> None:
    """With the fact that a=0 implies b=0, "a=0 and b=0" is said as "a=0"."""
    diagrams = manager()
    fact = diagrams.either(diagrams.literal("a", 6), diagrams.literal("b", 1))
    target = diagrams.both(diagrams.literal("a", 1), diagrams.literal("b", 1))
    cubes = Cover(diagrams).cubes(diagrams.both(target, fact), diagrams.either(target, diagrams.complement(fact)))
    assert cubes == ((("a", 1),),)


# -- projections --


@LAW
@given(st.lists(recipes(), max_size=5), st.sets(st.sampled_from(sorted(WIDTHS))))
def test_a_projection_says_what_the_facts_say_of_the_kept_variables(facts: list[Recipe], keep: set[str]) -> None:
    diagrams = manager()
    projection = project(diagrams, [node_of(diagrams, fact) for fact in facts], frozenset(keep))
    real = [point for point in POINTS if all(holds(fact, point) for fact in facts)]
    seen = {tuple(point[name] for name in sorted(keep)) for point in real}
    assert members(diagrams, projection.care) == [p for p in POINTS if tuple(p[name] for name in sorted(keep)) in seen]


@LAW
@given(st.lists(recipes(), max_size=5), st.sets(st.sampled_from(sorted(WIDTHS))), st.booleans())
def test_what_was_projected_away_can_be_completed_without_searching(
    facts: list[Recipe], keep: set[str], last: bool
) -> None:
    diagrams = manager()
    projection = project(diagrams, [node_of(diagrams, fact) for fact in facts], frozenset(keep))
    for point in members(diagrams, projection.care):
        kept = {name: point[name] for name in keep}
        found = projection.complete(
            kept, lambda _, mask: mask.bit_length() - 1 if last else (mask & -mask).bit_length() - 1
        )
        assert all(found[name] == value for name, value in kept.items())
        whole = {**dict.fromkeys(WIDTHS, 0), **found}
        assert all(holds(fact, whole) for fact in facts)


def test_facts_about_nothing_are_nothing() -> None:
    assert project(manager(), [EVERYTHING], frozenset()).care == EVERYTHING
    assert project(manager(), [NOTHING], frozenset()).care == NOTHING
