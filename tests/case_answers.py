"""What the rooms answer to a cited case: estates loaded, requests decided, invariants proved, refusals collected.

In: a `Case` and one of its questions. Out: the answers in the words of the case format, for a test or a report to
compare.
Guarantee: nothing is compared here but `wrong_statuses` and `is_error`, so that the suites of cited cases and of
conformance ask alike.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

from tests.agreement.runner import read_again
from tests.agreement.symbolic import Decider
from tests.case_format import Case, ErrorCase, InvariantCase, RequestCase
from verifier.evaluate import evaluate, request_from_json
from verifier.inputs import load_estate
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.model.invariant_file import AnyInvariant
from verifier.model.request import Decision
from verifier.question import needs_of_invariants
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.source import Source
from verifier.verify.proving import prove

Thing = TypeVar("Thing")


def loaded(case: Case, folder: Path, asked: InvariantCase | None = None) -> Estate:
    """The estate of a case, whose input files are written below `folder`; with no more of it than `prove` reads for the
    invariants that are `asked`. Raises `InputError` as loading does."""
    return _estate(
        _ByIdentity(case), folder, (True, True) if asked is None else needs_of_invariants(_invariants(asked))
    )


def _invariants(asked: InvariantCase) -> tuple[AnyInvariant, ...]:
    return read_invariants(Source("invariants", asked.text)).invariants


class _ByIdentity(Generic[Thing]):
    """A case or an estate as a key of a cache: the same object, since what it holds has no hash, or a slow one."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing

    def __hash__(self) -> int:
        return id(self.thing)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.thing is other.thing


@lru_cache(maxsize=64)
def _estate(key: _ByIdentity[Case], folder: Path, parts: tuple[bool, bool]) -> Estate:
    case = key.thing
    place = folder / case.name
    place.mkdir(parents=True, exist_ok=True)
    return load_estate([case.write(place)], key_arn=case.told_key_arn, steps=parts[0], tags=parts[1])


def decided(estate: Estate, asked: RequestCase) -> Decision:
    """What `evaluate` says of a request. Raises `InputError` for what cannot be a request."""
    return evaluate(estate, request_from_json(estate, dict(asked.request)))


def decided_by_problem(estate: Estate, asked: RequestCase) -> str:
    """What `problem` says of a request: `allow`, `deny` or `depends`."""
    return _decider(_ByIdentity(estate)).decide(request_from_json(estate, dict(asked.request))).value


@lru_cache(maxsize=8)
def _decider(key: _ByIdentity[Estate]) -> Decider:
    return Decider(key.thing)


def decided_by_third_reading(estate: Estate, asked: RequestCase) -> str:
    """What the third reading says of a request: `allow`, `deny`, or `depends`, also for what it leaves open."""
    found = read_again(estate, request_from_json(estate, dict(asked.request)), None)
    return found.value if found else "depends"


def statuses(estate: Estate, text: str) -> dict[str, set[str]]:
    """The statuses of each invariant over its keys, by name."""
    return _statuses(InvariantCase(text, {}), estate)


def _statuses(asked: InvariantCase, estate: Estate) -> dict[str, set[str]]:
    """As `statuses`; of a verdict that does not say what it must suppose, what it lacks."""
    found: dict[str, set[str]] = {}
    for verdict in prove(estate, _invariants(asked), readings=asked.readings).verdicts:
        lacking = set(asked.supposes) - {assumption.rule for assumption in verdict.assumptions}
        said = (
            f"{verdict.status.value}, supposing nothing of {', '.join(sorted(lacking))}"
            if lacking
            else verdict.status.value
        )
        found.setdefault(verdict.invariant.name, set()).add(said)
    return found


def wrong_statuses(estate: Estate, asked: InvariantCase) -> dict[str, set[str]]:
    """The invariants whose statuses are not the expected ones, with what they are."""
    given = _statuses(asked, estate)
    found = {name: given.get(name, set()) for name in asked.expect}
    return {
        name: found[name]
        for name, status in asked.expect.items()
        if not found[name] or not found[name] <= _meant(status)
    }


def _meant(status: str) -> set[str]:
    """The statuses that an expectation admits: `unproved` leaves it open which of the two it is."""
    return {"refuted", "unknown"} if status == "unproved" else {status}


def refusals(case: Case, folder: Path) -> list[Diagnostic]:
    """The errors with which the input of a case, or its invariants, are refused; none iff they are not."""
    try:
        estate = loaded(case, folder)
        for invariants in case.invariants:
            statuses(estate, invariants.text)
    except InputError as refused:
        return list(refused.diagnostics)
    return []


def is_error(diagnostic: Diagnostic, error: ErrorCase) -> bool:
    """Whether a diagnostic is the expected one: iff its message has the text, and it stands at the place where one is
    expected."""
    if error.says.lower() not in diagnostic.message.lower():
        return False
    if error.at is None:
        return True
    if diagnostic.span is None:
        return False
    place = f"{diagnostic.span.line}:{diagnostic.span.column}"
    return place == error.at or place.split(":")[0] == error.at


def all_warnings(estate: Estate) -> list[Diagnostic]:
    """What loading warned of, in the estate and in each of its policies."""
    return [*estate.warnings, *(warning for policy in estate.deciding_policies() for warning in policy.warnings)]
