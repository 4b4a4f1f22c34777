"""Grants of a plan or template, as `list-grants` lists them.

In: the resource of a grant. Out: a node. Guarantee: what is not known of a grant is `UnknownNode`.
"""

from __future__ import annotations

from verifier.inputs.resources.reader import ResourceReader
from verifier.inputs.resources.resource import Resource, Verb
from verifier.inputs.text.access import is_null
from verifier.inputs.text.nodes import Members, Node, Scalar, entries, member, obj, text_at
from verifier.inputs.text.unknown import UnknownNode

_IDENTIFYING = ("key_id", "name", "grantee_principal", "operations", "constraints", "retiring_principal")
"""The members by which a grant is told from another of its name."""
_CONSTRAINTS = {
    "encryption_context_equals": "EncryptionContextEquals",
    "encryption_context_subset": "EncryptionContextSubset",
}


def grant_node(reader: ResourceReader, resource: Resource) -> Node:
    """A grant that the plan makes or keeps, as `list-grants` lists it. What is not known of it is `UnknownNode`, and
    what is empty is left out, as the provider does not send it."""
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
    known = {
        name: found
        for block in blocks
        for attribute, name in _CONSTRAINTS.items()
        if (found := member(block, attribute)) is not None
        and not is_null(found)
        and (not isinstance(found, Members) or found.pairs)
    }
    return obj(node, **known) if known else None
