"""A grant of a plan as `list-grants` lists it.

In: a resource `aws_kms_grant` that the plan makes or keeps. Out: an entry. Guarantee: what is not known of it is `Unknown`, and what is
empty is left out, as the provider does not send it.
"""

from __future__ import annotations

from verifier.inputs.drafts import obj
from verifier.inputs.nodes import Members, Node, Scalar, entries
from verifier.inputs.terraform.plan import Resource, Verb
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver, member
from verifier.inputs.terraform.values import text_node
from verifier.inputs.unknown import Unknown

_TOLD_BY = ("key_id", "name", "grantee_principal", "operations", "constraints", "retiring_principal")
"""The members by which a grant is told from another of its name."""
_CONSTRAINTS = {"encryption_context_equals": "EncryptionContextEquals", "encryption_context_subset": "EncryptionContextSubset"}


def grant_node(resolver: Resolver, providers: Providers, resource: Resource) -> Node:
    """The entry of `list-grants`."""
    place, account = resolver.place(resource), providers.account(resource)
    name, retiring = (resolver.value(resource, attribute) for attribute in ("name", "retiring_principal"))
    members: dict[str, Node | None] = {
        "GrantId": text_node(place, resolver.text(resource, "grant_id") or resource.address),
        "Name": _perhaps_revoked(resolver, resource) or (name if isinstance(name, Scalar) else None),
        "GranteePrincipal": resolver.value(resource, "grantee_principal"),
        "RetiringPrincipal": None if isinstance(retiring, Scalar) and not retiring.text else retiring,
        "Operations": resolver.value(resource, "operations"),
        "Constraints": _constraints(resolver, resource),
        "IssuingAccount": text_node(place, f"arn:{providers.partition(resource)}:iam::{account}:root") if account else None,
    }
    return obj(Node(place, 0, 0), **{name: node for name, node in members.items() if node is not None})


def _perhaps_revoked(resolver: Resolver, resource: Resource) -> Node | None:
    """What a new grant depends on that the plan may revoke: with the name and members of one that there is already, KMS makes no other, and
    gives its ID [API: CreateGrant, Name]."""
    if not resource.created or not resource.values.get("name"):
        return None
    deeds = list(resolver.plan.done(resource.type))
    for number, other in enumerate(deeds):
        alike = all(other.values.get(name) == resource.values.get(name) for name in _TOLD_BY)
        before = other.address == resource.address and number < deeds.index(resource)
        if other.verb is Verb.TAKES and alike and not before:
            why = f"whether {other.address}, which is the same grant, is revoked before it is made"
            return Unknown(resolver.place(resource), 0, 0, [why])
    return None


def _constraints(resolver: Resolver, resource: Resource) -> Node | None:
    node = resolver.value(resource, "constraints")
    if node is None or isinstance(node, Unknown):
        return node
    blocks = entries(node)
    if any(isinstance(block, Unknown) for block in blocks):
        return next(block for block in blocks if isinstance(block, Unknown))
    given = [(text_node(node.source, name), member(block, attribute)) for block in blocks for attribute, name in _CONSTRAINTS.items()]
    pairs = [(key, found) for key, found in given if found is not None and not (isinstance(found, Members) and not found.pairs)]
    return Members(node.source, 0, 0, pairs) if pairs else None
