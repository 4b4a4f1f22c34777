"""Whether a move is well formed, and may be made in a state (E0).

In: a state, a move, an assignment. Out: decisions, or an `InputError` that names the kind of step and what is wrong.
Guarantee: every kind of step is checked; a move of an unknown form never gets through. What AWS checks besides the
permissions of the requests (a key policy that locks the caller out, whether a service may assume the role that is
passed to it) is a decision as well; a fact of a key that is not known is a symbol, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from verifier.evaluate.engine import RequestDecider, by_issuer
from verifier.evaluate.fill import given_context
from verifier.evaluate.operations import ASSUMING, CALLED_BY_AGENT
from verifier.evaluate.preparation import prepare
from verifier.evaluate.steps import forms_code, forms_identities, forms_keys
from verifier.evaluate.steps.change import state_after
from verifier.evaluate.steps.forms_code import code_changed, passed_to, service_of
from verifier.evaluate.steps.move_requests import RequestContext, fail, require
from verifier.evaluate.suited import fact_warnings
from verifier.model.estate import Estate
from verifier.model.policy import arn_account
from verifier.model.request import Caller, CallerKind, Decision, Outcome, Request, Step
from verifier.model.steps.chains import Became, KeyPolicyPut, KeyReplicated, MaterialImported, Move, State
from verifier.model.steps.descriptions import StepKind
from verifier.model.steps.workloads import KINDS
from verifier.model.symbols import KeyFact, SymbolValues

BYPASS = "kms:bypasspolicylockoutsafetycheck"

_FORMS: dict[StepKind, Callable[[State, Move], None]] = {
    StepKind.PUT_KEY_POLICY: forms_keys.check_put_key_policy,
    StepKind.CREATE_GRANT: forms_keys.check_create_grant,
    StepKind.TAG: forms_keys.check_tag_key,
    StepKind.UNTAG: forms_keys.check_tag_key,
    StepKind.CREATE_ALIAS: forms_keys.check_alias,
    StepKind.UPDATE_ALIAS: forms_keys.check_alias,
    StepKind.DELETE_ALIAS: forms_keys.check_alias,
    StepKind.REPLICATE: forms_keys.check_replicate,
    StepKind.RE_ENCRYPT: forms_keys.check_re_encrypt,
    StepKind.IMPORT_MATERIAL: forms_keys.check_import_material,
    StepKind.SHARE: forms_keys.check_share,
    StepKind.ASSUME_ROLE: forms_identities.check_assume_role,
    StepKind.FEDERATE: forms_identities.check_federate,
    StepKind.PUT_POLICY: forms_identities.check_put_policy,
    StepKind.ATTACH_POLICY: forms_identities.check_attach_policy,
    StepKind.NEW_VERSION: forms_identities.check_set_version,
    StepKind.SET_VERSION: forms_identities.check_set_version,
    StepKind.PUT_TRUST: forms_identities.check_put_trust,
    StepKind.CREATE: forms_identities.check_create,
    StepKind.REMOVE_POLICY: forms_identities.check_remove_policy,
    StepKind.TAG_IDENTITY: forms_identities.check_tag,
    StepKind.UNTAG_IDENTITY: forms_identities.check_tag,
    StepKind.PUT_BOUNDARY: forms_identities.check_put_boundary,
    StepKind.DELETE_BOUNDARY: forms_identities.check_put_boundary,
    StepKind.JOIN_GROUP: forms_identities.check_join_group,
    StepKind.LEAVE_GROUP: forms_identities.check_leave_group,
    StepKind.BECOME_USER: forms_identities.check_become_user,
    StepKind.PROVIDER: forms_identities.check_govern_provider,
    StepKind.PASS_ROLE: forms_code.check_pass_role,
    StepKind.CHANGE_CODE: forms_code.check_change_code,
}


def permitted(state: State, move: Move, assignment: SymbolValues | None = None) -> tuple[Decision, ...]:
    """The decision on each request of the move, in order, and then on what AWS checks besides. The move may be made if
    all of them are `ALLOW`. Raises `InputError` where the move is not well formed, and as `RequestDecider` does."""
    check_move(state, move)
    decisions = [RequestDecider(state.estate, request).decide(assignment) for request in move.requests]
    for request in move.requests:
        unsuited = _unsuited(state.estate, request)
        if unsuited is not None:
            raise fail(move, unsuited)
    return (*decisions, *_besides(state, move, assignment or {}))


def _unsuited(estate: Estate, request: Request) -> str | None:
    """Why an operation cannot be called on its key, or not with these parameters (R3); `None` iff it can."""
    prepared = prepare(estate, by_issuer(estate, request)[0])
    return next((found for found in fact_warnings(prepared, given_context(request)) if found.startswith("R3")), None)


def _besides(state: State, move: Move, assignment: SymbolValues) -> Iterator[Decision]:
    change = move.change
    if isinstance(change, KeyPolicyPut):
        yield from _lockout(state, move, assignment)
    key = state.estate.key(change.key) if isinstance(change, KeyReplicated | MaterialImported) else None
    if key is not None and isinstance(change, KeyReplicated) and None in (key.multi_region, key.multi_region_type):
        yield _fact(KeyFact("primary", key.arn), f"{key.arn} is a multi-Region primary key", assignment)
    if key is not None and isinstance(change, MaterialImported) and key.origin is None:
        yield _fact(KeyFact("external", key.arn), f"{key.arn} is of origin EXTERNAL", assignment)
    role = next((request.resource for request in move.requests if request.action.lower() == "iam:passrole"), None)
    if role is not None:
        yield from _passed(state, move, role, assignment)
    elif move.kind is StepKind.CHANGE_CODE and isinstance(change, Became):
        yield _assumed(state, change.caller.principal_arn, code_changed(state, move).kind, assignment)
    if isinstance(change, Became):
        yield from _called_by_agent(state, move, change.caller, assignment)


def _passed(state: State, move: Move, role: str, assignment: SymbolValues) -> Iterator[Decision]:
    """The service that a role is passed to must be allowed to assume it; the role, to assume the one by which a stack
    set makes its stacks (E4)."""
    service, change = Caller(CallerKind.SERVICE, passed_to(move)), move.change
    for action in ASSUMING.get(service_of(service.arn), ("sts:AssumeRole",)):
        yield RequestDecider(state.estate, Request(service, action, role)).decide(assignment)
    if isinstance(change, Became) and change.caller.principal_arn != role:
        through = Caller(CallerKind.ROLE, role, arn_account(role), "AWSCloudFormation")
        named = (("sts:RoleSessionName", "AWSCloudFormation"),)
        request = Request(through, "sts:AssumeRole", change.caller.principal_arn, named)
        yield RequestDecider(state.estate, request).decide(assignment)


def _called_by_agent(state: State, move: Move, caller: Caller, assignment: SymbolValues) -> Iterator[Decision]:
    """The role must be allowed what the agent in its code calls (E5)."""
    for called in (called for request in move.requests for called in CALLED_BY_AGENT.get(request.action, ())):
        found = RequestDecider(state.estate, Request(caller, called, None)).decide(assignment)
        allowed = found.outcome is not Outcome.DENY
        verb = "is" if allowed else "is not"
        text = f"{caller.principal_arn} {verb} allowed {called}, which the agent in the code calls"
        yield replace(found, trace=(*found.trace, Step("E5", text, allowed)))


def _assumed(state: State, role: str, kind: str, assignment: SymbolValues) -> Decision:
    """Allows iff a service that runs code of a kind may assume the role: the decision on the first that may."""
    services = [f"{name}.amazonaws.com{ending}" for name in KINDS[kind].services for ending in ("", ".cn")]
    requests = [Request(Caller(CallerKind.SERVICE, service), "sts:AssumeRole", role) for service in services]
    found = [RequestDecider(state.estate, request).decide(assignment) for request in requests]
    order = (Outcome.ALLOW, Outcome.DEPENDS, Outcome.DENY)
    return min(found, key=lambda one: order.index(one.outcome))


def _fact(symbol: KeyFact, text: str, assignment: SymbolValues) -> Decision:
    """A fact of a key that the input does not give (U3, R3)."""
    value = assignment.get(symbol)
    step = Step("R3", text if value is not None else f"{text}: not known", value is True)
    if value is None:
        return Decision(Outcome.DEPENDS, (step,), (symbol,), assignment=((symbol, False),))
    return Decision(Outcome.ALLOW if value else Outcome.DENY, (step,), assignment=((symbol, value),))


def _lockout(state: State, move: Move, assignment: SymbolValues) -> Iterator[Decision]:
    """The new key policy must allow the caller to change it again, unless the check is bypassed [API: PutKeyPolicy,
    BypassPolicyLockoutSafetyCheck]. With ReplicateKey whoever calls it may bypass it: no condition key tells
    [conditions-kms]."""
    request = next(one for one in move.requests if one.action.lower() == "kms:putkeypolicy")
    if (RequestContext(request).text(BYPASS) or "false").lower() == "true":
        return
    later = RequestDecider(state_after(state, move).estate, request).decide(assignment)
    allowed = later.outcome is not Outcome.DENY
    what = "lets its author change it again" if allowed else "locks its author out"
    yield replace(later, trace=(*later.trace, Step("E0", f"the new key policy {what}", allowed)))


def check_move(state: State, move: Move) -> None:
    """Raises `InputError` where a move is not well formed: a request by somebody who is not held, one that is not part
    of such a step, or a change that the requests do not ask for."""
    if move.kind is StepKind.OWN_IDENTITY:
        forms_identities.check_own_identity(state, move)
        return
    require(bool(move.requests), move, "it takes a request")
    callers = list(dict.fromkeys(request.caller for request in move.requests))
    # What GetParametersForImport answers serves whoever has it.
    require(len(callers) == 1 or move.kind is StepKind.IMPORT_MATERIAL, move, "one caller makes all its requests")
    for caller in callers:
        require(caller in state.held, move, f"{caller.arn} is not held")
    _FORMS[move.kind](state, move)
