"""Every cited case, asked of `evaluate`, of `problem` through the solver with the request fixed, and of the third
reading.

A fault made alike in the two rooms is invisible to their agreement; it shows here, because the expected decisions come
from AWS's pages.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.case_answers import (
    all_warnings,
    decided,
    decided_by_problem,
    decided_by_third_reading,
    is_error,
    loaded,
    refusals,
    wrong_statuses,
)
from tests.case_format import ROOMS, Case, ErrorCase, InvariantCase, RequestCase, load_cases
from verifier.evaluate import answer
from verifier.model.request import Decision
from verifier.model.rules import rules
from verifier.syntax.diagnostic import InputError, Severity

pytestmark = pytest.mark.usefixtures("asked_twice")

LABELS = [label for label in rules() if label[0] not in "EW" and label != "C"]
"""The rules that must have a case, without exception: all but those about steps, and `C`, which every condition is
about."""

CASES = load_cases()


def _named(case: Case, number: int | None = None) -> str:
    return case.name if number is None else f"{case.name}.{number}"


REQUESTS = [
    pytest.param(case, request, room, id=f"{_named(case, number)}-{request.expect}-{room}")
    for case in CASES
    for number, request in enumerate(case.requests, start=1)
    if request.expect != "malformed"
    for room in (*request.rooms, *(("third",) if request.rooms == ROOMS else ()))
]
MALFORMED = [
    pytest.param(case, request, id=_named(case, number))
    for case in CASES
    for number, request in enumerate(case.requests, start=1)
    if request.expect == "malformed"
]
INVARIANTS = [
    pytest.param(case, invariants, id=_named(case, number))
    for case in CASES
    for number, invariants in enumerate(case.invariants, start=1)
    if case.error is None
]
ERRORS = [pytest.param(case, case.error, id=_named(case)) for case in CASES if case.error is not None]
REMARKS = [pytest.param(case, id=_named(case)) for case in CASES if case.remarks]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the inputs of the cases are written."""
    return tmp_path_factory.mktemp("cases")


def _about(case: Case, request: RequestCase | InvariantCase) -> str:
    """What a failing case says: the page that it is argued from."""
    return f"\n{case.title}\n{request}\n{case.document['source']}: {case.document['argument']}"


@pytest.mark.parametrize(("case", "request_case", "room"), REQUESTS)
def test_decision(case: Case, request_case: RequestCase, room: str, folder: Path) -> None:
    estate = loaded(case, folder)
    if room == "problem":
        assert decided_by_problem(estate, request_case) == request_case.expect, _about(case, request_case)
        return
    if room == "third":
        assert decided_by_third_reading(estate, request_case) == request_case.expect, _about(case, request_case)
        return
    decision = decided(estate, request_case)
    told = answer(decision) if request_case.expect == "impossible" else decision
    assert told.outcome.value == request_case.expect, _about(case, request_case)
    _check_reasons(decision, request_case, _about(case, request_case))


def _check_reasons(decision: Decision, request_case: RequestCase, about: str) -> None:
    if request_case.depends_on is not None:
        assert decision.depends_on == request_case.depends_on, about
    for label in request_case.warns or ():
        assert any(warning.split()[0].rstrip(":") == label for warning in decision.warnings), (
            f"{decision.warnings}{about}"
        )
    if request_case.warns == ():
        assert decision.warnings == (), about


@pytest.mark.parametrize(("case", "request_case"), MALFORMED)
def test_malformed_request(case: Case, request_case: RequestCase, folder: Path) -> None:
    estate = loaded(case, folder)
    with pytest.raises(InputError):
        decided(estate, request_case)


@pytest.mark.parametrize(("case", "invariants"), INVARIANTS)
def test_invariants(case: Case, invariants: InvariantCase, folder: Path) -> None:
    wrong = wrong_statuses(loaded(case, folder, invariants), invariants)
    assert not wrong, f"{wrong}{_about(case, invariants)}"


@pytest.mark.parametrize(("case", "error"), ERRORS)
def test_refused_input(case: Case, error: ErrorCase, folder: Path) -> None:
    found = refusals(case, folder)
    assert any(is_error(diagnostic, error) for diagnostic in found), "\n".join(f"{d.span}: {d.message}" for d in found)
    assert all(diagnostic.severity is Severity.ERROR for diagnostic in found)


@pytest.mark.parametrize("case", REMARKS)
def test_remarks(case: Case, folder: Path) -> None:
    rules = {warning.rule for warning in all_warnings(loaded(case, folder))}
    assert set(case.remarks) <= rules, f"{case.title}: {rules}"


def test_every_rule_label_has_a_case() -> None:
    cited = {label for case in CASES for label in case.rules}
    assert set(LABELS) - cited == set()
    assert cited <= rules().keys()


def test_most_decisions_are_sharp() -> None:
    """Cases mostly say allow or deny: a `depends` is where the pages themselves leave it open."""
    decisions = [request.expect for case in CASES for request in case.requests]
    assert decisions.count("depends") * 3 < len(decisions)
    assert decisions.count("allow") * 4 > len(decisions)
    assert decisions.count("deny") * 4 > len(decisions)
