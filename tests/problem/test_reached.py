"""Callers that an expression could hold of, against its truth for every assignment of what else it speaks of."""

from __future__ import annotations

import random
from itertools import product

import pytest

from verifier.problem.classes.predicates import OneOf, Predicate, exactly, like
from verifier.problem.expression import FALSE, TRUE, And, Expression, Not, Or, Part, Symbol, Test
from verifier.problem.relevance import InAccount, account_pattern, callers_of, can_hold

HOME, AWAY = "111122223333", "444455556666"
CALLERS = [
    *(f"arn:aws:iam::{account}:{name}" for account in (HOME, AWAY) for name in ("root", "role/a", "role/b", "user/a")),
    f"arn:aws:sts::{HOME}:federated-user/a",
    "s3.amazonaws.com",
]
PREDICATES: list[Predicate] = [
    account_pattern(HOME),
    account_pattern(AWAY),
    like("arn:*"),
    like("arn:*:role/*"),
    like(f"arn:aws:iam::{HOME}:role/?"),
    like(f"*{AWAY}*"),
    *(exactly(caller) for caller in CALLERS[:4]),
    OneOf(frozenset(CALLERS[:2])),
    OneOf(frozenset(CALLERS[4:])),
]
OTHERS = ("p", "q")


def some_expression(dice: random.Random, depth: int) -> Expression:
    if depth == 0 or dice.random() < 0.2:
        return dice.choice(
            [TRUE, FALSE, *map(Symbol, OTHERS), *[Test("principal", predicate) for predicate in PREDICATES] * 2]
        )
    inner = [some_expression(dice, depth - 1) for _ in range(dice.randint(1, 3))]
    return dice.choice([And(tuple(inner)), Or(tuple(inner)), Not(inner[0]), Part(0, inner[0])])


def truth(expression: Expression, caller: str, symbols: dict[str, bool]) -> bool:
    match expression:
        case Test(_, predicate):
            return predicate.matches(caller)
        case And(operands):
            return all(truth(operand, caller, symbols) for operand in operands)
        case Or(operands):
            return any(truth(operand, caller, symbols) for operand in operands)
        case Not(operand) | Part(_, operand):
            return truth(operand, caller, symbols) == isinstance(expression, Part)
        case Symbol(name):
            return symbols[name]
    return expression is TRUE


def could_hold(expression: Expression, caller: str) -> bool:
    return any(
        truth(expression, caller, dict(zip(OTHERS, values, strict=True))) for values in product((False, True), repeat=2)
    )


@pytest.mark.parametrize("seed", range(400))
def test_no_caller_is_missed(seed: int) -> None:
    expression = some_expression(random.Random(seed), 3)
    named = callers_of(expression)
    for caller in CALLERS:
        if could_hold(expression, caller):
            account = caller.split(":")[4] if ":" in caller else ""
            assert named is None or caller in named or InAccount(account) in named, caller
            assert can_hold(expression, caller), caller
            assert not account or can_hold(expression, InAccount(account)), account


def test_what_says_nothing_of_a_caller_is_not_held_against_it() -> None:
    assert callers_of(Symbol("p")) is None
    assert callers_of(Or((Test("principal", exactly("a")), Symbol("p")))) is None
    assert callers_of(Not(Test("principal", exactly("a")))) is None


@pytest.mark.parametrize(
    ("expression", "caller", "possible"),
    [
        (Not(Test("principal", account_pattern(HOME))), InAccount(HOME), False),
        (Not(Test("principal", account_pattern(HOME))), InAccount(AWAY), True),
        (Not(Test("principal", like("arn:*"))), InAccount(HOME), False),
        (And((Test("principal", like("arn:*:user/*")), Symbol("p"))), f"arn:aws:iam::{HOME}:role/a", False),
        (Test("principal", like("arn:*:user/*")), InAccount(HOME), True),
    ],
)
def test_examples(expression: Expression, caller: str | InAccount, possible: bool) -> None:
    assert can_hold(expression, caller) is possible
