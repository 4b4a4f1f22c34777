"""Policies that limit requests whoever makes them: which service and resource control policies bind a request (D7, D6,
R4), and whether the VPC endpoint that it came through lets it pass (V, D6).

In: the estate, a caller, a target, an action, the request's context. Out: the levels that bind, or why none does; the
route; the gates of both.
Guarantee: who is exempt is exempt from the Denies as well as from the need of an Allow. Only an endpoint whose policy
the input holds refuses here; one that is not listed is said to be supposed to allow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.evaluate.callers import Standing
from verifier.evaluate.context import Entry
from verifier.evaluate.findings import Gate, RuleFinding
from verifier.evaluate.matching import Matcher, applies, examined
from verifier.evaluate.statements.targets import Target
from verifier.evaluate.symbols import Truth
from verifier.frozen import Frozen
from verifier.model.estate import Endpoint, Estate
from verifier.model.organization import Level, Organization
from verifier.model.policy import Policy
from verifier.model.readings import D6
from verifier.model.request import Caller, CallerKind

_SERVICE, _RESOURCE = "service control policies", "resource control policies"


class Restriction(Frozen):
    """The control policies of one type that bind a request, root first; none with `exempt`, which says why where that
    is worth a line."""

    levels: tuple[Level, ...] = ()
    exempt: RuleFinding | None = None


def service_controls(estate: Estate, standing: Standing) -> Restriction:
    """The SCPs that bind the caller: those over its account. They do not touch service principals (D6) and identities
    of providers (E2w), which have none."""
    caller, organization = standing.caller, estate.organization
    if organization is None or caller.account is None:
        return Restriction()
    if caller.account == organization.management_account:
        return _exempt(organization, "D7", f"the management account is not restricted by {_SERVICE}")
    if caller.service_linked:
        return _exempt(organization, "D6", f"a service-linked role is not restricted by {_SERVICE}")
    return _over(organization, caller.account, _SERVICE)


def resource_controls(estate: Estate, standing: Standing, target: Target, action: str) -> Restriction:
    """The RCPs that bind the resource: those over the account that owns it; over the caller's, where there is none
    (D9). An operation of IAM has none (E1)."""
    organization = estate.organization
    if organization is None or not target.has_resource_controls:
        return Restriction()
    if target.account == organization.management_account:
        return _exempt(organization, "D7", f"the management account's resources are not restricted by {_RESOURCE}")
    if target.key is not None and target.belongs_to_aws:
        return _exempt(organization, "D7", f"an AWS managed key is not restricted by {_RESOURCE}")
    if action.lower() == "kms:retiregrant":
        return _exempt(organization, "D7", f"{_RESOURCE} have no effect on {action}")
    if standing.caller.service_linked:
        return _exempt(organization, "D6", f"a service-linked role is not restricted by {_RESOURCE}")
    return _over(organization, target.account, _RESOURCE)


def _over(organization: Organization, account: str | None, kind: str) -> Restriction:
    """The control policies of one type over an account. Over a member account of which the input does not give them
    none are supposed; over other accounts the organization has none."""
    given = next((known for known in organization.controls if known.account == account), None)
    levels = given and (given.service if kind == _SERVICE else given.resource)
    if levels is not None or account not in dict(organization.accounts):
        return Restriction(levels or ())
    return _exempt(organization, "D7", f"no {kind} are given for account {account}, so none are supposed")


def _exempt(organization: Organization, rule: str, text: str) -> Restriction:
    """An exemption. It is worth a line only where control policies are given at all."""
    return Restriction((), RuleFinding(rule, text, True) if organization.controls else None)


def service_gates(restriction: Restriction, action: str, matcher: Matcher) -> Iterator[Gate]:
    """A gate for each level of SCPs: one of the policies attached there must allow (D7)."""
    if restriction.exempt is not None:
        yield Gate(restriction.exempt)
    for level in restriction.levels:
        allows = matcher.allows(level.policies)
        holds = applies(allows)
        says = "do not allow" if holds is False else "allow"
        which = f"{_SERVICE} of {level_name(level)}" + ("" if level.policies else " (none is attached)")
        yield Gate(RuleFinding("D7", f"{which} {says} {action}", holds), examined(allows))


def resource_gates(restriction: Restriction) -> Iterator[Gate]:
    """One line for the RCPs: `RCPFullAWSAccess` is attached at every level, so that only their Denies matter (D7)."""
    if restriction.exempt is not None:
        yield Gate(restriction.exempt)
    if any(level.policies for level in restriction.levels):
        text = f"{_RESOURCE} allow what they do not deny: RCPFullAWSAccess is attached at every level"
        yield Gate(RuleFinding("D7", text, True))


def level_name(level: Level) -> str:
    """A level as prose: `the root r-ab12`, `the organizational unit ou-…`, `account 111122223333`."""
    if level.name.startswith("r-"):
        return f"the root {level.name}"
    return f"the organizational unit {level.name}" if level.name.startswith("ou-") else f"account {level.name}"


# -- VPC endpoint policies (V) --


class Route(Frozen):
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
    """True iff `truth` is, what an endpoint policy says, or `otherwise`, where it may not bind a service (D6)."""
    if caller.kind is not CallerKind.SERVICE:
        return truth
    return matcher.symbols.choose(D6, lambda: truth, lambda: otherwise)


def endpoint_gates(route: Route, caller: Caller, action: str, matcher: Matcher) -> Iterator[Gate]:
    """V: the endpoint's policy must allow the request."""
    if route.id is None:
        return
    if not route.policies:
        which = "the policy of VPC endpoint" if route.endpoint is not None else "VPC endpoint"
        text = f"{which} {route.id} is not in the input: it is supposed to let {action} pass"
        yield Gate(RuleFinding("V", text, True))
        return
    allows = matcher.allows(route.policies)
    allowed = applies(allows)
    says = "allows" if allowed is not False else "does not allow"
    holds = binds(caller, matcher, allowed, otherwise=True)
    ignored = ", which does not concern a service principal" if holds is not False and allowed is False else ""
    text = f"the policy of VPC endpoint {route.id} {says} {action}{ignored}"
    yield Gate(RuleFinding("V", text, holds), examined(allows))
