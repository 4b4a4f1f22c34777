"""`verifier reach --to` says of a caller what an invariant about that caller says."""

from __future__ import annotations

import pytest

from tests.reach.agreement import verdict
from tests.reach.estates import random_question
from tests.reach.telling import STEPS
from verifier.model.results.verdict import Status
from verifier.verify.reach.reach import reach_to


@pytest.mark.parametrize("seed", [35, 75, 83, 115, 118, 206])
def test_it_says_what_an_invariant_says(seed: int) -> None:
    question = random_question(seed)
    caller = question.caller.principal_arn
    (found,) = reach_to(question.estate, ["kms:Decrypt"], [question.estate.keys[0].arn], STEPS).keys
    rows = [row for row in found.rows if any(name.endswith(caller) for name in row.callers)]
    expected = {Status.REFUTED: [True], Status.UNKNOWN: [False], Status.PROVED: []}
    assert [row.story is not None for row in rows] == expected[verdict(question).status]
