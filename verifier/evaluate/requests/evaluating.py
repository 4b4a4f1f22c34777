"""A request decided, with remarks on whether it could be sent.

In: the estate, a request. Out: a `Decision`; the values that policies read.
Guarantee: the decision is that of `engine`: remarks become its warnings, and change nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.evaluate.case import Case
from verifier.evaluate.cases import case_of
from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.engine import RequestDecider, by_issuer
from verifier.evaluate.findings import Aside
from verifier.evaluate.plausible.request import warnings_about
from verifier.evaluate.requests.reading import GivenRequest
from verifier.model.estate import Estate
from verifier.model.policy import PolicyKind
from verifier.model.request import Decision, Request, Value
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import SymbolValues


def evaluate(estate: Estate, request: Request, assignment: Mapping[str, bool] | SymbolValues | None = None) -> Decision:
    """Decides a request (R1 to G6), under each reading that neither `assignment` (symbol → value) nor a `GivenRequest`
    fixes, with a warning where it could not be sent. Raises `InputError` as `RequestDecider` does."""
    given = dict(request.readings) if isinstance(request, GivenRequest) else {}
    return decider_with_remarks(estate, request).decide({**given, **read_values(assignment or {})})


def decider_with_remarks(estate: Estate, request: Request) -> RequestDecider:
    """What decides a request under one assignment after another, with remarks."""
    return RequestDecider(estate, request, _remarks)


def _remarks(estate: Estate, case: Case, request: Request) -> tuple[str, ...]:
    given = request.remarks if isinstance(request, GivenRequest) else ()
    return (*map(Aside, given), *warnings_about(estate, case, request))


def values_read(estate: Estate, request: Request) -> dict[str, Value]:
    """The values that policies read in a request, by condition key in lower case: those that are certain. Raises as
    `evaluate` does."""
    context = case_of(estate, by_issuer(estate, request)[0]).context
    found = {key: entry for key, entry in context.entries.items() if isinstance(entry, str | tuple)}
    pairs = (f"{ENCRYPTION_CONTEXT}{name.lower()}" for name in context.pairs)
    return found | {name: value for name in pairs if isinstance(value := context.lookup(name, PolicyKind.KEY), str)}
