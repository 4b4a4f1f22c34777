"""Values of a variable that nothing tells apart.

In: sets over a diagram's variables. Out: for each value of one variable the first that is like it.
Guarantee: two values are alike iff each set is the same over the other variables for both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from verifier.problem.classes.tables import numbers_in
from verifier.problem.diagrams.diagram import Diagrams, Node


def first_alike(diagrams: Diagrams, nodes: Iterable[Node], variable: str) -> tuple[int, ...]:
    """For each value of a variable the first one that none of some sets tells from it; nothing for a variable that none is about."""
    if variable not in diagrams.level:
        return ()
    sides_of: list[list[int]] = [[] for _ in range(diagrams.widths[variable])]
    for place, mask in enumerate(dict.fromkeys(_sides(diagrams, nodes, variable))):
        for value in numbers_in(mask):
            sides_of[value].append(place)
    first: dict[tuple[int, ...], int] = {}
    return tuple(first.setdefault(tuple(places), number) for number, places in enumerate(sides_of))


def _sides(diagrams: Diagrams, nodes: Iterable[Node], variable: str) -> Iterator[int]:
    """The values, as masks, that a node tells from others: of each node on the variable every edge but the widest."""
    level, seen = diagrams.level[variable], dict.fromkeys(nodes)
    for node in (waiting := list(seen)):
        top = diagrams.top(node)
        if top is None or diagrams.level[top] > level:
            continue
        edges = diagrams.choices(node, top)
        if top == variable:
            yield from sorted((mask for mask, _ in edges), key=int.bit_count)[:-1]
            continue
        new = [child for _, child in edges if child not in seen]
        seen |= dict.fromkeys(new)
        waiting += new
