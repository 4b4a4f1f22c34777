"""Who can, held against `evaluate`: on requests of generated estates, and on requests drawn from inside and outside its
rows."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.agreement.runner import assignment
from tests.agreement.scenarios import Scenario
from tests.verify.callers_reader import about
from tests.verify.located import draws, place
from tests.verify.test_regions import random_keys
from verifier.ask.loop import refined
from verifier.evaluate import RequestDecider
from verifier.model.request import Outcome
from verifier.model.results.access import Access
from verifier.model.symbol_texts import read_values
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.rules import QuestionSide
from verifier.verify.access.access_rows import FoundRows, Rows
from verifier.verify.access.who_can import list_who_can
from verifier.verify.partition import Partitioner, RequestPartition

ASSIGNMENTS = 6
"""Assignments of the readings and free facts under which each request is decided."""


def rows_of(given: QuestionSide) -> tuple[Joint, FoundRows]:
    """All rows of a key."""
    joint = join([given])
    assert given.target.key is not None
    rows = Rows(joint, given.estate, given.target.key)
    found = refined(joint, lambda: rows.found(joint.sides[0].allowed))
    assert isinstance(found, FoundRows)
    return joint, found


def owners(joint: Joint, found: FoundRows, node: DiagramNode) -> list[int]:
    """The rows that share requests with a set."""
    return [number for number, own in enumerate(found.nodes) if joint.diagrams.both(own, node) != NOTHING]


@pytest.mark.parametrize("part", range(2))
def test_rows_agree_with_evaluate(part: int) -> None:
    counts = Counter[str]()

    @random_keys(part + 40, count=18)
    def check(scenario: Scenario, given: QuestionSide) -> None:
        joint, found = rows_of(given)
        for number, request in enumerate(scenario.requests):
            if request.resource != given.target.resource or request.session_policies is not None:
                continue
            for turn in range(ASSIGNMENTS):
                chosen = read_values(assignment(given.estate, scenario.seed + number + 1000 * turn))
                node = place(joint, request, chosen)
                if node is None or joint.diagrams.both(node, joint.known_action) == NOTHING:
                    continue
                outcome = RequestDecider(given.estate, request).outcome(chosen)
                own = owners(joint, found, node)
                if outcome is Outcome.DENY:
                    assert own == [], (request, chosen)
                elif outcome is Outcome.ALLOW and not found.reasons:
                    assert len(own) >= 1 and joint.diagrams.implies(node, joint.diagrams.any_of(found.nodes)), (
                        request,
                        chosen,
                    )
                counts[outcome.value] += 1

    assert counts["allow"] > 60 and counts["deny"] > 120, counts


@pytest.mark.parametrize("part", range(2))
def test_requests_inside_are_allowed_and_outside_refused(part: int) -> None:
    """`sample` raises where `evaluate` decides otherwise."""
    counts, dice = Counter[str](), random.Random(part)

    @random_keys(part + 60, count=7)
    def check(_: Scenario, given: QuestionSide) -> None:
        joint, found = rows_of(given)
        diagrams = joint.diagrams
        for row, node in zip(found.rows, found.nodes, strict=True):
            for drawn in draws(joint, node, dice, 4, Outcome.ALLOW):
                callers, request = row.region.callers, drawn.request
                assert request.action in row.region.actions.names
                if callers.names and len(callers.names) == 1 and diagrams.values(node, "principal").bit_count() == 1:
                    assert request.caller.principal_arn not in {
                        name for other in found.rows if other is row for name in other.besides
                    }
                elif not callers.names:
                    own = request.caller.principal_arn
                    assert about(callers.text.replace("every other ", "every "), own, given.target.account), (
                        callers,
                        own,
                    )
                counts["allow"] += 1
        outside = diagrams.minus(joint.known_action, joint.sides[0].allowed)
        counts["deny"] += sum(1 for _ in draws(joint, outside, dice, 60, Outcome.DENY))

    assert counts["allow"] > 400 and counts["deny"] > 400, counts


def test_rows_are_disjoint_and_together_everything() -> None:
    seen = []

    @random_keys(80, count=12)
    def check(_: Scenario, given: QuestionSide) -> None:
        joint, found = rows_of(given)
        diagrams = joint.diagrams
        for number, node in enumerate(found.nodes):
            named = len(found.rows[number].region.callers.names) == 1
            for other_number, other in enumerate(found.nodes[:number]):
                both_named = named and len(found.rows[other_number].region.callers.names) == 1
                assert (
                    both_named
                    or diagrams.both(node, other) == NOTHING
                    or found.rows[number].besides
                    or found.rows[other_number].besides
                )
        if not found.reasons:
            allowed = diagrams.both(joint.sides[0].allowed, joint.known_action)
            missed = diagrams.minus(allowed, diagrams.any_of(found.nodes))
            assert diagrams.both(missed, joint.care(0, allowed).care) == NOTHING
        seen.append(len(found.rows))

    assert sum(seen) > 100


def test_the_conditions_of_a_row_are_exactly_its_requests() -> None:
    seen = []

    @random_keys(90, count=10)
    def check(_: Scenario, given: QuestionSide) -> None:
        joint = join([given])
        diagrams = joint.diagrams
        partition = refined(joint, lambda: Partitioner(joint, 0).partition(joint.sides[0].allowed))
        assert isinstance(partition, RequestPartition)
        for part in partition.parts:
            if part.cubes is not None:
                cubes = (diagrams.all_of(diagrams.literal(name, mask) for name, mask in cube) for cube in part.cubes)
                assert diagrams.both(diagrams.any_of(cubes), part.seen) == part.node
                seen.append(len(part.cubes))

    assert len(seen) > 40


def test_what_a_caller_can_is_what_is_said_of_it_among_all() -> None:
    """Transposed and direct answers are the same rows."""
    checked = []

    @random_keys(95, count=6)
    def check(_: Scenario, given: QuestionSide) -> None:
        assert given.target.key is not None
        everybody = list_who_can(given.estate, keys=[given.target.key.arn]).keys[0]
        names = dict.fromkeys(name for row in everybody.rows for name in row.region.callers.names)
        for name in list(names)[:5]:
            own = [row for row in everybody.rows if row.region.callers.names == (name,)]
            (asked,) = list_who_can(given.estate, keys=[given.target.key.arn], caller=name).keys
            if not (everybody.reasons or asked.reasons):
                assert _by_action(own) == _by_action(asked.rows), name
                checked.append(len(own))

    assert sum(checked) > 20


def _by_action(rows: Sequence[Access]) -> dict[str, object]:
    return {
        action: (row.region.always, row.ways and frozenset(row.ways))
        for row in rows
        for action in row.region.actions.names
    }
