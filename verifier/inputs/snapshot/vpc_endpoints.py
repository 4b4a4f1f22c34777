"""The VPC endpoints of a snapshot.

In: the output of `describe-vpc-endpoints`. Out: the `Endpoint`s of KMS, and an `Unmodelled` for each whose policy is
not in the input.
Guarantee: only endpoints of other services are left out (V). [API: EC2 VpcEndpoint; kms-vpc-endpoint]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from verifier.inputs.agreement import agreed
from verifier.inputs.policies import read_document
from verifier.inputs.snapshot.organization import TWELVE_DIGITS
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.text.access import Record, is_null, listed_records
from verifier.inputs.text.nodes import Node, Remarks, text_of
from verifier.inputs.text.unknown import content, is_unknown_whole, names_in
from verifier.model.estate import Endpoint
from verifier.model.policy import PolicyKind
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_KMS_SERVICE = re.compile(r"(?:[a-z0-9-]+\.)+([a-z]{2}(?:-[a-z]+)+-[0-9]+)\.kms(?:-fips)?")
"""`com.amazonaws.REGION.kms`; in China `cn.com.amazonaws.REGION.kms`. The group is the Region."""

_WITHOUT_SERVICE = ("ServiceNetworkArn", "ResourceConfigurationArn")
"""Endpoints of these have no `ServiceName`."""

_ID = re.compile(r"vpce-[0-9a-z]+")
_VPC = re.compile(r"vpc-[0-9a-z]+")


def read_vpc_endpoints(remarks: Remarks, parts: Parts) -> tuple[tuple[Endpoint, ...] | None, tuple[Unmodelled, ...]]:
    """The endpoints of KMS, `None` where none were given; and what their missing policies may refuse (V). Those that
    plans and templates have made take the place of those that are given."""
    if not parts.vpc_endpoints and not parts.made_endpoints and not parts.endpoint_policies:
        return None, ()
    what = "the output of describe-vpc-endpoints"
    given, made = (
        [found for node in nodes for found in listed_records(remarks, node, "VpcEndpoints", what, "a VPC endpoint")]
        for nodes in (parts.vpc_endpoints, parts.made_endpoints)
    )
    known = _documents(given)
    first, then = (
        {identifier: agreed(node, known.get(identifier, node), node) for identifier, node in documents.items()}
        for documents in (_documents(made), parts.endpoint_policies)
    )
    endpoints = _distinct(made, first)
    own = frozenset(endpoints)
    others = _distinct(given, then)
    endpoints |= {
        identifier: endpoint for identifier, endpoint in others.items() if identifier not in own | parts.endpoints_gone
    }
    # Of one that a plan makes, and another puts a policy on, it is not known which comes last.
    open_ = own & then.keys() if not parts.loose_endpoint_policy else endpoints.keys()
    endpoints |= {identifier: replace(endpoints[identifier], policy=None) for identifier in open_}
    missing = [
        _missing(remarks, found, (then | first).get(found.id)) for found in endpoints.values() if found.policy is None
    ]
    if not parts.vpc_endpoints:
        missing += [_unlisted(remarks, identifier, then[identifier]) for identifier in sorted(then.keys() - endpoints)]
    is_given = parts.vpc_endpoints or parts.made_endpoints
    return tuple(endpoints.values()) if is_given else None, tuple(missing)


def _documents(listed: Iterable[Record]) -> dict[str, Node]:
    """The policies of endpoints, by their IDs."""
    found = [(text_of(entry.place, "VpcEndpointId"), entry.get("PolicyDocument")) for entry in listed]
    return {identifier: node for identifier, node in found if identifier is not None and node is not None}


def _distinct(listed: Iterable[Record], policies: Mapping[str, Node]) -> dict[str, Endpoint]:
    """The endpoints that are listed, by their IDs; those with one of some `policies` have that one."""
    endpoints: dict[str, Endpoint] = {}
    for found in listed:
        endpoint = _endpoint(found, policies)
        if endpoint is not None and endpoint.id in endpoints:
            found.error(f"duplicate VPC endpoint {endpoint.id}", rule="V")
        elif endpoint is not None:
            endpoints[endpoint.id] = endpoint
    return endpoints


def _endpoint(found: Record, policies: Mapping[str, Node]) -> Endpoint | None:
    """The endpoint, `None` where it is one of another service, or its ID or service is in error."""
    region = _region(found)
    if region is None:
        return None
    identifier = found.matching("VpcEndpointId", _ID, "the ID of a VPC endpoint", "V")
    if identifier is None:
        if found.value("VpcEndpointId") is None:
            found.remarks.error(found.place, "the VPC endpoint has no `VpcEndpointId`", rule="V")
        return None
    document, policy = policies.get(identifier, found.get("PolicyDocument")), None
    if document is not None and not is_null(document) and not is_unknown_whole(document):
        name = f"policy of {identifier}"
        policy = read_document(found.remarks, document, PolicyKind.ENDPOINT, identity=f"{identifier}#policy", name=name)
    return Endpoint(
        id=identifier,
        region=region,
        vpc=found.matching("VpcId", _VPC, "the ID of a VPC", "V"),
        account=found.matching("OwnerId", TWELVE_DIGITS, "an account of twelve digits", "V"),
        policy=policy,
        span=found.place.span,
    )


def _region(found: Record) -> str | None:
    """The Region of an endpoint of KMS, `None` for one of another service."""
    service, hosted = found.text("ServiceName"), found.text("ServiceRegion")
    if service is None and not any(name in found for name in _WITHOUT_SERVICE):
        found.error("the VPC endpoint has no `ServiceName`", rule="V")
    match = _KMS_SERVICE.fullmatch(service or "")
    if match is not None and hosted not in (None, match.group(1)):
        found.error(f"`ServiceRegion` is {hosted}, but `ServiceName` is {service}", "ServiceRegion", rule="V")
    return match and match.group(1)


def _unlisted(remarks: Remarks, identifier: str, policy: Node) -> Unmodelled:
    """The policy that a plan puts on an endpoint of which nothing tells the service."""
    description = f"a plan writes the policy of VPC endpoint {identifier}, and whether that is one of KMS is not known"
    symbol = f"policy of VPC endpoint {identifier} ({remarks.definitions.digest(content(policy))})"
    said = printable(symbol), "V", Influence.MAY_REFUSE, printable(description)
    return Unmodelled(*said, endpoint=identifier, span=policy.span)


def _missing(remarks: Remarks, endpoint: Endpoint, policy: Node | None) -> Unmodelled:
    name, names = f"policy of VPC endpoint {endpoint.id}", names_in([] if policy is None else [policy])
    why = f"known: it depends on {first_few(names)}" if names else "in the input"
    description = printable(f"{name} is not {why}")
    symbol = printable(f"{name} ({remarks.definitions.digest(content(policy))})" if names else name)
    return Unmodelled(symbol, "V", Influence.MAY_REFUSE, description, endpoint=endpoint.id, span=endpoint.span)
