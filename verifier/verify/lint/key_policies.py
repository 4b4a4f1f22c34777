"""What is asked about the statements of a key policy: each by itself, and beside everything else of the estate.

In: an estate, a key. Out: a `KeyPolicyCase`. Guarantee: what the rest of the estate adds is asked only if a rule needs
it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from verifier.model.estate import Estate, Key
from verifier.model.policy import StatementRef, reference_to
from verifier.problem.expression import TRUE
from verifier.problem.semantics.targets import key_target
from verifier.verify.lint.decisions import KeyPolicyCase
from verifier.verify.lint.places import InEstate, alone, in_estate
from verifier.verify.lint.subjects import Decided, Seen, Subject


def key_policy_case(estate: Estate, key: Key, timeout: float | None) -> KeyPolicyCase:
    """Everything that is asked about the statements of a key."""
    target = key_target(key)
    written = [(policy, statement) for policy in key.policies or () for statement in policy.statements]
    by_itself = alone(estate, target, written, timeout)
    whole = cache(lambda: in_estate(estate, target, written, lambda _: TRUE, timeout))
    subjects = {
        number: Subject(
            estate,
            policy,
            statement,
            [partial(_self, seen)],
            [partial(_one, whole, reference_to(policy, statement))],
            key,
        )
        for (number, _), (policy, statement), seen in zip(by_itself.said, written, by_itself.seen, strict=True)
    }
    return KeyPolicyCase(subjects, by_itself.decision, lambda: whole().decision)


def _self(seen: Seen) -> Seen:
    return seen


def _one(whole: Callable[[], InEstate], reference: StatementRef) -> Decided:
    return whole().seen[reference]
