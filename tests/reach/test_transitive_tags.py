"""Which tags the first session of a chain may have; and transitive tags come on to the sessions that a session with
them makes, whoever let them be passed, and whether or not the next trust policy does (F3). [IAM User Guide:
id_session-tags, Chaining roles with session tags]"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, ROOT, Statement, aws, own
from tests.evaluate.reaching import LAMBDA, admits, trusting
from tests.evaluate.steps.worlds import state
from tests.reach.agreement import FOUND
from tests.reach.exhaustive import search
from tests.reach.moves import session
from tests.reach.telling import PROVED, told, verdict
from verifier.model.estate import Identity
from verifier.model.request import Outcome
from verifier.model.steps.chains import State

FIRST, LAST = (f"arn:aws:iam::{HOME}:role/{name}" for name in ("first", "last"))
TAGGED = own("kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
OPEN = ("unknown", "F3")


def chained(
    mine: tuple[Statement, ...], trusted: Statement, *, onward: str = "sts:AssumeRole", whom: Any = None
) -> State:
    """Alice may do this; the first role admits those, and may do something to the last one, which decrypts as the team
    blue."""
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
    admits(aws(FIRST), Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}}),
    arn=LAST,
    own=(own("kms:Decrypt"),),
)
SAME = {"StringEqualsIfExists": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"}}
ZERO = f"arn:aws:iam::{HOME}:role/zero"


def first(trusted: Statement, *mine: Statement, others: tuple[Identity, ...] = ()) -> State:
    """A session of the first role begins, which admits those; it may assume the last one as the team blue. Alice may do
    this."""
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


def onward(trusted: Statement, *mine: Statement, tags: tuple[tuple[str, str], ...] = ()) -> State:
    """Alice may give sessions of the first role any tags; it assumes the last one, which admits it so, and decrypts as
    the team blue."""
    first = trusting(admits(aws(ALICE), "sts:*"), arn=FIRST, own=(own("sts:*", LAST),))
    last = replace(trusting(trusted, arn=LAST, own=mine or (TAGGED,)), tags=tags)
    return state(own("sts:*", FIRST), others=(first, last), facts={"grants": ()})


TWO = ("assume role", "assume role")
UNLESS_PASSED = admits(aws(FIRST), "sts:*", Condition={"Null": {"aws:RequestTag/team": "true"}})
UNTAGGED = {"Null": {"aws:TagKeys": "true"}}
OF_THE_ROLE = admits(aws(FIRST), "sts:*", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}, **UNTAGGED})
OF_ITS_OWN = admits(aws(FIRST), "sts:*", Condition={"StringEquals": {"iam:ResourceTag/team": "red"}, **UNTAGGED})


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (onward(UNLESS_PASSED), TWO),
        (onward(UNLESS_PASSED, tags=(("team", "red"),)), TWO),
        (onward(OF_THE_ROLE, own("kms:Decrypt")), TWO),
        (onward(OF_ITS_OWN, tags=(("team", "red"),)), PROVED),
        (onward(admits(aws(FIRST), Condition=UNTAGGED)), OPEN),
    ],
)
def test_a_chain_passes_them_on(before: State, expected: tuple[str, ...]) -> None:
    assert told(before) == expected


@pytest.mark.parametrize(
    ("operator", "listed", "expected"),
    [
        ("StringEquals", ["team"], TWO),
        ("StringEquals", ["TEAM"], OPEN),
        ("StringEquals", ["other"], PROVED),
        ("StringLike", ["?EA*"], OPEN),
        ("StringLike", ["?EE*"], PROVED),
        ("StringNotEquals", ["team"], OPEN),
        ("StringNotEqualsIgnoreCase", ["TEAM"], PROVED),
    ],
)
def test_whether_a_call_names_them_in_the_case_that_it_passes_them_in_is_open(
    operator: str, listed: list[str], expected: tuple[str, ...]
) -> None:
    """[API: AssumeRole, Tags: keys are not case sensitive]"""
    condition = {
        "ForAllValues:StringEqualsIfExists": {"aws:TagKeys": ["team"]},
        f"ForAllValues:{operator}": {"sts:TransitiveTagKeys": listed},
    }
    first = trusting(admits(aws(ALICE), "sts:*", Condition=condition), arn=FIRST, own=(own("sts:*", LAST),))
    last = trusting(admits(aws(FIRST), "sts:*", Condition=UNTAGGED), arn=LAST, own=(TAGGED,))
    assert told(state(own("sts:*", FIRST), others=(first, last), facts={"grants": ()})) == expected


SAME_TEAM = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [
        (admits(aws(FIRST), "sts:*", Condition={"StringEquals": {"aws:RequestTag/team": "blue"}}), TWO),
        (admits(aws(FIRST), "sts:*"), TWO),
        (admits(aws(FIRST)), PROVED),
    ],
)
def test_a_session_that_begins_gives_itself_tags_that_pass_on(trusted: Statement, expected: tuple[str, ...]) -> None:
    # The tags with which it may begin are not told to be transitive.
    first = trusting(trusted, arn=FIRST)
    last = trusting(admits(aws(FIRST), "sts:*", Condition=SAME_TEAM), arn=LAST, own=(own("kms:Decrypt"),))
    assert (
        told(state(own("s3:ListAllMyBuckets"), others=(first, last), facts={"grants": ()}, held=(session(FIRST),)))
        == expected
    )


def equal(key: str, value: str) -> dict[str, dict[str, str]]:
    """A condition."""
    return {"StringEquals": {key: value}}


GIVEN: tuple[dict[str, Any], ...] = (
    {},
    {"Null": {"sts:TransitiveTagKeys": "true"}},
    {"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "team"}},
    equal("aws:RequestTag/team", "blue"),
    equal("aws:RequestTag/team", "red"),
)
ASKED: tuple[dict[str, Any], ...] = (
    UNTAGGED,
    equal("aws:ResourceTag/team", "blue") | UNTAGGED,
    equal("iam:ResourceTag/team", "red") | {"Null": {"aws:RequestTag/team": "true"}},
    equal("aws:PrincipalTag/team", "blue") | UNTAGGED,
)


@pytest.mark.parametrize("asked", range(len(ASKED)))
@pytest.mark.parametrize("given", range(len(GIVEN)))
def test_the_search_finds_the_same(given: int, asked: int) -> None:
    """How the first role may be given its tags, and what the last one asks for when it is assumed without further
    ones."""
    first = trusting(
        admits(aws(ALICE), "sts:*", **({"Condition": GIVEN[given]} if given else {})),
        arn=FIRST,
        own=(own("sts:*", LAST),),
    )
    last = trusting(admits(aws(FIRST), "sts:*", Condition=ASKED[asked]), arn=LAST, own=(TAGGED,))
    before = state(
        own("sts:*", FIRST), others=(first, replace(last, tags=(("team", "red"),) * (given % 2))), facts={"grants": ()}
    )
    found, _ = search(before.estate, before.held[0], "kms:Decrypt", before.estate.keys[0].arn, 2)
    assert found in FOUND[verdict(before, steps=2).status]
    assert found is Outcome.DENY or told(before, steps=2) == TWO
