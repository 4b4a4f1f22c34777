"""Grants of a plan or template, as `list-grants` lists them, and those that services make by themselves.

Guarantee: what is not known of a grant is `UnknownNode`. Where a service makes a grant on a key for a role, that role
is not proved to be refused what a grant can allow (G1). Grants for services themselves, and for what they run with no
role of the input, are supposed not to be there (U3).
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.resources.reader import ResourceReader
from verifier.inputs.resources.resource import CONTROLLED, Resource, Verb
from verifier.inputs.snapshot.key_metadata import is_key_arn
from verifier.inputs.text.access import is_null
from verifier.inputs.text.nodes import Members, Node, Scalar, entries, member, obj, text_at
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.policy import arn_kind
from verifier.model.unmodelled import Influence

_IDENTIFYING = ("key_id", "name", "grantee_principal", "operations", "constraints", "retiring_principal")
"""The members by which a grant is told from another of its name."""
_CONSTRAINTS = {
    "encryption_context_equals": "EncryptionContextEquals",
    "encryption_context_subset": "EncryptionContextSubset",
}


def grant_node(reader: ResourceReader, resource: Resource) -> Node:
    """A grant that the plan makes or keeps; what is empty is left out, as the provider does not send it."""
    side, at, account = reader.side, reader.side.at(resource), reader.side.account(resource)
    name, retiring = (side.value(resource, attribute) for attribute in ("name", "retiring_principal"))
    members: dict[str, Node | None] = {
        "GrantId": text_at(at, side.text(resource, "grant_id") or resource.address),
        "Name": _perhaps_revoked(reader, resource) or (name if isinstance(name, Scalar) else None),
        "GranteePrincipal": side.value(resource, "grantee_principal"),
        "RetiringPrincipal": None if isinstance(retiring, Scalar) and not retiring.text else retiring,
        "Operations": side.value(resource, "operations"),
        "Constraints": _constraints(side.value(resource, "constraints")),
        "IssuingAccount": text_at(at, f"arn:{side.partition(resource)}:iam::{account}:root") if account else None,
    }
    return obj(at, **{name: node for name, node in members.items() if node is not None})


def _perhaps_revoked(reader: ResourceReader, resource: Resource) -> Node | None:
    """What a new grant depends on that the plan may revoke: with the name and members of one that there is already,
    KMS makes no other, and gives its ID [API: CreateGrant, Name]."""
    if not resource.created or not resource.values.get("name"):
        return None
    deeds = list(reader.side.done(resource.type))
    for number, other in enumerate(deeds):
        alike = all(other.values.get(name) == resource.values.get(name) for name in _IDENTIFYING)
        before = other.address == resource.address and number < deeds.index(resource)
        if other.verb is Verb.TAKES and alike and not before:
            return reader.unknown(
                resource, f"whether {other.address}, which is the same grant, is revoked before it is made"
            )
    return None


def _constraints(node: Node | None) -> Node | None:
    """The constraint that a block gives; the provider takes one alone, and passes over empty blocks. [Terraform AWS
    provider: internal/service/kms/grant.go]"""
    blocks = entries(node)
    unknown = next((found for found in (node, *blocks) if isinstance(found, UnknownNode)), None)
    if node is None or unknown is not None:
        return unknown
    given = [(name, member(block, attribute)) for block in blocks for attribute, name in _CONSTRAINTS.items()]
    known = {
        name: found
        for name, found in given
        if found is not None and not is_null(found) and (not isinstance(found, Members) or found.pairs)
    }
    return obj(node, **known) if known else None


_FUNCTION, _CLUSTER = ("kms_key_arn", "role"), ("encryption_config.provider.key_arn", "role_arn")
_MAKERS = {
    "aws_lambda_function": _FUNCTION,
    "awscc_lambda_function": _FUNCTION,
    "AWS::Lambda::Function": _FUNCTION,
    "AWS::Serverless::Function": _FUNCTION,
    "aws_eks_cluster": _CLUSTER,
    "awscc_eks_cluster": _CLUSTER,
    "AWS::EKS::Cluster": _CLUSTER,
}
"""The attributes that name the key under which a service encrypts, and the role that decrypts. Whoever makes the
resource must be able to create a grant. [Lambda Developer Guide: configuration-envvars-encryption; EKS User Guide:
enable-kms]"""
_DOES = "may have a grant made for its role, which nothing here lists"


class ServiceGrants(ResourceReader):
    """What services may grant for the resources of a template, or of one side of a plan."""

    def read(self) -> None:
        """Records what each may allow."""
        for resource in (*self.side.done(*_MAKERS, CONTROLLED), *self.side.uncounted):
            if (type_ := self.type_of(resource)) in _MAKERS and resource.verb is not Verb.TAKES:
                self._granted(resource, *_MAKERS[type_])

    def _granted(self, resource: Resource, key_at: str, role_at: str) -> None:
        keys = [text if text is not None and is_key_arn(text) else None for text in self._named(resource, key_at)]
        roles = [text if text and arn_kind(text) == "role" else None for text in self._named(resource, role_at)]
        roles = roles or [None]  # AWS SAM makes a role for a function that is given none
        for key in keys:
            for role in roles:
                account = None if role else self.side.account(resource)
                who = {"principal": role, "account": account}
                self.may(resource, "grant for ", "G1", Influence.MAY_ALLOW, _DOES, (), key=key, **who)

    def _named(self, resource: Resource, path: str) -> Iterator[str | None]:
        """The ARNs that an attribute has; `None` for one that is not known."""
        if resource.type == CONTROLLED:  # what its text says is not looked at
            yield None
        if not self.side.is_configured(resource, path.split(".")[0]):
            return
        for node in self.side.inner(resource, *path.split(".")):
            if isinstance(node, Scalar):
                if node.text and not is_null(node):
                    yield node.text
                continue
            referred = self.side.referred(resource, path)
            yield None if referred is None else self.side.text(referred, "arn")
