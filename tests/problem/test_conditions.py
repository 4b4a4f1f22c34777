"""Conditions: those that mean the same are one expression, so that everything after them is done once."""

from __future__ import annotations

from tests.evaluate.estates import allow, deny, estate
from verifier.problem.conditions import Reader
from verifier.problem.space import Space
from verifier.problem.targets import key_target

TEAM = {"StringLike": {"aws:PrincipalTag/team": ["pay*", "*ops"]}}


def test_a_condition_is_read_once_wherever_it_stands() -> None:
    found = estate(allow(Condition=TEAM), deny(Condition=TEAM), deny(Condition={"StringNotLike": TEAM["StringLike"]}))
    space = Space(found, key_target(found.keys[0]))
    (policy,) = found.keys[0].policies or ()
    conditions = [statement.conditions[0] for statement in policy.statements]
    assert conditions[0] != conditions[1], "they stand in different places"
    same, again, other = (Reader(space, True, True).condition(condition) for condition in conditions)
    assert same is again and same != other
