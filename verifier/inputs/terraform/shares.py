"""Keys that a plan shares through AWS RAM.

In: the resources of a plan and its keys. Out: what the second policy of such a key may allow.
Guarantee: the policy is written by AWS RAM and is not in the plan, so it is not taken for absent (L5a). A permission of AWS RAM has
statements that allow, and no others.
[Terraform AWS provider: aws_ram_resource_association; AWS RAM User Guide: Permissions]
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.terraform.keys import Keys
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.unknown import Unknown, names_in
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few


def shares(resolver: Resolver, keys: Keys) -> Iterator[Unmodelled]:
    """What each share may allow, on its key, or on any where that is not known."""
    for resource in resolver.of_type("aws_ram_resource_association"):
        node = resolver.value(resource, "resource_arn")
        key = keys.target(resource, "resource_arn")
        if key is None and (not isinstance(node, Unknown) or _is_other(resolver, resource, node)):
            continue
        depends = first_few(names_in([] if node is None else [node]))
        what = "shares the key" if key is not None else f"may share the key (what it shares depends on {depends})"
        does = f"{what} through AWS RAM, which puts a policy AWS_RAM on it that the plan does not have"
        yield resolver.unmodelled(resource, "share ", "L5a", Influence.MAY_ALLOW, does, key=key.arn if key is not None else None)


def _is_other(resolver: Resolver, resource: Resource, node: Unknown) -> bool:
    """Whether it is certainly no key: its ARN begins as that of another service, or it is a resource of another type."""
    head = (node.pieces[0] or "").split(":") if node.pieces else []
    referred = resolver.references.referred(resource, "resource_arn")
    return (len(head) > 3 and head[2] != "kms") or (referred is not None and not referred.type.startswith("aws_kms_"))
