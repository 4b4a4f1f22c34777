"""Questions that leave overlapping patterns without a table: the same verdicts as with every table."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.evaluate.estates import HOME, allow, aws, deny, estate
from tests.verify.conditions import string_equals
from tests.verify.proving import nobody, status, verdict
from verifier.model.estate import Estate
from verifier.model.invariant import ConditionAnd, Holds, InAccount, Invariant
from verifier.model.policy import Condition, Operator, Text
from verifier.model.results.verdict import Reason, Status
from verifier.problem import asking, question
from verifier.problem.classes.kinds import OVERLAPPING, overlapping
from verifier.problem.classes.predicates import exactly, like
from verifier.syntax.diagnostic import InputError

LETTERS = "abcdefghijkl"
PAIR = "kms:EncryptionContext:x"
SLIDING = [f"{LETTERS[:at]}*{LETTERS[at:]}" for at in range(1, len(LETTERS))]
CONTAINING = [f"*{letter}*" for letter in LETTERS]


def users(pattern: str) -> dict[str, Any]:
    return {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:user/{pattern}"}}


def pairs(pattern: str) -> dict[str, Any]:
    return {"StringLike": {PAIR: pattern}}


def some_estate(dice: random.Random) -> Estate:
    condition, patterns = dice.choice([(users, SLIDING), (pairs, CONTAINING)])
    allowed = dice.sample(patterns, dice.randint(OVERLAPPING - 1, len(patterns)))
    denied = allowed if dice.random() < 0.5 else dice.sample(patterns, dice.randint(1, len(patterns)))
    statements = [allow("*", "kms:Decrypt", Condition=condition(p)) for p in allowed]
    statements += [deny("*", "kms:Decrypt", Condition=condition(p)) for p in denied]
    return estate(*statements)


@pytest.mark.parametrize("seed", range(24))
def test_the_same_verdict_as_with_every_table(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    found, claim = (
        some_estate(dice),
        dice.choice([nobody(), nobody(callers=InAccount(HOME)), nobody(when=string_equals(PAIR, "abc"))]),
    )
    quick = verdict(found, claim)
    monkeypatch.setattr(asking, "overlapping", lambda _: False)
    exact = verdict(found, claim)
    assert quick.status is exact.status is not Status.UNKNOWN
    assert {ref.effect for ref in quick.rests_on} == {ref.effect for ref in exact.rests_on}


def test_what_a_quick_question_does_not_settle_is_asked_with_every_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a single round between solver and values a quick question settles no request."""
    from verifier.ask import answers, loop
    from verifier.verify import claims

    statements = [allow("*", "kms:Decrypt", Condition=users(pattern)) for pattern in SLIDING]
    search = loop.find

    def fewer(asked: question.Question, *rest: Any) -> Any:
        found = search(asked, *rest)
        return (
            answers.Unknown(Reason("budget", "too few rounds"))
            if asked.left and isinstance(found, answers.Refuted)
            else found
        )

    monkeypatch.setattr(claims, "find", fewer)
    assert status(estate(*statements)) == "refuted"


def team_like(pattern: str) -> Holds:
    return Holds(Condition(Operator("StringLike", None, False), Text("aws:PrincipalTag/team"), (Text(pattern),)))


def test_s3_an_empty_scope_of_patterns_is_still_an_error() -> None:
    team = [{"StringLike": {"aws:PrincipalTag/team": pattern}} for pattern in CONTAINING[:OVERLAPPING]]
    statements = [allow(aws(f"arn:aws:iam::{HOME}:role/app"), "kms:Decrypt", Condition=condition) for condition in team]
    empty: Invariant = nobody(when=ConditionAnd((team_like("a*b*c"), team_like("d*e*f"))))
    with pytest.raises(InputError, match="no request in its scope"):
        verdict(estate(*statements), empty)


def test_patterns_that_add_up_do_not_overlap() -> None:
    assert overlapping([like(pattern) for pattern in CONTAINING])
    assert overlapping([like(f"arn:aws:iam::{HOME}:user/{pattern}") for pattern in SLIDING])
    assert not overlapping([like(f"prefix{letter}*") for letter in LETTERS])
    assert not overlapping([like(f"arn:*:*::{account:012}:*") for account in range(30)])
    assert not overlapping([exactly(letter) for letter in LETTERS])
    assert not overlapping([like(pattern) for pattern in CONTAINING[: OVERLAPPING - 1]])
