"""The exit code, over every combination of what can happen."""

from __future__ import annotations

from itertools import combinations, product

import pytest

from verifier.model.results.verdict import Status
from verifier.report.exit_codes import ExitCode
from verifier.report.words.verdicts import exit_code

ORDER = (ExitCode.INTERNAL_ERROR, ExitCode.INPUT_ERROR, ExitCode.REFUTED, ExitCode.UNKNOWN)
SETS = [statuses for size in range(4) for statuses in combinations(Status, size)]


def expected(statuses: tuple[Status, ...], input_error: bool, internal_error: bool) -> ExitCode:
    """Read off the rule: where several hold, the first of 4, 2, 1, 3."""
    holding = set()
    if internal_error:
        holding.add(ExitCode.INTERNAL_ERROR)
    if input_error or not statuses:
        holding.add(ExitCode.INPUT_ERROR)
    if Status.REFUTED in statuses:
        holding.add(ExitCode.REFUTED)
    if Status.UNKNOWN in statuses:
        holding.add(ExitCode.UNKNOWN)
    return next((code for code in ORDER if code in holding), ExitCode.PROVED)


@pytest.mark.parametrize(
    ("statuses", "input_error", "internal_error"), list(product(SETS, (False, True), (False, True)))
)
def test_the_first_of_4_2_1_3(statuses: tuple[Status, ...], input_error: bool, internal_error: bool) -> None:
    assert exit_code(statuses, input_error=input_error, internal_error=internal_error) == expected(
        statuses, input_error, internal_error
    )


@pytest.mark.parametrize("statuses", list(product(Status, repeat=3)))
def test_s1_zero_only_when_all_are_proved(statuses: tuple[Status, ...]) -> None:
    assert (exit_code(statuses) == 0) == (set(statuses) == {Status.PROVED})


def test_s3_nothing_checked_is_no_pass() -> None:
    assert exit_code([]) == ExitCode.INPUT_ERROR


def test_the_numbers_are_the_documented_ones() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "PROVED": 0,
        "REFUTED": 1,
        "INPUT_ERROR": 2,
        "UNKNOWN": 3,
        "INTERNAL_ERROR": 4,
    }
