"""Who can create keys, given what they have brought about before: a replica takes that, too (R8), and so does any key
that a caller makes.

In: an estate, a partition, readings that are held. Out: `KeylessRules`.
Guarantee: as of `KeyRules`: a rule may allow more than can be brought about, never less.
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier.model.estate import Estate
from verifier.model.invariant import CallerSet
from verifier.model.symbols import PossibleChange, SymbolValues
from verifier.problem.classes.kinds import suits, table_of
from verifier.problem.classes.predicates import Predicate
from verifier.problem.classes.tables import MORE_STATES, OverBudget
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.diagrams.joint import join
from verifier.problem.expression import Expression
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.caller_sets import not_ruled_out
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.space import CALLER, Space, acts
from verifier.verify.reach.cubes import Cube, cubes, outside, projected

CREATE_KEY = "kms:CreateKey"
REGION = "region"


class KeylessRules:
    """The rules of `kms:CreateKey`, in each Region; of federated sessions they are about those in `issued` alone.
    Raises `TooLarge`."""

    def __init__(
        self,
        estate: Estate,
        partition: str,
        possible_changes: frozenset[PossibleChange],
        held: SymbolValues,
        issued: CallerSet,
    ) -> None:
        self._possible_changes = possible_changes
        self._issued = issued
        self.joint = join(
            [QuestionSide(estate, Target(TargetKind.NONE, partition), possible_changes)], (), self._further
        )
        self.joint.hold(held)
        self._creates, others = self.joint.scopes
        self.joint.definitions.append(self.joint.diagrams.complement(others))
        self._in_class: dict[int | None, tuple[Cube, ...]] = {}

    def _further(self, space: Space) -> list[Expression]:
        space.view("aws:RequestedRegion")
        return [acts({CREATE_KEY}) & not_ruled_out(space), outside(space, self._issued)]

    def regions(self, further: Iterable[Predicate]) -> tuple[str, ...]:
        """A Region of each class that policies tell apart, or that some further predicates do. Raises `TooLarge`."""
        space = self.joint.sides[0].question.space
        attribute = space.attributes[REGION]
        wanted = filter(lambda one: suits(attribute, one), dict.fromkeys((*space.questions.get(REGION, {}), *further)))
        try:
            table = table_of(attribute, list(wanted), MORE_STATES)
        except OverBudget as error:
            raise TooLarge("the policies tell apart too many Regions") from error
        return tuple(table.pick(1 << number)[1] for number in range(table.size))

    def creating(self, principal: str, region: str) -> tuple[Cube, ...]:
        """What a principal needs to create a key in a Region."""
        number = self.joint.finite.tables[CALLER].class_of(principal)
        return () if number is None else tuple(cube for cube in self._creating_in(region) if cube.members >> number & 1)

    def _creating_in(self, region: str) -> tuple[Cube, ...]:
        joint = self.joint
        table = joint.finite.tables.get(REGION) if REGION in joint.diagrams.level else None
        number = None if table is None else table.class_of(region)
        if number not in self._in_class:
            there = [] if number is None else [joint.diagrams.literal(REGION, 1 << number)]
            node = joint.diagrams.all_of((joint.sides[0].allowed, self._creates, *there))
            self._in_class[number] = cubes(
                joint, projected(joint, node, (CALLER, *self._possible_changes)), self._possible_changes
            )
        return self._in_class[number]
