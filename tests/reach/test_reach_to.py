"""`verifier reach --to` says of a caller what an invariant about that caller says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.case_format import load_cases
from tests.evaluate.estates import own
from tests.evaluate.steps.worlds import state
from tests.reach.agreement import verdict
from tests.reach.estates import random_question
from tests.reach.telling import STEPS
from verifier.inputs import load_estate
from verifier.model.results.verdict import Status
from verifier.problem.diagrams.diagram import TooLarge
from verifier.verify.reach.reach import reach_to


@pytest.mark.parametrize("seed", [35, 75, 83, 115, 118, 206])
def test_it_says_what_an_invariant_says(seed: int) -> None:
    question = random_question(seed)
    caller = question.caller.principal_arn
    (found,) = reach_to(question.estate, ["kms:Decrypt"], [question.estate.keys[0].arn], STEPS).keys
    rows = [row for row in found.rows if any(name.endswith(caller) for name in row.callers)]
    expected = {Status.REFUTED: [True], Status.UNKNOWN: [False], Status.PROVED: []}
    assert [row.story is not None for row in rows] == expected[verdict(question).status]


def test_e1_nothing_is_out_of_reach_where_the_names_of_what_could_be_made_have_no_end(tmp_path: Path) -> None:
    (case,) = (
        one for one in load_cases() if one.title.startswith("Users are made that are named after users that are made")
    )
    (found,) = reach_to(load_estate([case.write(tmp_path)]), ["kms:Encrypt"]).keys
    assert not found.complete and not found.beyond and [reason.rule for reason in found.reasons] == ["budget"]


def test_s1_where_too_many_keys_are_told_apart_to_look_whether_all_are_nothing_is_out_of_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_large(*_: object) -> bool:
        raise TooLarge("too many keys")

    monkeypatch.setattr("verifier.verify.reach.common.leaves_keys_out", too_large)
    (found,) = reach_to(state(own("kms:ReEncrypt*"), facts={"grants": ()}).estate, ["kms:Decrypt"]).keys
    assert not found.complete and not found.beyond and [reason.rule for reason in found.reasons] == ["budget"]
