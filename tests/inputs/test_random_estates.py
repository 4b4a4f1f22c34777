"""Random templates and plans, each written for an estate: what is said of the file holds of the estate.

`tools/templates.py` and `tools/plans.py` ask of more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.examples import many
from tests.inputs.plan_estates import plan_disagreements
from tests.inputs.template_estates import Counts, disagreements

SAMPLES, BATCH = many(60), 20


@pytest.mark.parametrize("first", range(0, SAMPLES, BATCH))
@pytest.mark.parametrize(("ask", "proved", "refuted"), [(disagreements, 15, 4), (plan_disagreements, 17, 6)])
def test_what_is_said_of_a_file_holds_of_its_estate(
    tmp_path: Path, ask: Callable[[Path, int, Counts], Iterator[str]], proved: int, refuted: int, first: int
) -> None:
    counts = Counts()
    assert not [one for number in range(first, first + BATCH) for one in ask(tmp_path, number, counts)]
    assert counts.verdicts["proved"] >= proved and counts.verdicts["refuted"] >= refuted
