"""Decisions as JSON objects (`verifier evaluate`).

In: a decision. Out: a JSON object with `decision`, `depends_on`, `warnings` and, on request, `trace`
(`verifier schema decision`).
Guarantee: labels of rules, not names of symbols, say what a decision depends on.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.model.estate import Estate
from verifier.model.policy import StatementRef
from verifier.model.request import Decision, Outcome, Step
from verifier.model.symbols import FreeFact, NotResourceStatement, Reading, SymbolName


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
