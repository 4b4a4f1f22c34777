"""Transitive tags come on to the sessions that a session with them makes, whoever let them be passed, and whether or not the next trust
policy does (F3). [IAM User Guide: id_session-tags, Chaining roles with session tags]"""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, ROOT, Statement, aws, own
from tests.evaluate.reaching import LAMBDA, admits, trusting
from tests.evaluate.steps.worlds import state
from tests.reach.telling import PROVED, told
from verifier.model.steps.chains import State

FIRST, LAST = (f"arn:aws:iam::{HOME}:role/{name}" for name in ("first", "last"))
TAGGED = own("kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
OPEN = ("unknown", "F3")


def chained(mine: tuple[Statement, ...], trusted: Statement, *, onward: str = "sts:AssumeRole", whom: Any = None) -> State:
    """Alice may do this; the first role admits those, and may do something to the last one, which decrypts as the team blue."""
    first = trusting(trusted, arn=FIRST, own=(own(onward, LAST),))
    last = trusting(admits(whom or aws(FIRST)), arn=LAST, own=(TAGGED,))
    return state(*mine, others=(first, last), facts={"grants": ()})


ASSUMES, WRITES = (own("sts:*", FIRST),), (own("sts:*", FIRST), own("iam:UpdateAssumeRolePolicy", FIRST))
BY_SERVICE = admits({"Service": LAMBDA})


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (chained(ASSUMES, admits(aws(ALICE), ["sts:AssumeRole", "sts:TagSession"])), OPEN),
        (chained(ASSUMES, admits(aws(ALICE))), PROVED),
        (chained(WRITES, BY_SERVICE), OPEN),
        (chained(WRITES, BY_SERVICE, onward="sts:GetCallerIdentity", whom=aws(ROOT)), PROVED),
        (chained(WRITES, BY_SERVICE, whom=aws(ALICE)), PROVED),
        (chained((own("sts:*", FIRST),), BY_SERVICE), PROVED),
    ],
)
def test_they_come_on(before: State, expected: tuple[str, ...]) -> None:
    assert told(before, steps=4) == expected
