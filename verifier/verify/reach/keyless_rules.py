"""Who can create keys, given what they have brought about before: what a replica takes besides (R8), and what a key of the caller's takes.

In: an estate, a partition and Region, readings that are held. Out: `KeylessRules`.
Guarantee: as of `KeyRules`: a rule may allow more than can be brought about, never less.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from verifier.model.estate import Estate
from verifier.model.invariant import CallerSet
from verifier.problem.classes.predicates import exactly
from verifier.problem.diagrams.diagram import Node
from verifier.problem.diagrams.joint import join
from verifier.problem.expression import Expression, both, negation
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.supposed import not_ruled_out
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.space import Space, acts
from verifier.problem.views import View
from verifier.verify.reach.cubes import CALLER, Cube, cubes, outside, projected

CREATE_KEY = "kms:CreateKey"


class KeylessRules:
    """The rules of `kms:CreateKey`, in a Region and elsewhere; of federated sessions they are about those in `issued` alone. Raises
    `TooLarge`."""

    def __init__(
        self, estate: Estate, partition: str, region: str, powers: frozenset[str], held: Mapping[str, bool], issued: CallerSet
    ) -> None:
        self._powers = powers
        self._region = region
        self._issued = issued
        self.joint = join([QuestionSide(estate, Target(TargetKind.NONE, partition), powers)], (), self._further)
        self.joint.hold(held)
        self._here, self._elsewhere, others = self.joint.scopes
        self.joint.definitions.append(self.joint.diagrams.complement(others))

    def _further(self, space: Space) -> list[Expression]:
        creates = both(acts({CREATE_KEY}), not_ruled_out(space))
        region = space.view("aws:RequestedRegion")
        assert isinstance(region, View)
        here = space.ask(region, exactly(self._region))
        return [both(creates, here), both(creates, negation(here)), outside(space, self._issued)]

    @cached_property
    def _cubes(self) -> Mapping[bool, tuple[Cube, ...]]:
        return {True: self._of(self._here), False: self._of(self._elsewhere)}

    def _of(self, creates: Node) -> tuple[Cube, ...]:
        node = self.joint.diagrams.both(self.joint.sides[0].allowed, creates)
        return cubes(self.joint, projected(self.joint, node, (CALLER, *self._powers)), self._powers)

    def creating(self, principal: str, *, here: bool) -> tuple[Cube, ...]:
        """What a principal needs to create a key in the Region, or in another one."""
        number = self.joint.finite.tables[CALLER].class_of(principal)
        return () if number is None else tuple(cube for cube in self._cubes[here] if cube.callers >> number & 1)
