"""Findings on generated estates: exact, irredundant, and decided by `evaluate` as they say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.agreement.runner import assignment
from tests.agreement.scenarios import Scenario
from tests.verify.located import draws, place
from tests.verify.test_regions import random_keys
from verifier.ask.loop import refined
from verifier.evaluate import RequestDecider
from verifier.model.choices import Zone
from verifier.model.estate import Key
from verifier.model.request import Caller, CallerKind, Outcome
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW, SymbolValues
from verifier.problem.diagrams.diagram import NOTHING, DiagramNode, TooLarge
from verifier.problem.diagrams.joint import Joint, join
from verifier.problem.rules import QuestionSide
from verifier.verify.access.external import Cubes, External
from verifier.verify.access.findings import outside_zone, seen_from_inside, strangers, zone_of

LEAVE: SymbolValues = {OUTSIDE_ALLOW: True, OUTSIDE_DENY: False, SESSION_ALLOW: True}


def external(given: QuestionSide) -> tuple[Joint, Cubes, QuestionSide] | None:
    """The findings of a key on callers outside its account, with the `Joint` whose facts say that callers are
    outside."""
    key = given.target.key
    assert key is not None
    zone = zone_of(given.estate, key, Zone.ACCOUNT, ())
    inside = QuestionSide(seen_from_inside(given.estate, zone.accounts), given.target)
    joint = join([inside], [outside_zone(zone), strangers(zone, given.estate, key)])
    joint.hold(LEAVE)
    scoped = replace(joint, definitions=[*joint.definitions, joint.scopes[0]])
    external_ = External(scoped, joint.scopes[1])
    try:
        found = refined(scoped, external_.found)
    except TooLarge:
        return None
    assert isinstance(found, Cubes)
    return scoped, found, inside


def settled(joint: Joint, found: Cubes) -> DiagramNode:
    """All requests from outside that are allowed: written anew."""
    allowed = joint.diagrams.all_of((joint.sides[0].allowed, joint.known_action))
    return joint.diagrams.both(allowed, joint.care(0, allowed, joint.diagrams.support(found.whole)).care)


@pytest.mark.parametrize("part", range(2))
def test_findings_are_exact_and_none_is_for_nothing(part: int) -> None:
    counts = Counter[str]()

    @random_keys(part + 100, count=16)
    def check(_: Scenario, given: QuestionSide) -> None:
        if (made := external(given)) is None:
            return
        joint, found, _inside = made
        diagrams = joint.diagrams
        if not found.reasons:
            whole = settled(joint, found)
            assert diagrams.implies(diagrams.any_of(found.nodes), joint.sides[0].allowed)
            missed = diagrams.minus(whole, diagrams.any_of(found.nodes))
            assert diagrams.both(missed, joint.care(0, missed).care) == NOTHING
        for number, node in enumerate(found.nodes):
            others = diagrams.any_of(other for at, other in enumerate(found.nodes) if at != number)
            assert not diagrams.implies(node, others)
            counts["findings"] += 1
        counts["reasons"] += bool(found.reasons)

    assert counts["findings"] > 20, counts


def test_findings_agree_with_evaluate() -> None:
    counts, dice = Counter[str](), random.Random(1)

    @random_keys(120, count=14)
    def check(scenario: Scenario, given: QuestionSide) -> None:
        if (made := external(given)) is None:
            return
        joint, found, inside = made
        diagrams = joint.diagrams
        for finding, node in zip(found.findings, found.nodes, strict=True):
            assert finding.region.witness is not None
            # `sample` raises where `evaluate` decides otherwise
            for drawn in draws(joint, node, dice, 4, Outcome.ALLOW):
                assert drawn.request.action in finding.region.actions.names
                assert is_outside(drawn.request.caller, given.target.key)
                counts["allow"] += 1
        refused = diagrams.minus(joint.known_action, joint.sides[0].allowed)
        counts["deny"] += sum(1 for _ in draws(joint, refused, dice, 20, Outcome.DENY))
        counts.update(_requests(scenario, joint, found, inside))

    assert counts["allow"] > 60 and counts["deny"] > 150, counts


def _requests(scenario: Scenario, joint: Joint, found: Cubes, inside: QuestionSide) -> Iterator[str]:
    """The requests of a scenario that come from outside, under assignments that let their accounts allow them."""
    for number, request in enumerate(scenario.requests):
        if request.resource != inside.target.resource or not is_outside(request.caller, inside.target.key):
            continue
        for turn in range(4):
            chosen = {**read_values(assignment(inside.estate, scenario.seed + number + 100 * turn)), **LEAVE}
            node = place(joint, request, chosen)
            if node is None or not joint.diagrams.meets(node, joint.known_action):
                continue  # U4: findings are about the actions that the data knows
            outcome = RequestDecider(inside.estate, request).outcome(chosen)
            own = any(joint.diagrams.meets(node, other) for other in found.nodes)
            if outcome is Outcome.DENY:
                assert not own, (request, chosen)
            elif outcome is Outcome.ALLOW and not found.reasons:
                assert own, (request, chosen)
            yield f"asked {outcome.value}"


def is_outside(caller: Caller, key: Key | None) -> bool:
    assert key is not None
    return caller.kind is not CallerKind.SERVICE and caller.account != key.account
