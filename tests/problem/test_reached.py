"""Accounts of whose callers an expression could hold, against its truth for every assignment of what else it speaks
of."""

from __future__ import annotations

import random
from itertools import product

import pytest

from verifier.problem.classes.predicates import OneOf, Predicate, exactly, like
from verifier.problem.expression import FALSE, TRUE, And, Expression, Not, Or, Part, Symbol, Test
from verifier.problem.relevance import can_hold
from verifier.problem.semantics.caller_tests import account_pattern

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
def test_no_account_is_missed(seed: int) -> None:
    expression = some_expression(random.Random(seed), 3)
    for account in {caller.split(":")[4] for caller in CALLERS if could_hold(expression, caller) and ":" in caller}:
        assert can_hold(expression, account), account


@pytest.mark.parametrize(
    ("expression", "account", "possible"),
    [
        (Not(Test("principal", account_pattern(HOME))), HOME, False),
        (Not(Test("principal", account_pattern(HOME))), AWAY, True),
        (Not(Test("principal", like("arn:*"))), HOME, False),
        (And((Test("principal", account_pattern(AWAY)), Symbol("p"))), HOME, False),
        (Test("principal", like("arn:*:user/*")), HOME, True),
    ],
)
def test_examples(expression: Expression, account: str, possible: bool) -> None:
    assert can_hold(expression, account) is possible
