"""What a report is shown with beside its verdicts: the meanings of statements, and the texts of files.

In: an estate, texts of files. Out: `Evidence`. Guarantee: pure; a text is the one that was checked, or is not there.
What makes evidence is imported when it is made: the command line imports this module for its help.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.model.estate import Estate
    from verifier.model.policy import Policy, StatementRef
    from verifier.model.results.access import WhoCan


@dataclass(frozen=True)
class Evidence:
    """`meanings` gives a digest of what each statement and grant means, by policy and number; `texts` the text of each file that was read;
    `policies` the policies by their identity; `who_can` who can do something with the keys, for a picture."""

    meanings: Mapping[tuple[str, int], bytes] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    who_can: WhoCan | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)

    def of_statements(self, statements: Iterable[StatementRef]) -> str | None:
        """A digest of what statements mean, in any order; `None` where there are none, or where one is not known."""
        from verifier.runs.digests import digest

        found = [self.meanings.get((statement.policy, statement.index)) for statement in statements]
        return digest(frozenset(found)).hex()[:32] if found and None not in found else None


NO_EVIDENCE = Evidence()


def meanings_of(estate: Estate) -> dict[tuple[str, int], bytes]:
    """What every statement and grant of an estate means."""
    from verifier.problem.semantics.targets import key_target
    from verifier.runs.digests import Statements
    from verifier.runs.stored_verdicts import places_of, shared_policies

    statements, shared = Statements(), shared_policies(estate)
    found = {(name, number): own for name, policy in shared.items() for number, own in enumerate(statements.of_policy(policy))}
    for key in estate.keys:
        found |= places_of({}, key_target(key), statements).meanings()
    return found


def policies_of(estate: Estate) -> dict[str, Policy]:
    """Every policy of an estate by its identity."""
    of_keys = (policy for key in estate.keys for policy in key.policies or ())
    return {policy.identity: policy for policy in (*estate.policies_beside_keys(), *of_keys)}
