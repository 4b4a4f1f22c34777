"""Diagrams against sets written out point by point."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import many
from tests.problem.boolean import EVERYTHING, NOTHING, POINTS, WIDTHS, Recipe, holds, manager, members, node_of, recipes
from verifier.problem.diagrams import diagram, edges
from verifier.problem.diagrams.diagram import Diagrams, TooLarge

LAW = settings(max_examples=many(150))


@LAW
@given(recipes())
def test_a_node_is_the_set_it_was_built_from(recipe: Recipe) -> None:
    diagrams = manager()
    node = node_of(diagrams, recipe)
    assert members(diagrams, node) == [point for point in POINTS if holds(recipe, point)]


@LAW
@given(recipes(), recipes())
def test_nodes_are_equal_iff_the_sets_are(left: Recipe, right: Recipe) -> None:
    diagrams = manager()
    first, second = node_of(diagrams, left), node_of(diagrams, right)
    assert (first == second) == (members(diagrams, first) == members(diagrams, second))
    assert diagrams.implies(first, second) == all(holds(right, point) for point in POINTS if holds(left, point))
    assert diagrams.meets(first, second) == any(holds(right, point) for point in POINTS if holds(left, point))


@LAW
@given(recipes(), st.sets(st.sampled_from(sorted(WIDTHS))))
def test_exists_forgets_variables(recipe: Recipe, names: set[str]) -> None:
    diagrams = manager()
    node = diagrams.exists(node_of(diagrams, recipe), names)
    kept = [name for name in WIDTHS if name not in names]
    seen = {tuple(point[name] for name in kept) for point in POINTS if holds(recipe, point)}
    assert members(diagrams, node) == [point for point in POINTS if tuple(point[name] for name in kept) in seen]
    assert not diagrams.support(node) & names


@LAW
@given(recipes(), st.sampled_from(POINTS), st.sets(st.sampled_from(sorted(WIDTHS))))
def test_restrict_fixes_variables(recipe: Recipe, point: dict[str, int], names: set[str]) -> None:
    diagrams = manager()
    node = diagrams.restrict(node_of(diagrams, recipe), {name: point[name] for name in names})
    assert members(diagrams, node) == [
        p for p in POINTS if holds(recipe, {**p, **{name: point[name] for name in names}})
    ]


@LAW
@given(recipes())
def test_paths_are_disjoint_and_make_up_the_set(recipe: Recipe) -> None:
    diagrams = manager()
    node = node_of(diagrams, recipe)
    covers = [
        sum(all(mask >> point[name] & 1 for name, mask in path.items()) for path in diagrams.paths(node))
        for point in POINTS
    ]
    assert covers == [int(holds(recipe, point)) for point in POINTS]


@LAW
@given(recipes())
def test_walk_ends_in_the_set(recipe: Recipe) -> None:
    diagrams = manager()
    node = node_of(diagrams, recipe)
    if node == NOTHING:
        return
    found = diagrams.walk(node, lambda _, mask: mask.bit_length() - 1)
    assert all(holds(recipe, point) for point in POINTS if all(point[name] == value for name, value in found.items()))


@LAW
@given(recipes(), recipes())
def test_wide_nodes_are_put_together_value_by_value(left: Recipe, right: Recipe) -> None:
    """As nodes with few edges are, edge by edge."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(diagram, "WIDE", 0)
        patch.setattr(edges, "WIDE", 0)
        diagrams = manager()
        both = diagrams.both(node_of(diagrams, left), node_of(diagrams, right))
    assert members(diagrams, both) == [point for point in POINTS if holds(left, point) and holds(right, point)]


@LAW
@given(recipes(), recipes())
def test_common_choices_are_a_partition(left: Recipe, right: Recipe) -> None:
    diagrams = manager()
    first, second = node_of(diagrams, left), node_of(diagrams, right)
    for value in range(WIDTHS["a"]):
        (found,) = ((n, m) for mask, n, m in diagrams.common_choices(first, second, "a") if mask >> value & 1)
        assert found == (diagrams.restrict(first, {"a": value}), diagrams.restrict(second, {"a": value}))


def test_a_diagram_that_outgrows_its_budget_is_an_error() -> None:
    diagrams = Diagrams({f"x{n}": 2 for n in range(20)}, budget=20)
    with pytest.raises(TooLarge, match="more than 20 nodes"):
        diagrams.any_of(
            diagrams.both(diagrams.literal(f"x{n}", 1), diagrams.literal(f"x{19 - n}", 2)) for n in range(10)
        )


def test_nothing_and_everything() -> None:
    diagrams = manager()
    assert diagrams.literal("a", 0) == NOTHING and diagrams.literal("a", 7) == EVERYTHING
    assert diagrams.all_of(()) == EVERYTHING and diagrams.any_of(()) == NOTHING
    assert diagrams.top(EVERYTHING) is None
