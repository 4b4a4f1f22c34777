"""Which of several edited policies is the better one."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import allow, deny, policy
from verifier.model.edits import AddStatement, Edit, RemoveStatement, ReplaceActions
from verifier.model.policy import Policy
from verifier.model.request import Outcome
from verifier.model.results.access import Actions, Callers, Region
from verifier.model.results.comparison import RegionChange, Relation, TargetComparison
from verifier.verify.suggestion.search import Mended, ranked

REGION = RegionChange(Region(Callers("anybody"), Actions((), False, "anything"), ((),)))
NEW = AddStatement(policy(deny()).statements[0])


def mended(access: int, *edits: Edit) -> Mended:
    """A policy of so many statements, which stand for the access that it gives."""
    return Mended(policy(*[allow()] * access), edits, ())


def by_access(old: Policy, new: Policy) -> TargetComparison:
    """More statements are more access."""
    more, less = len(new.statements) > len(old.statements), len(new.statements) < len(old.statements)
    found = TargetComparison("key", gained=(REGION,) if more else (), lost=(REGION,) if less else ())
    assert found.relation is (Relation.MORE if more else Relation.LESS if less else Relation.EQUIVALENT)
    return found


def access(found: list[Mended]) -> list[int]:
    return [len(one.policy.statements) for one in found]


@pytest.mark.parametrize(("wanted", "order"), [(Outcome.DENY, [3, 2, 1]), (Outcome.ALLOW, [1, 2, 3])])
def test_the_least_change_of_access_comes_first(wanted: Outcome, order: list[int]) -> None:
    places = (RemoveStatement(0), RemoveStatement(1), NEW)
    for numbers in ([1, 2, 3], [3, 1, 2], [2, 3, 1]):
        found = [mended(number, edit) for number, edit in zip(numbers, places, strict=True)]
        assert access(ranked(found, by_access, wanted)) == order


def test_of_equals_the_order_is_kept_and_in_one_place_the_first_alone() -> None:
    first, second = mended(2, ReplaceActions(0, ("kms:Decrypt",))), mended(2, RemoveStatement(0))
    elsewhere = mended(2, NEW)
    assert ranked([first, second, elsewhere], by_access, Outcome.DENY) == [first, elsewhere]


def test_in_one_place_what_costs_more_is_left_out() -> None:
    costly, cheap = mended(1, RemoveStatement(0)), mended(2, ReplaceActions(0, ("kms:Decrypt",)))
    assert ranked([costly, cheap], by_access, Outcome.DENY) == [cheap]
    assert ranked([cheap, costly], by_access, Outcome.DENY) == [cheap]
    assert ranked([costly, cheap], by_access, Outcome.ALLOW) == [costly]
