"""Resources of a plan that may hold keys or policies, and are not read.

In: the resources of a plan. Out: what they could change; a warning for each that may hold keys. Guarantee: none of them is passed over in
silence (S1). They are stacks of CloudFormation, whose templates hold resources of their own, and what is of a type that is not known; also
one that goes, for it may have taken something away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.resource_types import Family, unknown_family
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.unknown_types import UnknownResource
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import printable

_STACKS = re.compile(r"(?:aws|awscc)_(?:\w+_)?cloudformation_stack\w*")


def stacks(remarks: Remarks, resolver: Resolver, providers: Providers) -> Iterator[Unmodelled]:
    """What stacks could change: anything for callers of their accounts."""
    for resource in resolver.plan.after.values():
        if not resource.managed or not _STACKS.fullmatch(resource.type):
            continue
        source = resolver.place(resource)
        what = "has resources of its own, which are not read: no key in it is checked"
        remarks.warning(Node(source, 0, 0), f"{resource.address} {what}", hint="check its template in a run of its own")
        description = printable(f"{resource.address} has resources of its own, which may hold policies of users and roles")
        account, span = providers.account(resource), source.span(0, 0)
        yield Unmodelled(printable(resource.address), "U3", Influence.EITHER, description, account=account, span=span)


def unknown(remarks: Remarks, resolver: Resolver, providers: Providers) -> Iterator[UnknownResource]:
    """The resources of types that are not known."""
    for resource in resolver.plan.deeds:
        family = unknown_family(resource.type) if resource.managed else None
        if family is not None:
            yield unknown_resource(resolver, providers, resource, family)
        if family is Family.KEYS:
            message = f"{resource.address} is of a type that is not read: no key in it is checked"
            remarks.warning(Node(resolver.place(resource), 0, 0), message)


def unknown_resource(resolver: Resolver, providers: Providers, resource: Resource, family: Family) -> UnknownResource:
    """A resource of which it is not known what it changes. Whose account the provider awscc has nothing tells."""
    account = providers.account(resource) if resource.type.startswith("aws_") else None
    return UnknownResource(family, resource.address, account, resolver.place(resource).span(0, 0))
