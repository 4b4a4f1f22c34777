"""Decision diagrams: sets of requests over classes, exact and canonical, without a solver.

In: finite expressions (`problem.diagrams.finite`). Out: nodes, integers that are equal iff the sets are.
Guarantee: a node means the same set as the expression it was built from: assignments of a class to each attribute and a
truth value to each symbol. Diagrams that outgrow their budget raise `TooLarge`, and `TimeIsOver` once the deadline of
what is asked has passed; nothing is ever approximated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from verifier.deadline import look
from verifier.problem.classes.tables import numbers_in
from verifier.problem.diagrams.edges import WIDE, Edges, by_value, common, ordered_edges

DiagramNode = int
NOTHING: Final[DiagramNode] = 0
"""The empty set."""
EVERYTHING: Final[DiagramNode] = 1
"""The set of all assignments."""
NODE_BUDGET = 400_000
"""Nodes of one manager: some hundred megabytes."""
_BETWEEN_LOOKS = 1_000
"""So many nodes are made between two looks at the time."""
_LEAF = 1 << 60
"""The level of the two constants, below every variable."""


class TooLarge(Exception):
    """A diagram has more nodes, or a cover more cubes, than its budget."""


class Diagrams:
    """The nodes over one order of variables. A variable is an attribute, with as many values as classes, or a symbol,
    with the values 0 (false) and 1 (true)."""

    def __init__(self, widths: Mapping[str, int], budget: int = NODE_BUDGET) -> None:
        self.variables: tuple[str, ...] = tuple(widths)
        self.widths = dict(widths)
        self.level = {name: level for level, name in enumerate(self.variables)}
        self._full = [(1 << width) - 1 for width in widths.values()]
        self._budget = budget
        self._levels = [_LEAF, _LEAF]
        self._edges: list[Edges] = [(), ()]
        self._known: dict[tuple[int, Edges], DiagramNode] = {}
        self._both: dict[tuple[DiagramNode, DiagramNode], DiagramNode] = {}
        self._either: dict[tuple[DiagramNode, DiagramNode], DiagramNode] = {}
        self._implies: dict[tuple[DiagramNode, DiagramNode], bool] = {}
        self._meets: dict[tuple[DiagramNode, DiagramNode], bool] = {}
        self._complement: dict[DiagramNode, DiagramNode] = {NOTHING: EVERYTHING, EVERYTHING: NOTHING}
        self._supports: dict[DiagramNode, int] = {NOTHING: 0, EVERYTHING: 0}

    # -- nodes --

    def __len__(self) -> int:
        return len(self._edges)

    @property
    def operations(self) -> int:
        """How many different operations on two nodes were carried out: what work was done, whatever the machine."""
        return len(self._both) + len(self._either) + len(self._implies) + len(self._meets)

    def top(self, node: DiagramNode) -> str | None:
        """The first variable that a node looks at; `None` for a constant."""
        return None if node <= EVERYTHING else self.variables[self._levels[node]]

    def make(self, variable: str, choices: Iterable[tuple[int, DiagramNode]]) -> DiagramNode:
        """The node that is, for each value in a mask, the node beside it. The masks must be a partition of the
        values."""
        merged: dict[DiagramNode, int] = {}
        for mask, node in choices:
            if mask:
                merged[node] = merged.get(node, 0) | mask
        return self._make(self.level[variable], merged)

    def literal(self, variable: str, mask: int) -> DiagramNode:
        """The assignments that give a variable one of some values."""
        full = self._full[self.level[variable]]
        return self.make(variable, ((mask & full, EVERYTHING), (full & ~mask, NOTHING)))

    def _make(self, level: int, merged: dict[DiagramNode, int]) -> DiagramNode:
        if len(merged) == 1:
            return next(iter(merged))
        edges = ordered_edges(merged)
        found = self._known.get((level, edges))
        if found is None:
            found = len(self._edges)
            if found >= self._budget:
                raise TooLarge(f"more than {self._budget:,} nodes")
            if not found % _BETWEEN_LOOKS:
                look()
            self._levels.append(level)
            self._edges.append(edges)
            self._known[level, edges] = found
        return found

    def choices(self, node: DiagramNode, variable: str) -> Edges:
        """What a node is for each value of a variable that is not below its first one."""
        level = self.level[variable]
        return self._edges[node] if self._levels[node] == level else ((self._full[level], node),)

    def common_choices(
        self, left: DiagramNode, right: DiagramNode, variable: str
    ) -> Iterator[tuple[int, DiagramNode, DiagramNode]]:
        """What two nodes are for each value of a variable that is below the first one of neither: (mask of values,
        node, node)."""
        return common(self.choices(left, variable), self.choices(right, variable))

    # -- operations --

    def both(self, left: DiagramNode, right: DiagramNode) -> DiagramNode:
        if left > right:
            left, right = right, left
        if left in (NOTHING, right):
            return left
        if left == EVERYTHING:
            return right
        found = self._both.get((left, right))
        if found is None:
            found = self._both[left, right] = self._combined(left, right, self.both)
        return found

    def either(self, left: DiagramNode, right: DiagramNode) -> DiagramNode:
        if left > right:
            left, right = right, left
        if left in (EVERYTHING, right):
            return left
        if left == NOTHING:
            return right
        found = self._either.get((left, right))
        if found is None:
            found = self._either[left, right] = self._combined(left, right, self.either)
        return found

    def _combined(
        self, left: DiagramNode, right: DiagramNode, operation: Callable[[DiagramNode, DiagramNode], DiagramNode]
    ) -> DiagramNode:
        left_level, right_level = self._levels[left], self._levels[right]
        level, merged = min(left_level, right_level), dict[DiagramNode, int]()
        left_edges = self._edges[left] if left_level == level else ((self._full[level], left),)
        right_edges = self._edges[right] if right_level == level else ((self._full[level], right),)
        if len(left_edges) > WIDE and len(right_edges) > WIDE:
            pairs: Iterable[tuple[int, DiagramNode, DiagramNode]] = by_value(left_edges, right_edges)
        else:
            pairs = [
                (mask & other_mask, node, other)
                for mask, node in left_edges
                for other_mask, other in right_edges
                if mask & other_mask
            ]
        for mask, node, other in pairs:
            result = operation(node, other)
            merged[result] = merged.get(result, 0) | mask
        return self._make(level, merged)

    def complement(self, node: DiagramNode) -> DiagramNode:
        """All other assignments."""
        found = self._complement.get(node)
        if found is None:
            found = self._make(self._levels[node], {self.complement(below): mask for mask, below in self._edges[node]})
            self._complement[node], self._complement[found] = found, node
        return found

    def minus(self, left: DiagramNode, right: DiagramNode) -> DiagramNode:
        """The difference."""
        return NOTHING if left == right else self.both(left, self.complement(right))

    def implies(self, left: DiagramNode, right: DiagramNode) -> bool:
        """True iff the first is a subset of the second. Makes no nodes, and ends at the first value that shows that it
        is not."""
        if left in (NOTHING, right) or right == EVERYTHING:
            return True
        if left == EVERYTHING or right == NOTHING:
            return False
        found = self._implies.get((left, right))
        if found is None:
            found = self._implies[left, right] = all(
                self.implies(node, other) for node, other in self._beside(left, right)
            )
        return found

    def meets(self, left: DiagramNode, right: DiagramNode) -> bool:
        """True iff two sets share an assignment. Makes no nodes, and ends at the first that shows it."""
        if NOTHING in (left, right):
            return False
        if EVERYTHING in (left, right) or left == right:
            return True
        if left > right:
            left, right = right, left
        if (left, right) in self._both:
            return self._both[left, right] != NOTHING
        found = self._meets.get((left, right))
        if found is None:
            found = self._meets[left, right] = any(self.meets(node, other) for node, other in self._beside(left, right))
        return found

    def _beside(self, left: DiagramNode, right: DiagramNode) -> Iterator[tuple[DiagramNode, DiagramNode]]:
        """The pairs of nodes that two nodes are for some value of the first variable of both."""
        left_level, right_level = self._levels[left], self._levels[right]
        if left_level < right_level:
            yield from ((node, right) for _, node in self._edges[left])
        elif right_level < left_level:
            yield from ((left, node) for _, node in self._edges[right])
        else:
            yield from ((node, other) for _, node, other in common(self._edges[left], self._edges[right]))

    def all_of(self, nodes: Iterable[DiagramNode]) -> DiagramNode:
        """The intersection of all; everything for none."""
        return _balanced(self.both, nodes, EVERYTHING)

    def any_of(self, nodes: Iterable[DiagramNode]) -> DiagramNode:
        """The union of all; nothing for none."""
        return _balanced(self.either, nodes, NOTHING)

    def exists(self, node: DiagramNode, variables: Iterable[str]) -> DiagramNode:
        """The assignments that are in the set for some values of these variables."""
        return self._exists(node, self.mask(variables), {})

    def _exists(self, node: DiagramNode, levels: int, memo: dict[DiagramNode, DiagramNode]) -> DiagramNode:
        if not levels & self.levels(node):
            return node
        found = memo.get(node)
        if found is None:
            below = [(mask, self._exists(child, levels, memo)) for mask, child in self._edges[node]]
            if levels >> self._levels[node] & 1:
                found = self.any_of(child for _, child in below)
            else:
                found = self.make(self.variables[self._levels[node]], below)
            memo[node] = found
        return found

    def restrict(self, node: DiagramNode, point: Mapping[str, int]) -> DiagramNode:
        """What a set is, once some variables have values: a set over the others."""
        values = {self.level[name]: value for name, value in point.items() if name in self.level}
        return self._restrict(node, values, sum(1 << level for level in values), {})

    def _restrict(
        self, node: DiagramNode, values: dict[int, int], levels: int, memo: dict[DiagramNode, DiagramNode]
    ) -> DiagramNode:
        if not levels & self.levels(node):
            return node
        level = self._levels[node]
        if level in values:
            child = next(child for mask, child in self._edges[node] if mask >> values[level] & 1)
            return self._restrict(child, values, levels, memo)
        found = memo.get(node)
        if found is None:
            below = [(mask, self._restrict(child, values, levels, memo)) for mask, child in self._edges[node]]
            found = memo[node] = self.make(self.variables[level], below)
        return found

    # -- questions --

    def support(self, node: DiagramNode) -> frozenset[str]:
        """The variables that membership depends on."""
        return frozenset(self.variables[level] for level in numbers_in(self.levels(node)))

    def levels(self, node: DiagramNode) -> int:
        """The same as a mask over the levels of variables."""
        found = self._supports.get(node)
        if found is None:
            found = 1 << self._levels[node]
            for _, child in self._edges[node]:
                found |= self.levels(child)
            self._supports[node] = found
        return found

    def mask(self, variables: Iterable[str]) -> int:
        """The levels of some variables, as a mask."""
        return sum({1 << self.level[name] for name in variables})

    def values(self, node: DiagramNode, variable: str) -> int:
        """The values that a variable has in some assignment of a set."""
        level, found, todo, seen = self.level[variable], 0, [node], {NOTHING, node}
        while todo:
            at = todo.pop()
            if self._levels[at] > level:  # from here on, whatever its value
                return self._full[level] if at != NOTHING else 0
            if self._levels[at] == level:
                found |= sum(mask for mask, child in self._edges[at] if child != NOTHING)
                continue
            below = {child for _, child in self._edges[at]} - seen
            seen |= below
            todo += below
        return found

    def some(self, node: DiagramNode) -> Mapping[str, int]:
        """One assignment in a set that is not empty: whatever it is asked for has a value."""
        return defaultdict(int, self.walk(node, lambda _, mask: (mask & -mask).bit_length() - 1))

    def contains(self, node: DiagramNode, point: Mapping[str, int]) -> bool:
        """True iff an assignment of a value to each variable is in the set."""
        while node > EVERYTHING:
            bit = 1 << point[self.variables[self._levels[node]]]
            node = next(child for mask, child in self._edges[node] if mask & bit)
        return node == EVERYTHING

    def walk(self, node: DiagramNode, choose: Callable[[str, int], int]) -> dict[str, int]:
        """One assignment in a set that is not empty: at each variable on the way, `choose(variable, possible values)`
        says which."""
        found: dict[str, int] = {}
        while node > EVERYTHING:
            name = self.variables[self._levels[node]]
            possible = sum(mask for mask, child in self._edges[node] if child != NOTHING)
            value = found[name] = choose(name, possible)
            node = next(child for mask, child in self._edges[node] if mask >> value & 1)
        return found

    def paths(self, node: DiagramNode) -> Iterator[dict[str, int]]:
        """Disjoint cubes that make up the set: for each variable on a path the mask of its values."""
        if node == EVERYTHING:
            yield {}
        elif node != NOTHING:
            name = self.variables[self._levels[node]]
            for mask, child in self._edges[node]:
                for path in self.paths(child):
                    yield {name: mask, **path}


def _balanced(
    operation: Callable[[DiagramNode, DiagramNode], DiagramNode], nodes: Iterable[DiagramNode], empty: DiagramNode
) -> DiagramNode:
    """Pair by pair: parts about different callers meet late, when each is small."""
    left: Sequence[DiagramNode] = list(dict.fromkeys(nodes))
    if not left:
        return empty
    while len(left) > 1:
        pairs = [operation(left[at], left[at + 1]) for at in range(0, len(left) - 1, 2)]
        left = pairs + ([left[-1]] if len(left) % 2 else [])
    return left[0]
