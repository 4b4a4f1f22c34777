"""A session has the source identity that the call that made it set, or that of the session which assumed it, or none
(E2). [IAM User Guide: id_credentials_temp_control-access_monitor, Permissions required to set source identity; Role
chaining]"""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, HOME, ROOT, aws, own
from tests.evaluate.reaching import admits, trusting
from tests.evaluate.steps.worlds import state
from tests.reach.telling import told
from verifier.model.steps.chains import State

FIRST, LAST = (f"arn:aws:iam::{HOME}:role/{name}" for name in ("first", "last"))
BOTH = ["sts:AssumeRole", "sts:SetSourceIdentity"]
CALLED_ALICE = {"StringEquals": {"sts:SourceIdentity": "alice"}}
CALLED_BOB = {"StringEquals": {"sts:SourceIdentity": "bob"}}
USES = own("kms:Decrypt", Condition={"StringEquals": {"aws:SourceIdentity": "alice"}})
REFUSED = ("proved",)


def by_alice(mine: object, trusted: object, **condition: object) -> State:
    """Alice may call these actions; a role that decrypts with the source identity alice admits callers of the account
    with those."""
    return state(
        own(mine),
        others=(trusting(admits(aws(ROOT), trusted, **condition), arn=LAST, own=(USES,)),),
        facts={"grants": ()},
    )


def in_turn(**condition: object) -> State:
    """Alice assumes one role under a condition, and as that the one that decrypts with the source identity alice."""
    first = trusting(admits(aws(ALICE), BOTH, **condition), arn=FIRST, own=(own(BOTH, LAST),))
    return state(
        own(BOTH, FIRST),
        others=(first, trusting(admits(aws(FIRST), BOTH), arn=LAST, own=(USES,))),
        facts={"grants": ()},
    )


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (by_alice(BOTH, BOTH), ("assume role",)),
        (by_alice(BOTH, BOTH, Condition=CALLED_ALICE), ("assume role",)),
        # she is called Alice
        (by_alice(BOTH, BOTH, Condition={"StringEquals": {"sts:SourceIdentity": "${aws:username}"}}), REFUSED),
        (by_alice(BOTH, BOTH, Condition=CALLED_BOB), REFUSED),
        (by_alice(BOTH, "sts:AssumeRole"), REFUSED),
        (by_alice("sts:AssumeRole", BOTH), REFUSED),
        (in_turn(), ("assume role", "assume role")),
        (in_turn(Condition=CALLED_ALICE), ("assume role", "assume role")),
        (in_turn(Condition=CALLED_BOB), REFUSED),
    ],
)
def test_only_who_may_set_it_has_it(before: State, expected: tuple[str, ...]) -> None:
    assert told(before) == expected


def test_a_session_without_one_stays_without_one() -> None:
    denies = own("kms:Decrypt", effect="Deny", Condition={"Null": {"aws:SourceIdentity": "true"}})
    role = trusting(admits(aws(ALICE)), arn=LAST, own=(own("kms:Decrypt"), denies))
    assert told(state(own("sts:AssumeRole"), others=(role,), facts={"grants": ()})) == ("proved",)


@pytest.mark.parametrize(
    ("mine", "trusted", "condition", "expected"),
    [
        (BOTH, BOTH, CALLED_ALICE, ("assume role",)),
        (BOTH, "sts:AssumeRole", CALLED_ALICE, REFUSED),
        ("sts:AssumeRole", BOTH, CALLED_ALICE, REFUSED),
        (BOTH, "sts:AssumeRole", {"StringEqualsIfExists": CALLED_ALICE["StringEquals"]}, ("assume role",)),
    ],
)
def test_a_condition_on_one_takes_the_permission_to_set_it(
    mine: object, trusted: object, condition: object, expected: tuple[str, ...]
) -> None:
    role = trusting(admits(aws(ROOT), trusted, Condition=condition), arn=LAST, own=(own("kms:Decrypt"),))
    assert told(state(own(mine), others=(role,), facts={"grants": ()})) == expected
