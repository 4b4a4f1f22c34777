"""The loop that asks, makes a request, has it confirmed and asks again (S1): what is set aside is no proof."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import ALICE, allow, aws, estate
from tests.verify.proving import nobody, verdict
from verifier.ask.answers import GaveUp
from verifier.ask.loop import Inconclusive
from verifier.model.results.verdict import Reason, Status, Verdict
from verifier.problem.expression import FALSE, TRUE
from verifier.verify import proving

WHY = Reason("F3", "it may be impossible")


def said(monkeypatch: pytest.MonkeyPatch, confirmed: Inconclusive | GaveUp) -> Verdict:
    """The verdict on what a request refutes, where nothing confirms one."""

    def violation(*_: object) -> Inconclusive:
        if isinstance(confirmed, GaveUp):
            raise confirmed
        return confirmed

    monkeypatch.setattr(proving, "DECIDERS", replace(proving.DECIDERS, confirm=violation))
    return verdict(estate(allow(aws(ALICE))), nobody())


def test_s1_what_rests_on_something_that_is_not_modelled_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(monkeypatch, Inconclusive((), FALSE)).status is Status.UNKNOWN


def test_s1_an_assignment_of_which_no_request_is_found_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch, GaveUp(WHY, TRUE))
    assert (found.status, found.reason) == (Status.UNKNOWN, WHY)


def test_s1_a_search_that_gives_up_at_once_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = said(monkeypatch, GaveUp(WHY))
    assert (found.status, found.reason) == (Status.UNKNOWN, WHY)
