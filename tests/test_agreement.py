"""`problem`, solved with the request fixed, against `evaluate` and against the third reading: they must agree on every
request.

`make test` asks the same requests every time; `make fuzz` (`tools/fuzz.py`) new ones, and many more.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.agreement import third_reading
from tests.agreement.counts import MOST_UNREAD, Counts
from tests.agreement.regressions import FOLDER, estate_from_json, request_of
from tests.agreement.runner import read_again
from tests.agreement.scenarios import REQUESTS, case_of, check, scenario
from tests.agreement.sessions import limited
from tests.agreement.symbolic import Decider, decide_symbolically
from tests.agreement.world import TAPE, tapes
from verifier.evaluate import evaluate

pytestmark = pytest.mark.usefixtures("asked_twice")

PARTS = 4
"""So that two workers share the work."""
ESTATES = 60

REGRESSIONS = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("part", range(PARTS))
def test_problem_agrees_with_evaluate(part: int) -> None:
    counts = Counts()

    for tape in tapes(part, ESTATES):
        check(scenario(tape), counts)
    assert counts.cases >= 2000 / PARTS
    assert counts.cases <= ESTATES * REQUESTS
    # Over 30 % of many cases; the requests about one estate are alike, so that one part may have less.
    assert counts.allowed >= 0.25, counts.table()
    assert counts.undecided <= 0.02, counts.table()
    assert counts.unread <= MOST_UNREAD, counts.table()


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.stem)
def test_regression(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    estate, request, assignment = estate_from_json(case), request_of(case), case.get("assignment")
    assert evaluate(estate, request, assignment).outcome.value == case["expect"], case["title"]
    third = read_again(estate, request, assignment)
    assert third is None or third.value == case["expect"], case["title"]
    if request.session_policies is None:
        assert decide_symbolically(estate, request, assignment).value == case["expect"], case["title"]
    else:
        # `problem` knows no session policies (U2).
        assert not limited(Decider(estate), estate, request, assignment).faults, case["title"]


@pytest.mark.parametrize("number", range(20))
def test_a_case_survives_its_json(number: int) -> None:
    found = scenario(number.to_bytes(TAPE, "big"))
    for request in (*found.requests[:1], *found.few):
        case = case_of(found.setting, request, None)
        assert (estate_from_json(case), request_of(case)) == (found.setting.estate, request)


def test_there_are_regressions() -> None:
    assert REGRESSIONS


def test_the_third_reading_can_be_read_at_one_sitting() -> None:
    assert len(Path(third_reading.__file__).read_text(encoding="utf-8").splitlines()) <= 795
