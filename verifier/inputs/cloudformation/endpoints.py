"""VPC endpoints of a template.

In: its functions and the names of its resources. Out: what `describe-vpc-endpoints` would list; what cannot be told may refuse.
Guarantee: an endpoint that is made without a policy has AWS's default one (V). [CloudFormation Template Reference: AWS::EC2::VPCEndpoint]
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.names import Names
from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.drafts import obj
from verifier.inputs.nodes import Node, Scalar, text_at
from verifier.inputs.unknown import Unknown
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import printable

_EVERYTHING = '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}'


def endpoints(functions: Functions, names: Names) -> Iterator[Node | Unmodelled]:
    """Each endpoint that may be made, or that it may refuse where nobody knows of which service it is."""
    for resource in functions.template.of_type("AWS::EC2::VPCEndpoint"):
        exists, identifier, place = functions.exists(resource), names(resource.name, None), resource.place
        service, vpc = functions.of(resource, "ServiceName"), functions.of(resource, "VpcId")
        if exists is False or not isinstance(identifier, Scalar) or service is None:
            continue
        if isinstance(service, Unknown):
            name, what = printable(f"{resource.type} {resource.name}"), f"`{resource.name}` is an endpoint of a service that is not known"
            yield Unmodelled(name, "V", Influence.MAY_REFUSE, printable(what), endpoint=identifier.text, span=place.span)
            continue
        found: dict[str, Node] = {"VpcEndpointId": identifier, "ServiceName": service}
        found |= {"VpcId": vpc} if isinstance(vpc, Scalar) else {}
        found |= {"OwnerId": text_at(place, names.account)} if names.account else {}
        policy = functions.of(resource, "PolicyDocument") or text_at(place, _EVERYTHING)
        yield obj(place, **found, **({"PolicyDocument": policy} if exists and not is_unknown_whole(policy) else {}))
