"""Which tags the first session of a chain may have; and transitive tags come on to the sessions that a session with them makes, whoever let
them be passed, and whether or not the next trust policy does (F3). [IAM User Guide: id_session-tags, Chaining roles with session tags]"""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, ROOT, Statement, aws, own
from tests.evaluate.reaching import LAMBDA, admits, trusting
from tests.evaluate.steps.worlds import state
from tests.reach.moves import session
from tests.reach.telling import PROVED, told
from verifier.model.estate import Identity
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


BLUE_ALONE = trusting(
    admits(aws(FIRST), Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}), arn=LAST, own=(own("kms:Decrypt"),)
)
SAME = {"StringEqualsIfExists": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}}
ZERO = f"arn:aws:iam::{HOME}:role/zero"


def first(trusted: Statement, *mine: Statement, others: tuple[Identity, ...] = ()) -> State:
    """A session of the first role begins, which admits those; it may assume the last one as the team blue. Alice may do this."""
    role = trusting(trusted, arn=FIRST, own=(own("sts:*", LAST),))
    return state(*mine, others=(role, BLUE_ALONE, *others), facts={"grants": ()}, held=(session(FIRST),))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (first(admits(aws(ROOT), "sts:*"), own("sts:*", FIRST)), ("assume role",)),
        (first(admits(aws(ROOT), "sts:*"), own("sts:AssumeRole", FIRST)), PROVED),
        (first(admits(aws(ROOT), "sts:*"), own("sts:*", LAST)), PROVED),
        (first(admits(aws(ALICE), "sts:*")), ("assume role",)),
        (first(admits(aws(ALICE), "sts:*", Condition={"StringNotLike": {"aws:RequestTag/team": "*"}})), PROVED),
        (first(admits(aws(ALICE), "sts:*", Condition=SAME)), PROVED),
        (first(admits(aws(FIRST), "sts:*", Condition=SAME)), PROVED),
        (first(admits(aws(ZERO)), others=(trusting(admits(aws(ALICE), "sts:*"), arn=ZERO),)), ("assume role",)),
        (first(admits(aws(ZERO)), others=(trusting(admits(aws(ALICE)), arn=ZERO),)), PROVED),
    ],
)
def test_the_first_session_has_tags_that_somebody_can_give_it(before: State, expected: tuple[str, ...]) -> None:
    assert told(before) == expected
