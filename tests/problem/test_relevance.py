"""Statements left out by their actions or callers: only those that match no action, or no caller, of any scope."""

from __future__ import annotations

import random

import pytest

from tests.evaluate.estates import HOME, PARTNER
from verifier.model.invariant import AnyCaller, Expectation, Invariant
from verifier.model.policy import Effect, Statement, Text
from verifier.model.reference import actions
from verifier.problem.classes.predicates import exactly, like
from verifier.problem.expression import And, Expression, Not, Or, Test
from verifier.problem.relevance import CallersInQuestion, actions_of
from verifier.problem.semantics.caller_tests import account_pattern

NAMES = [a.name for a in actions()] + ["kms:Brew", "kms:Unheard", "kms:Decrypting", "kms:Ab", "kms:Aab"]


def invariant(wanted: list[str], but: list[str]) -> Invariant:
    texts, others = (tuple(map(Text, names)) for names in (wanted, but))
    return Invariant("one", Expectation.REFUSED, AnyCaller(), texts, None, not_actions=others)


def statement(patterns: list[str], negated: bool) -> Statement:
    return Statement(Effect.ALLOW, 0, None, None, False, tuple(map(Text, patterns)), negated, (), False, ())


def some_pattern(dice: random.Random) -> str:
    name = dice.choice(NAMES)
    if dice.random() < 0.6:
        at = dice.randint(0, len(name))
        end = dice.randint(at, len(name))
        name = name[:at] + dice.choice("*?") + name[end:]
    return name if dice.random() < 0.7 else name.swapcase()


def matches(patterns: list[str], name: str) -> bool:
    return any(like(pattern, fold=True).matches(name) for pattern in patterns)


@pytest.mark.parametrize("seed", range(300))
def test_a_statement_of_no_concern_matches_no_action_that_is_asked_about(seed: int) -> None:
    dice = random.Random(seed)
    asked = [
        ([some_pattern(dice) for _ in range(dice.randint(1, 2))], [some_pattern(dice)] * dice.randint(0, 1))
        for _ in range(2)
    ]
    patterns, negated = [some_pattern(dice) for _ in range(dice.randint(1, 3))], dice.random() < 0.3
    concerned = actions_of([invariant(*one) for one in asked]).meet(statement(patterns, negated))
    for name in NAMES:
        if matches(patterns, name) != negated and any(
            matches(wanted, name) and not matches(but, name) for wanted, but in asked
        ):
            assert concerned, name


@pytest.mark.parametrize(
    ("asked", "patterns", "negated", "concerned"),
    [
        (["kms:Decrypt"], ["kms:Encrypt"], False, False),
        (["kms:Decrypt"], ["KMS:DECRYPT"], False, True),
        (["kms:Decrypt"], ["kms:Decrypt"], True, False),
        (["kms:*"], ["kms:Decrypt"], True, True),
        (["kms:Decrypt"], ["kms:Re*"], False, False),
        (["kms:Unheard"], ["kms:Un*"], False, True),
        (["kms:Q*"], ["kms:*x"], False, True),
        (["kms:Q*"], ["kms:X*"], False, False),
        (["kms:*"], ["s3:*"], False, False),
    ],
)
def test_examples(asked: list[str], patterns: list[str], negated: bool, concerned: bool) -> None:
    assert actions_of([invariant(asked, [])]).meet(statement(patterns, negated)) is concerned


HERE, THERE = (Test("principal", account_pattern(account)) for account in (HOME, PARTNER))
BLUE = Test("aws:principaltag/team", exactly("blue"))
"""Callers of one account, of another one, and of either."""


@pytest.mark.parametrize(
    ("callers", "concerned"),
    [
        (HERE, True),
        (THERE, False),
        (BLUE, True),
        (Not(HERE), False),
        (Not(THERE), True),
        (Not(BLUE), True),
        (And((THERE, BLUE)), False),
        (And((HERE, BLUE)), True),
        (Not(And((HERE, BLUE))), True),
        (Or((THERE, BLUE)), True),
        (Not(Or((HERE, BLUE))), False),
        (Not(Or((THERE, BLUE))), True),
    ],
)
def test_an_account_is_left_out_where_none_of_its_callers_can_be_in_question(
    callers: Expression, concerned: bool
) -> None:
    found = CallersInQuestion([callers])
    assert (found.account(HOME), found.account(None)) == (concerned, True)
