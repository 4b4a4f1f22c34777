"""Random plans, each written for an estate: what is said of the plan holds of the estate (`tools/plans.py` asks of more)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs.plan_estates import plan_disagreements
from tests.inputs.template_estates import Counts

SAMPLES, BATCH = 120, 30


@pytest.mark.parametrize("first", range(0, SAMPLES, BATCH))
def test_what_is_said_of_a_plan_holds_of_its_estate(tmp_path: Path, first: int) -> None:
    counts = Counts()
    found = [one for number in range(first, first + BATCH) for one in plan_disagreements(tmp_path, number, counts)]
    assert not found
    assert counts.verdicts["proved"] >= 25 and counts.verdicts["refuted"] >= 8
