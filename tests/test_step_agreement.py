"""`problem` against `evaluate` on random requests of steps: IAM, STS, RAM, services that start code (E1–E4).

`make test` asks the same requests every time; `make fuzz` (`tools/fuzz.py`) new ones.
"""

from __future__ import annotations

from collections import Counter

import pytest

from tests.agreement.steps import StepCounts, check_steps, step_scenario
from tests.agreement.world import tapes
from tests.verify.stepping import answer
from verifier.ask.answers import Proved, Refuted, Unknown
from verifier.model.steps.actions import step_actions
from verifier.problem.subjects import target_of

pytestmark = pytest.mark.usefixtures("asked_twice")

ESTATES = 60


def test_problem_agrees_with_evaluate_on_steps() -> None:
    counts = StepCounts()

    for turn, tape in enumerate(tapes(1, ESTATES)):
        check_steps(step_scenario(tape, turn), counts)
    total = sum(counts.outcomes.values())
    assert total >= 1000 and counts.outcomes["allow"] >= 0.1 * total, str(counts)
    assert sum(counts.undetermined.values()) <= 0.02 * total, str(counts)
    assert counts.open <= 0.02 * total, str(counts)
    assert {action for action, _ in counts.actions} == {action.name for action in step_actions()}


@pytest.mark.parametrize(
    "tape",
    [
        # SCPs with patterns of five fields, which cover nothing, not even what a request does not say (L6).
        "dc6575df402a8e0a93150c36dd2b631a",
        # iam:ResourceTag, which no request to make a function has.
        "9cc7a72363bbb4ce4c0e43a3f605a2b2",
    ],
)
def test_problem_agrees_with_evaluate_where_it_did_not(tape: str) -> None:
    check_steps(step_scenario(bytes.fromhex(tape), None), StepCounts())


def test_witnesses_on_steps_replay_and_can_be_sent() -> None:
    """A request that `problem` says is allowed is one that `evaluate` allows, and warns of nothing (R6)."""
    seen: Counter[type] = Counter()

    for scenario in map(step_scenario, tapes(2, ESTATES)):
        for request in scenario.requests[:3]:
            found = answer(scenario.estate, target_of(scenario.estate, request), request.action)
            seen[type(found)] += 1
            if isinstance(found, Refuted):
                assert found.shown.decision.warnings == (), found.shown.request

    assert min(seen[kind] for kind in (Refuted, Proved, Unknown)) >= 10, seen
