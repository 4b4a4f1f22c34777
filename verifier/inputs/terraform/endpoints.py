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
from verifier.inputs.terraform.reader import Reader, Word
from verifier.model.estate import ANY_ENDPOINT, Influence

_DEFAULT = '{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}'
"""[PrivateLink guide, vpc-endpoints-access, Default endpoint policy]"""


class Endpoints(Reader):
    """The endpoint resources of one side of a plan."""

    def read(self) -> None:
        """Adds the endpoints, and what the plan does to others."""
        plan, words = self.resolver.plan, self._separate()
        own = {self.resolver.text(r, "id") for r in self.resolver.of_type("aws_vpc_endpoint")}
        others = {identifier: self.settled(said) for identifier, said in words.items() if identifier not in own}
        self.parts.add_endpoint_policies({identifier: found for identifier, found in others.items() if found is not None})
        taken = {self.resolver.text(r, "id") for r in plan.done("aws_vpc_endpoint") if r.verb is Verb.TAKES}
        self.parts.endpoints_gone |= {identifier for identifier in taken - own if identifier is not None}
        listed = [node for r in self.resolver.of_type("aws_vpc_endpoint") if (node := self._endpoint(r, words)) is not None]
        at = Node(plan.address("aws_vpc_endpoint"), 0, 0)
        self.parts.made_endpoints += [obj(at, VpcEndpoints=listing(at, listed))] if listed else []

    def _separate(self) -> dict[str, list[Word]]:
        """What the policies that are resources of their own say, by the ID of the endpoint. One that goes leaves the default one."""
        found: dict[str, list[Word]] = {}
        for resource in self.resolver.plan.done("aws_vpc_endpoint_policy"):
            gone, identifier = resource.verb is Verb.TAKES, self.resolver.text(resource, "vpc_endpoint_id")
            if identifier is None:
                self._may_refuse(resource, ANY_ENDPOINT, "the policy of an endpoint that is not known")
                self.parts.loose_endpoint_policy = True
                continue
            policy = None if gone else policy_attribute(self.resolver, resource, "policy")
            if policy is None:
                is_kept = resource.verb is Verb.KEEPS
                policy = self.unknown(resource, f"{resource.address}.policy") if is_kept else self._default(resource)
            found.setdefault(identifier, []).append(Word(resource, policy, gone or resource.writes("policy"), "vpc_endpoint_id"))
        return found

    def _endpoint(self, resource: Resource, words: dict[str, list[Word]]) -> Node | None:
        identifier, service = self.resolver.text(resource, "id"), self.resolver.text(resource, "service_name")
        if service is None and self.resolver.value(resource, "service_name") is not None:
            self._may_refuse(resource, identifier, "an endpoint of a service that is not known")
        if identifier is None or service is None:
            return None
        found = {"VpcEndpointId": identifier, "ServiceName": service, "VpcId": self.resolver.text(resource, "vpc_id")}
        found["OwnerId"] = self.resolver.text(resource, "owner_id") or self.providers.account(resource)
        at = self.at(resource)
        told: dict[str, Node] = {name: text_at(at, text) for name, text in found.items() if text}
        said = [*self._own(resource), *words.get(identifier, ())]
        policy = self.settled(said) if said else None
        if policy is not None and not is_unknown_whole(policy):
            told["PolicyDocument"] = policy
        return obj(at, **told)

    def _own(self, resource: Resource) -> list[Word]:
        """What an endpoint says of its policy; nothing where none is recorded."""
        found, writes = None, resource.writes("policy")
        if self.resolver.is_configured(resource, "policy") or not resource.created:
            found = policy_attribute(self.resolver, resource, "policy")
        return [] if found is None and not writes else [Word(resource, found or self._default(resource), writes)]

    def _default(self, resource: Resource) -> Node:
        found = as_document(text_at(self.at(resource), _DEFAULT), f"{self.resolver.label(resource)}.policy")
        assert found is not None
        return found

    def _may_refuse(self, resource: Resource, endpoint: str | None, what: str) -> None:
        self.may(resource, "VPC endpoint ", "V", Influence.MAY_REFUSE, f"is {what}", endpoint=endpoint)
