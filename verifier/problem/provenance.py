"""Which statements let requests in: for each request the least sets of Allow statements and grants that suffice (why-provenance).

In: a side of a `Joint`, and a set of its requests. Out: `Way`s, sets of statements by number.
Guarantee: a set of statements is a way of a set of requests iff some request in it, that can be made, is allowed by these statements alone,
all Deny statements and all that else limits being as they are, and by no fewer of them; exact but for comparisons of keys with one another,
of which only concrete values tell whether they can go together. The empty way is that of requests that no statement needs to allow, but the
caller's own account (U1, D5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.model.policy import Effect, PolicyKind, StatementRef
from verifier.problem.diagram import EVERYTHING, NOTHING, Diagrams, Node
from verifier.problem.expression import Expression, Part
from verifier.problem.joint import Joint
from verifier.problem.sets import Sets

Way = frozenset[int]
"""Statements and grants by their numbers in `Space.owners`."""
_MARK = "by:"


def lets_in(owner: StatementRef) -> bool:
    """Whether a statement can be what lets somebody in: an Allow of a key policy or identity policy, or a grant. Those of boundaries,
    control policies and endpoint policies only limit."""
    return owner.effect is Effect.ALLOW and owner.kind in (None, PolicyKind.KEY, PolicyKind.IDENTITY)


@dataclass
class Provenance:
    """The ways into one side. `allowed` are its requests that can be made and are allowed, with one more variable for each statement that
    can let somebody in: whether that statement is there. These variables are the last ones, so that what is left of a request's path is a
    function of statements alone. Facts that are learned later (`Joint.learn`) are not in it."""

    joint: Joint
    number: int
    allowed: Node = field(init=False)
    _marks: dict[str, int] = field(init=False)
    _found: dict[Node, frozenset[Way]] = field(init=False)

    def __post_init__(self) -> None:
        question = self.joint.sides[self.number].question
        owners = {number: _MARK + str(number) for number, owner in enumerate(question.space.owners) if lets_in(owner)}
        for mark in owners.values():
            self.joint.diagrams.extend(mark)
        self._marks = {mark: number for number, mark in owners.items()}
        self._found = {NOTHING: frozenset(), EVERYTHING: frozenset((frozenset(),))}
        decision = _Marked(self.joint.diagrams, owners=owners).node(question.allowed)
        # The facts on all that any statement asks for: that two of them let the same requests in together hides what each asks for.
        self.allowed = self.joint.diagrams.both(decision, self.joint.care(self.number, decision).care)

    def ways(self, node: Node) -> frozenset[Way]:
        """The ways of the requests of a set."""
        return self.ways_within(self.allowed, node)

    def ways_within(self, allowed: Node, node: Node) -> frozenset[Way]:
        """The same where some variables have values already, in `allowed` as in the set: `allowed` is what `self.allowed` is then."""
        return self._ways(self.joint.diagrams.both(allowed, node))

    def _ways(self, node: Node) -> frozenset[Way]:
        found = self._found.get(node)
        if found is None:
            variable = self.joint.diagrams.top(node)
            assert variable is not None
            below = self.joint.diagrams.choices(node, variable)
            if variable in self._marks:
                found = self._least(self._marks[variable], dict(below))
            else:
                found = frozenset[Way]().union(*(self._ways(child) for _, child in below))
            self._found[node] = found
        return found

    def _least(self, owner: int, below: Mapping[int, Node]) -> frozenset[Way]:
        """Statements only ever let more in, so that a way with one more of them is one only where its rest is none."""
        without = self._ways(below[1])
        beside = (way for way in self._ways(below[2]) if not any(other <= way for other in without))
        return without.union(way | {owner} for way in beside)


@dataclass
class _Marked(Sets):
    """Sets in which what a statement says counts only where its variable is true."""

    owners: Mapping[int, str] = field(default_factory=dict)

    def _node(self, expression: Expression) -> Node:
        node = super()._node(expression)
        if isinstance(expression, Part) and expression.owner in self.owners:
            return self.diagrams.both(node, self.diagrams.literal(self.owners[expression.owner], 2))
        return node


def by_class(diagrams: Diagrams, node: Node, variable: str) -> dict[int, Node]:
    """What a set is for each value of a variable that is not below its first one."""
    found: dict[int, Node] = {}
    for mask, child in diagrams.choices(node, variable):
        while mask:
            low = mask & -mask
            found[low.bit_length() - 1] = child
            mask ^= low
    return found
