"""The tags of a resource, those that its provider adds among them.

In: a resolver and a resource. Out: its tags. Guarantee: tags of which one is not known are not known (F3).
"""

from __future__ import annotations

from verifier.inputs.nodes import Members
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.unknown import names_in


def tags_of(resolver: Resolver, resource: Resource) -> Members | None:
    """All tags of a resource as a map; `None` where they are not known."""
    node = resolver.value(resource, "tags_all")
    if node is None or (names_in([node]) and not _default_tags(resolver, resource)):
        node = resolver.value(resource, "tags")
    if node is None:
        return Members(resolver.place(resource), 0, 0, [])
    return node if isinstance(node, Members) and not names_in([node]) else None


def _default_tags(resolver: Resolver, resource: Resource) -> bool:
    """Whether the provider adds tags of its own (`tags_all` has them too)."""
    entry = resolver.plan.providers.get(resource.provider)
    generated = (kinds for module in resolver.plan.modules.values() for kinds in module.files.generated.values())
    return entry is None or "default_tags" in entry.block.blocks or any("default_tags" in kinds for kinds in generated)
