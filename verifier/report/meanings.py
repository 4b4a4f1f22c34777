"""Digests of what statements mean, which stay the same when a policy is laid out otherwise.

In: an estate; statements. Out: digests. Guarantee: pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from verifier.model.digest import short_digest
from verifier.model.estate import Estate
from verifier.model.policy import Policy, StatementRef
from verifier.problem.semantics.targets import key_target
from verifier.report.evidence import Evidence
from verifier.runs.digests import Statements
from verifier.runs.stored_verdicts import bearing_policies, shared_policies


def meanings_of(estate: Estate) -> dict[tuple[str, int], bytes]:
    """What every statement and grant of an estate means."""
    statements = Statements()
    found = statements.of_policies(shared_policies(estate))
    for key in estate.keys:
        found |= bearing_policies({}, key_target(key), statements).meanings()
    return found


def joint_meaning(evidence: Evidence, statements: Iterable[StatementRef]) -> str | None:
    """A digest of what statements mean, in any order; `None` where there are none, or where one is not known."""
    found = [evidence.meanings.get((statement.policy, statement.index)) for statement in statements]
    return short_digest(frozenset(found)) if found and None not in found else None


def policies_by_identity(estate: Estate) -> dict[str, Policy]:
    """Every policy of an estate by its identity."""
    of_keys = (policy for key in estate.keys for policy in key.policies or ())
    return {policy.identity: policy for policy in (*estate.policies_beside_keys(), *of_keys)}
