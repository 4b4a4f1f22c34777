"""The VPC endpoints of a plan.

In: a resolver. Out: what `describe-vpc-endpoints` would list, and what endpoints of unknown services may refuse.
Guarantee: an endpoint that is made without a policy has AWS's default one, which allows everything (V).
"""

from __future__ import annotations

from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.documents import as_document, policy_attribute
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.values import text_node
from verifier.inputs.unknown import Unknown
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import printable

_DEFAULT = '{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}'
"""[PrivateLink guide, vpc-endpoints-access, Default endpoint policy]"""


class Endpoints:
    """The endpoint resources of one side of a plan."""

    def __init__(self, resolver: Resolver, providers: Providers) -> None:
        self.resolver = resolver
        self.providers = providers
        self.unmodelled: list[Unmodelled] = []
        self.elsewhere: dict[str, Node] = {}
        """Policies of endpoints that are not in the plan, by ID."""

    def read(self) -> Node | None:
        """The endpoints; `None` where the plan has none."""
        separate = self._separate()
        own = {self.resolver.text(r, "id") for r in self.resolver.of_type("aws_vpc_endpoint")}
        self.elsewhere = {
            identifier: policy or Unknown(self.resolver.place(resource), 0, 0, [f"{resource.address}.policy"])
            for identifier, (resource, policy) in separate.items()
            if identifier not in own
        }
        listed = [node for r in self.resolver.of_type("aws_vpc_endpoint") if (node := self._endpoint(r, separate)) is not None]
        if not listed:
            return None
        place = self.resolver.plan.address("aws_vpc_endpoint")
        return Members(place, 0, 0, [(text_node(place, "VpcEndpoints"), Items(place, 0, 0, listed))])

    def _separate(self) -> dict[str, tuple[Resource, Node | None]]:
        """The policies that are resources of their own, by the ID of the endpoint."""
        found: dict[str, tuple[Resource, Node | None]] = {}
        for resource in self.resolver.of_type("aws_vpc_endpoint_policy"):
            identifier = self.resolver.text(resource, "vpc_endpoint_id")
            if identifier is None:
                self.unmodelled.append(self._may_refuse(resource, None, "the policy of an endpoint that is not known"))
            else:
                found[identifier] = (resource, policy_attribute(self.resolver, resource, "policy"))
        return found

    def _endpoint(self, resource: Resource, separate: dict[str, tuple[Resource, Node | None]]) -> Node | None:
        identifier, service = self.resolver.text(resource, "id"), self.resolver.text(resource, "service_name")
        if service is None and self.resolver.value(resource, "service_name") is not None:
            self.unmodelled.append(self._may_refuse(resource, identifier, "an endpoint of a service that is not known"))
        if identifier is None or service is None:
            return None
        found = {"VpcEndpointId": identifier, "ServiceName": service, "VpcId": self.resolver.text(resource, "vpc_id")}
        found["OwnerId"] = self.resolver.text(resource, "owner_id") or self.providers.account(resource)
        place = self.resolver.place(resource)
        pairs: list[tuple[Scalar, Node]] = [(text_node(place, n), text_node(place, text)) for n, text in found.items() if text]
        policy = self._policy(resource, separate.get(identifier))
        if not is_unknown_whole(policy):
            pairs.append((text_node(place, "PolicyDocument"), policy))
        return Members(place, 0, 0, pairs)

    def _policy(self, resource: Resource, separate: tuple[Resource, Node | None] | None) -> Node:
        place = self.resolver.place(resource)
        if separate is not None:
            found = separate[1]
        elif resource.created and not self.resolver.is_configured(resource, "policy"):
            found = None
        else:
            found = policy_attribute(self.resolver, resource, "policy")
            if found is None and not resource.created:
                return Unknown(place, 0, 0, [f"{resource.address}.policy (not recorded)"])
        default = as_document(text_node(place, _DEFAULT), f"{self.resolver.plan.file}#{resource.address}.policy")
        assert default is not None
        return found if found is not None else default

    def _may_refuse(self, resource: Resource, endpoint: str | None, what: str) -> Unmodelled:
        span = self.resolver.place(resource).span(0, 0)
        description = printable(f"{resource.address} is {what}")
        return Unmodelled(
            printable(f"VPC endpoint {resource.address}"), "V", Influence.MAY_REFUSE, description, endpoint=endpoint, span=span
        )
