"""Resources of a plan that may hold keys or policies, and are not read.

In: the resources of a plan. Out: what they could change; a warning for each that may hold keys. Guarantee: none of them is passed over in
silence (S1). They are stacks and products of CloudFormation, whose templates hold resources of their own, what the Cloud Control API
makes, what is of a type that is not known, shares, whose policies AWS RAM writes, and provisioners; also what goes, for it may have taken
something away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.inputs.resource_types import Family, unknown_family
from verifier.inputs.terraform.keys import Keys
from verifier.inputs.terraform.plan import Resource, Verb
from verifier.inputs.terraform.reader import Reader
from verifier.inputs.unknown import Unknown, names_in
from verifier.inputs.unknown_types import UnknownResource
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_STACK = re.compile(
    r"(?:aws|awscc)_(?:\w+_)?(?:cloudformation_stack\w*|provisioned_product)|AWS::\w+::(?:Stack(?:Set)?|\w*ProvisionedProduct)"
)
"""Types whose resources are made of a template."""
_CONTROLLED = "aws_cloudcontrolapi_resource"
_RUNS = ("local-exec", "remote-exec")
_INERT = re.compile(r"\s*(?:(?:echo|sleep|mkdir|touch|true|cd|zip|unzip)\b[^\n;|&`$<>()]*(?:;|&&|\n|$)\s*)+")
"""Commands that call nothing of AWS."""


class Unread(Reader):
    """The resources of one side of a plan that are not read."""

    def read(self, keys: Keys) -> None:
        """Records what each may do, or change."""
        for resource in self.resolver.of_type("aws_ram_resource_association"):
            self._share(resource, keys)
        for resource in self.resolver.plan.after.values():
            if resource.managed and _STACK.fullmatch(self._type(resource) or ""):
                what = "has resources of its own, which are not read: no key in it is checked"
                self.remarks.warning(self.at(resource), f"{resource.address} {what}", hint="check its template in a run of its own")
                does = "has resources of its own, which may hold policies of users and roles"
                self.may(resource, "", "U3", Influence.EITHER, does, account=self.providers.account(resource))
        for address in self.resolver.plan.invoked:
            span, why = self.resolver.plan.address(address).span(0, 0), "runs when the plan is applied (`action`)"
            self.parts.unknown.append(UnknownResource(Family.ANYTHING, address, None, span, why=why))
        for resource in self.resolver.plan.deeds:
            if resource.managed:
                self._changes(resource)
        if self.resolver.plan.deferred:
            put_off = first_few(self.resolver.plan.deferred)
            description = printable(f"Terraform has put off what it does to {put_off} (`deferred_changes`), so it is not known")
            name = printable(f"deferred changes of {self.resolver.plan.file}")
            self.parts.unmodelled.append(Unmodelled(name, "U3", Influence.EITHER, description))

    def _changes(self, resource: Resource) -> None:
        """What a resource may change that it is not known to hold."""
        type_ = self._type(resource)
        if resource.verb in (Verb.MAKES, Verb.TAKES) and not all(_INERT.fullmatch(text) for text in _commands(resource)):
            self.may_change(resource, Family.ANYTHING, "runs a command (`provisioner`)")
        if type_ is None:
            self.may_change(resource, Family.ANYTHING, "has a `type_name` that is not known")
            return
        if _STACK.fullmatch(type_) and resource.verb in (Verb.CHANGES, Verb.TAKES):
            self.may_change(resource, Family.ANYTHING, "has resources of its own, which the plan changes")
        family = unknown_family(type_, read=resource.type != _CONTROLLED)
        if family is not None:
            self.may_change(resource, family)
        if family is Family.KEYS:
            self.remarks.warning(self.at(resource), f"{resource.address} is of a type that is not read: no key in it is checked")

    def _type(self, resource: Resource) -> str | None:
        """The type; of what the Cloud Control API makes that of CloudFormation, `None` where it is not known."""
        if resource.type != _CONTROLLED:
            return resource.type
        name = resource.values.get("type_name") if resource.verb is Verb.TAKES else self.resolver.text(resource, "type_name")
        return name if isinstance(name, str) else None

    def _share(self, resource: Resource, keys: Keys) -> None:
        """What a share through AWS RAM may allow, on its key, or on any where that is not known (L5a): AWS RAM writes a second policy of
        the key, of statements that allow. [Terraform AWS provider: aws_ram_resource_association; AWS RAM User Guide: Permissions]"""
        node, key = self.resolver.value(resource, "resource_arn"), keys.target(resource, "resource_arn")
        if key is None and (not isinstance(node, Unknown) or self._is_other(resource, node)):
            return
        depends = first_few(names_in([] if node is None else [node]))
        what = "shares the key" if key is not None else f"may share the key (what it shares depends on {depends})"
        does = f"{what} through AWS RAM, which puts a policy AWS_RAM on it that the plan does not have"
        self.may(resource, "share ", "L5a", Influence.MAY_ALLOW, does, key=key.arn if key is not None else None)

    def _is_other(self, resource: Resource, node: Unknown) -> bool:
        """Whether it is certainly no key: its ARN begins as that of another service, or it is a resource of another type."""
        head = (node.pieces[0] or "").split(":") if node.pieces else []
        referred = self.resolver.references.referred(resource, "resource_arn")
        return (len(head) > 3 and head[2] != "kms") or (referred is not None and not referred.type.startswith("aws_kms_"))


def _commands(resource: Resource) -> Iterator[str]:
    """What the provisioners of a resource run, which Terraform does when it makes or deletes it; an unknown command is an odd one."""
    for block in resource.configuration.blocks.get("provisioner", ()) if resource.configuration is not None else ():
        if block.text("type") in _RUNS:
            yield block.text("command") or "?"
