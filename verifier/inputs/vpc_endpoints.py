"""The VPC endpoints of a snapshot.

In: the output of `describe-vpc-endpoints`. Out: the `Endpoint`s of KMS, and an `Unmodelled` for each whose policy is not in the input.
Guarantee: only endpoints of other services are left out (V). [API: EC2 VpcEndpoint; kms-vpc-endpoint]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from verifier.inputs.access import is_null, listed, member_text, members
from verifier.inputs.agreement import same_policies, which
from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.policies import read_document
from verifier.model.estate import Endpoint, Influence, Unmodelled
from verifier.model.policy import PolicyKind

_KMS_SERVICE = re.compile(r"(?:[a-z0-9-]+\.)+([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.kms(?:-fips)?")
"""`com.amazonaws.REGION.kms`; in China `cn.com.amazonaws.REGION.kms`. The group is the Region."""

_WITHOUT_SERVICE = ("ServiceNetworkArn", "ResourceConfigurationArn")
"""Endpoints of these have no `ServiceName`."""

_ID = re.compile(r"vpce-[0-9a-z]+")
_VPC = re.compile(r"vpc-[0-9a-z]+")
_ACCOUNT = re.compile(r"[0-9]{12}")


def read_vpc_endpoints(
    remarks: Remarks,
    given: Sequence[Node],
    made: Sequence[Node] = (),
    policies: Mapping[str, Node] | None = None,
    gone: AbstractSet[str] = frozenset(),
    told: Mapping[str, str] | None = None,
    *,
    loose: bool = False,
) -> tuple[tuple[Endpoint, ...] | None, tuple[Unmodelled, ...]]:
    """The endpoints of KMS, `None` where none were given; and what their missing policies may refuse (V). Those that plans and templates
    have `made` take the place of those that are given; `policies` are what they put on others, by the ID of the endpoint, and those that
    are `gone` they take away. Where a policy is `loose` it may be that of any of them. One that is only `told`, by which resource, must be
    the one that is given."""
    if not given and not made:
        return None, ()
    endpoints: dict[str, Endpoint] = {}
    for node in made:
        _add(remarks, endpoints, node, frozenset(), {})
    own = frozenset(endpoints)
    there: dict[str, Endpoint] = {}
    for node in given:
        _add(remarks, endpoints, node, own | gone, policies or {})
        _add(Remarks(), there, node, frozenset(), {})
    # Of one that a plan makes, and another puts a policy on, it is not known which comes last.
    endpoints |= {identifier: replace(endpoints[identifier], policy=None) for identifier in own & (policies or {}).keys()}
    if loose:
        endpoints = {identifier: replace(endpoint, policy=None) for identifier, endpoint in endpoints.items()}
    why: dict[str, str] = {}
    for identifier, by in (told or {}).items():
        now, then = endpoints.get(identifier), there.get(identifier)
        if now and now.policy and then and then.policy and not same_policies([now.policy], [then.policy]):
            why[identifier] = f"known: {which(by, then.span)}"
            endpoints[identifier] = replace(now, policy=None)
    missing = (_missing(endpoint, why.get(endpoint.id, "in the input")) for endpoint in endpoints.values() if endpoint.policy is None)
    return tuple(endpoints.values()), tuple(missing)


def _add(remarks: Remarks, endpoints: dict[str, Endpoint], node: Node, without: frozenset[str], policies: Mapping[str, Node]) -> None:
    """Adds the endpoints of one listing."""
    for entry in listed(remarks, node, "VpcEndpoints", "the output of describe-vpc-endpoints"):
        endpoint = _endpoint(remarks, entry, policies)
        if endpoint is None or endpoint.id in without:
            continue
        if endpoint.id in endpoints:
            remarks.error(entry, f"duplicate VPC endpoint {endpoint.id}", rule="V")
        else:
            endpoints[endpoint.id] = endpoint


def _endpoint(remarks: Remarks, entry: Node, policies: Mapping[str, Node]) -> Endpoint | None:
    """The endpoint, `None` where it is one of another service, or its ID or service is in error."""
    found = members(remarks, entry, "a VPC endpoint")
    region = _region(remarks, entry, found)
    if region is None:
        return None
    identifier = _matching(remarks, found, "VpcEndpointId", _ID, "the ID of a VPC endpoint")
    if identifier is None:
        if "VpcEndpointId" not in found or is_null(found["VpcEndpointId"]):
            remarks.error(entry, "the VPC endpoint has no `VpcEndpointId`", rule="V")
        return None
    document, policy = policies.get(identifier, found.get("PolicyDocument")), None
    if document is not None and not is_null(document) and not is_unknown_whole(document):
        name = f"policy of {identifier}"
        policy = read_document(remarks, document, PolicyKind.ENDPOINT, identity=f"{identifier}#policy", name=name)
    return Endpoint(
        id=identifier,
        region=region,
        vpc=_matching(remarks, found, "VpcId", _VPC, "the ID of a VPC"),
        account=_matching(remarks, found, "OwnerId", _ACCOUNT, "an account of twelve digits"),
        policy=policy,
        span=entry.span,
    )


def _region(remarks: Remarks, entry: Node, found: Mapping[str, Node]) -> str | None:
    """The Region of an endpoint of KMS, `None` for one of another service."""
    service = member_text(remarks, found, "ServiceName")
    if service is None:
        if not any(name in found for name in _WITHOUT_SERVICE):
            remarks.error(entry, "the VPC endpoint has no `ServiceName`", rule="V")
        return None
    match = _KMS_SERVICE.fullmatch(service)
    if match is None:
        return None
    region, hosted = match.group(1), member_text(remarks, found, "ServiceRegion")
    if hosted is not None and hosted != region:
        remarks.error(found["ServiceRegion"], f"`ServiceRegion` is {hosted}, but `ServiceName` is {service}", rule="V")
    return region


def _matching(remarks: Remarks, found: Mapping[str, Node], name: str, pattern: re.Pattern[str], what: str) -> str | None:
    value = member_text(remarks, found, name)
    if value is None or pattern.fullmatch(value):
        return value
    remarks.error(found[name], f"`{value}` is not {what}", rule="V")
    return None


def _missing(endpoint: Endpoint, why: str) -> Unmodelled:
    name = f"policy of VPC endpoint {endpoint.id}"
    description = f"{name} is not {why}"
    return Unmodelled(name, "V", Influence.MAY_REFUSE, description, endpoint=endpoint.id, span=endpoint.span)
