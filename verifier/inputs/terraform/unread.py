"""Resources of a plan that may hold keys or policies, and are not read.

In: the resources of a plan. Out: what they could change; a warning for each that may hold keys. Guarantee: none of them is passed over in
silence (S1). They are stacks and products of CloudFormation, whose templates hold resources of their own, what the Cloud Control API
makes, what is of a type that is not known, shares, whose policies AWS RAM writes, and provisioners; also what goes, for it may have taken
something away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.resource_types import Family, unknown_family
from verifier.inputs.terraform.keys import Keys
from verifier.inputs.terraform.plan import Resource, Verb
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.unknown import Unknown, names_in
from verifier.inputs.unknown_types import UnknownResource
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few

_STACK = re.compile(
    r"(?:aws|awscc)_(?:\w+_)?(?:cloudformation_stack\w*|provisioned_product)|AWS::\w+::(?:Stack(?:Set)?|\w*ProvisionedProduct)"
)
"""Types whose resources are made of a template."""
_CONTROLLED = "aws_cloudcontrolapi_resource"
_RUNS = ("local-exec", "remote-exec")
_INERT = re.compile(r"\s*(?:(?:echo|sleep|mkdir|touch|true|cd|zip|unzip)\b[^\n;|&`$<>()]*(?:;|&&|\n|$)\s*)+")
"""Commands that call nothing of AWS."""


def stacks(remarks: Remarks, resolver: Resolver, providers: Providers) -> Iterator[Unmodelled]:
    """What stacks could change: anything for callers of their accounts."""
    for resource in resolver.plan.after.values():
        if not resource.managed or not _STACK.fullmatch(_type(resolver, resource) or ""):
            continue
        what = "has resources of its own, which are not read: no key in it is checked"
        remarks.warning(Node(resolver.place(resource), 0, 0), f"{resource.address} {what}", hint="check its template in a run of its own")
        does = "has resources of its own, which may hold policies of users and roles"
        yield resolver.unmodelled(resource, "", "U3", Influence.EITHER, does, account=providers.account(resource))


def unknown(remarks: Remarks, resolver: Resolver, providers: Providers) -> Iterator[UnknownResource]:
    """The resources and actions of which it is not known what they change."""
    for address in resolver.plan.invoked:
        span = resolver.plan.address(address).span(0, 0)
        yield UnknownResource(Family.ANYTHING, address, None, span, why="runs when the plan is applied (`action`)")
    for resource in resolver.plan.deeds:
        if not resource.managed:
            continue
        if resource.verb in (Verb.MAKES, Verb.TAKES) and not all(_INERT.fullmatch(text) for text in _commands(resource)):
            yield unknown_resource(resolver, providers, resource, Family.ANYTHING, "runs a command (`provisioner`)")
        type_ = _type(resolver, resource)
        if type_ is None:
            yield unknown_resource(resolver, providers, resource, Family.ANYTHING, "has a `type_name` that is not known")
            continue
        if _STACK.fullmatch(type_) and resource.verb in (Verb.CHANGES, Verb.TAKES):
            yield unknown_resource(resolver, providers, resource, Family.ANYTHING, "has resources of its own, which the plan changes")
        family = unknown_family(type_, read=resource.type != _CONTROLLED)
        if family is not None:
            yield unknown_resource(resolver, providers, resource, family)
        if family is Family.KEYS:
            message = f"{resource.address} is of a type that is not read: no key in it is checked"
            remarks.warning(Node(resolver.place(resource), 0, 0), message)


def unknown_resource(
    resolver: Resolver, providers: Providers, resource: Resource, family: Family, why: str | None = None
) -> UnknownResource:
    """A resource of which it is not known what it changes. Whose account the provider awscc has nothing tells."""
    account = providers.account(resource) if resource.type.startswith("aws_") else None
    found = UnknownResource(family, resource.address, account, resolver.place(resource).span(0, 0))
    return found if why is None else replace(found, why=why)


def _type(resolver: Resolver, resource: Resource) -> str | None:
    """The type; of what the Cloud Control API makes that of CloudFormation, `None` where it is not known."""
    if resource.type != _CONTROLLED:
        return resource.type
    name = resource.values.get("type_name") if resource.verb is Verb.TAKES else resolver.text(resource, "type_name")
    return name if isinstance(name, str) else None


def _commands(resource: Resource) -> Iterator[str]:
    """What the provisioners of a resource run, which Terraform does when it makes or deletes it; an unknown command is an odd one."""
    for block in resource.configuration.blocks.get("provisioner", ()) if resource.configuration is not None else ():
        if block.text("type") in _RUNS:
            yield block.text("command") or "?"


def shares(resolver: Resolver, keys: Keys) -> Iterator[Unmodelled]:
    """What each share through AWS RAM may allow, on its key, or on any where that is not known (L5a): AWS RAM writes a second policy of the
    key, of statements that allow. [Terraform AWS provider: aws_ram_resource_association; AWS RAM User Guide: Permissions]"""
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
