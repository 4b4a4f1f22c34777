"""VPC endpoints and control policies of a template.

In: its functions and the names of its resources. Out: what `describe-vpc-endpoints` would list; what cannot be told may refuse.
Guarantee: an endpoint that is made without a policy has AWS's default one (V).
[CloudFormation Template Reference: AWS::EC2::VPCEndpoint, AWS::Organizations::Policy]
"""

from __future__ import annotations

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.names import Names
from verifier.inputs.cloudformation.template import Resource
from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.drafts import listing, obj, text_at
from verifier.inputs.nodes import Node, Scalar
from verifier.inputs.unknown import Resolved
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import printable


class Endpoints:
    """The VPC endpoints of a template, and what of it may refuse."""

    def __init__(self, functions: Functions, names: Names) -> None:
        self.functions = functions
        self.names = names
        self.unmodelled: list[Unmodelled] = []

    def read(self, place: Node) -> Node | None:
        """The endpoints; `None` where the template makes none."""
        template = self.functions.template
        for resource in template.of_type("AWS::Organizations::Policy"):
            self._may_refuse(resource, "D7", None, "a policy of the organization, whose accounts a template does not list")
        found = [node for resource in template.of_type("AWS::EC2::VPCEndpoint") if (node := self._endpoint(resource)) is not None]
        return obj(place, VpcEndpoints=listing(place, found)) if found else None

    def _endpoint(self, resource: Resource) -> Node | None:
        exists = self.functions.exists(resource)
        identifier = self.names(resource.name, None)
        if exists is False or not isinstance(identifier, Scalar):
            return None
        service, vpc = (self.functions.value(node) if node else None for node in map(resource.properties.get, ("ServiceName", "VpcId")))
        if service is not None and not isinstance(service, Scalar):
            self._may_refuse(resource, "V", identifier.text, "an endpoint of a service that is not known")
        if not isinstance(service, Scalar):
            return None
        place = resource.place
        found: dict[str, Node] = {"VpcEndpointId": identifier, "ServiceName": service}
        found |= {"VpcId": vpc} if isinstance(vpc, Scalar) else {}
        found |= {"OwnerId": text_at(place, self.names.account)} if self.names.account else {}
        policy = self._policy(resource)
        if exists is True and not is_unknown_whole(policy):
            found["PolicyDocument"] = policy
        return obj(place, **found)

    def _policy(self, resource: Resource) -> Node:
        node = resource.properties.get("PolicyDocument")
        found = self.functions.value(node) if node is not None else None
        return found if found is not None else _everything(resource.place)

    def _may_refuse(self, resource: Resource, label: str, endpoint: str | None, what: str) -> None:
        name, description = printable(f"{resource.type} {resource.name}"), printable(f"`{resource.name}` is {what}")
        thing = Unmodelled(name, label, Influence.MAY_REFUSE, description, endpoint=endpoint, span=resource.place.span)
        self.unmodelled.append(thing)


def _everything(place: Node) -> Node:
    """The default policy of an endpoint."""
    elements = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    statement: Node = Resolved(place.source, place.start, place.end, [(text_at(place, n), text_at(place, v)) for n, v in elements.items()])
    pairs: list[tuple[Scalar, Node]] = [(text_at(place, "Statement"), statement)]
    return Resolved(place.source, place.start, place.end, pairs)
