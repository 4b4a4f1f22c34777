"""Regions held against a solver and against `evaluate`: the diagrams that they come from are not asked again.

The finite form of a question is decided by the SAT engine, which shares nothing with `problem.diagrams.diagram`;
requests are sampled from each region and from what is outside all of them, and decided one by one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.agreement.scenarios import Scenario
from tests.verify.test_regions import random_keys
from verifier.ask.answers import Impossible
from verifier.ask.diagrams import Sample, sample
from verifier.evaluate import RequestDecider
from verifier.model.choices import Engine
from verifier.model.request import Outcome
from verifier.model.symbols import SymbolName
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode, Diagrams
from verifier.problem.diagrams.finite import In
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.expression import Expression, Symbol, conjunction, disjunction
from verifier.problem.rules import QuestionSide
from verifier.solve.engines import open_session
from verifier.solve.session import Unsat
from verifier.verify.regions import Describer, Regions

MOST_PATHS = 3000
"""Larger sets are left to the diagrams' own tests."""


def expression_of(joint: Joint, node: DiagramNode) -> Expression | None:
    """A set as an expression, path by path; `None` where it has too many."""
    if node == EVERYTHING:
        return conjunction(())
    cubes = []
    for path in joint.diagrams.paths(node):
        cubes.append(conjunction([_literal(joint, name, mask) for name, mask in path.items()]))
        if len(cubes) > MOST_PATHS:
            return None
    return disjunction(cubes)


def _literal(joint: Joint, name: str, mask: int) -> Expression:
    if name in joint.finite.tables and name not in joint.finite.held:
        return In(name, mask)
    assert isinstance(name, SymbolName)
    return Symbol(name) if mask == 2 else ~Symbol(name)


def union(diagrams: Diagrams, regions: Regions) -> DiagramNode:
    return diagrams.any_of(found.node for found in regions.found)


@pytest.mark.parametrize("part", range(2))
def test_a_solver_finds_no_request_that_the_regions_miss_or_share(part: int) -> None:
    checked = []

    @random_keys(20 + part, count=18)
    def check(_: Scenario, given: QuestionSide) -> None:
        joint = join([given])
        side = joint.sides[0]
        regions = Describer(joint, 0).describe(side.allowed)
        parts = [expression_of(joint, found.node) for found in regions.found]
        if regions.undecided or not parts or any(part is None for part in parts):
            return
        found = [part for part in parts if part is not None]
        allowed, known = side.question.allowed, side.question.known_action
        background = [
            *(fact for node in (*side.facts, *joint.definitions) if (fact := expression_of(joint, node)) is not None)
        ]
        missed = [allowed, known, ~disjunction(found)]
        beyond = [disjunction(found), ~conjunction([allowed, known])]
        shared = [conjunction([one, other]) for at, one in enumerate(found) for other in found[:at]]
        session = open_session(Engine.SAT, joint.finite, background, [*missed, *beyond, *shared])
        assert isinstance(session.check(missed), Unsat)
        assert isinstance(session.check(beyond), Unsat)
        assert all(isinstance(session.check([both]), Unsat) for both in shared)
        checked.append(len(found))

    assert len(checked) >= 8 and sum(checked) > 40


def test_thousands_of_requests_are_decided_as_their_regions_say() -> None:
    """Requests drawn from each region are allowed, and those drawn from outside all regions are refused."""
    counts = {Outcome.ALLOW: 0, Outcome.DENY: 0}

    @random_keys(40, count=15)
    def check(_: Scenario, given: QuestionSide) -> None:
        joint = join([given])
        side, diagrams = joint.sides[0], joint.diagrams
        regions = Describer(joint, 0).describe(side.allowed)
        if regions.undecided:
            return
        outside = diagrams.minus(joint.known_action, union(diagrams, regions))
        sets = [(found.node, Outcome.ALLOW) for found in regions.found] + [(outside, Outcome.DENY)] * 4
        for node, wanted in sets:
            for drawn in draws(joint, node, wanted, 20):
                assert RequestDecider(given.estate, drawn.request).outcome(dict(drawn.symbols)) is wanted
                counts[wanted] += 1

    assert counts[Outcome.ALLOW] > 900 and counts[Outcome.DENY] > 300, counts


def draws(joint: Joint, node: DiagramNode, wanted: Outcome, count: int) -> Iterator[Sample]:
    """Requests of a set, each of another random part of it."""
    dice = random.Random(node * 31 + count)
    projection = joint.care(0, node)
    whole = joint.diagrams.both(node, projection.care)
    for _ in range(count if whole != NOTHING else 0):
        part = whole
        for name in dice.sample(sorted(joint.diagrams.support(whole)), min(4, len(joint.diagrams.support(whole)))):
            values = [
                value for value in range(joint.diagrams.widths[name]) if joint.diagrams.values(part, name) >> value & 1
            ]
            part = joint.diagrams.both(part, joint.diagrams.literal(name, 1 << dice.choice(values)))
        with suppress(Impossible):
            found = sample(joint, 0, projection, part, wanted)
            if isinstance(found, Sample):
                yield found
