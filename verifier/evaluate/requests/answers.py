"""A request decided, with remarks on whether it could be sent, and its decision as a JSON object (`verifier evaluate`).

In: the estate, a request. Out: a `Decision`; the values that policies read; a JSON object (`verifier schema decision`).
Guarantee: the decision is that of `engine`: remarks become its warnings and further lines of its trace, and change
nothing else. In JSON labels of rules, not names of symbols, say what it depends on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.engine import Comments, RequestDecider, by_issuer
from verifier.evaluate.findings import Aside
from verifier.evaluate.plausible.request import warnings_about
from verifier.evaluate.plausible.whole_call import further_permissions
from verifier.evaluate.preparation import prepare
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.requests.reading import GivenRequest
from verifier.model.estate import Estate
from verifier.model.policy import PolicyKind, StatementRef
from verifier.model.request import Decision, Outcome, Request, Step, Value
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import FreeFact, NotResourceStatement, Reading, SymbolName, SymbolValues


def answer(decision: Decision) -> Decision:
    """What is said of a request: that it cannot be sent, where the policies do not refuse it anyway."""
    if not decision.impossible or decision.outcome is Outcome.DENY:
        return decision
    return replace(decision, outcome=Outcome.IMPOSSIBLE, policies=decision.outcome)


def decision_to_json(decision: Decision, trace: bool, estate: Estate | None = None) -> dict[str, object]:
    """The answer to a request as a JSON object. With `estate`, symbols of things that are not modelled become their
    rules' labels, and what was concluded about where its keys are is listed (S4)."""
    labels = {symbol_label(symbol, estate) for symbol in decision.depends_on}
    answered = answer(decision)
    found: dict[str, object] = {
        "decision": answered.outcome.value,
        "depends_on": sorted(labels),
        "warnings": list(decision.warnings),
    }
    if answered.policies is not None:
        found |= {"policies": answered.policies.value, "impossible": list(decision.impossible)}
    if estate is not None and estate.concluded:
        found["assumptions"] = [{"rule": "S4", "text": sentence} for sentence in estate.concluded]
    if trace:
        if decision.outcome is Outcome.DEPENDS:
            found["assignment"] = dict(decision.assignment)
        found["trace"] = [_step(step) for step in decision.trace]
    return found


def symbol_label(symbol: SymbolName, estate: Estate | None) -> str:
    """The label of the rule that a symbol belongs to; for a thing that is not modelled and not in `estate`, its
    name."""
    if isinstance(symbol, Reading | FreeFact | NotResourceStatement):
        return symbol.rule
    things = estate.unmodelled if estate else ()
    return next((thing.label for thing in things if thing.name == symbol.about), symbol.about)


def _step(step: Step) -> dict[str, object]:
    found: dict[str, object] = {"rule": step.rule, "text": step.text, "holds": step.holds, "depth": step.depth}
    if step.statement is not None:
        found["statement"] = _reference(step.statement)
    return found


def _reference(statement: StatementRef) -> dict[str, object]:
    at = str(statement.span) if statement.span.file else None
    return {
        "policy": statement.policy,
        "policy_name": statement.policy_name,
        "index": statement.index,
        "sid": statement.sid,
        "effect": statement.effect.value,
        "at": at,
    }


def evaluate(estate: Estate, request: Request, assignment: Mapping[str, bool] | SymbolValues | None = None) -> Decision:
    """Decides a request (R1 to G6), under each reading that neither `assignment` (symbol → value) nor a `GivenRequest`
    fixes, with a warning where it could not be sent. Raises `InputError` as `RequestDecider` does."""
    given = dict(request.readings) if isinstance(request, GivenRequest) else {}
    return decider_with_remarks(estate, request).decide({**given, **read_values(assignment or {})})


def decider_with_remarks(estate: Estate, request: Request) -> RequestDecider:
    """What decides a request under one assignment after another, with remarks."""
    return RequestDecider(estate, request, _remarks)


def _remarks(estate: Estate, prepared: PreparedRequest, request: Request) -> Comments:
    given = request.remarks if isinstance(request, GivenRequest) else ()
    return Comments((*map(Aside, given), *warnings_about(estate, prepared, request)), further_permissions(prepared))


def values_read(estate: Estate, request: Request) -> dict[str, Value]:
    """The values that policies read in a request, by condition key in lower case: those that are certain. Raises as
    `evaluate` does."""
    context = prepare(estate, by_issuer(estate, request)[0]).context
    found = {key: entry for key, entry in context.entries.items() if isinstance(entry, str | tuple)}
    pairs = (f"{ENCRYPTION_CONTEXT}{name.lower()}" for name in context.pairs)
    return found | {name: value for name in pairs if isinstance(value := context.lookup(name, PolicyKind.KEY), str)}
