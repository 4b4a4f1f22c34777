"""A request of one side, decided on the other.

In: the other side's estate, a request with the symbols that it was found under. Out: its counterpart there, with the
decision.
Guarantee: the counterpart is the same request but for what that estate fixes of the caller and the key
(`problem.diagrams.counterparts`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from verifier.evaluate import evaluate
from verifier.model.estate import Estate
from verifier.model.request import Decision, Request
from verifier.model.symbols import SymbolValues
from verifier.problem.diagrams.counterparts import is_fixed


@dataclass(frozen=True)
class Counterpart:
    """The request as the other side has it, and what `evaluate` decides."""

    request: Request
    decision: Decision


def counterpart(estate: Estate, request: Request, symbols: SymbolValues) -> Counterpart:
    """Decides the counterpart of a request. Raises `InputError` where the estate has no such resource, or it does not
    fit the action."""
    decision = evaluate(estate, request, symbols)
    warnings = " ".join(decision.warnings).lower()
    kept = tuple((key, value) for key, value in request.context if not (is_fixed(key) and key.lower() in warnings))
    if len(kept) < len(request.context):
        request = replace(request, context=kept)
        decision = evaluate(estate, request, symbols)
    return Counterpart(request, decision)
