"""VPC endpoints, identity providers and shares of a plan or template.

In: their resources. Out: what `describe-vpc-endpoints` and the lists of providers would show, and what endpoints may
refuse that is not known. Guarantee: an endpoint that is made without a policy has AWS's default one, which allows
everything (V). A provider whose ARN is not known is listed as such, so that the account's providers are not known
(E2w).
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.resource_types import Family
from verifier.inputs.resources.reader import ResourceContent, ResourceReader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.snapshot.identity_providers import CONTENT, LISTS, OPEN_ID_CONNECT, SAML
from verifier.inputs.snapshot.key_metadata import is_key_arn
from verifier.inputs.terraform.documents import laid_out
from verifier.inputs.text.nodes import Node, Scalar, listing, obj, text_at
from verifier.inputs.text.unknown import Embedded, UnknownNode
from verifier.model.unmodelled import ANY_ENDPOINT, Influence
from verifier.syntax.text import first_few

_ENDPOINTS = ("aws_vpc_endpoint", "AWS::EC2::VPCEndpoint")
_DEFAULT = '{"Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]}'
"""[PrivateLink guide, vpc-endpoints-access, Default endpoint policy]"""
_IDENTITY_PROVIDERS = {
    "aws_iam_openid_connect_provider": OPEN_ID_CONNECT,
    "aws_iam_saml_provider": SAML,
    "AWS::IAM::OIDCProvider": OPEN_ID_CONNECT,
    "AWS::IAM::SAMLProvider": SAML,
}
_CONTENTS = {OPEN_ID_CONNECT: "client_id_list", SAML: "saml_metadata_document"}
"""The attribute with the audiences or the metadata of a provider, which say whose identities it vouches for. [IAM User
Guide: id_roles_providers_create_oidc, id_roles_providers_create_saml]"""


class Endpoints(ResourceReader):
    """The endpoint resources of one side of a plan."""

    def read(self) -> None:
        """Adds the endpoints, and what the plan does to others."""
        words, at = self._separate(), self.side.at(None)
        own = {self.side.text(r, "id") for r in self.side.of_type(*_ENDPOINTS)}
        for identifier, said in words.items():
            if identifier not in own and (found := self.content_in_force(said)) is not None:
                self.parts.add_endpoint_policy(identifier, found)
        taken = {self.side.text(r, "id") for r in self.side.done(*_ENDPOINTS) if r.verb is Verb.TAKES}
        self.parts.endpoints_gone |= {identifier for identifier in taken - own if identifier is not None}
        listed = [node for r in self.side.of_type(*_ENDPOINTS) if (node := self._endpoint(r, words)) is not None]
        if listed:
            self.parts.made_endpoints.append(obj(at, VpcEndpoints=listing(at, listed)))

    def _separate(self) -> dict[str, list[ResourceContent]]:
        """What policies that are resources say, by the ID of the endpoint. One that goes leaves the default one."""
        found: dict[str, list[ResourceContent]] = {}
        for resource in self.side.done("aws_vpc_endpoint_policy"):
            gone, identifier = resource.verb is Verb.TAKES, self.side.text(resource, "vpc_endpoint_id")
            if identifier is None:
                does = "is the policy of an endpoint that is not known"
                self.may(resource, "VPC endpoint ", "V", Influence.MAY_REFUSE, does, endpoint=ANY_ENDPOINT)
                self.parts.loose_endpoint_policy = True
                continue
            policy = None if gone else self.side.policy(resource, "policy")
            if policy is None:
                is_kept = resource.verb is Verb.KEEPS
                policy = self.unknown(resource, f"{resource.address}.policy") if is_kept else self._default(resource)
            word = ResourceContent(resource, policy, gone or resource.writes("policy"), "vpc_endpoint_id")
            found.setdefault(identifier, []).append(word)
        return found

    def _endpoint(self, resource: Resource, words: dict[str, list[ResourceContent]]) -> Node | None:
        identifier, service = self.side.text(resource, "id"), self.side.text(resource, "service_name")
        if service is None and self.side.value(resource, "service_name") is not None:
            does = "is an endpoint of a service that is not known"
            self.may(resource, "VPC endpoint ", "V", Influence.MAY_REFUSE, does, endpoint=identifier)
        if identifier is None or service is None:
            return None
        at, said = self.side.at(resource), [*self._own(resource), *words.get(identifier, ())]
        found = {"VpcEndpointId": identifier, "ServiceName": service, "VpcId": self.side.text(resource, "vpc_id")}
        found["OwnerId"] = self.side.text(resource, "owner_id") or self.side.account(resource)
        policy = self.content_in_force(said) if said else None
        given = {} if policy is None else {"PolicyDocument": policy}
        return obj(at, **{name: text_at(at, text) for name, text in found.items() if text}, **given)

    def _own(self, resource: Resource) -> list[ResourceContent]:
        """What an endpoint says of its policy; nothing where none is recorded."""
        found, writes = None, resource.writes("policy")
        if self.side.is_configured(resource, "policy") or not resource.created:
            found = self.side.policy(resource, "policy")
        word = ResourceContent(resource, found or self._default(resource), writes, by_default=found is None)
        return [] if found is None and not writes else [word]

    def _default(self, resource: Resource) -> Node:
        return Embedded(self.side.at(resource).source, 0, 0, laid_out(f"{self.side.label(resource)}.policy", _DEFAULT))


class IdentityProviders(ResourceReader):
    """The identity providers of one side of a plan."""

    def read(self) -> None:
        for resource in self.side.of_type(*_IDENTITY_PROVIDERS):
            account, kind = self.side.account(resource) or "", _IDENTITY_PROVIDERS[resource.type]
            at = self.side.at(resource)
            unknown = self.unknown(resource, f"{resource.address}.arn (known after apply)")
            arn = self.side.value(resource, "arn") or unknown
            what = self.side.value(resource, _CONTENTS[kind])
            entry = obj(at, Arn=arn, **({} if what is None else {CONTENT: what}))
            self.parts.made_providers[account].append((kind, obj(at, **{LISTS[kind]: listing(at, [entry])})))


class Shares(ResourceReader):
    """What is shared through AWS RAM, by a second policy of a key that allows. [AWS RAM User Guide: Permissions]"""

    def read(self) -> None:
        """Records what each share may allow, on its keys, or on any where they are not known (L5a), and what one that
        goes or changes may take away. One of a template may be there already, for others."""
        for resource in self.side.done("aws_ram_resource_share"):
            if resource.verb is Verb.TAKES or (resource.verb is Verb.CHANGES and resource.writes("permission_arns")):
                self._shared_otherwise(resource)
        for resource in self.side.done(
            "aws_ram_resource_association", "AWS::RAM::ResourceShare", "AWS::RAM::ResourceAssociation"
        ):
            shared = dict.fromkeys(found for node in self.side.shared(resource) for found in _shared(node))
            if shared and not resource.new and resource.verb is not Verb.KEEPS:
                self._shared_otherwise(resource)
            for key, names in shared if resource.verb is not Verb.TAKES else ():
                perhaps = f"may share the key (what it shares depends on {first_few(names)})"
                what = "shares the key" if key is not None else perhaps
                does = (
                    f"{what} through AWS RAM, which puts a policy AWS_RAM on it that the {self.side.what} does not have"
                )
                beside = self.side.of_type(
                    "aws_ram_principal_association", "aws_ram_resource_share", "AWS::RAM::ResourceShare"
                )
                self.may(resource, "share ", "L5a", Influence.MAY_ALLOW, does, beside, key=key)

    def _shared_otherwise(self, resource: Resource) -> None:
        why = "goes" if resource.verb is Verb.TAKES else "may be a share that is there and is written anew"
        self.may_change(resource, Family.SHARED, why)


def _shared(node: Node) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """The ARN of a key, or `None` with what it depends on where it may be that of any."""
    if isinstance(node, Scalar) and is_key_arn(node.text):
        yield node.text, ()
    elif isinstance(node, UnknownNode):
        head = (node.pieces[0] or "").split(":") if node.pieces else []
        if len(head) <= 3 or head[2] == "kms":
            yield None, node.names
