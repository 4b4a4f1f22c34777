"""The VPC endpoints of a snapshot.

In: the output of `describe-vpc-endpoints`. Out: an `Unmodelled` for each endpoint of KMS whose policy could refuse something (D2).
Guarantee: only an endpoint of another service, or one that allows everything, is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from verifier.inputs.access import listed, member_text, members
from verifier.inputs.document_text import document_source
from verifier.inputs.nodes import Node, Remarks
from verifier.model.estate import Influence, Unmodelled

_KMS_SERVICE = re.compile(r"(?:cn\.)?com\.amazonaws\.[a-z0-9-]+\.kms(?:-fips)?")

_FULL_ACCESS = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
"""The statement of the policy that an endpoint has when it is given none."""


def read_vpc_endpoints(remarks: Remarks, nodes: Sequence[Node]) -> tuple[Unmodelled, ...]:
    """What the policies of the KMS endpoints may refuse (D2); they are not modelled yet."""
    read = [
        _endpoint(remarks, entry)
        for node in nodes
        for entry in listed(remarks, node, "VpcEndpoints", "the output of describe-vpc-endpoints")
    ]
    return tuple(thing for thing in read if thing is not None)


def _endpoint(remarks: Remarks, entry: Node) -> Unmodelled | None:
    found = members(remarks, entry, "a VPC endpoint")
    service = member_text(remarks, found, "ServiceName")
    if service is not None and not _KMS_SERVICE.fullmatch(service):
        return None
    document = found.get("PolicyDocument")
    if document is not None and _allows_everything(remarks, document):
        return None
    name = f"policy of VPC endpoint {member_text(remarks, found, 'VpcEndpointId') or 'without an ID'}"
    return Unmodelled(name, "D2", Influence.MAY_REFUSE, f"{name}: endpoint policies are not modelled yet", span=entry.span)


def _allows_everything(remarks: Remarks, document: Node) -> bool:
    """Whether a policy is the one of an endpoint that was given none."""
    source = remarks.keep(lambda: document_source(document))
    try:
        policy = json.loads(source.text) if source is not None else None
    except (ValueError, RecursionError):
        return False
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    return statements in (_FULL_ACCESS, [_FULL_ACCESS])
