"""Conditions: those that mean the same are one expression, so that everything after them is done once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest

from tests.evaluate.estates import allow, deny, estate
from verifier.model.policy import Condition, Operator, Text
from verifier.model.readings import F8
from verifier.model.symbols import Reading
from verifier.problem.rules import RuledSpace
from verifier.problem.semantics.conditions import Mode
from verifier.problem.semantics.targets import key_target

TEAM = {"StringLike": {"aws:PrincipalTag/team": ["pay*", "*ops"]}}


def test_a_condition_is_read_once_wherever_it_stands() -> None:
    found = estate(allow(Condition=TEAM), deny(Condition=TEAM), deny(Condition={"StringNotLike": TEAM["StringLike"]}))
    space = RuledSpace(found, key_target(found.keys[0]))
    (policy,) = found.keys[0].policies or ()
    conditions = [statement.conditions[0] for statement in policy.statements]
    assert conditions[0] != conditions[1], "they stand in different places"
    same, again, other = (Mode(space, True, F8).condition(condition) for condition in conditions)
    assert same is again and same != other


KEYS = (
    "aws:PrincipalTag/team",
    "aws:ResourceTag/team",
    "aws:TagKeys",
    "kms:EncryptionContext:Team",
    "kms:EncryptionContext:team",
)
OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringLike",
    "StringEqualsIgnoreCase",
    "ArnLike",
    "Null",
    "NumericEquals",
)
VALUES = (("a*",), ("A*",), ("7", "a*"), ("${aws:username}",), ("${kms:EncryptionContext:team}", "7"))


def every_condition() -> Iterator[tuple[Condition, bool, Reading | None]]:
    """Conditions that differ in one thing or in several, each as a policy with variables or without reads it, a key
    policy or another."""
    for key, base, values in product(KEYS, OPERATORS, VALUES):
        listed = tuple(Text("true" if base == "Null" else value) for value in values)
        for set_operator, if_exists in product((None, "ForAllValues", "ForAnyValue"), (False, True)):
            condition = Condition(Operator(base, set_operator, if_exists), Text(key), listed)
            yield from (
                (condition, variables, readable_by) for variables, readable_by in product((False, True), (None, F8))
            )


@pytest.mark.parametrize("seed", range(2))
def test_what_is_remembered_of_conditions_is_what_they_say(seed: int) -> None:
    """In one space that remembers, and in one that forgets before each condition."""
    found = estate(allow())
    remembering, forgetting = (RuledSpace(found, key_target(found.keys[0])) for _ in range(2))
    asked = list(every_condition())
    random.Random(seed).shuffle(asked)
    for condition, variables, readable_by in asked:
        forgetting.conditions.clear()
        first, second = (
            Mode(space, variables, readable_by).condition(condition) for space in (remembering, forgetting)
        )
        assert first == second, str(condition)
