"""Whether the VPC endpoint that a request came through lets it pass (V, D6).

In: the estate, the request's context. Out: the route, its gate.
Guarantee: only an endpoint whose policy the input holds refuses here; one that is not listed is said to be supposed to
allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from verifier.evaluate.context import Entry
from verifier.evaluate.findings import Finding, Gate
from verifier.evaluate.matching import Matcher, applies, findings
from verifier.evaluate.symbols import Truth
from verifier.model.estate import Endpoint, Estate
from verifier.model.policy import Policy
from verifier.model.readings import D6
from verifier.model.request import Caller, CallerKind


@dataclass(frozen=True)
class Route:
    """The VPC endpoint of a request by its ID, `None` for a request through none; and what the estate knows of it."""

    id: str | None = None
    endpoint: Endpoint | None = None

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The endpoint's policy, where it is known."""
        return (self.endpoint.policy,) if self.endpoint is not None and self.endpoint.policy is not None else ()


def route_of(estate: Estate, context: Mapping[str, Entry]) -> Route:
    """The way that `aws:SourceVpce` tells (F4)."""
    identifier = context.get("aws:sourcevpce")
    return Route(identifier, endpoint_named(estate, identifier)) if isinstance(identifier, str) else Route()


def endpoint_named(estate: Estate, identifier: object) -> Endpoint | None:
    """The endpoint with this ID, if the estate lists it."""
    return next((known for known in estate.endpoints or () if known.id == identifier), None)


def binds(caller: Caller, matcher: Matcher, truth: Truth, otherwise: bool) -> Truth:
    """What an endpoint policy says. Whether it binds service principals is open (D6): if not, it is `otherwise`."""
    if caller.kind is not CallerKind.SERVICE:
        return truth
    return matcher.symbols.choose(D6, lambda: truth, lambda: otherwise)


def endpoint_gates(route: Route, caller: Caller, action: str, matcher: Matcher) -> Iterator[Gate]:
    """V: the endpoint's policy must allow the request."""
    if route.id is None:
        return
    if not route.policies:
        which = "the policy of VPC endpoint" if route.endpoint is not None else "VPC endpoint"
        yield Gate(Finding("V", f"{which} {route.id} is not in the input: it is supposed to let {action} pass", True))
        return
    allows = matcher.allows(route.policies)
    allowed = applies(allows)
    says = "allows" if allowed is not False else "does not allow"
    holds = binds(caller, matcher, allowed, otherwise=True)
    ignored = ", which does not concern a service principal" if holds is not False and allowed is False else ""
    yield Gate(Finding("V", f"the policy of VPC endpoint {route.id} {says} {action}{ignored}", holds), findings(allows))
