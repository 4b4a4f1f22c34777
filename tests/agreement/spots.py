"""The statements of a trace, put beside the statements that it is about.

In: a setting and evaluate's trace. Out: `Spot`s: each statement with its step, and the steps for its elements where the
trace shows them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import Any

from tests.agreement.estates import Setting
from verifier.model.policy import Condition, Policy, Statement
from verifier.model.request import Step


@dataclass(frozen=True)
class Spot:
    """One statement in one trace. `summary` is its own step, which names the rule by which it does not apply;
    `elements` are the steps for action, resource and principal, where the trace shows them; `conditions` pairs each
    condition with its step; `loose` says whether the text has a bare value where a list may stand (L2)."""

    policy: Policy
    statement: Statement
    summary: Step
    elements: tuple[Step, ...]
    conditions: tuple[tuple[Condition, Step], ...]
    loose: bool

    @property
    def applies(self) -> bool:
        """Whether the statement applies to the request."""
        return self.summary.holds

    @property
    def with_variables(self) -> bool:
        """Whether some value or resource holds `${`."""
        texts = [value for condition in self.statement.conditions for value in condition.values]
        return any("${" in text.value for text in (*texts, *(self.statement.resources or ())))

    @property
    def named(self) -> bool:
        """Whether the principal element names the caller."""
        return len(self.elements) > 2 and self.elements[2].holds


def spots(setting: Setting, trace: tuple[Step, ...]) -> Iterator[Spot]:
    """The statements of a trace, in its order; grants are no statements."""
    statements = _statements(setting)
    for position, step in enumerate(trace):
        if step.depth == 1 and step.statement is not None and not is_grant(step):
            shown = list(takewhile(lambda following: following.depth == 2, trace[position + 1 :]))
            named = statements[step.statement.policy, step.statement.index]
            # A managed policy may be both attached and the boundary.
            policy, statement, loose = next(
                (found for found in named if f" of {found[0].kind.value} " in step.text), named[0]
            )
            yield _spot(policy, statement, loose, step, shown)


def is_grant(step: Step) -> bool:
    """Whether a step is about a grant."""
    return step.statement is not None and "#grant:" in step.statement.policy


def _spot(policy: Policy, statement: Statement, loose: bool, step: Step, shown: list[Step]) -> Spot:
    count = 3 if len(shown) > 2 and shown[2].text.startswith(("Principal", "NotPrincipal")) else 2
    # A last step about variables without a value may follow the conditions.
    conditions = tuple(zip(statement.conditions, shown[count:], strict=False))
    return Spot(policy, statement, step, tuple(shown[:count]), conditions, loose)


@lru_cache(maxsize=2)
def _statements(setting: Setting) -> dict[tuple[str, int], list[tuple[Policy, Statement, bool]]]:
    documents = dict(setting.documents)
    found: dict[tuple[str, int], list[tuple[Policy, Statement, bool]]] = {}
    for policy in {(policy.identity, policy.kind): policy for policy in setting.estate.deciding_policies()}.values():
        listed = json.loads(documents[policy.identity])["Statement"]
        written = listed if isinstance(listed, list) else [listed]
        for statement in policy.statements:
            bare = not isinstance(listed, list) or _is_loose(written[statement.index])
            found.setdefault((policy.identity, statement.index), []).append((policy, statement, bare))
    return found


def _is_loose(statement: dict[str, Any]) -> bool:
    tests = [values for tests in statement.get("Condition", {}).values() for values in tests.values()]
    elements = [statement.get(name) for name in ("Action", "NotAction", "Resource")]
    return any(isinstance(element, str) for element in elements) or any(
        not isinstance(values, list) for values in tests
    )
