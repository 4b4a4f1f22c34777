"""Which rules a case exercises, and which way (the label counts of `make fuzz`).

In: a setting and a comparison. Out: (label, whether the thing that the rule is about held) pairs.
`SOURCES` says for each label where that is read off: from the steps of evaluate's trace where the trace names the rule,
else from the shape of the case. A label without an entry there tells no decision of one request; `UNCOUNTED` says why.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.agreement import mechanisms
from tests.agreement.estates import Setting
from tests.agreement.keys import BY_NAME
from tests.agreement.runner import Comparison
from tests.agreement.spots import Spot, spots
from tests.agreement.world import UNKNOWN
from verifier.model.operators import OPERATORS
from verifier.model.policy import Condition, Principal, PrincipalType
from verifier.model.request import CallerKind, Outcome, Request, Step

Fired = Iterator[tuple[str, bool]]

MODIFIERS = ("ForAllValues", "ForAnyValue", "IfExists")
KINDS = ("user", "role", "root", "federated", "service", "service-linked")

_TRACE = "trace"
SOURCES: dict[str, str] = {
    "S1": "shape: something unmodelled is in the estate, and turns the outcome or not",
    "S2": "shape: the outcome depends, or not",
    "R1": "shape: allowed or not",
    **{f"R2 {kind}": "shape: a caller of the kind is allowed or not" for kind in KINDS},
    "R2 other path": "shape: a user or role of a listed name under another path is allowed or not",
    "S4": "shape: a request on a key of which nothing tells the account is allowed or not",
    "F3 session tags": "shape: a session of a listed role, with tags that the role has not, is allowed or not",
    "F3 provider": "shape: the same, and the trust policy of the role names a SAML or OIDC provider",
    "R3": "shape: the operation exists and suits the key, or evaluate warns",
    "R4": "shape: a request on an alias is allowed or not",
    "R5": f"{_TRACE}: a caller of another account passes the gate or not",
    "R6": "shape: the context could be sent, or evaluate warns",
    "R7": "shape: an ARN that but for its partition names the caller has its partition or another",
    "R8": "shape: a permission of a call that needs several is given or not",
    "L1": "shape: `${…}` in a policy with variables, or without",
    "L2": "shape: a statement written with a bare value applies or not",
    "L3": "shape: a condition whose key is not in its documented spelling holds or not",
    "L4": "shape: a faulty document is refused, a sound one read",
    "L5": f"{_TRACE}: the Resource of a key policy's statement",
    "L5a": "shape: a statement of a second key policy applies or not",
    "L6": f"{_TRACE}: an action pattern matches or not",
    "L7": "shape: a statement with policy variables applies or not",
    "L8": "shape: a statement that lists a deleted identity applies (by another principal) or not",
    "L9": f"{_TRACE}: the Resource of an identity policy's statement",
    "P1": "trace for the positive; shape: `{AWS: *}` does not name a service principal",
    **dict.fromkeys(("P2", "P3", "P4", "P5"), f"{_TRACE}: the principal element"),
    "P6": "shape: a statement that lists Federated or CanonicalUser applies (by another principal) or not",
    "P7": f"{_TRACE}: a statement of an identity policy applies or not",
    **dict.fromkeys(("C1", "C2", "C3", "C4"), f"{_TRACE}: a condition"),
    "C5": "shape: a condition on a key that is no string holds or not",
    "D1": f"{_TRACE}: the gate",
    "D2": f"{_TRACE}: the sum in the key's account",
    "D3": f"{_TRACE}: the sum from another account",
    "D4": "shape: named directly, a federated session or a caller with a boundary is allowed or not",
    "D5": "shape: the root user is allowed or not",
    "D6": f"{_TRACE}: the sum for a service principal",
    "D8": f"{_TRACE}: the gate of AWS managed keys",
    "D9": f"{_TRACE}: the sum without a key",
    "U1": f"{_TRACE}: identity policies that are free, or do not list the caller",
    "U2": "shape: a federated session is allowed or not",
    "U3": f"{_TRACE}: a condition on a fact that is not known",
    "U4": "shape: an unknown operation is allowed or not",
    **{f"F{n}": "shape: a condition on a key of this rule holds or not" for n in range(1, 9)},
    **dict.fromkeys((*OPERATORS, *MODIFIERS), f"{_TRACE}: a condition with this operator"),
    **dict.fromkeys(
        ("U2 role with session policy", "U2 federated with session policy"),
        "shape: session policies change the outcome or not",
    ),
    **mechanisms.SOURCES,
}
UNCOUNTED = {
    "S3": "no decision: about invariants that check nothing",
    "U5": "no decision: about the time between two requests",
    "F9": "no decision: about how witnesses look",
    **{f"◇ {label}": "no decision: about which requests could be sent" for label in mechanisms.FACTUAL},
}


def fired(setting: Setting, comparison: Comparison) -> Fired:
    """Every label that a comparison exercises, with the way it did."""
    allowed = comparison.decision.outcome is Outcome.ALLOW
    yield from _of_outcome(setting, comparison, allowed)
    yield from _of_gates(comparison.decision.trace)
    found = list(spots(setting, comparison.decision.trace))
    yield from mechanisms.fired(setting, comparison, found)
    for spot in found:
        yield from _of_statement(spot, comparison.request)
        for condition, step in spot.conditions:
            yield from _of_condition(condition, step)


# -- the case as a whole --

SEVERAL = frozenset({"kms:ReplicateKey", "kms:CreateKey", "kms:TagResource", "kms:UpdatePrimaryRegion"})


def _of_outcome(setting: Setting, comparison: Comparison, allowed: bool) -> Fired:
    request, decision = comparison.request, comparison.decision
    things = {thing.name for thing in setting.estate.unmodelled}
    if things:
        yield "S1", any(symbol.rsplit(":", 1)[0] in things for symbol in decision.depends_on)
    if comparison.assignment is None:
        yield "S2", decision.outcome is Outcome.DEPENDS
    yield "R1", allowed
    yield f"R2 {_kind(request)}", allowed
    yield "R3", not any(warning.startswith(("R3", "U4")) for warning in decision.warnings)
    yield "R6", not decision.warnings
    for label, concerned in (
        ("R4", ":alias/" in (request.resource or "")),
        ("R8", request.action in SEVERAL),
        ("U4", request.action.startswith("kms:Future")),
        ("U2", request.caller.kind is CallerKind.FEDERATED),
        ("D5", request.caller.kind is CallerKind.ROOT),
        ("S4", f":{UNKNOWN}:key/" in (request.resource or "")),
        *_of_session(setting, request),
        ("D4", _limited(setting, request) and any(step.rule == "D4" and step.depth == 0 for step in decision.trace)),
    ):
        if concerned:
            yield label, allowed


def _of_session(setting: Setting, request: Request) -> Fired:
    """What a caller has that the inventory does not give it: another path, tags of the session."""
    role = mechanisms.identity_of(setting.estate, request)
    own = {f"aws:principaltag/{name.lower()}": value for name, value in (role.tags if role else ())}
    tags = {name.lower(): value for name, value in request.context if name.lower().startswith("aws:principaltag/")}
    tagged = role is not None and request.caller.kind is CallerKind.ROLE and not tags.items() <= own.items()
    yield "F3 session tags", tagged
    yield "F3 provider", tagged and "-provider/" in str(role and role.trust)
    listed = {
        _without_path(identity.arn)
        for account in setting.estate.accounts
        for identity in (*account.users, *account.roles)
    }
    yield "R2 other path", role is None and _without_path(request.caller.principal_arn) in listed


def _without_path(arn: str) -> tuple[str, str]:
    return arn.split("/")[0], arn.rsplit("/", 1)[-1].lower()


def _kind(request: Request) -> str:
    if request.caller.service_linked:
        return "service-linked"
    return request.caller.kind.name.lower()


def _limited(setting: Setting, request: Request) -> bool:
    bounded = {thing.principal for thing in setting.estate.unmodelled if thing.label == "D4"}
    return request.caller.kind is CallerKind.FEDERATED or request.caller.principal_arn in bounded


def _of_gates(trace: tuple[Step, ...]) -> Fired:
    gates = [step for step in trace if step.depth == 0]
    for gate in gates[:-1]:
        if gate.rule in ("R5", "D3"):
            yield "R5", gate.holds
        elif gate.rule in ("D1", "D8", "U1"):
            yield gate.rule, gate.holds
    if gates and gates[-1].rule in ("D2", "D3", "D6", "D9"):
        yield gates[-1].rule, gates[-1].holds


# -- one statement --


def _of_statement(spot: Spot, request: Request) -> Fired:
    if spot.policy.identity.endswith("#AWS_RAM"):
        yield "L5a", spot.applies
    if spot.policy.kind.value == "identity policy":
        yield "P7", spot.applies
    if spot.loose:
        yield "L2", spot.applies
    if spot.with_variables:
        yield "L1", spot.policy.variables
        if spot.policy.variables:
            yield "L7", spot.applies
    yield from _of_elements(spot)
    yield from _of_principals(spot, request)


_ELEMENT_RULES = frozenset({"L5", "L6", "L9", "P1", "P2", "P3", "P4", "P5"})


def _of_elements(spot: Spot) -> Fired:
    """A statement whose elements are not shown fails by the rule that its own step names."""
    for step in spot.elements or (spot.summary,):
        if step.rule in _ELEMENT_RULES:
            yield step.rule, step.holds


def _of_principals(spot: Spot, request: Request) -> Fired:
    listed = spot.statement.principals or ()
    types = {principal.type for principal in listed}
    if PrincipalType.UNIQUE_ID in types:
        yield "L8", spot.applies
    if types & {PrincipalType.FEDERATED, PrincipalType.CANONICAL_USER}:
        yield "P6", spot.applies
    if types == {PrincipalType.ANY_AWS} and request.caller.kind is CallerKind.SERVICE and spot.elements:
        yield "P1", spot.named
    elif types == {PrincipalType.ANY_AWS} and request.caller.kind is CallerKind.SERVICE and spot.summary.rule == "P4":
        yield "P1", False
    for principal in listed:
        yield from _of_partition(principal, request)


def _of_partition(principal: Principal, request: Request) -> Fired:
    if principal.partition is None or request.caller.account is None:
        return
    own = request.caller.arn.split(":")[1]
    twin = principal.value.replace(f"arn:{principal.partition}:", f"arn:{own}:", 1)
    if twin in (request.caller.arn, request.caller.principal_arn):
        yield "R7", principal.partition == own


# -- one condition --


def _of_condition(condition: Condition, step: Step) -> Fired:
    operator, name = condition.operator, condition.key.value
    if step.rule in ("C1", "C2", "C3", "C4", "U3"):
        yield step.rule, step.holds
    for label in (operator.base, operator.set_operator, "IfExists" if operator.if_exists else None):
        if label is not None:
            yield label, step.holds
    known = BY_NAME.get(name.lower())
    if known is None:
        return
    for label, concerned in (
        ("L3", name != known.name and known.rule != "F7"),
        ("C5", known.kind != "String"),
        (known.rule, known.rule.startswith("F")),
    ):
        if concerned:
            yield label, step.holds
