"""The edges of a node of a decision diagram, and how those of two nodes go together.

In: edges. Out: edges, and triples of values and two nodes.
Guarantee: the values of what comes out are a partition of those that came in.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.problem.classes.tables import numbers_in

Edges = tuple[tuple[int, int], ...]
"""(mask of values, node) for each different node: the masks are a partition of all values."""
WIDE = 24
"""Edges of a node, past which two nodes are put together value by value: a thousand callers need no million
comparisons."""


def common(left: Edges, right: Edges) -> Iterator[tuple[int, int, int]]:
    """The values that lead to the same two nodes, with these."""
    if len(left) > WIDE and len(right) > WIDE:
        yield from by_value(left, right)
        return
    for mask, node in left:
        for other_mask, other in right:
            if mask & other_mask:
                yield mask & other_mask, node, other


def by_value(left: Edges, right: Edges) -> Iterator[tuple[int, int, int]]:
    """The values that two partitions of them map to the same two nodes, by a look at each value. A node is on one edge
    at most."""
    others: list[int] = [0] * max(mask.bit_length() for mask, _ in right)
    for mask, node in right:
        for value in numbers_in(mask):
            others[value] = node
    for mask, node in left:
        found: dict[int, int] = {}
        for value in numbers_in(mask):
            found[others[value]] = found.get(others[value], 0) | 1 << value
        yield from ((values, node, other) for other, values in found.items())


def ordered_edges(merged: dict[int, int]) -> Edges:
    """The edges by the lowest value of each: most nodes have two."""
    if len(merged) == 2:
        (one, first), (other, second) = merged.items()
        return ((first, one), (second, other)) if first & -first < second & -second else ((second, other), (first, one))
    return tuple(sorted(((mask, node) for node, mask in merged.items()), key=lambda edge: edge[0] & -edge[0]))
