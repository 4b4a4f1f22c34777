"""The VPC endpoints of a snapshot.

In: the output of `describe-vpc-endpoints`. Out: the `Endpoint`s of KMS, and an `Unmodelled` for each whose policy is not in the input.
Guarantee: only endpoints of other services are left out (V). [API: EC2 VpcEndpoint; kms-vpc-endpoint]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from verifier.inputs.access import is_null, listed, member_text, members
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


def read_vpc_endpoints(remarks: Remarks, nodes: Sequence[Node]) -> tuple[tuple[Endpoint, ...] | None, tuple[Unmodelled, ...]]:
    """The endpoints of KMS, `None` where none were given; and what their missing policies may refuse (V)."""
    if not nodes:
        return None, ()
    endpoints: dict[str, Endpoint] = {}
    for node in nodes:
        for entry in listed(remarks, node, "VpcEndpoints", "the output of describe-vpc-endpoints"):
            endpoint = _endpoint(remarks, entry)
            if endpoint is not None and endpoint.id in endpoints:
                remarks.error(entry, f"duplicate VPC endpoint {endpoint.id}", rule="V")
            elif endpoint is not None:
                endpoints[endpoint.id] = endpoint
    missing = (_missing(endpoint) for endpoint in endpoints.values() if endpoint.policy is None)
    return tuple(endpoints.values()), tuple(missing)


def _endpoint(remarks: Remarks, entry: Node) -> Endpoint | None:
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
    document, policy = found.get("PolicyDocument"), None
    if document is not None and not is_null(document):
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


def _missing(endpoint: Endpoint) -> Unmodelled:
    name = f"policy of VPC endpoint {endpoint.id}"
    description = f"{name} is not in the input"
    return Unmodelled(name, "V", Influence.MAY_REFUSE, description, endpoint=endpoint.id, span=endpoint.span)
