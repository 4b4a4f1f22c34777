"""Concrete requests as sets of a `Joint`, for tests that hold rows and findings against `evaluate`."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.agreement.symbolic import constraints
from verifier.ask.answers import Impossible
from verifier.ask.diagrams import PREFERRED, Sample, sample
from verifier.model.request import Outcome, Request
from verifier.model.symbols import HeldClass, RelationTest, SymbolValues
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode, TooLarge
from verifier.problem.diagrams.joint import Joint
from verifier.problem.diagrams.sets import mentioned
from verifier.verify.explanation.symbolic_values import Undetermined, concrete_values


def place(joint: Joint, request: Request, symbols: SymbolValues) -> DiagramNode | None:
    """All that can be made and is as a request says, under values of symbols; `None` where there is nothing of the
    kind, or the problem cannot hold it."""
    question = joint.sides[0].question
    try:
        found = list(constraints(question, request, concrete_values(question, request)))
    except Undetermined:
        return None
    known = [
        joint.node(expression) for expression in found if mentioned([expression]).keys() <= joint.diagrams.level.keys()
    ]
    known += [
        joint.diagrams.literal(name, 2 if value else 1)
        for name, value in symbols.items()
        if name in joint.diagrams.level
    ]
    node = joint.diagrams.all_of(known)
    node = joint.diagrams.both(node, joint.care(0, node).care)
    return None if node == NOTHING else node


def draws(joint: Joint, node: DiagramNode, dice: random.Random, count: int, wanted: Outcome) -> Iterator[Sample]:
    """Requests out of a set, each with some variables at values drawn by lot; decided by `evaluate` as the set says."""
    for _ in range(count):
        try:
            narrow = _narrowed(joint, node, dice)
            found = sample(joint, 0, joint.care(0, narrow, PREFERRED), narrow, wanted) if narrow != NOTHING else None
        except (TooLarge, Impossible):  # the facts about these variables together, or no request is so
            continue
        if isinstance(found, Sample):
            yield found


def _narrowed(joint: Joint, node: DiagramNode, dice: random.Random) -> DiagramNode:
    plain = [
        name
        for name in joint.diagrams.variables
        if not (isinstance(name, HeldClass | RelationTest) or name.startswith("by:"))
    ]
    names = dice.sample(plain, min(6, len(plain)))
    narrow = joint.diagrams.both(node, joint.care(0, node, names).care)  # whatever they are narrowed to can be made
    for name in names if narrow != NOTHING else ():
        values = joint.diagrams.values(narrow, name)
        if values.bit_count() > 1:
            narrow = joint.diagrams.both(narrow, joint.diagrams.literal(name, 1 << dice.choice(bits(values))))
    return narrow


def bits(mask: int) -> list[int]:
    return [position for position in range(mask.bit_length()) if mask >> position & 1]
