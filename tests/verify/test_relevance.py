"""Leaving out the statements and grants that cannot bear on what is asked changes neither a verdict nor what a proof
rests on."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import grant, granted
from tests.verify.grantees import ARNS
from tests.verify.proving import verdict
from tests.verify.test_random_estates import some_claim, some_estate
from verifier.model.estate import Estate
from verifier.model.grant import Grant
from verifier.model.invariant import Expectation, Invariant
from verifier.model.policy import Text
from verifier.model.results.verdict import Status
from verifier.problem import asking


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_the_same_verdicts_as_with_every_statement(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = []
    for seed in range(first, first + 20):
        dice = random.Random(seed)
        cases.append((some_estate(dice), some_claim(dice)))
    assert_same_with_everything_read(cases, monkeypatch)


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_the_same_verdicts_as_with_every_grant(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = []
    for seed in range(first, first + 20):
        dice = random.Random(seed)
        grants = tuple(some_grant(dice, number) for number in range(dice.randint(1, 4)))
        claim = replace(
            some_claim(dice),
            actions=(Text(dice.choice(("kms:Decrypt", "kms:CreateGrant", "kms:RetireGrant", "kms:Put*"))),),
        )
        cases.append((granted(*grants), replace(claim, expectation=Expectation.REFUSED)))
    assert_same_with_everything_read(cases, monkeypatch)


def some_grant(dice: random.Random, number: int) -> Grant:
    operations = dice.sample(("Decrypt", "Encrypt", "CreateGrant", "RetireGrant", "DescribeKey"), dice.randint(1, 3))
    rest: dict[str, Any] = dice.choice(({}, {"retiring": dice.choice(ARNS)}, {"context_subset": (("Tenant", "acme"),)}))
    return grant(dice.choice(ARNS), *operations, id=f"g-{number}", grantee_hidden=dice.random() < 0.1, **rest)


def assert_same_with_everything_read(cases: list[tuple[Estate, Invariant]], monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = [verdict(estate, claim) for estate, claim in cases]
    monkeypatch.setattr(asking, "_relevance", lambda *_: None)
    whole = [verdict(estate, claim) for estate, claim in cases]
    assert [found.status for found in fewer] == [found.status for found in whole]
    assert [found.rests_on for found in fewer] == [found.rests_on for found in whole]
    assert {found.status for found in fewer} >= {Status.PROVED, Status.REFUTED}
