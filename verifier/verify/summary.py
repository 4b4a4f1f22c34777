"""What a report says of a key before its answers.

In: the estate, a key. Out: `KeySummary`.
"""

from __future__ import annotations

from verifier.model.estate import Estate, Key, Level
from verifier.model.results.verdict import KeySummary
from verifier.problem.semantics.controls import controls_of


def summary(estate: Estate, key: Key) -> KeySummary:
    """The key's policy, grants, and the levels of control policies above its account, counted. Where the input may hold grants that are not
    known, how many there are is not said (G1)."""
    policies = key.policies
    name = policies[0].name if policies else None
    statements = sum(len(policy.statements) for policy in policies or ())
    open_ = any(thing.label == "G1" and thing.key in (key.arn, None) for thing in estate.unmodelled)
    grants = None if key.grants is None or open_ else len(key.grants)
    controls = controls_of(estate, key.account)
    service, resource = (controls.service, controls.resource) if controls else (None, None)
    return KeySummary(key.arn, key.name, name, statements, key.state, grants, _count(service), _count(resource))


def _count(levels: tuple[Level, ...] | None) -> int | None:
    return None if levels is None else len(levels)
