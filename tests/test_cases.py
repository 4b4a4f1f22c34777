"""Every cited case, asked of both rooms: of `evaluate`, and of `problem` through the solver with the request fixed.

A fault made alike in the two rooms is invisible to their agreement; it shows here, because the expected decisions come from AWS's pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.case_format import Case, ErrorCase, InvariantCase, RequestCase, load_cases
from verifier.model.estate import Estate
from verifier.model.policy import Policy
from verifier.model.request import Decision
from verifier.syntax.diagnostic import Diagnostic, InputError, Severity

LABELS = (
    *("S1", "S2", "S3"),
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
    for room in request.rooms
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


@cache
def _estate(case_index: int, folder: Path) -> Estate:
    from verifier.inputs import load_estate

    case = CASES[case_index]
    place = folder / case.name
    place.mkdir(exist_ok=True)
    path = case.write(place)
    return load_estate([path], key_arn=case.key_arn if case.is_single_policy else None)


def _loaded(case: Case, folder: Path) -> Estate:
    return _estate(CASES.index(case), folder)


def _about(case: Case, request: RequestCase | InvariantCase) -> str:
    """What a failing case says: the page that it is argued from."""
    return f"\n{case.title}\n{request}\n{case.document['source']}: {case.document['argument']}"


@pytest.mark.parametrize(("case", "request_case", "room"), REQUESTS)
def test_decision(case: Case, request_case: RequestCase, room: str, folder: Path) -> None:
    from verifier.evaluate import evaluate, request_from_json

    estate = _loaded(case, folder)
    request = request_from_json(estate, dict(request_case.request))
    if room == "problem":
        from verifier.verify.explanation.symbolic import decide_symbolically

        assert decide_symbolically(estate, request).value == request_case.expect, _about(case, request_case)
        return
    decision = evaluate(estate, request)
    assert decision.outcome.value == request_case.expect, _about(case, request_case)
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
    from verifier.evaluate import request_from_json

    estate = _loaded(case, folder)
    with pytest.raises(InputError):
        request_from_json(estate, dict(request_case.request))


@pytest.mark.parametrize(("case", "invariants"), INVARIANTS)
def test_invariants(case: Case, invariants: InvariantCase, folder: Path) -> None:
    statuses = _statuses(_loaded(case, folder), invariants.text)
    found = {name: statuses.get(name, set()) for name in invariants.expect}
    wrong = {name: found[name] for name, status in invariants.expect.items() if not found[name] or not found[name] <= _meant(status)}
    assert not wrong, f"{wrong}{_about(case, invariants)}"


def _meant(status: str) -> set[str]:
    """The statuses that an expectation admits: `unproved` leaves it open which of the two it is."""
    return {"refuted", "unknown"} if status == "unproved" else {status}


def _statuses(estate: Estate, text: str) -> dict[str, set[str]]:
    """The statuses of each invariant over its keys, by name."""
    from verifier.model.invariants_text import read_invariants
    from verifier.syntax.source import Source
    from verifier.verify import prove

    report = prove(estate, read_invariants(Source("invariants", text)).invariants)
    statuses: dict[str, set[str]] = {}
    for verdict in report.verdicts:
        statuses.setdefault(verdict.invariant.name, set()).add(verdict.status.value)
    return statuses


@pytest.mark.parametrize(("case", "error"), ERRORS)
def test_refused_input(case: Case, error: ErrorCase, folder: Path) -> None:
    with pytest.raises(InputError) as refused:
        estate = _loaded(case, folder)
        for invariants in case.invariants:
            _statuses(estate, invariants.text)
    found = refused.value.diagnostics
    assert any(_is(diagnostic, error) for diagnostic in found), "\n".join(f"{d.span}: {d.message}" for d in found)
    assert all(diagnostic.severity is Severity.ERROR for diagnostic in found)


def _is(diagnostic: Diagnostic, error: ErrorCase) -> bool:
    if error.says.lower() not in diagnostic.message.lower():
        return False
    if error.at is None:
        return True
    if diagnostic.span is None:
        return False
    place = f"{diagnostic.span.line}:{diagnostic.span.column}"
    return place == error.at or place.split(":")[0] == error.at


@pytest.mark.parametrize("case", REMARKS)
def test_remarks(case: Case, folder: Path) -> None:
    rules = {warning.rule for warning in _all_warnings(_loaded(case, folder))}
    assert set(case.remarks) <= rules, f"{case.title}: {rules}"


def _all_warnings(estate: Estate) -> list[Diagnostic]:
    return [*estate.warnings, *(warning for policy in _all_policies(estate) for warning in policy.warnings)]


def _all_policies(estate: Estate) -> Iterator[Policy]:
    yield from (policy for key in estate.keys for policy in key.policies or ())
    for account in estate.accounts:
        for identity in (*account.users, *account.roles):
            yield from identity.policies
            yield from (identity.boundary,) if identity.boundary else ()
    for controls in estate.organization.controls if estate.organization else ():
        yield from (policy for level in (*(controls.service or ()), *(controls.resource or ())) for policy in level.policies)
    yield from (endpoint.policy for endpoint in estate.endpoints or () if endpoint.policy)


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
