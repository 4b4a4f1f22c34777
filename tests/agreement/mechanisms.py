"""Which rules about grants, control policies, boundaries and endpoints a case exercises, and which way; and which
readings turn it.

In: a setting and a comparison. Out: (label, whether the thing that the rule is about held) pairs. Like `labels`, whose
table this is a part of: `SOURCES` says for each label where it is read off.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from tests.agreement.estates import Setting
from tests.agreement.runner import Comparison
from tests.agreement.spots import Spot, is_grant
from verifier.model.estate import Estate, Identity
from verifier.model.policy import Effect, PolicyKind
from verifier.model.readings import READINGS
from verifier.model.request import CallerKind, Outcome, Request, Step

Fired = Iterator[tuple[str, bool]]

FACTUAL = (
    *("F1-service", "F3", "F4", "F4-console", "F5", "F5-role", "F5-via", "F6"),
    *("F6-replicate", "F6-replicate-keys", "F6-untag"),
)
"""Readings that say which requests could be sent: no decision about a request that is given asks for them."""
SYMBOLS = tuple(reading.label for reading in READINGS if reading.label not in FACTUAL)
"""The readings that decisions ask for."""
TURNING = (
    "R4",
    "D9-rcp",
    "P5",
    "D4",
    "D6",
    "V-account",
    "G2",
    "G2-federated",
    "G3-names",
    "G3-source",
    "G3-describe",
    "G4",
    "G4-role",
    "G5",
    "G5-federated",
)
"""Those that a single mechanism makes matter."""
LIMITING = (PolicyKind.BOUNDARY, PolicyKind.SCP, PolicyKind.RCP, PolicyKind.ENDPOINT)

G6_PARTS = ("operations", "encryptioncontextequals", "encryptioncontextsubset", "sourcearn")
"""What of the grant that is asked for is held against the grant that allows it."""

_TRACE = "trace"
SOURCES: dict[str, str] = {
    "G1": f"{_TRACE}: a grant that concerns the caller lists the operation or not",
    "G2": f"{_TRACE}: the grantee of a grant that lists the operation",
    **dict.fromkeys(("G3 equals", "G3 subset", "G3 source"), f"{_TRACE}: a constraint of a grant"),
    "G4": f"{_TRACE}: a boundary or session policy lets a grant be or limits it",
    "G5": f"{_TRACE}: the sum for RetireGrant",
    "G5 retiring principal": "shape: the retiring principal of a grant retires it or not",
    **{
        f"G6 {what}": f"{_TRACE}: the grant that is asked for is as strict as the grant that allows it or not"
        for what in G6_PARTS
    },
    "G without policies": (
        "shape: a grant allows, in the key's account or another, what policies alone do not, or it does not"
    ),
    **dict.fromkeys(("D7 root", "D7 unit", "D7 account"), f"{_TRACE}: the SCPs of one level"),
    "D7 levels": "shape: of several levels of SCPs all allow, or only some of them",
    "D7 management": "shape: a caller of the management account is allowed or not",
    "D7 management key": "shape: a request on a key of the management account, with RCPs, is allowed or not",
    "D7 AWS managed": "shape: a request on an AWS managed key, with RCPs, is allowed or not",
    "D4 boundary": f"{_TRACE}: a boundary allows or not",
    "D4 spared": "shape: what a boundary does not allow is allowed nevertheless or not",
    "P5 boundary": "shape: a Deny with NotPrincipal applies to a caller with a boundary or not",
    "D6 endpoint": f"{_TRACE}: the policy of an endpoint before a service principal",
    "V": f"{_TRACE}: the policy of an endpoint",
    "F4 endpoint": "shape: a condition on what a listed endpoint says of the network holds or not",
    **{f"P7 {kind.value}": f"{_TRACE}: a statement of such a policy applies or not" for kind in LIMITING},
    **{f"◇ {symbol}": f"{_TRACE}: the decision asks for the reading, which is yes or no" for symbol in SYMBOLS},
    **{f"◇ {symbol} turns": "shape: the outcome turns on the reading, or on others only" for symbol in TURNING},
}


def fired(setting: Setting, comparison: Comparison, spots: list[Spot]) -> Fired:
    """Every label of `SOURCES` that a comparison exercises, with the way it did."""
    trace, allowed = comparison.decision.trace, comparison.decision.outcome is Outcome.ALLOW
    yield from _of_grants(comparison, allowed)
    yield from _of_service_controls(trace)
    yield from _of_exemptions(setting.estate, comparison.request, allowed)
    yield from _of_boundary(trace, allowed)
    yield from _of_endpoint(comparison.request, trace)
    identity = identity_of(setting.estate, comparison.request)
    for spot in spots:
        yield from _of_statement(setting.estate, comparison.request, spot, identity)
    for symbol, value in comparison.decision.assignment:
        if symbol in SYMBOLS and comparison.assignment is not None:
            yield f"◇ {symbol}", value
    if comparison.decision.outcome is Outcome.DEPENDS:
        for label in TURNING:
            yield f"◇ {label} turns", label in comparison.decision.depends_on


# -- grants --


def _of_grants(comparison: Comparison, allowed: bool) -> Fired:
    trace = comparison.decision.trace
    for position, step in enumerate(trace):
        if step.depth == 1 and is_grant(step):
            shown = list(takewhile(lambda following: following.depth == 2, trace[position + 1 :]))
            for element in shown or [step]:
                yield from _of_grant_element(element)
    last = next((step for step in reversed(trace) if step.depth == 0), None)
    if last is not None and last.rule == "G5":
        yield "G5", last.holds
        if any("as the retiring principal" in step.text for step in trace):
            yield "G5 retiring principal", allowed
    elif any(step.depth == 1 and is_grant(step) for step in trace):
        by_grant = any(step.depth == 1 and is_grant(step) and step.holds for step in trace)
        by_policy = any(
            step.depth == 1 and not is_grant(step) and step.holds and _allows_by_policy(step) for step in trace
        )
        if not by_policy:
            yield "G without policies", allowed and by_grant


def _allows_by_policy(step: Step) -> bool:
    return step.statement is not None and step.statement.effect is Effect.ALLOW and " of key policy " in step.text


def _of_grant_element(step: Step) -> Fired:
    if step.rule == "G3":
        kind = next(
            (name for name in ("equals", "subset") if step.text.lower().startswith(f"encryptioncontext{name}")),
            "source",
        )
        yield f"G3 {kind}", step.holds
    elif step.rule == "G6":
        yield f"G6 {next((part for part in G6_PARTS[1:] if part in step.text.lower()), G6_PARTS[0])}", step.holds
    elif step.rule in ("G1", "G2", "G4"):
        yield step.rule, step.holds


# -- control policies --


def _of_service_controls(trace: tuple[Step, ...]) -> Fired:
    levels = [
        step
        for step in trace
        if step.depth == 0 and step.rule == "D7" and step.text.startswith("service control policies of ")
    ]
    for step in levels:
        place = {"root": "root", "organizational": "unit"}.get(
            step.text.split(" of the ", 1)[-1].split(" ")[0], "account"
        )
        yield f"D7 {place}", step.holds
    if len(levels) > 1 and any(step.holds for step in levels):
        yield "D7 levels", all(step.holds for step in levels)


def _of_exemptions(estate: Estate, request: Request, allowed: bool) -> Fired:
    organization = estate.organization
    if organization is None or not organization.controls:
        return
    given = {controls.account for controls in organization.controls if controls.resource is not None}
    key = next((key for key in estate.keys if key.arn == request.resource), None)
    if request.caller.account == organization.management_account:
        yield "D7 management", allowed
    if key is not None and key.account in given:
        if key.account == organization.management_account:
            yield "D7 management key", allowed
        if key.manager == "AWS":
            yield "D7 AWS managed", allowed


# -- boundaries, endpoints --


def identity_of(estate: Estate, request: Request) -> Identity | None:
    """The caller as the estate lists it, if it does."""
    everyone = [identity for account in estate.accounts for identity in (*account.users, *account.roles)]
    return next((identity for identity in everyone if identity.arn == request.caller.principal_arn), None)


def _of_boundary(trace: tuple[Step, ...], allowed: bool) -> Fired:
    for step in trace:
        if step.depth == 0 and step.rule == "D4" and step.text.startswith("the permissions boundary "):
            yield "D4 boundary", step.holds
            if not step.holds:
                yield "D4 spared", allowed


def _of_endpoint(request: Request, trace: tuple[Step, ...]) -> Fired:
    for step in trace:
        if step.depth == 0 and step.rule == "V" and "is not in the input" not in step.text:
            yield "D6 endpoint" if request.caller.kind is CallerKind.SERVICE else "V", step.holds


def _of_statement(estate: Estate, request: Request, spot: Spot, identity: Identity | None) -> Fired:
    if spot.policy.kind in LIMITING:
        yield f"P7 {spot.policy.kind.value}", spot.applies
    if (
        spot.statement.not_principal
        and spot.statement.effect is Effect.DENY
        and identity is not None
        and identity.bounded
    ):
        yield "P5 boundary", spot.applies
    context = {name.lower(): value for name, value in request.context}
    endpoint = next((known for known in estate.endpoints or () if known.id == context.get("aws:sourcevpce")), None)
    known = {"aws:sourcevpc": endpoint and endpoint.vpc, "aws:vpceaccount": endpoint and endpoint.account}
    for condition, step in spot.conditions:
        if known.get(condition.key.value.lower()) is not None:
            yield "F4 endpoint", step.holds
