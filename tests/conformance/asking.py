"""What of a conformance entry the program answers otherwise than the page says.

In: an `Entry`, a folder for its input files. Out: a line for each disagreement, none where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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
from tests.case_format import Case, InvariantCase, RequestCase
from tests.conformance.pages import Entry
from verifier.evaluate import answer as answer_to
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError
from verifier.verify.explanation.symbolic_values import Undetermined


def disagreements(entry: Entry, folder: Path) -> list[str]:
    """Each question of the entry that is answered otherwise than expected, with both answers."""
    return [f"{case.name}: {line}" for case in entry.cases for line in _of_case(case, folder)]


def _of_case(case: Case, folder: Path) -> Iterator[str]:
    if case.error is not None:
        found = refusals(case, folder)
        if not any(is_error(each, case.error) for each in found):
            said = "; ".join(f"{each.span}: {each.message}" for each in found) or "nothing"
            yield f"the input must be refused with «{case.error.says}»: said {said}"
        return
    try:
        estate = loaded(case, folder)
    except InputError as error:
        yield f"the input is refused: {'; '.join(each.message for each in error.diagnostics)}"
        return
    for number, request in enumerate(case.requests, start=1):
        for line in _of_request(estate, request):
            yield (
                f"request {number}, {request.request['action']} by {request.request['principal']}: expected "
                f"{request.expect}, {line}"
            )
    for invariants in case.invariants:
        yield from _of_invariants(estate, invariants)
    missing = set(case.remarks) - {warning.rule for warning in all_warnings(estate)}
    if missing:
        yield f"loading must warn of {', '.join(sorted(missing))}"


def _of_request(estate: Estate, asked: RequestCase) -> Iterator[str]:
    try:
        decision = decided(estate, asked)
    except InputError as error:
        if asked.expect != "malformed":
            yield f"evaluate refuses the request: {error}"
        return
    if (answer_to(decision) if asked.expect == "impossible" else decision).outcome.value != asked.expect:
        depends = f" on {', '.join(decision.depends_on)}" if decision.depends_on else ""
        yield f"evaluate says {decision.outcome.value}{depends}"
    if asked.depends_on is not None and decision.depends_on != asked.depends_on:
        yield f"evaluate says that it depends on {decision.depends_on}, not {asked.depends_on}"
    if asked.warns is not None:
        labels = {warning.split()[0].rstrip(":") for warning in decision.warnings}
        if (asked.warns and not set(asked.warns) <= labels) or (not asked.warns and labels):
            yield f"evaluate warns {decision.warnings or 'of nothing'}, not {asked.warns}"
    if "problem" in asked.rooms and asked.expect != "malformed":
        try:
            answer = decided_by_problem(estate, asked)
        except Undetermined as reason:
            answer = f"that it cannot hold the request: {reason}"
        if answer != asked.expect:
            yield f"problem says {answer}"
        answer = decided_by_third_reading(estate, asked)
        if answer != asked.expect:
            yield f"the third reading says {answer}"


def _of_invariants(estate: Estate, asked: InvariantCase) -> Iterator[str]:
    try:
        wrong = wrong_statuses(estate, asked)
    except InputError as error:
        yield f"the invariants are refused: {'; '.join(each.message for each in error.diagnostics)}"
        return
    for name, found in wrong.items():
        yield f"invariant «{name}»: expected {asked.expect[name]}, got {', '.join(sorted(found)) or 'no verdict'}"
