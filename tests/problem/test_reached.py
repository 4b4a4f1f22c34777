"""Accounts and principals of whose callers an expression could hold, against its truth for every assignment of what
else it speaks of."""

from __future__ import annotations

import random
from itertools import product

import pytest

from verifier.model.policy import Effect, Principal, PrincipalType, Statement
from verifier.model.symbols import RequestFact
from verifier.problem.classes.predicates import OneOf, Predicate, exactly, like
from verifier.problem.expression import FALSE, TRUE, And, Expression, Not, Or, Part, Symbol, Test
from verifier.problem.relevance import CallersInQuestion
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
            [
                TRUE,
                FALSE,
                *(Symbol(RequestFact(name)) for name in OTHERS),
                *[Test("principal", predicate) for predicate in PREDICATES] * 2,
            ]
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
        assert CallersInQuestion([expression]).account(account), account


def to(kind: PrincipalType, value: str) -> Statement:
    """A statement about one principal."""
    account = value.split(":")[4] if ":" in value else None
    return Statement(Effect.ALLOW, 0, principals=(Principal(kind, value, account),))


@pytest.mark.parametrize("seed", range(400))
def test_no_caller_is_missed(seed: int) -> None:
    expression = some_expression(random.Random(seed), 3)
    kinds = {"role": PrincipalType.ROLE, "s3.amazonaws.com": PrincipalType.SERVICE}
    for caller in CALLERS:
        kind = kinds.get(caller.split(":")[-1].split("/")[0])
        if kind is not None and could_hold(expression, caller):
            assert CallersInQuestion([expression]).names(to(kind, caller)), caller


@pytest.mark.parametrize(
    ("kind", "value", "pattern", "named"),
    [
        (PrincipalType.ROLE, f"arn:aws:iam::{HOME}:role/a", "arn:*:user/*", False),
        (PrincipalType.ROLE, f"arn:aws:iam::{HOME}:role/a", "arn:*:role/*", True),
        (PrincipalType.SERVICE, "s3.amazonaws.com", "arn:*", False),
        (PrincipalType.USER, f"arn:aws:iam::{HOME}:user/a", "arn:*:federated-user/*", True),
        (PrincipalType.SESSION, f"arn:aws:sts::{HOME}:assumed-role/a/b", "arn:*:role/*", True),
        (PrincipalType.ANYONE, "*", "arn:*:user/*", True),
    ],
)
def test_whom_a_principal_names(kind: PrincipalType, value: str, pattern: str, named: bool) -> None:
    """A user's federated sessions, and a role's sessions by their names, are callers of other names than the
    principal's."""
    assert CallersInQuestion([Test("principal", like(pattern))]).names(to(kind, value)) is named


@pytest.mark.parametrize(
    ("expression", "account", "possible"),
    [
        (Not(Test("principal", account_pattern(HOME))), HOME, False),
        (Not(Test("principal", account_pattern(HOME))), AWAY, True),
        (Not(Test("principal", like("arn:*"))), HOME, False),
        (And((Test("principal", account_pattern(AWAY)), Symbol(RequestFact("p")))), HOME, False),
        (Test("principal", like("arn:*:user/*")), HOME, True),
    ],
)
def test_examples(expression: Expression, account: str, possible: bool) -> None:
    assert CallersInQuestion([expression]).account(account) is possible
