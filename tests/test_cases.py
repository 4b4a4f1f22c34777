"""Every cited case, asked of `evaluate`, of `problem` through the solver with the request fixed, and of the third reading.

A fault made alike in the two rooms is invisible to their agreement; it shows here, because the expected decisions come from AWS's pages.
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
from verifier.syntax.diagnostic import InputError, Severity

LABELS = (
    *("S1", "S2", "S3", "S4"),
    *("R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8"),
    *("L1", "L2", "L3", "L4", "L5", "L5a", "L6", "L7", "L8", "L9"),
    *("P1", "P2", "P3", "P4", "P5", "P6", "P7"),
    *("C1", "C2", "C3", "C4", "C5"),
    *("D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D9", "V"),
    *("U1", "U2", "U3", "U4", "U5"),
    *("G1", "G2", "G3", "G4", "G5", "G6"),
    *("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9"),
)
"""The rule labels of semantics.md, sections 1 to 6, and V, the endpoint's gate in D2. Each must have a case, without exception."""

STEP_LABELS = ("E0", "E1", "E2", "E2w", "E3", "E4")
"""The labels of docs/reach.md, which cases may cite."""

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
        assert any(warning.split()[0].rstrip(":") == label for warning in decision.warnings), f"{decision.warnings}{about}"
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
    assert cited <= {*LABELS, *STEP_LABELS}


def test_most_decisions_are_sharp() -> None:
    """Cases mostly say allow or deny: a `depends` is where the pages themselves leave it open."""
    decisions = [request.expect for case in CASES for request in case.requests]
    assert decisions.count("depends") * 3 < len(decisions)
    assert decisions.count("allow") * 4 > len(decisions)
    assert decisions.count("deny") * 4 > len(decisions)
