"""Requests of steps in both rooms (E1–E3): scenarios, and how a disagreement is told.

In: nothing. Out: `step_scenarios()`; `check_steps` raises `Disagreement`, and counts.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

from hypothesis import strategies as st

from tests.agreement.runner import Comparison, assignment, compared
from tests.agreement.scenarios import ENGINES, Disagreement
from tests.agreement.step_requests import a_request
from tests.agreement.step_worlds import estate
from tests.agreement.symbolic import Decider
from tests.agreement.world import TAPE, Dice
from verifier.model.estate import Estate
from verifier.model.request import Request
from verifier.model.steps.actions import step_actions
from verifier.model.symbols import TrustFact

REQUESTS = 12
IN_TURN = 3
"""Requests of a scenario that are of the actions whose turn it is."""


@dataclass(frozen=True, repr=False)
class StepScenario:
    """An estate and requests about what steps change. `tape` and `turn` make it again."""

    estate: Estate
    requests: tuple[Request, ...]
    tape: bytes
    turn: int | None = None

    def __repr__(self) -> str:
        return f"step_scenario(bytes.fromhex({self.tape.hex()!r}), {self.turn})"


@dataclass
class StepCounts:
    """What a run has seen: comparisons by action and by what evaluate says; those that `problem` cannot hold."""

    outcomes: Counter[str] = field(default_factory=Counter)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    undetermined: Counter[str] = field(default_factory=Counter)
    open: int = 0

    def __str__(self) -> str:
        shown = ", ".join(f"{name} {count:,}" for name, count in sorted(self.outcomes.items()))
        return (
            f"steps: {shown}; {self.open:,} with open facts, {sum(self.undetermined.values()):,} that problem "
            "cannot hold"
        )

    def add(self, other: StepCounts) -> None:
        """Takes over the counts of another run."""
        self.outcomes.update(other.outcomes)
        self.actions.update(other.actions)
        self.undetermined.update(other.undetermined)
        self.open += other.open


def step_scenarios() -> st.SearchStrategy[StepScenario]:
    """Estates with requests."""
    return st.binary(min_size=TAPE, max_size=TAPE).map(step_scenario)


def step_scenario(tape: bytes, turn: int | None = None) -> StepScenario:
    """The scenario that a tape of choices tells. With a turn, some requests are of the actions whose turn it is, so
    that all are asked."""
    dice = Dice(tape)
    found, keys = estate(dice)
    every = step_actions()
    fixed = () if turn is None else tuple(every[(turn * IN_TURN + n) % len(every)] for n in range(IN_TURN))
    asked = (*fixed, *(None,) * (REQUESTS - len(fixed)))
    return StepScenario(
        found, tuple(dict.fromkeys(a_request(dice, found, keys, action) for action in asked)), tape, turn
    )


def check_steps(scenario: StepScenario, counts: StepCounts) -> None:
    """Asks both rooms about every request, with the readings open and under an assignment. Raises `Disagreement`."""
    decider = Decider(scenario.estate, ENGINES[scenario.tape[0] % len(ENGINES)])
    for number, request in enumerate(scenario.requests):
        _check(scenario, decider, request, None, counts)
        chosen = assignment(scenario.estate, scenario.tape[1] + number)
        if request.resource is not None:
            chosen[TrustFact(request.resource)] = Random(scenario.tape).random() < 0.5
        _check(scenario, decider, request, chosen, counts)


def _check(
    scenario: StepScenario, decider: Decider, request: Request, chosen: dict[str, bool] | None, counts: StepCounts
) -> None:
    found = compared(decider, scenario.estate, request, chosen)
    outcome = found.decision.outcome.value
    counts.outcomes[outcome] += 1
    counts.actions[request.action, outcome] += 1
    if found.symbolic is None:
        counts.undetermined[found.undetermined.split(" (")[0]] += 1
    elif found.symbolic is not found.decision.outcome:
        if not _open(found):
            raise Disagreement(_told(scenario, found))
        counts.open += 1


def _open(found: Comparison) -> bool:
    """Whether `evaluate` leaves something open that the request does not say, which for `problem` is absent (E4)."""
    symbols = [symbol for symbol in found.decision.depends_on if not isinstance(symbol, TrustFact)]
    return any(symbol.startswith(("U3:", "F1:")) for symbol in symbols)


def _told(scenario: StepScenario, found: Comparison) -> str:
    decision = found.decision
    lines = [
        f"evaluate says {decision.outcome.value} {list(decision.depends_on)}, problem says {found.symbolic}",
        repr(scenario),
    ]
    lines += [repr(found.request), repr(found.assignment)]
    return "\n".join(
        [
            *lines,
            *(f"{'  ' * step.depth}{step.rule} {'+' if step.holds else '-'} {step.text}" for step in decision.trace),
        ]
    )
