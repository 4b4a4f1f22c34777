"""What callers can do about roles, users, groups, managed policies and accounts, given what they have brought about before.

In: an estate, a target, readings that are held. Out: `StepRules`.
Guarantee: as of `KeyRules`: a rule may allow more than can be brought about, never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from verifier.model.estate import Estate
from verifier.model.invariant import CallerSet
from verifier.problem.diagram import Node
from verifier.problem.expression import Expression
from verifier.problem.joint import Given, Joint, join
from verifier.problem.predicates import Predicate
from verifier.problem.space import Space, acts
from verifier.problem.steps.permissions import StepPermissions
from verifier.problem.targets import Target
from verifier.verify.reach.cubes import ANYONE, CALLER, Cube, cubes, outside, projected


class Rules:
    """What a joint question says of its target."""

    def __init__(self, joint: Joint) -> None:
        self.joint = joint

    @property
    def questions(self) -> Iterable[Predicate]:
        """What is asked about callers."""
        return self.joint.sides[0].question.space.questions.get(CALLER, {})

    def bit(self, principal: str) -> int:
        """The class of a caller, as a mask; 0 where no caller can be so called."""
        number = self.joint.finite.tables[CALLER].class_of(principal)
        return 0 if number is None else 1 << number

    def mask(self, attribute: str, predicate: Predicate) -> int | None:
        """The classes of an attribute that satisfy one of the predicates asked for; `None` where no policy asks for the attribute."""
        table = self.joint.finite.tables.get(attribute)
        return None if table is None else table.mask(predicate)

    def only_known(self, attribute: str, mask: int, known: frozenset[str]) -> bool:
        """Whether the classes of a mask have no members but known ones."""
        table = self.joint.finite.tables[attribute]
        classes = (number for number in range(table.size) if mask >> number & 1)
        return all(set(table.members(number, len(known) + 1)) <= known for number in classes)


class StepRules(Rules):
    """The rules of one target for some actions. `asked` are predicates that attributes are cut by besides, for `mask`; of federated
    sessions the rules are about those in `issued` alone. Raises `TooLarge`."""

    def __init__(
        self,
        estate: Estate,
        target: Target,
        actions: Iterable[str],
        powers: frozenset[str],
        held: Mapping[str, bool],
        asked: Mapping[str, Sequence[Predicate]] | None = None,
        issued: CallerSet = ANYONE,
    ) -> None:
        self.target = target
        self._powers = powers
        self._actions = tuple(actions)
        self._asked = asked or {}
        self._issued = issued
        super().__init__(join([Given(estate, target, powers)], (), self._further))
        self.joint.hold(held)
        *acting, others = self.joint.scopes
        self.joint.definitions.append(self.joint.diagrams.complement(others))
        self._acts = dict(zip(self._actions, acting, strict=True))
        self._done: dict[tuple[str, tuple[str, ...]], tuple[Cube, ...]] = {}

    def _further(self, space: Space) -> list[Expression]:
        for name, predicates in self._asked.items():
            if name in space.attributes:
                space.questions.setdefault(name, {}).update(dict.fromkeys(predicates))
        return [*(acts({name}) for name in self._actions), outside(space, self._issued)]

    def doing(self, action: str, *keep: str) -> tuple[Cube, ...]:
        """Who can make a request for an action; `keep` are attributes whose values the cubes tell."""
        if (action, keep) not in self._done:
            node = self.joint.diagrams.both(self.joint.sides[0].allowed, self._acts[action])
            kept = projected(self.joint, node, (CALLER, *self._powers, *keep))
            self._done[action, keep] = cubes(self.joint, kept, self._powers)
        return self._done[action, keep]


class RulesOfMany:
    """The rules of many targets of one account and kind, which are asked about together. Targets for which an action is allowed alike share
    its cubes."""

    def __init__(self, permissions: StepPermissions) -> None:
        self.permissions = permissions
        self._cubes: dict[Node, tuple[Cube, ...]] = {}

    def of(self, arn: str) -> TargetRules:
        """The rules of one of the targets."""
        return TargetRules(self, arn)

    def doing(self, arn: str, action: str, keep: tuple[str, ...]) -> tuple[Cube, ...]:
        """Who can make a request for an action on a target; `keep` are attributes whose values the cubes tell."""
        permissions = self.permissions
        node = permissions.on(action, arn, keep)
        if node not in self._cubes:
            self._cubes[node] = cubes(permissions.joint, node, permissions.powers)
        return self._cubes[node]


class TargetRules(Rules):
    """The rules of one of many targets."""

    def __init__(self, many: RulesOfMany, arn: str) -> None:
        super().__init__(many.permissions.joint)
        self._many = many
        self._arn = arn
        self._done: dict[tuple[str, tuple[str, ...]], tuple[Cube, ...]] = {}

    def doing(self, action: str, *keep: str) -> tuple[Cube, ...]:
        """As `StepRules.doing`."""
        if (action, keep) not in self._done:
            self._done[action, keep] = self._many.doing(self._arn, action, keep)
        return self._done[action, keep]
