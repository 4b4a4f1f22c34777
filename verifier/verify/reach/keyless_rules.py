"""Who can create keys, given what they have brought about before: a replica takes that, too (R8), and so does any key
that a caller makes.

In: an estate, a partition, readings that are held. Out: the permissions, as a group of one target; cubes; Regions.
Guarantee: as of `KeyRules`: a rule may allow more than can be brought about, never less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from verifier.model.estate import Estate
from verifier.model.invariant import CallerSet
from verifier.model.symbols import PossibleChange, SymbolValues
from verifier.problem.classes.kinds import fits, table_of
from verifier.problem.classes.predicates import Predicate
from verifier.problem.classes.tables import MORE_STATES, OverBudget
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.expression import Expression
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.space import Space
from verifier.verify.reach.cubes import Cube, sessions_outside
from verifier.verify.reach.permissions import step_permissions
from verifier.verify.reach.step_groups import TargetGroup

CREATE_KEY = "kms:CreateKey"
_REGION = "region"


def keyless_rules(
    estate: Estate,
    partition: str,
    possible_changes: frozenset[PossibleChange],
    held: SymbolValues,
    issued: CallerSet,
) -> TargetGroup:
    """The rules of requests that are on no key; of federated sessions they are about those in `issued` alone. Raises
    `TooLarge`."""

    def aside(space: Space) -> Sequence[Expression]:
        space.view("aws:RequestedRegion")
        return [sessions_outside(space, issued)]

    target = Target(TargetKind.NONE, partition)
    (found,) = step_permissions(estate, [target], possible_changes, held, None, aside)
    return TargetGroup(found.without(0))


def region_of_each_class(rules: TargetGroup, further: Iterable[Predicate]) -> tuple[str, ...]:
    """A Region of each class that policies tell apart, or that some further predicates do. Raises `TooLarge`."""
    space = rules.permissions.joint.sides[0].question.space
    attribute = space.attributes[_REGION]
    wanted = filter(lambda one: fits(attribute, one), dict.fromkeys((*space.questions.get(_REGION, {}), *further)))
    try:
        table = table_of(attribute, list(wanted), MORE_STATES)
    except OverBudget as error:
        raise TooLarge("the policies tell apart too many Regions") from error
    return tuple(table.pick(1 << number)[1] for number in range(table.size))


def creating(rules: TargetGroup, principal: str, region: str) -> tuple[Cube, ...]:
    """What a principal needs to create a key in a Region."""
    found = rules.allowed(CREATE_KEY, principal, _REGION)
    here = (one for one in found if rules.holds(_REGION, dict(one.values).get(_REGION, -1), region))
    return tuple(dict.fromkeys(replace(one, values=()) for one in here))
