"""A request put together with all that the gates of the decision look at.

In: the estate, a request whose caller is known. Out: `Case`. Guarantee: pure; raises `InputError` where the resource does not fit.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.evaluate.callers import standing
from verifier.evaluate.case import Case
from verifier.evaluate.controls import resource_controls, service_controls
from verifier.evaluate.elsewhere import target_elsewhere
from verifier.evaluate.endpoints import Route, route_of
from verifier.evaluate.fill import complete, given_context
from verifier.evaluate.grants.index import candidates_for
from verifier.evaluate.operations import operation
from verifier.evaluate.statements.targets import target_of
from verifier.evaluate.unmodelled import in_scope
from verifier.evaluate.who_may_call import caller_gates
from verifier.model.estate import Estate
from verifier.model.request import Request


def case_of(estate: Estate, request: Request) -> Case:
    """A request as the gates see it, its context completed."""
    region = given_context(request).get("aws:requestedregion")
    elsewhere = operation(request.action)
    if elsewhere is not None:
        target = target_elsewhere(estate, request, elsewhere)
    else:
        target = target_of(estate, request, region if isinstance(region, str) else None)
    caller = standing(estate, request.caller)
    context = complete(estate, caller, target, request)
    route = route_of(estate, context.entries) if elsewhere is None else Route()  # KMS alone is behind endpoints of KMS (E1).
    case = Case(
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
    return replace(case, caller_gates=tuple(caller_gates(estate, case)))
