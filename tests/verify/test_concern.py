"""Leaving out the statements that cannot bear on what is asked changes neither a verdict nor what a proof rests on."""

from __future__ import annotations

import random

import pytest

from tests.verify.proving import verdict
from tests.verify.test_random_estates import some_claim, some_estate
from verifier.model.results.verdict import Status
from verifier.problem import question


@pytest.mark.parametrize("first", range(0, 120, 20))
def test_the_same_verdicts_as_with_every_statement(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = []
    for seed in range(first, first + 20):
        dice = random.Random(seed)
        cases.append((some_estate(dice), some_claim(dice)))
    fewer = [verdict(estate, claim) for estate, claim in cases]
    monkeypatch.setattr(question, "_concern", lambda *_: None)
    whole = [verdict(estate, claim) for estate, claim in cases]
    assert [found.status for found in fewer] == [found.status for found in whole]
    assert [found.rests_on for found in fewer] == [found.rests_on for found in whole]
    assert {found.status for found in fewer} >= {Status.PROVED, Status.REFUTED}
