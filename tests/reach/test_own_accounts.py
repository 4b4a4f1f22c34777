"""Accounts of the caller's own stand for all that it may have (W2)."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import HOME, Statement, allow
from tests.evaluate.steps.worlds import state
from tests.reach.telling import PROVED, told

OUTSIDE = {"StringNotEquals": {"aws:PrincipalAccount": HOME}}


def open_to(**conditions: object) -> Statement:
    """A statement of the key policy for other accounts than its own."""
    return allow("*", "kms:Decrypt", Condition={**OUTSIDE, **conditions})


@pytest.mark.parametrize(
    "condition",
    [
        {"NumericLessThan": {"aws:PrincipalAccount": "300000000000"}},
        {"NumericLessThan": {"kms:CallerAccount": "3000"}},
        {"NumericGreaterThan": {"aws:PrincipalAccount": "999999999998"}},
    ],
)
def test_w2_accounts_are_not_compared_as_numbers(condition: dict[str, object]) -> None:
    assert told(state(key=open_to(**condition), facts={"grants": ()})) != PROVED
