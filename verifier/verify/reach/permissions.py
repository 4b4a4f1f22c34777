"""Who may do which step on which of many targets: of one account and kind at once.

In: an estate, targets, the changes that a caller may have brought about. Out: `StepPermissions`: sets over callers,
targets and changes.
Guarantee: a caller is said to be able to make a request on a target iff some request of it is allowed there under some
reading and some value of what is not known (what several comparisons by policy variables demand together aside: `ask`
on the single target settles it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from verifier.model.estate import Estate
from verifier.model.symbols import PossibleChange, SymbolValues
from verifier.problem.classes.predicates import OneOf, Predicate
from verifier.problem.classes.tables import numbers_in
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode, Diagrams
from verifier.problem.diagrams.elimination import project
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.expression import Expression
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.caller_sets import not_ruled_out
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.space import ACTION, CALLER, TARGET, Space
from verifier.problem.steps.many import together

_Asking = Callable[[Space], Sequence[Expression]]


@dataclass
class StepPermissions:
    """The targets of one account and kind, with one partition of callers for all of them.

    `joint` is the question (side 0); of its variables `target` says which target a request is on, by its place in
    `targets`.
    """

    joint: Joint
    targets: tuple[Target, ...]
    possible_changes: frozenset[PossibleChange]
    _nodes: dict[tuple[str, tuple[str, ...]], DiagramNode] = field(default_factory=dict)

    @property
    def aside(self) -> Sequence[DiagramNode]:
        """The sets of requests that were put aside (`step_permissions`)."""
        return self.joint.scopes[:-1]

    def without(self, number: int) -> StepPermissions:
        """The same without the requests in one of these sets."""
        aside = self.joint.diagrams.complement(self.aside[number])
        return replace(self, joint=replace(self.joint, definitions=[*self.joint.definitions, aside]), _nodes={})

    def allowed(self, action: str, further: Iterable[str] = ()) -> DiagramNode:
        """The requests for an action that can be made and are allowed, as a set over callers, targets, changes and
        `further` variables alone: whatever everything else is. Raises `TooLarge`."""
        key = action.lower(), tuple(sorted(further))
        if key not in self._nodes:
            self._nodes[key] = self._projected(*key)
        return self._nodes[key]

    def _projected(self, action: str, further: tuple[str, ...]) -> DiagramNode:
        joint, diagrams = self.joint, self.joint.diagrams
        acts = diagrams.literal(ACTION, joint.finite.tables[ACTION].mask(OneOf(frozenset({action}))))
        number = joint.finite.tables[ACTION].class_of(action)
        if number is None:
            return NOTHING
        own = diagrams.restrict(diagrams.both(joint.sides[0].allowed, acts), {ACTION: number})
        if own == NOTHING:
            return NOTHING
        known = [diagrams.restrict(fact, {ACTION: number}) for fact in (*joint.sides[0].facts, *joint.definitions)]
        kept = frozenset(name for name in (CALLER, TARGET, *self.possible_changes, *further) if name in diagrams.level)
        return project(diagrams, (own, *known), kept).care

    def class_of(self, principal: str) -> int | None:
        """The class of a caller: a principal ARN, the name of a service, `web:` before a provider; `None` where nobody
        can be so called."""
        return self.joint.finite.tables[CALLER].class_of(principal)

    def representative(self, principal: str) -> int | None:
        """The first class that no request tells from a caller's: callers with the same one may do the same."""
        number = self.class_of(principal)
        return number if number is None or not self._first_alike else self._first_alike[number]

    @cached_property
    def _first_alike(self) -> tuple[int, ...]:
        side = self.joint.sides[0]
        return first_alike(self.joint.diagrams, (side.allowed, *side.facts, *self.joint.definitions), CALLER)


def step_permissions(
    estate: Estate,
    targets: Sequence[Target],
    possible_changes: frozenset[PossibleChange] = frozenset(),
    held: SymbolValues | None = None,
    tests: Mapping[str, Sequence[Predicate]] | None = None,
    aside: _Asking = lambda _: (),
) -> Iterator[StepPermissions]:
    """Everything about the targets: one answer for each account and kind of target among them. Readings are `held`;
    `tests` are predicates by which attributes that policies ask for are cut besides; `aside` are sets of requests, for
    `StepPermissions.without`. Raises `TooLarge`."""

    def further(space: Space) -> Sequence[Expression]:
        wanted = [*aside(space), not_ruled_out(space)]
        for name, predicates in (tests or {}).items():
            if name in space.attributes:
                space.questions.setdefault(name, {}).update(dict.fromkeys(predicates))
        return wanted

    groups: dict[object, list[Target]] = {}
    for target in targets:
        groups.setdefault((target.kind, target.partition, target.account, target.region), []).append(target)
    for found in groups.values():
        target = together(found) if found[0].kind is not TargetKind.NONE else found[0]
        joint = join([QuestionSide(estate, target, possible_changes)], (), further)
        joint.hold(held or {})
        joint.definitions.append(joint.scopes[-1])
        yield StepPermissions(joint, tuple(found), possible_changes)


# -- values that nothing tells apart --


def first_alike(diagrams: Diagrams, nodes: Iterable[DiagramNode], variable: str) -> tuple[int, ...]:
    """For each value of a variable the first that none of some sets tells from it; nothing where none is about it."""
    if variable not in diagrams.level:
        return ()
    sides_of: list[list[int]] = [[] for _ in range(diagrams.widths[variable])]
    for place, mask in enumerate(dict.fromkeys(_sides(diagrams, nodes, variable))):
        for value in numbers_in(mask):
            sides_of[value].append(place)
    first: dict[tuple[int, ...], int] = {}
    return tuple(first.setdefault(tuple(places), number) for number, places in enumerate(sides_of))


def _sides(diagrams: Diagrams, nodes: Iterable[DiagramNode], variable: str) -> Iterator[int]:
    """The values, as masks, that a node tells from others: of each node on the variable every edge but the widest."""
    level, seen = diagrams.level[variable], dict.fromkeys(nodes)
    waiting = list(seen)
    for node in waiting:
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
