"""In which regions of a difference a concrete request is.

In: a `Difference`, a request that one side allows under an assignment. Out: the number of regions that hold it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tests.agreement.symbolic import constraints
from verifier.evaluate import evaluate
from verifier.model.estate import Estate
from verifier.model.request import Request
from verifier.model.symbols import SESSION_ALLOW
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode
from verifier.problem.diagrams.finite import In
from verifier.problem.diagrams.joint import Joint
from verifier.problem.expression import And, Expression, Not, Or, Symbol
from verifier.verify.comparison.difference import Difference
from verifier.verify.explanation.symbolic_values import concrete_values
from verifier.verify.regions import Regions


def regions_with(found: Difference, request: Request, assignment: Mapping[str, bool], *, gained: bool) -> int:
    """How many regions of a direction hold a request under an assignment. Raises `Undetermined` where the problem
    cannot hold it."""
    joint = found.joint
    number = len(joint.sides) - 1 if gained else 0
    direction = found.gained if gained else found.lost
    asked = fixed(joint, number, request, assignment)
    return sum(count(joint, regions, asked) for regions in (direction.regions, direction.intended))


def fixed(joint: Joint, number: int, request: Request, assignment: Mapping[str, bool]) -> DiagramNode:
    """The requests that are like this one on a side, as a set."""
    question = joint.sides[number].question
    held = {SESSION_ALLOW: False, **assignment}
    known = [
        node(joint, part, held, whole=EVERYTHING)
        for part in constraints(question, request, concrete_values(question, request))
    ]
    known += [
        joint.diagrams.literal(name, 2 if value else 1) for name, value in held.items() if name in joint.diagrams.level
    ]
    return joint.diagrams.all_of(known)


def node(joint: Joint, expression: Expression, held: Mapping[str, bool], *, whole: DiagramNode) -> DiagramNode:
    """An expression as a set. What no set of the sides depends on is `whole`, so that it limits nothing."""
    diagrams = joint.diagrams
    match expression:
        case Symbol(name) if name not in diagrams.level:
            return (EVERYTHING if held[name] else NOTHING) if name in held else whole
        case In(name, _) if name not in diagrams.level:
            return whole
        case Not(operand):
            other = NOTHING if whole == EVERYTHING else EVERYTHING
            return diagrams.complement(node(joint, operand, held, whole=other))
        case And(operands):
            return diagrams.all_of(node(joint, operand, held, whole=whole) for operand in operands)
        case Or(operands):
            return diagrams.any_of(node(joint, operand, held, whole=whole) for operand in operands)
        case _:
            return joint.node(expression)


def count(joint: Joint, regions: Regions, asked: DiagramNode) -> int:
    """How many regions meet a set."""
    return sum(joint.diagrams.both(region.node, asked) != NOTHING for region in regions.found)


def sendable(estate: Estate, request: Request) -> Request | None:
    """A request without the parts of its context for which it could not be sent; `None` where that does not help."""
    for _ in range(4):
        decision = evaluate(estate, request, {})
        if not decision.warnings:
            return request
        told = " ".join(decision.warnings).lower()
        kept = tuple((key, value) for key, value in request.context if key.lower().split("/")[0] not in told)
        request = replace(request, context=kept)
    return None
