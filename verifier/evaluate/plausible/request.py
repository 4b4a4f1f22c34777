"""Whether a request could be sent (F1–F9, R3, U4): warnings, never a change of the decision.

In: the estate, a request, also as prepared. Out: sentences that begin with the label of the rule that it breaks.
Guarantee: what is open (◇) gives no warning, and neither does a key that no policy tests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.evaluate.context import Either, Entry, is_multivalued
from verifier.evaluate.fill import called_by_service, derived, given_context
from verifier.evaluate.findings import Aside
from verifier.evaluate.plausible.caller import caller_warnings
from verifier.evaluate.plausible.operation import (
    operation_warnings,
    parameter_warnings,
    required_parameters,
    source_warnings,
    step_operation_warnings,
)
from verifier.evaluate.plausible.route import TESTED, companion_warnings, route_warnings
from verifier.evaluate.plausible.session import may_be_of_service, origin_warnings, session_warnings
from verifier.evaluate.plausible.values import documented, value_warnings
from verifier.evaluate.prepared_request import PreparedRequest
from verifier.evaluate.statements.values import in_block
from verifier.evaluate.suited import fact_warnings
from verifier.model import reference
from verifier.model.estate import Estate
from verifier.model.policy import Policy
from verifier.model.request import CallerKind, Request, Value, strings_of

_SENT = """
datakeypairspec encapsulationalgorithm encryptionalgorithm grantoperations keyagreementalgorithm keyorigin keyspec
keyusage macalgorithm messagetype multiregion policyname primaryregion reencryptonsamekey replicaregion
signingalgorithm wrappingalgorithm wrappingkeyspec
"""
ALWAYS_SENT = frozenset(f"kms:{name}" for name in _SENT.split())
"""Parameters that are required or have a default, so that every request of an operation that has them carries them
(F6)."""
_GRANTEES = frozenset({"kms:granteeprincipal", "kms:granteeserviceprincipal"})
"""Parameters of CreateGrant of which every request has one. [API: CreateGrant]"""
ALWAYS_PRESENT = ("aws:CurrentTime", "aws:EpochTime", "aws:UserAgent", "aws:RequestedRegion")
"""Keys of every request that do not follow from the caller, nor always from the key (F1)."""

_RULE_OF_DERIVED = {
    "aws:principalorgid": "F2",
    "aws:principalorgpaths": "F2",
    "aws:resourceorgid": "F2",
    "aws:resourceorgpaths": "F2",
    "aws:vpceorgid": "F2",
    "aws:vpceorgpaths": "F2",
    "aws:sourcevpc": "F4",
    "aws:vpceaccount": "F4",
    "aws:username": "F3",
    "aws:calledviafirst": "F5",
    "aws:calledvialast": "F5",
    "aws:principalservicename": "F5",
    "kms:keyspec": "F8",
    "kms:customermasterkeyspec": "F8",
    "kms:keyusage": "F8",
    "kms:customermasterkeyusage": "F8",
    "kms:keyorigin": "F8",
    "kms:multiregion": "F8",
    "kms:multiregionkeytype": "F8",
    "kms:resourcealiases": "F8",
}
_OF_OTHER_RULES = ("aws:currenttime", "aws:epochtime", "aws:viaawsservice", "aws:principalservicenameslist")
_TAG_OF_CALLER = "aws:principaltag/"
"""A session may have other tags than follow from its caller: what it can have is for `session_tags` to say (F3)."""


def warnings_about(estate: Estate, prepared: PreparedRequest, request: Request) -> tuple[str, ...]:
    """What could not be in a real request, and what a real request would have besides."""
    given = given_context(request)
    follows = derived(estate, prepared.standing, prepared.target, prepared.action, given)
    found = [*_contradictions(given, follows), *_values(request), *_left_out(estate, prepared, given)]
    found += [*caller_warnings(estate, prepared, given), *session_warnings(prepared, given), *source_warnings(given)]
    found += [*origin_warnings(estate, prepared, given), *_private_address(estate, prepared, given)]
    if prepared.operation is not None:
        found += step_operation_warnings(prepared.operation, given)
    else:
        tested = _tested_keys(estate, prepared)
        found += [
            *route_warnings(prepared, given),
            *operation_warnings(prepared, request, given, tested),
            *parameter_warnings(prepared, given),
            *value_warnings(prepared, given),
            *fact_warnings(prepared, given),
            *companion_warnings(prepared, given, tested),
        ]
    return tuple(dict.fromkeys(found))


def _contradictions(given: Mapping[str, Value], follows: Mapping[str, Entry]) -> Iterator[str]:
    """A given value that differs from the one that follows from the caller, the key or another key."""
    for key, entry in follows.items():
        value = given.get(key)
        if value is None or key in _OF_OTHER_RULES or key.startswith(_TAG_OF_CALLER):
            continue
        if isinstance(entry, Either):
            entry = entry.yes  # or else absent, which it is not
        if not isinstance(entry, str | tuple) or _equal(value, entry):
            continue
        rule = _RULE_OF_DERIVED.get(key, "F8" if key.startswith("aws:resourcetag/") else "F1")
        yield f"{rule}: {documented(key)} is {_shown(value)}, but in a real request it is {_shown(entry)}"


def _equal(value: Value, entry: Value) -> bool:
    if isinstance(value, tuple) or isinstance(entry, tuple):
        return set(strings_of(value)) == set(strings_of(entry))
    return value == entry or (value.lower() == entry and entry in ("true", "false"))


def _shown(value: Value) -> str:
    return value if isinstance(value, str) else f"[{', '.join(value)}]"


def _values(request: Request) -> Iterator[str]:
    """C2: a set under a key that holds one value. F9: what is not printable."""
    for key, value in request.context:
        if isinstance(value, tuple) and len(value) > 1 and reference.condition_key(key) and not is_multivalued(key, ""):
            yield f"C2: {key} holds one value in a real request, not {len(value)}"
        if not all(map(str.isprintable, strings_of(value))):
            yield Aside(f"F9: the value of {key} has characters that cannot be printed")


def _left_out(estate: Estate, prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """F1, F4, F6: keys that every real request has, absent here, that a policy of the estate tests."""
    tested = _tested_keys(estate, prepared) | _tested_by_grants(prepared)
    for key in ALWAYS_PRESENT:
        if key.lower() in tested and key.lower() not in prepared.context.entries:
            yield Aside(f"F1: every real request has {key}, {TESTED} it")
    yield from _left_out_of_operation(prepared, tested)
    not_given = "aws:sourceip" in tested and given.keys().isdisjoint(
        {"aws:sourceip", "aws:sourcevpce", "aws:sourcevpc"}
    )
    if not_given and not _may_come_from_service(estate, prepared, given):
        yield Aside(
            "F4: a request comes from aws:SourceIp or through aws:SourceVpce; this one is decided without either"
        )


def _may_come_from_service(estate: Estate, prepared: PreparedRequest, given: Mapping[str, Value]) -> bool:
    """False only if no service makes the request: for itself, on the caller's behalf, or with a session of a role."""
    if prepared.caller.kind is CallerKind.SERVICE or called_by_service(given):
        return True
    return may_be_of_service(estate, prepared)


_PRIVATE_BLOCKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


def _private_address(estate: Estate, prepared: PreparedRequest, given: Mapping[str, Value]) -> Iterator[str]:
    """F4: the address that a caller's own request comes from is a public one. [IAM: reference_policies_condition-keys,
    aws:SourceIp; access-analyzer-reference-policy-checks, Private IP address]"""
    address = str(given.get("aws:sourceip", ""))
    if any(in_block(address, block) for block in _PRIVATE_BLOCKS) and not _may_come_from_service(
        estate, prepared, given
    ):
        warning = f"F4: aws:SourceIp is a public address, unlike {address}"
        yield warning if "aws:viaawsservice" in given else Aside(warning)


def _left_out_of_operation(prepared: PreparedRequest, tested: frozenset[str]) -> Iterator[str]:
    """F6: the operation's own keys."""
    action = reference.action(prepared.action)
    carried = action.condition_keys if action else frozenset()
    for key in sorted((ALWAYS_SENT & carried & tested) | (tested & set(required_parameters(prepared)))):
        if key not in prepared.context.entries:
            yield Aside(f"F6: every {prepared.action} request has {documented(key)}, {TESTED} it")
    if _GRANTEES & carried & tested and not _GRANTEES & prepared.context.entries.keys():
        either = " or ".join(documented(key) for key in sorted(_GRANTEES))
        yield Aside(f"F6: every {prepared.action} request has {either}, {TESTED} either")


def _tested_by_grants(prepared: PreparedRequest) -> frozenset[str]:
    """A grant that allows CreateGrant tests the operations of the new grant (G6)."""
    by_grant = any("kms:CreateGrant" in candidate.grant.operations for candidate in prepared.grants.as_grantee)
    return frozenset({"kms:grantoperations"} if by_grant and prepared.action.lower() == "kms:creategrant" else ())


def _further_policies(prepared: PreparedRequest) -> Iterator[Policy]:
    """The policies that a condition may stand in, beside those of keys and identities."""
    for restriction in (prepared.service_controls, prepared.resource_controls):
        yield from (policy for level in restriction.levels for policy in level.policies)
    yield from prepared.route.policies
    yield from prepared.session_policies or ()


def _tested_keys(estate: Estate, prepared: PreparedRequest) -> frozenset[str]:
    return estate.tested_keys.union(*(policy.tested_keys for policy in _further_policies(prepared)))
