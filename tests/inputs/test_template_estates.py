"""Random templates, each written for an estate: what is said of the template holds of the estate (`tools/templates.py` asks of more)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inputs.template_estates import Counts, disagreements

SAMPLES, BATCH = 120, 20


@pytest.mark.parametrize("first", range(0, SAMPLES, BATCH))
def test_what_is_said_of_a_template_holds_of_its_estate(tmp_path: Path, first: int) -> None:
    counts = Counts()
    found = [one for number in range(first, first + BATCH) for one in disagreements(tmp_path, number, counts)]
    assert not found
    assert counts.verdicts["proved"] >= 15 and counts.verdicts["refuted"] >= 4
