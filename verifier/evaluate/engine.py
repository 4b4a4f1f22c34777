"""One request decided under every reading (S2).

In: the estate, a request, symbols that are fixed. Out: a `Decision`.
Guarantee: `allow` and `deny` hold under every assignment of the symbols that are not fixed; `depends` names those that matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from verifier.evaluate.callers import standing
from verifier.evaluate.case import Case
from verifier.evaluate.controls import resource_controls, service_controls
from verifier.evaluate.decision import decide
from verifier.evaluate.endpoints import route_of
from verifier.evaluate.fill import complete, given_context
from verifier.evaluate.findings import steps
from verifier.evaluate.grant_index import candidates_for
from verifier.evaluate.issuers import possible_issuers
from verifier.evaluate.judge import Memo
from verifier.evaluate.plausible import warnings_about
from verifier.evaluate.requests import GivenRequest
from verifier.evaluate.session_policies import SESSIONS
from verifier.evaluate.symbols import Symbols, explore, first_path, outcomes, sensitive
from verifier.evaluate.targets import target_of
from verifier.evaluate.unmodelled import in_scope
from verifier.model.estate import Estate
from verifier.model.request import CallerKind, Decision, Outcome, Request
from verifier.syntax.diagnostic import InputError


def evaluate(estate: Estate, request: Request, assignment: Mapping[str, bool] | None = None) -> Decision:
    """Decides a request (sections 1–5), under each reading that `assignment` (symbol → value) does not fix.

    Keys of the context that follow from the caller and the key are filled in (F1–F5, F7, F8); a context that could not be sent is
    decided all the same, with a warning. Raises `InputError` when the resource is not in the estate or does not fit the action, and for
    session policies of a caller that is no session.
    """
    if request.session_policies is not None and request.caller.kind not in SESSIONS:
        raise InputError.of(f"a {request.caller.kind.value} has no session policies", rule="U2")
    given = dict(request.readings) if isinstance(request, GivenRequest) else {}
    fixed = {**given, **(assignment or {})}
    if request.caller.kind is CallerKind.FEDERATED and request.caller.issuer is None:
        return _for_each_issuer(estate, request, fixed)
    return _decide(estate, request, fixed)


def _for_each_issuer(estate: Estate, request: Request, fixed: Mapping[str, bool]) -> Decision:
    """A federated session whose issuer is not said is decided for each that could be it (P3)."""
    issuers = possible_issuers(estate, request.caller)
    decisions = [_decide(estate, replace(request, caller=replace(request.caller, issuer=issuer)), fixed) for issuer in issuers]
    found = {decision.outcome for decision in decisions}
    if len(found) == 1 and Outcome.DEPENDS not in found:
        return decisions[0]
    depends_on = {symbol for decision in decisions for symbol in decision.depends_on} | ({"P3"} if len(found) > 1 else set())
    return replace(decisions[0], outcome=Outcome.DEPENDS, depends_on=tuple(sorted(depends_on)))


def _case(estate: Estate, request: Request) -> Case:
    """A request as the gates see it, its context completed."""
    region = given_context(request).get("aws:requestedregion")
    target = target_of(estate, request, region if isinstance(region, str) else None)
    caller = standing(estate, request.caller)
    context = complete(estate, caller, target, request)
    route = route_of(estate, context.entries)
    return Case(
        standing=caller,
        action=request.action,
        resource=request.resource,
        target=target,
        context=context,
        unmodelled=in_scope(estate, request.caller, target, request.action, route.id),
        service_controls=service_controls(estate, caller),
        resource_controls=resource_controls(estate, caller, target, request.action),
        route=route,
        grants=candidates_for(target.key, request.caller),
        session_policies=request.session_policies,
    )


def _decide(estate: Estate, request: Request, fixed: Mapping[str, bool]) -> Decision:
    case = _case(estate, request)
    memo = Memo()
    tree = explore(lambda symbols: decide(case, symbols, memo).allowed, fixed)
    # The trace tells the assignment tried first; what that one left open did not matter, and is shown as its `no`.
    told = Symbols({**fixed, **first_path(tree)}, default=False)
    verdict = decide(case, told, memo)
    found = outcomes(tree)
    outcome = Outcome.DEPENDS if len(found) > 1 or None in found else Outcome.ALLOW if True in found else Outcome.DENY
    remarks = request.remarks if isinstance(request, GivenRequest) else ()
    return Decision(
        outcome,
        steps(verdict.gates),
        tuple(sorted(sensitive(tree))) if outcome is Outcome.DEPENDS else (),
        (*remarks, *warnings_about(estate, case, request)),
        tuple(sorted((symbol, value is True) for symbol, value in told.asked.items())),
    )
