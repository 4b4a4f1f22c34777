"""Scenarios: an estate with a few requests, as one strategy of hypothesis, and how a disagreement is told.

In: nothing. Out: `scenarios()`; `check` raises `Disagreement` with everything that is needed to see it again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.agreement.counts import Counts
from tests.agreement.estates import Setting, a_setting
from tests.agreement.malformed import with_fault
from tests.agreement.reduce import reduced
from tests.agreement.regressions import to_json
from tests.agreement.requests import a_request
from tests.agreement.runner import Comparison, compare
from tests.agreement.world import TAPE, Dice
from verifier.model.documents import read_policy
from verifier.model.policy import PolicyKind
from verifier.model.request import Request
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

REQUESTS = 10
"""How many requests are asked about one estate, at most: equal ones are asked once."""


@dataclass(frozen=True, repr=False)
class Scenario:
    """An estate, the requests about it, and the number that picks the assignments of the readings."""

    setting: Setting
    requests: tuple[Request, ...]
    seed: int

    def __repr__(self) -> str:
        """Short, since a disagreement tells the one request that matters."""
        return f"Scenario(seed={self.seed})"


class Disagreement(AssertionError):
    """The two rooms decide one request differently."""


def scenarios() -> st.SearchStrategy[Scenario]:
    """Estates with requests over the whole language."""
    return st.binary(min_size=TAPE, max_size=TAPE).map(scenario)


def scenario(tape: bytes) -> Scenario:
    """The scenario that a tape of choices tells."""
    dice = Dice(tape)
    setting = a_setting(dice)
    seed = dice.count(0, 10**6)
    return Scenario(setting, tuple(dict.fromkeys(a_request(dice, setting) for _ in range(REQUESTS))), seed)


def check(scenario: Scenario, counts: Counts) -> None:
    """Asks both rooms about every request of a scenario, and counts. Raises `Disagreement`."""
    for comparison in compare(scenario.setting.estate, list(scenario.requests), scenario.seed):
        counts.see(scenario.setting, comparison)
        if not comparison.agrees or not comparison.sharp:
            raise Disagreement(told(scenario.setting, comparison))
    refused = refuses_faults(scenario)
    counts.see_document(sound=True, refused=False)
    counts.see_document(sound=False, refused=refused)
    if not refused:
        raise Disagreement(f"the reader accepts {with_fault(scenario.setting.documents[0][1], scenario.seed)}")


def refuses_faults(scenario: Scenario) -> bool:
    """Whether the reader refuses a key policy of the scenario once a fault is put into it (L4)."""
    identity, text = scenario.setting.documents[0]
    try:
        read_policy(Source("faulty.json", with_fault(text, scenario.seed)), PolicyKind.KEY, identity=identity, name="default")
    except InputError:
        return True
    return False


def told(setting: Setting, comparison: Comparison) -> str:
    """A disagreement as text: what each room says, the trace, and the case as JSON for `tests/cases/regressions`."""
    decision = comparison.decision
    symbolic = comparison.symbolic.value if comparison.symbolic else f"nothing ({comparison.undetermined})"
    lines = [f"evaluate says {decision.outcome.value} {list(decision.depends_on)}, problem says {symbolic}"]
    lines += [f"{'  ' * step.depth}{step.rule} {'+' if step.holds else '-'} {step.text}" for step in decision.trace]
    return "\n".join((*lines, json.dumps(reduced(case_of(setting, comparison)), indent=1)))


def case_of(setting: Setting, comparison: Comparison) -> dict[str, Any]:
    """A comparison as a case of `tests/cases/regressions`, without its outcome."""
    case = to_json(setting.estate, dict(setting.documents), comparison.request, comparison.assignment)
    # Through text, so that tuples are the lists that a file would have.
    return dict(json.loads(json.dumps(case)))
