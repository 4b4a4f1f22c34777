"""Callers whom no policy tells apart are told once each."""

from __future__ import annotations

from tests.evaluate.estates import HOME, KEY, Statement, allow, aws, identity, own, policy
from tests.evaluate.reaching import inventory
from verifier.model.estate import Estate, Key
from verifier.model.policy import PolicyKind
from verifier.verify.reach.reach import reach_to

ROLES = tuple(f"arn:aws:iam::{HOME}:role/{name}" for name in ("a", "b", "c"))


def told(*statements: Statement) -> tuple[list[str], list[str]]:
    """The callers of all rows, and those that are out of reach, where three roles have the same policy."""
    key = Key(KEY, "payments", (policy(allow(aws(f"arn:aws:iam::{HOME}:root")), kind=PolicyKind.KEY, identity=KEY),))
    (found,) = reach_to(
        Estate((key,), (inventory(HOME, *(identity(role, *statements) for role in ROLES)),)), ["kms:Decrypt"]
    ).keys
    return [caller for row in found.rows for caller in row.callers if caller in ROLES], list(found.beyond)


def test_each_is_out_of_reach_once() -> None:
    assert told(own("s3:*")) == ([], list(ROLES))


def test_each_is_within_reach_once() -> None:
    callers, beyond = told(own("kms:Decrypt"))
    assert sorted(callers) == sorted(ROLES) and beyond == []
