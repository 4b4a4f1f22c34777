"""Regions on random estates: disjoint, together exactly the set, each with a request that `evaluate` decides so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import Phase, given, seed, settings

from tests.agreement.scenarios import Scenario, scenarios
from verifier.evaluate import evaluate
from verifier.model.request import Outcome
from verifier.problem.diagrams.diagram import EVERYTHING, NOTHING, DiagramNode
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import consistent, key_target
from verifier.verify.regions import Describer, Regions

Check = Callable[[Scenario, QuestionSide], None]


def random_keys(part: int, count: int = 10) -> Callable[[Check], None]:
    """Runs a check on generated estates, the same ones every time."""

    def decorate(check: Check) -> None:
        @seed(part)
        @settings(max_examples=count, phases=[Phase.generate])
        @given(scenarios())
        def run(scenario: Scenario) -> None:
            for key in scenario.setting.estate.keys:
                if key.policies is not None and consistent(key):
                    check(scenario, QuestionSide(scenario.setting.estate, key_target(key)))

        run()

    return decorate


def union(joint: Joint, regions: Regions) -> DiagramNode:
    return joint.diagrams.any_of(found.node for found in regions.found)


@pytest.mark.parametrize("part", range(2))
def test_regions_are_disjoint_and_exact(part: int) -> None:
    seen = []

    @random_keys(part)
    def check(_: Scenario, given_: QuestionSide) -> None:
        joint = join([given_])
        diagrams = joint.diagrams
        regions = Describer(joint, 0).describe(joint.sides[0].allowed)
        for number, found in enumerate(regions.found):
            assert all(diagrams.both(found.node, other.node) == NOTHING for other in regions.found[:number])
            assert found.sample is not None
            sample = found.sample
            assert evaluate(given_.estate, sample.request, dict(sample.symbols)).outcome is Outcome.ALLOW
        if not regions.undecided:
            wanted = diagrams.both(joint.sides[0].allowed, joint.known_action)
            missed = diagrams.minus(wanted, union(joint, regions))
            assert diagrams.both(missed, joint.care(0, missed).care) == NOTHING
        assert diagrams.implies(union(joint, regions), joint.sides[0].allowed)
        seen.append(len(regions.found))

    assert sum(seen) > 10


def test_a_set_and_its_complement_share_no_request() -> None:
    @random_keys(7, count=6)
    def check(_: Scenario, given_: QuestionSide) -> None:
        joint = join([given_, given_])
        assert joint.gained(0) == NOTHING and joint.gained(1) == NOTHING
        assert joint.possible(0) == EVERYTHING
