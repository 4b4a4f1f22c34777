"""Accounts of the caller's own stand for all that it may have (W2)."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, HOME, Statement, allow, aws, own
from tests.evaluate.steps.worlds import state
from tests.reach.telling import PROVED, told
from verifier.model.invariant import Expectation, Invariant, PrincipalLike
from verifier.model.policy import Text
from verifier.model.results.verdict import Status
from verifier.verify.proving import prove
from verifier.verify.reach.stories.asking import test as holds

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


@pytest.mark.parametrize("pattern", ["0*", "5*", "9*", "?5*"])
def test_w2_an_account_of_the_callers_own_may_be_of_any_number(pattern: str) -> None:
    """Her own policies deny her decryption; those of an account of hers need not."""
    key = open_to(StringLike={"aws:PrincipalAccount": pattern})
    before = state(own("kms:Decrypt", effect="Deny"), key=key, facts={"grants": ()})
    assert told(before) == ("use an identity of its own",)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("999999999998", Status.REFUTED),
        ("555555555555", Status.REFUTED),
        (HOME, Status.PROVED),
        ("55555555555x", Status.PROVED),
    ],
)
def test_w2_an_account_that_the_question_alone_names_may_be_the_callers_own(value: str, expected: Status) -> None:
    """The key lets in whoever says its own account, but for those of the inventory."""
    context = "kms:EncryptionContext:o"
    condition = {**OUTSIDE, "StringEquals": {context: "${aws:PrincipalAccount}"}}
    before = state(key=allow("*", "kms:Decrypt", Condition=condition), facts={"grants": ()})
    whom, when = PrincipalLike(Text(ALICE)), holds("StringEquals", context, value)
    asked = Invariant("", Expectation.REFUSED, whom, (Text("kms:Decrypt"),), None, when, (), "nobody", eventually=True)
    (found,) = prove(before.estate, [asked], steps=3).verdicts
    assert found.status is expected


def test_w2_another_way_to_a_goal_may_go_by_a_key_of_the_callers_own() -> None:
    """Where the first way cannot be replayed, keys are taken in for another one: one of hers, whose tags she sets."""
    other = {"StringNotEquals": {"aws:ResourceTag/owner": "${aws:PrincipalType}"}}
    refused = own("kms:*", effect="Deny", Condition=other)
    facts = {"grants": (), "tags": (("owner", "AssumedRole"),)}
    before = state(own("kms:*"), refused, key=allow(aws(HOME), "kms:*"), facts=facts)
    assert told(before) in (PROVED, ("unknown", "E0"))
