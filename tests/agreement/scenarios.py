"""Scenarios: an estate with a few requests, as one strategy of hypothesis, and how a disagreement is told.

In: nothing. Out: `scenarios()`; `check` raises `Disagreement` with everything that is needed to see it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from tests.agreement.counts import Counts
from tests.agreement.estates import Setting, a_setting
from tests.agreement.library import Library
from tests.agreement.limits import session_policy
from tests.agreement.malformed import with_fault
from tests.agreement.reduce import reduced
from tests.agreement.regressions import to_json
from tests.agreement.requests import a_request
from tests.agreement.runner import Comparison, assignment, compare
from tests.agreement.sessions import limited
from tests.agreement.symbolic import Decider
from tests.agreement.world import TAPE, Dice
from verifier.language.policies.documents import read_policy
from verifier.model.choices import Engine
from verifier.model.policy import PolicyKind
from verifier.model.request import CallerKind, Decision, Request
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

ENGINES = (Engine.Z3, Engine.SAT)
"""They take turns."""

REQUESTS = 10
"""How many requests are asked about one estate, at most: equal ones are asked once."""
PERCENT_LIMITED = 12
"""Of a hundred requests of role and federated sessions, how many are asked with session policies too."""


@dataclass(frozen=True, repr=False)
class Scenario:
    """An estate, the requests about it, a few of these with session policies, and the number that picks the assignments
    of the readings."""

    setting: Setting
    requests: tuple[Request, ...]
    few: tuple[Request, ...]
    seed: int

    def __repr__(self) -> str:
        """Short, since a disagreement tells the one request that matters."""
        return f"Scenario(seed={self.seed})"


class Disagreement(AssertionError):
    """The two rooms, or the third reading, decide one request differently."""


def scenarios() -> st.SearchStrategy[Scenario]:
    """Estates with requests over the whole language."""
    return st.binary(min_size=TAPE, max_size=TAPE).map(scenario)


def scenario(tape: bytes) -> Scenario:
    """The scenario that a tape of choices tells."""
    dice = Dice(tape)
    setting = a_setting(dice)
    seed = dice.count(0, 10**6)
    requests = tuple(dict.fromkeys(a_request(dice, setting) for _ in range(REQUESTS)))
    library = Library()
    few = tuple(
        _limited(dice, setting, library, request)
        for request in requests
        if dice.chance(PERCENT_LIMITED) and _limitable(request)
    )
    setting = replace(setting, documents=(*setting.documents, *library.documents.items()))
    return Scenario(setting, requests, few, seed)


def _limitable(request: Request) -> bool:
    return request.caller.kind in (CallerKind.ROLE, CallerKind.FEDERATED)


def _limited(dice: Dice, setting: Setting, library: Library, request: Request) -> Request:
    """A request with one or two session policies."""
    written = [session_policy(dice, setting.theme) for _ in range(dice.one((1, 1, 2)))]
    start = len(library.documents)
    policies = [
        library.read(text, PolicyKind.SESSION, f"session#{start + number}") for number, text in enumerate(written)
    ]
    return replace(request, session_policies=tuple(policies))


def check(scenario: Scenario, counts: Counts) -> None:
    """Asks both rooms, and the third reading, about every request of a scenario, and counts. Raises `Disagreement`."""
    estate = scenario.setting.estate
    decider = Decider(estate, ENGINES[scenario.seed % len(ENGINES)])
    for comparison in compare(decider, estate, list(scenario.requests), scenario.seed):
        counts.see(scenario.setting, comparison)
        if not comparison.agrees or not comparison.sharp:
            raise Disagreement(told(scenario.setting, comparison))
    for number, request in enumerate(scenario.few):
        _check_session(
            scenario, counts, decider, request, assignment(estate, scenario.seed + number) if number % 2 else None
        )
    refused = refuses_faults(scenario)
    counts.see_document(sound=True, refused=False)
    counts.see_document(sound=False, refused=refused)
    if not refused:
        raise Disagreement(f"the reader accepts {with_fault(scenario.setting.documents[0][1], scenario.seed)}")


def _check_session(
    scenario: Scenario, counts: Counts, decider: Decider, request: Request, chosen: Mapping[str, bool] | None
) -> None:
    """Holds a request with session policies against the same without them (U2)."""
    setting = scenario.setting
    found = limited(decider, setting.estate, request, chosen)
    for fault in found.faults:
        case = case_of(setting, request, chosen)
        lines = [
            fault.what,
            f"with session policies {fault.decision.outcome.value}, beside {fault.other.value}",
            *_trace(fault.decision),
        ]
        raise Disagreement("\n".join((*lines, json.dumps(reduced(case), indent=1))))
    counts.see_session(request, found)


def refuses_faults(scenario: Scenario) -> bool:
    """Whether the reader refuses a key policy of the scenario once a fault is put into it (L4)."""
    identity, text = scenario.setting.documents[0]
    try:
        read_policy(
            Source("faulty.json", with_fault(text, scenario.seed)), PolicyKind.KEY, identity=identity, name="default"
        )
    except InputError:
        return True
    return False


def told(setting: Setting, comparison: Comparison) -> str:
    """A disagreement as text: what each room says, the trace, and the case as JSON for `tests/cases/regressions`."""
    decision = comparison.decision
    symbolic = comparison.symbolic.value if comparison.symbolic else f"nothing ({comparison.undetermined})"
    third = comparison.third.value if comparison.third else "nothing"
    said = (
        f"evaluate says {decision.outcome.value} {list(decision.depends_on)}, problem says {symbolic}, the third "
        f"reading says {third}"
    )
    lines = [said, *_trace(decision)]
    case = case_of(setting, comparison.request, comparison.assignment)
    return "\n".join((*lines, json.dumps(reduced(case), indent=1)))


def _trace(decision: Decision) -> list[str]:
    return [f"{'  ' * step.depth}{step.rule} {'+' if step.holds else '-'} {step.text}" for step in decision.trace]


def case_of(setting: Setting, request: Request, chosen: Mapping[str, bool] | None) -> dict[str, Any]:
    """A request as a case of `tests/cases/regressions`, without its outcome."""
    case = to_json(setting.estate, dict(setting.documents), request, chosen)
    # Through text, so that tuples are the lists that a file would have.
    return dict(json.loads(json.dumps(case)))
