"""A request decided, with remarks on whether it could be sent and on what else a whole API call needs (R4, R8), and its
decision as a JSON object (`verifier evaluate`).

In: the estate, a request. Out: a `Decision`; the values that policies read; a JSON object (`verifier schema decision`).
Guarantee: the decision is that of `engine`: remarks become its warnings and further lines of its trace, and change
nothing else. In JSON labels of rules, not names of symbols, say what it depends on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from verifier.evaluate.context import ENCRYPTION_CONTEXT
from verifier.evaluate.engine import Comments, RequestDecider, by_issuer
from verifier.evaluate.findings import Aside
from verifier.evaluate.plausible.request import warnings_about
from verifier.evaluate.preparation import prepare
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.requests.reading import GivenRequest
from verifier.evaluate.statements.targets import ALIAS_ACTIONS, TargetKind
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


def further_permissions(prepared: PreparedRequest) -> tuple[Step, ...]:
    """The line, if the call needs more."""
    needs = list(_needs(prepared))
    return (Step("R8", f"the whole call also needs {', and '.join(needs)}", True),) if needs else ()


def _needs(prepared: PreparedRequest) -> Iterator[str]:
    """[API: CreateKey, ReplicateKey, UpdatePrimaryRegion, ReEncrypt, CreateAlias, UpdateAlias, DeleteAlias]"""
    action = prepared.action.lower()
    if action == "kms:replicatekey":
        region = _named(prepared, "kms:replicaregion", "the replica's Region")
        yield f"kms:CreateKey by an identity policy in {region}"
        yield from _tagging(prepared, f" in {region}")
    elif action == "kms:createkey":
        yield from _tagging(prepared, "")
    elif action == "kms:updateprimaryregion":
        region = _named(prepared, "kms:primaryregion", "the other Region")
        both = "the present primary key and the replica both have to allow it"
        yield f"{prepared.action} on the related key in {region}: {both}"
    elif action == "kms:reencryptfrom":
        yield "kms:ReEncryptTo on the key that it encrypts under"
    elif action == "kms:reencryptto":
        yield "kms:ReEncryptFrom on the key that it decrypts under"
    elif action in ALIAS_ACTIONS:
        yield _alias(prepared, moves=action == "kms:updatealias")


def _named(prepared: PreparedRequest, key: str, otherwise: str) -> str:
    value = prepared.context.entries.get(key)
    return value if isinstance(value, str) else otherwise


def _tagging(prepared: PreparedRequest, place: str) -> Iterator[str]:
    if any(key == "aws:tagkeys" or key.startswith("aws:requesttag/") for key in prepared.context.entries):
        yield f"kms:TagResource by an identity policy{place}, since it has tags"


def _alias(prepared: PreparedRequest, moves: bool) -> str:
    """The other permissions of an operation on an alias, which may move it from one key to another."""
    if prepared.target.kind is TargetKind.ALIAS:
        return f"{prepared.action} on {'each of the two keys' if moves else 'the key'}"
    return f"{prepared.action} on the alias, by an identity policy" + (", and on the other key" if moves else "")
