"""What one version of an estate lets somebody do, and the other does not: the two directions of a comparison, on one
target.

In: two sides, the second of which may lack the target. Out: `Difference`: what was gained and lost, as disjoint
regions. Guarantee: the regions of a direction are exactly the requests that the one side allows and the other refuses,
or that cannot be made there; a request is judged under the same readings and free facts on both sides (S2), and with
the tags and other facts that each side fixes (`problem.diagrams.counterparts`). So is a single request that is decided
on the other side (`counterpart`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verifier.ask.answers import InternalDisagreement
from verifier.ask.diagrams import Sample
from verifier.evaluate import evaluate
from verifier.frozen import Frozen
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant
from verifier.model.request import Decision, Outcome, Request
from verifier.model.symbols import SymbolValues
from verifier.problem.diagrams.counterparts import is_fixed
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.rules import QuestionSide
from verifier.verify.regions import Describer, FoundRegion, Regions


class Direction(Frozen):
    """One direction. `intended` are the requests within the scopes that were said to be intended, `regions` all others.
    `unknown_actions` is true where there is a difference for actions that the reference data does not know (U4): those
    are in no region."""

    regions: Regions
    intended: Regions
    unknown_actions: bool


class Difference(Frozen):
    """Both directions on one target, and the sets behind them."""

    joint: Joint
    gained: Direction
    lost: Direction


def difference(
    old: QuestionSide, new: QuestionSide | None, *, intended: Sequence[Invariant] = (), held: SymbolValues | None = None
) -> Difference:
    """Compares two versions of a target; `None` is a new one that is not there, which allows nothing.

    The scopes of `intended` invariants are taken from what was gained; `held` fixes readings. Grantees, named accounts
    and the like must be settled (`verify.prove`). Raises `TooLarge` where a diagram outgrows its budget.
    """
    given = [side for side in (old, new) if side is not None]
    joint = join(given, intended)
    gained, lost = _gained(joint, old, new), _gained(joint, new, old)
    if held:
        known = ((name, value) for name, value in held.items() if name in joint.diagrams.level)
        fixed = joint.diagrams.all_of(joint.diagrams.literal(name, 2 if value else 1) for name, value in known)
        gained, lost = joint.diagrams.both(gained, fixed), joint.diagrams.both(lost, fixed)
    meant = joint.diagrams.both(gained, joint.diagrams.any_of(joint.scopes)) if new is not None else NOTHING
    gained = joint.diagrams.minus(gained, meant)
    last = len(given) - 1
    return Difference(joint, _direction(joint, last, gained, meant), _direction(joint, 0, lost, NOTHING))


def _gained(joint: Joint, before: QuestionSide | None, after: QuestionSide | None) -> DiagramNode:
    """What `after` allows and `before` does not."""
    if after is None:
        return NOTHING
    if before is None:
        return joint.sides[0].allowed
    sides = [side.question.space for side in joint.sides]
    number = next(n for n, space in enumerate(sides) if space.estate is after.estate and space.target is after.target)
    return joint.gained(number)


def _direction(joint: Joint, number: int, node: DiagramNode, meant: DiagramNode) -> Direction:
    if node == NOTHING and meant == NOTHING:
        return Direction(Regions(()), Regions(()), False)
    describer = Describer(joint, number)
    regions = describer.describe(node)
    for found in regions.found:
        _check_other_side(joint, number, found)
    intended, unknown = describer.describe(meant), joint.diagrams.minus(node, joint.known_action)
    return Direction(regions, intended, joint.diagrams.both(unknown, joint.care(number, unknown).care) != NOTHING)


def _check_other_side(joint: Joint, number: int, found: FoundRegion) -> None:
    """The request of a region is refused on the other side, by `evaluate` as well, or cannot be made there."""
    if len(joint.sides) < 2 or found.sample is None:
        return
    other = 1 - number
    if joint.diagrams.both(found.node, joint.possible(other)) == NOTHING:
        return
    outcome = decided_there(joint, other, found.sample)
    if outcome is not Outcome.DENY and joint.possible(other) == 1:
        raise InternalDisagreement.on(found.sample.request)


def decided_there(joint: Joint, number: int, sample: Sample) -> Outcome:
    """How `evaluate` decides the counterpart of a request on a side, under the symbols that it was found with."""
    return counterpart(joint.sides[number].question.space.estate, sample.request, dict(sample.symbols)).outcome


def counterpart(estate: Estate, request: Request, symbols: SymbolValues) -> Decision:
    """Decides the counterpart of a request. Raises `InputError` for a resource that is not there, or does not fit."""
    decision = evaluate(estate, request, symbols)
    warnings = " ".join(decision.warnings).lower()
    kept = tuple((key, value) for key, value in request.context if not (is_fixed(key) and key.lower() in warnings))
    if len(kept) < len(request.context):
        return evaluate(estate, replace(request, context=kept), symbols)
    return decision
