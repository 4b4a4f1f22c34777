"""Small questions for the tests of the engine: estates as in `tests.evaluate.estates`, invariants in a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.evaluate.estates import ALICE, allow, aws, deny, estate
from verifier.model.estate import Estate
from verifier.model.invariant import (
    ALWAYS,
    AnyCaller,
    CallerSet,
    ConditionExpression,
    Expectation,
    Invariant,
    KeySelector,
)
from verifier.model.policy import Text
from verifier.model.results.verdict import Status, Verdict
from verifier.verify.proving import prove

Block = Mapping[str, Mapping[str, Any]]


def nobody(
    *actions: str,
    callers: CallerSet | None = None,
    when: ConditionExpression = ALWAYS,
    keys: tuple[KeySelector, ...] | None = None,
    name: str = "nobody can",
) -> Invariant:
    """No caller can …: every request in the scope is refused."""
    wanted = tuple(Text(action) for action in actions or ("kms:Decrypt",))
    return Invariant(name, Expectation.REFUSED, callers or AnyCaller(), wanted, keys, when)


def always(*actions: str, callers: CallerSet, when: ConditionExpression = ALWAYS) -> Invariant:
    """The callers can always …: every request in the scope is allowed."""
    wanted = tuple(Text(action) for action in actions or ("kms:Decrypt",))
    return Invariant("always can", Expectation.ALLOWED, callers, wanted, None, when)


def verdict(found: Estate, invariant: Invariant | None = None, **options: Any) -> Verdict:
    """The verdict on one invariant about one key: by default that nobody can decrypt."""
    (only,) = prove(found, [invariant or nobody()], **options).verdicts
    return only


def status(found: Estate, invariant: Invariant | None = None, **options: Any) -> str:
    """The same in a word."""
    return verdict(found, invariant, **options).status.value


def conditioned(block: Block, action: str = "kms:Decrypt", principal: Any = None, **facts: Any) -> Estate:
    """An estate whose key policy allows one action under a condition block, and nothing else."""
    return estate(allow(aws(ALICE) if principal is None else principal, action, Condition=block), **facts)


def possible(block: Block, action: str = "kms:Decrypt", principal: Any = None, **facts: Any) -> str:
    """Whether some request meets a condition block: `refuted` if so, `proved` if not."""
    found = verdict(conditioned(block, action, principal, **facts), nobody(action))
    if found.status is Status.REFUTED:
        assert found.counterexample is not None
        # A witness shows the keys that it needs; that others come with them (F4) is no contradiction.
        assert [w for w in found.counterexample.decision.warnings if " comes with " not in w] == [], (
            "R6: this could not be sent"
        )
    return found.status.value


__all__ = ["always", "conditioned", "deny", "nobody", "possible", "status", "verdict"]
