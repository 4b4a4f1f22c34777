"""`problem` against `evaluate` on random requests of steps: IAM, STS, RAM, services that start code (E1–E4).

`make test` asks the same requests every time; `make fuzz` (`tools/fuzz.py`) new ones.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.agreement.steps import StepCounts, StepScenario, check_steps, step_scenarios
from verifier.model.step_actions import step_actions

ESTATES = 60


def test_problem_agrees_with_evaluate_on_steps() -> None:
    counts = StepCounts()

    @seed(1)
    @settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=ESTATES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(step_scenarios())
    def run(scenario: StepScenario) -> None:
        check_steps(scenario, counts)

    run()
    total = sum(counts.outcomes.values())
    assert total >= 1000 and counts.outcomes["allow"] >= 0.15 * total, str(counts)
    assert sum(counts.undetermined.values()) <= 0.02 * total, str(counts)
    assert counts.open <= 0.02 * total, str(counts)
    assert {action for action, _ in counts.actions} == {action.name for action in step_actions()}
