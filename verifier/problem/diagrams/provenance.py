"""Which statements let requests in: for each request the least sets of Allow statements and grants that suffice
(why-provenance).

In: a side of a `Joint`, and a set of its requests. Out: `SufficientStatements`: sets of statements, by number.
Guarantee: a set of statements is a way of a set of requests iff some request in it, that can be made, is allowed by
these statements alone, all Deny statements and all that else limits being as they are, and by no fewer of them; exact
but for comparisons of keys with one another, of which only concrete values tell whether they can go together. The empty
way is that of requests that no statement needs to allow, but the caller's own account (U1, D5).

No request needs more than one statement of the key's policies, or grant, and one of the caller's identity policies: the
decision is a disjunction over the former, each with or without the latter (D2, D3, G2, G5). So a way is found by
deciding with all others taken away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from verifier.model.policy import Effect, PolicyKind, StatementRef
from verifier.problem.asking import pessimism
from verifier.problem.classes.tables import bits
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode, Diagrams
from verifier.problem.diagrams.joint import Joint
from verifier.problem.diagrams.sets import FIRST, Sets
from verifier.problem.expression import And, Expression, Not, Or, Part, Symbol

SufficientStatements = frozenset[int]
"""Statements and grants by their numbers in `Space.owners`."""


_FEW = 64
"""Classes of callers of one statement that are listed one by one."""


def lets_in(owner: StatementRef) -> bool:
    """True iff a statement can be what lets somebody in: an Allow of a key policy or identity policy, or a grant. Those
    of boundaries, control policies and endpoint policies only limit."""
    return owner.effect is Effect.ALLOW and owner.kind in (None, PolicyKind.KEY, PolicyKind.IDENTITY)


@dataclass
class Provenance:
    """The ways into one side, found as they are asked for. Facts that are learned later (`Joint.learn`) are not in
    them. Raises `TooLarge`."""

    joint: Joint
    number: int
    _of_key: list[int] = field(init=False)
    _own: list[int] = field(init=False)
    _known: DiagramNode = field(init=False)
    _alone: dict[int | None, DiagramNode] = field(default_factory=dict)
    _with_own: dict[int | None, DiagramNode] = field(default_factory=dict)

    def __post_init__(self) -> None:
        side = self.joint.sides[self.number]
        owners = [(number, owner) for number, owner in enumerate(side.question.space.owners) if lets_in(owner)]
        self._own = [number for number, owner in owners if owner.kind is PolicyKind.IDENTITY]
        self._of_key = [number for number, owner in owners if owner.kind is not PolicyKind.IDENTITY]
        self._sets = _Kept(self.joint.diagrams, frozenset(self._of_key), frozenset(self._own))
        # What is not modelled lets nobody in here: the requests that are asked about are allowed without it (S1).
        for name, value in pessimism(side.question.space).items():
            if name in self.joint.diagrams.level and not value:
                self._sets.absent.add(name)
        self._by_caller: dict[int, list[int]] = {}
        self._of_many: list[int] = []
        for number in self._own:
            callers = self.joint.diagrams.values(side.parts.get(number, NOTHING), FIRST[0])
            for low in bits(callers) if callers.bit_count() <= _FEW else ():
                self._by_caller.setdefault(low, []).append(number)
            if callers.bit_count() > _FEW:
                self._of_many.append(number)
        variables = frozenset[str]().union(*(self.joint.diagrams.support(node) for node in side.parts.values()))
        self._known = self.joint.care(self.number, side.allowed, variables).care

    def ways(self, node: DiagramNode) -> dict[SufficientStatements, DiagramNode]:
        """The ways of the requests of a set, each with those that it suffices for and no part of it does."""
        node = self.joint.diagrams.both(node, self._known)
        return {
            way: found
            for way, need in self._candidates(node)
            if (found := self.joint.diagrams.both(node, need)) != NOTHING
        }

    def _candidates(self, node: DiagramNode) -> Iterator[tuple[SufficientStatements, DiagramNode]]:
        """The ways that any request could have, each with the requests that need it."""
        diagrams, parts = self.joint.diagrams, self.joint.sides[self.number].parts
        own = [number for number in self._about(diagrams.values(node, FIRST[0])) if diagrams.meets(parts[number], node)]
        yield frozenset(), self._suffices(None)
        for number in own:
            yield frozenset((number,)), diagrams.both(self._suffices_with_own(None), parts[number])
        for of_key in self._of_key:
            if diagrams.meets(parts.get(of_key, NOTHING), node):
                yield frozenset((of_key,)), self._suffices(of_key)
                with_own = self._suffices_with_own(of_key) if own else NOTHING
                if diagrams.meets(with_own, node):
                    for number in own:
                        yield frozenset((of_key, number)), diagrams.both(with_own, parts[number])

    def _about(self, callers: int) -> list[int]:
        """The statements of identity policies that speak of some of the callers."""
        found = self._own
        if callers.bit_count() <= _FEW:
            found = [number for low in bits(callers) for number in self._by_caller.get(low, ())]
        return sorted({*found, *self._of_many})

    def _suffices(self, of_key: int | None) -> DiagramNode:
        """The requests that one statement or grant of the key lets in alone, and that are not allowed without it; with
        none: those that are allowed by no statement at all."""
        if of_key not in self._alone:
            found = self._decided(of_key, own=False)
            self._alone[of_key] = found if of_key is None else self.joint.diagrams.minus(found, self._suffices(None))
        return self._alone[of_key]

    def _suffices_with_own(self, of_key: int | None) -> DiagramNode:
        """The requests that need it, and one of the identity policies' statements: any that speaks of them, since no
        two are needed."""
        if of_key not in self._with_own:
            diagrams = self.joint.diagrams
            found = diagrams.minus(
                self._decided(of_key, own=True), diagrams.either(self._suffices(of_key), self._suffices(None))
            )
            self._with_own[of_key] = found if of_key is None else diagrams.minus(found, self._suffices_with_own(None))
        return self._with_own[of_key]

    def _decided(self, of_key: int | None, own: bool) -> DiagramNode:
        self._sets.keep(of_key, own)
        return self.joint.diagrams.both(self._sets.node(self.joint.sides[self.number].question.allowed), self._known)


class _Kept(Sets):
    """Sets in which only one statement of the key says something, and identity policies do or do not. What has none of
    them is built once."""

    def __init__(self, diagrams: Diagrams, of_key: frozenset[int], own: frozenset[int]) -> None:
        super().__init__(diagrams)
        self.absent: set[str] = set()
        self._of_key, self._own = of_key, own
        self._only_of_key: int | None = None
        self._own_kept = True
        self._kinds: dict[int, tuple[Expression, bool, bool]] = {}
        self._memos: dict[tuple[int | None, bool] | bool | None, dict[int, DiagramNode]] = {}

    def keep(self, of_key: int | None, own: bool) -> None:
        """Which statement of the key says something, and whether identity policies do."""
        self._memos.pop((self._only_of_key, self._own_kept), None)
        self._only_of_key, self._own_kept = of_key, own

    def node(self, expression: Expression) -> DiagramNode:
        has_key, has_own = self._holds(expression)
        memo = self._memos.setdefault(
            (self._only_of_key, self._own_kept) if has_key else self._own_kept if has_own else None, {}
        )
        found = memo.get(id(expression))
        if found is None:
            found = memo[id(expression)] = self._node(expression)
        return found

    def _node(self, expression: Expression) -> DiagramNode:
        if isinstance(expression, Part):
            left_out = expression.owner in self._of_key and expression.owner != self._only_of_key
            if left_out or (expression.owner in self._own and not self._own_kept):
                return NOTHING
        if isinstance(expression, Symbol) and expression.name in self.absent:
            return NOTHING
        return super()._node(expression)

    def _holds(self, expression: Expression) -> tuple[bool, bool]:
        """True iff an expression has statements of the key, or grants, in it; and true iff it has statements of
        identity policies."""
        known = self._kinds.get(id(expression))
        if known is None:
            match expression:
                case Part(owner, operand):
                    has_key, has_own = self._holds(operand)
                    has_key, has_own = has_key or owner in self._of_key, has_own or owner in self._own
                case And(operands) | Or(operands):
                    found = [self._holds(operand) for operand in operands]
                    has_key, has_own = any(key for key, _ in found), any(own for _, own in found)
                case Not(operand):
                    has_key, has_own = self._holds(operand)
                case _:
                    has_key = has_own = False
            known = self._kinds[id(expression)] = (expression, has_key, has_own)
        return known[1:]
