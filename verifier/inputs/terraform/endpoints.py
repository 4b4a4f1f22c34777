"""The VPC endpoints of a plan.

In: a resolver. Out: what `describe-vpc-endpoints` would list, and what endpoints of unknown services may refuse.
Guarantee: an endpoint that is made without a policy has AWS's default one, which allows everything (V).
"""

from __future__ import annotations

from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.drafts import listing, obj
from verifier.inputs.nodes import Node, text_at
from verifier.inputs.terraform.documents import as_document, policy_attribute
from verifier.inputs.terraform.plan import Resource, Verb
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.slots import Word, settled
from verifier.inputs.terraform.values import text_node
from verifier.inputs.unknown import Unknown
from verifier.model.estate import ANY_ENDPOINT, Influence, Unmodelled

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
        self.gone: set[str] = set()
        """The IDs of endpoints that the plan takes away."""
        self.loose = False
        """Whether a policy may be that of any endpoint."""

    def read(self) -> Node | None:
        """The endpoints; `None` where the plan has none."""
        plan, words = self.resolver.plan, self._separate()
        own = {self.resolver.text(r, "id") for r in self.resolver.of_type("aws_vpc_endpoint")}
        others = {identifier: said for identifier, said in words.items() if identifier not in own}
        self.elsewhere = {identifier: found for identifier, said in others.items() if (found := settled(self.resolver, said)) is not None}
        taken = [r.values.get("id") for r in plan.done("aws_vpc_endpoint") if r.verb is Verb.TAKES]
        self.gone = {identifier for identifier in taken if isinstance(identifier, str)} - {text for text in own if text is not None}
        listed = [node for r in self.resolver.of_type("aws_vpc_endpoint") if (node := self._endpoint(r, words)) is not None]
        at = Node(plan.address("aws_vpc_endpoint"), 0, 0)
        return obj(at, VpcEndpoints=listing(at, listed)) if listed else None

    def _separate(self) -> dict[str, list[Word]]:
        """What the policies that are resources of their own say, by the ID of the endpoint. One that goes leaves the default one."""
        found: dict[str, list[Word]] = {}
        for resource in self.resolver.plan.done("aws_vpc_endpoint_policy"):
            gone = resource.verb is Verb.TAKES
            given = resource.values.get("vpc_endpoint_id")
            identifier = given if gone and isinstance(given, str) else self.resolver.text(resource, "vpc_endpoint_id")
            if identifier is None:
                self.unmodelled.append(self._may_refuse(resource, ANY_ENDPOINT, "the policy of an endpoint that is not known"))
                self.loose = True
                continue
            policy = None if gone else policy_attribute(self.resolver, resource, "policy")
            if policy is None and resource.verb is Verb.KEEPS:
                policy = Unknown(self.resolver.place(resource), 0, 0, [f"{resource.address}.policy"])
            writes = gone or resource.writes("policy")
            found.setdefault(identifier, []).append(Word(resource, policy or self._default(resource), writes, "vpc_endpoint_id"))
        return found

    def _endpoint(self, resource: Resource, words: dict[str, list[Word]]) -> Node | None:
        identifier, service = self.resolver.text(resource, "id"), self.resolver.text(resource, "service_name")
        if service is None and self.resolver.value(resource, "service_name") is not None:
            self.unmodelled.append(self._may_refuse(resource, identifier, "an endpoint of a service that is not known"))
        if identifier is None or service is None:
            return None
        found = {"VpcEndpointId": identifier, "ServiceName": service, "VpcId": self.resolver.text(resource, "vpc_id")}
        found["OwnerId"] = self.resolver.text(resource, "owner_id") or self.providers.account(resource)
        at = Node(self.resolver.place(resource), 0, 0)
        told: dict[str, Node] = {name: text_at(at, text) for name, text in found.items() if text}
        said = [*self._own(resource), *words.get(identifier, ())]
        policy = settled(self.resolver, said) if said else None
        if policy is not None and not is_unknown_whole(policy):
            told["PolicyDocument"] = policy
        return obj(at, **told)

    def _own(self, resource: Resource) -> list[Word]:
        """What an endpoint says of its policy; nothing where none is recorded."""
        found = None
        if self.resolver.is_configured(resource, "policy") or not resource.created:
            found = policy_attribute(self.resolver, resource, "policy")
        if found is None and not resource.writes("policy"):
            return []
        return [Word(resource, found or self._default(resource), resource.writes("policy"))]

    def _default(self, resource: Resource) -> Node:
        place = self.resolver.place(resource)
        found = as_document(text_node(place, _DEFAULT), f"{self.resolver.plan.file}#{resource.address}.policy")
        assert found is not None
        return found

    def _may_refuse(self, resource: Resource, endpoint: str | None, what: str) -> Unmodelled:
        return self.resolver.unmodelled(resource, "VPC endpoint ", "V", Influence.MAY_REFUSE, f"is {what}", endpoint=endpoint)
