"""What others make for a template: stacks inside it, products, custom resources, macros.

In: its functions, the ARNs of its keys. Out: what each maker could change, with its address. Guarantee: whatever others make may hold
roles, and policies of users and roles; it changes a key only if the template hands it that key, which each verdict says it supposes.
[CloudFormation User Guide: nested stacks, custom resources, StackSets, modules, template-macros; docs/cloudformation.md has the table]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verifier.inputs.cloudformation.handed import BY_CODE, STACKS, handed
from verifier.inputs.cloudformation.side import TemplateSide
from verifier.inputs.cloudformation.template import Resource
from verifier.inputs.cloudformation.written import shown
from verifier.inputs.resource_types import Family, UnknownResource, unknown_family
from verifier.inputs.resources.reader import Reader
from verifier.inputs.text.nodes import Node
from verifier.syntax.text import first_few

EVERYWHERE = "AWS::CloudFormation::StackSet"
"""Stacks in other accounts."""


@dataclass
class Surroundings(Reader):
    """What stands for others' resources in a template."""

    side: TemplateSide

    def __post_init__(self) -> None:
        self.made = [r for r in self.side.template.resources.values() if self.side.functions.exists(r) is not False]
        self.makers = makers(self.side)

    def read(self, keys: Mapping[str, str]) -> None:
        """Records what may change identities or keys, which are by their logical IDs in `keys`; roles that the template does not have; and
        that it changes an organization."""
        for resource in self.makers:
            self._maker(resource, keys)
        for macro, place in self.side.template.macros:
            why = "is not carried out, and may write every resource of the template anew"
            self._may(Family.ANYTHING, f"the macro {shown(macro)}", None, place, why=why)
        for resource in self.made:
            family = unknown_family(resource.type)
            if family is not None:
                self._may(family, f"{resource.type} `{resource.name}`", self.side.where[1], resource.place)
            if family is Family.KEYS:
                self.remarks.unread(resource.place, f"`{resource.name}` is of a type that is not read")
        controls = [resource for resource in self.made if resource.type == "AWS::Organizations::Policy"]
        self.parts.organization_changes += [(resource.place, f"`{resource.name}`") for resource in controls]
        self._roles()

    def _may(self, family: Family, address: str, account: str | None, place: Node, **more: str) -> None:
        self.parts.unknown.append(UnknownResource(family, address, account, place.span, **more))

    def _maker(self, resource: Resource, keys: Mapping[str, str]) -> None:
        address, stack, account = f"{resource.type} `{resource.name}`", STACKS.fullmatch(resource.type), self.side.where[1]
        why = "is made by code that is not read"
        if stack:
            inside = resource.name in self.side.nested
            why = "holds what others make" if inside else "has resources of its own, which are not read"
        for of in dict.fromkeys((account, *(self.parts.accounts if resource.type == EVERYWHERE else ()))):
            self._may(Family.IDENTITIES, address, of, resource.place, why=why)
        for key in sorted(handed(self.side.functions, keys, resource)):
            self._may(Family.KEYS, address, account, resource.place, key=key, why=why)
        if stack and resource.name not in self.side.nested:
            told = f"`{resource.name}` ({resource.type}) {why}"
            self.remarks.unread(resource.place, told, hint="check its template in a run of its own")

    def _roles(self) -> None:
        types = {resource.type: resource for resource in self.made}
        if self.side.template.makes_names or "AWS::IAM::ServiceLinkedRole" in types or self.makers:
            self.parts.leave_roles_out(self.side.where[1])
        if EVERYWHERE in types:
            self.parts.leave_roles_out(None)
        for type_, resource in types.items():
            if type_.startswith("AWS::SSO::"):
                self.parts.leave_roles_out(None, permission_sets=f"`{resource.name}`")

    @property
    def supposed(self) -> list[str]:
        """What every verdict about a key of the template supposes."""
        by_others = first_few([f"`{resource.name}`" for resource in self.makers])
        return [f"{by_others} changes no key that the template does not name to it, and no control policy"] if by_others else []


def makers(side: TemplateSide) -> list[Resource]:
    """The resources that stand for others: a nested stack that is read, iff there is such in it or macros may make any."""
    made = [one for one in side.template.resources.values() if side.functions.exists(one) is not False]
    return [one for one in made if (STACKS.fullmatch(one.type) or BY_CODE.fullmatch(one.type)) and not _is_whole(side.nested.get(one.name))]


def _is_whole(inner: TemplateSide | None) -> bool:
    return inner is not None and not inner.template.makes_names and not makers(inner)
