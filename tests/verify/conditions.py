"""Conditions of invariants, for tests."""

from __future__ import annotations

from verifier.model.invariant import Holds
from verifier.model.policy import Condition, Operator, Text


def string_equals(key: str, *values: str) -> Holds:
    """`StringEquals` on one key."""
    return Holds(Condition(Operator("StringEquals", None, False), Text(key), tuple(Text(value) for value in values)))
