"""What follows from a resource's own attributes, before AWS has made it.

In: a resource that is to be created, and an attribute that is known after apply. Out: a node, or `None` where nothing follows.
Guarantee: an ARN is made only of parts that decide it. What AWS or Terraform will choose (a key ID, the end of a name) is a placeholder:
the same in every run, of the form that it will have, and equal to nothing else in the plan.
"""

from __future__ import annotations

import hashlib
from string import Formatter

from verifier.inputs.nodes import Node, Scalar, text_at
from verifier.inputs.resources.resource import Resource
from verifier.inputs.terraform.data_documents import data_document
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.values import after_apply
from verifier.inputs.unknown import Pieces, Unknown, joined, names_in, of_pieces, text_pieces

KEYS = ("aws_kms_key", "aws_kms_external_key")
REPLICAS = ("aws_kms_replica_key", "aws_kms_replica_external_key")
UNREAD_KEYS = ("awscc_kms_key", "awscc_kms_replica_key")
"""Keys of the provider awscc, of which nothing is read but that they are there."""
_MADE_UP = {"aws_vpc": ("vpc-0", 16), "aws_vpc_endpoint": ("vpce-0", 16), "aws_organizations_policy": ("p-", 8)}
_MADE_UP["aws_organizations_organizational_unit"] = ("ou-0000-", 8)
"""How IDs that AWS chooses begin, and how long they are."""
_ARNS = {f"aws_iam_{kind}": f"iam::{{account}}:{kind}{{path}}{{name}}" for kind in ("role", "user", "group", "policy")}
_ARNS |= dict.fromkeys((*KEYS, *REPLICAS, *UNREAD_KEYS), "kms:{region}:{account}:key/{key_id}")
_ARNS["aws_kms_alias"] = "kms:{region}:{account}:{name}"
_ARNS["aws_iam_openid_connect_provider"] = "iam::{account}:oidc-provider/{url}"
_ARNS["aws_iam_saml_provider"] = "iam::{account}:saml-provider/{name}"
"""What ARNs are made of: attributes, but for the account, the Region and the ID of a key."""


class Derivation:
    """What follows from the attributes of resources; `providers` knows their accounts and Regions."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers

    def __call__(self, resolver: Resolver, resource: Resource, name: str) -> Node | None:
        """The attribute, or `None`."""
        at = Node(resolver.place(resource), 0, 0)
        match resource.type, name:
            case "aws_iam_policy_document", "json" | "minified_json" if not resource.managed:
                return data_document(resolver, resource)
            case "aws_caller_identity", "account_id" | "id" if not resource.managed:
                account = self.providers.account(resource)
                return None if account is None else text_at(at, account)
            case type_, _ if not resource.managed and type_ != "aws_kms_alias":
                return None
            case "aws_kms_alias", "id":
                return resolver.value(resource, "name")
            case (type_, "arn") | (("aws_iam_policy" | "aws_iam_openid_connect_provider" | "aws_iam_saml_provider") as type_, "id"):
                return self._arn(resolver, resource, at) if type_ in _ARNS else None
            case ("aws_kms_alias" | "aws_iam_policy", "name") | ("aws_iam_role" | "aws_iam_user" | "aws_iam_group", "name" | "id"):
                return _name(resolver, resource, at)
            case type_, "key_id" | "id" if type_ in (*KEYS, *REPLICAS):
                return self._key_id(resolver, resource, at)
            case type_, "id" if type_ in _MADE_UP:
                return text_at(at, _MADE_UP[type_][0] + _digest(resolver, resource)[: _MADE_UP[type_][1]])
        return None

    def _arn(self, resolver: Resolver, resource: Resource, at: Node) -> Node | None:
        """The ARN, as `_ARNS` has it; `None` where a part of it is missing."""
        pieces: list[Pieces] = [(f"arn:{self.providers.partition(resource)}:",)]
        parts: list[Node] = []
        for literal, name, _, _ in Formatter().parse(_ARNS[resource.type]):
            part = self._part(resolver, resource, at, f"{name}")
            if part is None:
                return None
            parts.append(part)
            pieces += [(literal,) if literal else (), text_pieces(part)]
        return of_pieces(at, joined(pieces), names_in(parts))

    def _part(self, resolver: Resolver, resource: Resource, at: Node, name: str) -> Node | None:
        if name == "account":
            account = self.providers.account(resource)
            if account is None and "key_id" not in _ARNS[resource.type]:
                return Unknown(at.source, 0, 0, [f"the account of {resource.address}"])
            return None if account is None else text_at(at, account)
        if name == "region":
            return text_at(at, self.providers.region(resource))
        if name == "key_id":
            return self._key_id(resolver, resource, at)
        found = resolver.value(resource, name)
        if name == "path":
            return found or text_at(at, "/")
        # That of a provider of OpenID Connect ends in its URL without the scheme. [API: CreateOpenIDConnectProvider]
        return text_at(at, found.text.removeprefix("https://")) if name == "url" and isinstance(found, Scalar) else found

    def _key_id(self, resolver: Resolver, resource: Resource, at: Node) -> Node:
        """The placeholder for the ID of a key. A replica shares that of its primary key, where the plan tells which that is."""
        digest = _digest(resolver, resource)
        if resource.type in REPLICAS:
            primary = resolver.text(resource, "primary_key_arn")
            return text_at(at, primary.rsplit("/", 1)[1] if primary and "/" in primary else f"mrk-unknown-{digest[:16]}")
        given = resolver.value(resource, "multi_region") if resolver.is_configured(resource, "multi_region") else None
        if resource.type in UNREAD_KEYS or not (given is None or isinstance(given, Scalar)):
            return text_at(at, f"unknown-{digest[:16]}")  # an ID of either form would say whether it is a multi-Region key
        is_single = given is None or given.text != "true"
        return text_at(at, f"00000000-0000-4000-8000-{digest[:12]}" if is_single else f"mrk-{'0' * 16}{digest[:16]}")


def _name(resolver: Resolver, resource: Resource, at: Node) -> Node | None:
    """The name. One that Terraform makes up is a prefix with a number, for which there is a placeholder; of that of an alias nobody knows
    the end."""
    if resolver.is_configured(resource, "name"):
        return None
    is_alias = resource.type == "aws_kms_alias"
    prefix = resolver.value(resource, "name_prefix") if resolver.is_configured(resource, "name_prefix") else None
    prefix = text_at(at, "alias/" if is_alias else "terraform-") if prefix is None else prefix
    end = None if is_alias else str(int(_digest(resolver, resource), 16))[:26]
    names = [after_apply(f"{resource.address}.name")] if is_alias else names_in([prefix])
    return of_pieces(at, joined([text_pieces(prefix), (end,)]), names)


def _digest(resolver: Resolver, resource: Resource) -> str:
    return hashlib.sha256(f"{resource.address}{resolver.plan.mark}".encode()).hexdigest()
