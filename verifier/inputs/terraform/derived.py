"""What follows from a resource's own attributes, before AWS has made it.

In: a resource that is to be created, and an attribute that is known after apply. Out: a node, or `None` where nothing follows.
Guarantee: an ARN is made only of parts that decide it. What AWS or Terraform will choose (a key ID, the end of a name) is a placeholder:
the same in every run, of the form that it will have, and equal to nothing else in the plan.
"""

from __future__ import annotations

import hashlib

from verifier.inputs.nodes import Node, Scalar
from verifier.inputs.terraform.data_documents import data_document
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.values import text_node
from verifier.inputs.unknown import Pieces, joined, names_in, of_pieces, text_pieces

KEYS = ("aws_kms_key", "aws_kms_external_key")
REPLICAS = ("aws_kms_replica_key", "aws_kms_replica_external_key")
UNREAD_KEYS = ("awscc_kms_key", "awscc_kms_replica_key")
"""Keys of the provider awscc, of which nothing is read but that they are there."""
_MADE_UP = {"aws_vpc": ("vpc-0", 16), "aws_vpc_endpoint": ("vpce-0", 16), "aws_organizations_policy": ("p-", 8)}
_MADE_UP["aws_organizations_organizational_unit"] = ("ou-0000-", 8)
"""How IDs that AWS chooses begin, and how long they are."""
_IAM = {"aws_iam_role": "role", "aws_iam_user": "user", "aws_iam_group": "group", "aws_iam_policy": "policy"}


class Derivation:
    """What follows from the attributes of resources; `providers` knows their accounts and Regions."""

    def __init__(self, providers: Providers) -> None:
        self.providers = providers

    def __call__(self, resolver: Resolver, resource: Resource, name: str) -> Node | None:
        """The attribute, or `None`."""
        match resource.type, name:
            case "aws_iam_policy_document", "json" | "minified_json" if not resource.managed:
                return data_document(resolver, resource)
            case "aws_iam_openid_connect_provider" | "aws_iam_saml_provider", "arn" | "id" if resource.managed:
                return self._provider(resolver, resource)
            case (("aws_iam_role" | "aws_iam_user" | "aws_iam_group" | "aws_iam_policy"), _) if resource.managed:
                return self._iam(resolver, resource, name)
            case type_, "arn" if resource.managed and type_ in (*KEYS, *REPLICAS, *UNREAD_KEYS):
                return self._key(resolver, resource, arn=True)
            case type_, "key_id" | "id" if resource.managed and type_ in (*KEYS, *REPLICAS):
                return self._key(resolver, resource, arn=False)
            case "aws_caller_identity", "account_id" | "id" if not resource.managed:
                account = self.providers.account(resource)
                return None if account is None else _text(resolver, resource, (account,), ())
            case "aws_kms_alias", "arn" | "id" | "name":
                return self._alias(resolver, resource, name)
            case type_, "id" if resource.managed and type_ in _MADE_UP:
                return _text(resolver, resource, (_MADE_UP[type_][0] + _digest(resolver, resource)[: _MADE_UP[type_][1]],), ())
        return None

    def _iam(self, resolver: Resolver, resource: Resource, name: str) -> Node | None:
        if name == "name" or (name == "id" and resource.type != "aws_iam_policy"):
            return self._name(resolver, resource)
        if name not in ("arn", "id"):
            return None
        path = resolver.value(resource, "path") or text_node(resolver.place(resource), "/")
        named = resolver.value(resource, "name")
        return None if named is None else self._arn(resolver, resource, "iam", "", _IAM[resource.type], path, named)

    def _arn(self, resolver: Resolver, resource: Resource, service: str, region: str, kind: str, *parts: Node) -> Node:
        """An ARN that ends in a kind and some parts."""
        account = self.providers.account(resource)
        start: list[Pieces] = [(f"arn:{self.providers.partition(resource)}:{service}:{region}:",), (account,), (f":{kind}",)]
        names = [*names_in(parts), *([] if account else [f"the account of {resource.address}"])]
        return _text(resolver, resource, joined([*start, *map(text_pieces, parts)]), names)

    def _provider(self, resolver: Resolver, resource: Resource) -> Node | None:
        """The ARN of an identity provider: that of one of OpenID Connect ends in its URL without the scheme.
        [API: CreateOpenIDConnectProvider]"""
        open_id = resource.type == "aws_iam_openid_connect_provider"
        named = resolver.value(resource, "url" if open_id else "name")
        if named is None:
            return None
        known = text_node(resolver.place(resource), named.text.removeprefix("https://")) if isinstance(named, Scalar) else named
        return self._arn(resolver, resource, "iam", "", "oidc-provider/" if open_id else "saml-provider/", known)

    def _name(self, resolver: Resolver, resource: Resource) -> Node | None:
        """The name. One that Terraform makes up is a prefix with a number, for which there is a placeholder."""
        if resolver.is_configured(resource, "name"):
            return None
        prefix = _prefix(resolver, resource, "terraform-")
        number = str(int(_digest(resolver, resource), 16))[:26]
        return _text(resolver, resource, joined([text_pieces(prefix), (number,)]), names_in([prefix]))

    def _key(self, resolver: Resolver, resource: Resource, *, arn: bool) -> Node | None:
        account, region = self.providers.account(resource), self.providers.region(resource)
        identifier = self.key_id(resolver, resource)
        if not arn:
            return None if identifier is None else _text(resolver, resource, (identifier,), ())
        if account is None or identifier is None:
            return None
        return _text(resolver, resource, (f"arn:{self.providers.partition(resource)}:kms:{region}:{account}:key/{identifier}",), ())

    def key_id(self, resolver: Resolver, resource: Resource) -> str | None:
        """The placeholder for the ID of a key. A replica shares that of its primary key, where the plan tells which that is."""
        if resource.type in REPLICAS:
            primary = resolver.text(resource, "primary_key_arn")
            return primary.rsplit("/", 1)[1] if primary and "/" in primary else None
        digest = _digest(resolver, resource)
        if resource.type in UNREAD_KEYS:
            return f"unknown-{digest[:16]}"
        given = resolver.value(resource, "multi_region") if resolver.is_configured(resource, "multi_region") else None
        if isinstance(given, Scalar) and given.text == "true":
            return f"mrk-{'0' * 16}{digest[:16]}"
        if given is None or isinstance(given, Scalar):
            return f"00000000-0000-4000-8000-{digest[:12]}"
        return f"unknown-{digest[:16]}"  # whether it is a multi-Region key is not known, and an ID of either form would say

    def _alias(self, resolver: Resolver, resource: Resource, name: str) -> Node | None:
        if name == "name":
            if resolver.is_configured(resource, "name"):
                return None
            start = text_pieces(_prefix(resolver, resource, "alias/"))
            return _text(resolver, resource, joined([start, (None,)]), [f"{resource.address}.name (known after apply)"])
        named = resolver.value(resource, "name")
        if name == "id" or named is None:
            return named
        return self._arn(resolver, resource, "kms", f"{self.providers.region(resource)}", "", named)


def _prefix(resolver: Resolver, resource: Resource, default: str) -> Node:
    """How a name that Terraform makes up begins."""
    prefix = resolver.value(resource, "name_prefix") if resolver.is_configured(resource, "name_prefix") else None
    return text_node(resolver.place(resource), default) if prefix is None else prefix


def _digest(resolver: Resolver, resource: Resource) -> str:
    return hashlib.sha256(f"{resource.address}{resolver.plan.mark}".encode()).hexdigest()


def _text(resolver: Resolver, resource: Resource, pieces: Pieces, names: list[str] | tuple[str, ...]) -> Node:
    """The text of some pieces, all known or not."""
    return of_pieces(Node(resolver.place(resource), 0, 0), pieces, names)
