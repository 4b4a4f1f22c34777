"""Small random sets over a few variables, as nodes and point by point."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from hypothesis import strategies as st

from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode, Diagrams

WIDTHS = {"a": 3, "b": 2, "c": 4, "d": 2}
Point = dict[str, int]
POINTS: list[Point] = [dict(zip(WIDTHS, values, strict=True)) for values in product(*map(range, WIDTHS.values()))]

Recipe = tuple[object, ...]
"""How a set is made: ("in", variable, mask), ("not", recipe), ("and" | "or", recipe, recipe)."""


def recipes() -> st.SearchStrategy[Recipe]:
    literal = st.tuples(st.just("in"), st.sampled_from(sorted(WIDTHS)), st.integers(0, 15))
    return st.recursive(
        literal,
        lambda inner: st.one_of(
            st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(["and", "or"]), inner, inner)
        ),
        max_leaves=12,
    )


def node_of(diagrams: Diagrams, recipe: Recipe) -> DiagramNode:
    match recipe:
        case ("in", str(variable), int(mask)):
            return diagrams.literal(variable, mask)
        case ("not", inner):
            return diagrams.complement(node_of(diagrams, inner))  # type: ignore[arg-type]
        case (str(operator), left, right):
            make: Callable[[DiagramNode, DiagramNode], DiagramNode] = (
                diagrams.both if operator == "and" else diagrams.either
            )
            return make(node_of(diagrams, left), node_of(diagrams, right))  # type: ignore[arg-type]
    raise AssertionError(recipe)


def holds(recipe: Recipe, point: Point) -> bool:
    match recipe:
        case ("in", str(variable), int(mask)):
            return bool(mask >> point[variable] & 1)
        case ("not", inner):
            return not holds(inner, point)  # type: ignore[arg-type]
        case ("and", left, right):
            return holds(left, point) and holds(right, point)  # type: ignore[arg-type]
        case ("or", left, right):
            return holds(left, point) or holds(right, point)  # type: ignore[arg-type]
    raise AssertionError(recipe)


def members(diagrams: Diagrams, node: DiagramNode) -> list[Point]:
    return [point for point in POINTS if diagrams.contains(node, point)]


def manager() -> Diagrams:
    return Diagrams(WIDTHS)


__all__ = [
    "EVERYTHING",
    "NOTHING",
    "POINTS",
    "WIDTHS",
    "Point",
    "Recipe",
    "holds",
    "manager",
    "members",
    "node_of",
    "recipes",
]
