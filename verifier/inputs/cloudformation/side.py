"""The resources of a template, as the readers of `resources` ask for them.

In: its functions and the names of its resources. Out: attributes, called as the Terraform provider calls them. Guarantee: what is there
only if a resource is made, and that may not be, is not known.
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.names import IAM, PROVIDERS, Names
from verifier.inputs.nodes import Items, Members, Node, Scalar, member
from verifier.inputs.resources.resource import Resource, Side, Verb
from verifier.inputs.unknown import Unknown, names_in

_SHORTEST = 20
"""Characters of a logical ID that a name has which CloudFormation makes up of it; where the name gets too long it cuts the rest off."""
_PROPERTIES = {
    "assume_role_policy": "AssumeRolePolicyDocument",
    "policy": "PolicyDocument",
    "name": "PolicyName",
    "role": "RoleName",
    "user": "UserName",
    "group": "GroupName",
}
"""Attributes that are not called as the properties are, in another writing."""


class TemplateSide(Side):
    """The resources of a template."""

    def __init__(self, node: Node, functions: Functions, names: Names) -> None:
        self.file = node.source.name
        self.node = node
        self.functions = functions
        self.names = names
        self._resources = {name: _resource(name, own.type) for name, own in functions.template.resources.items()}

    def of_type(self, *types: str, managed: bool = True) -> Iterator[Resource]:
        found = self.functions.template.of_type(*types) if managed else []
        return (self._resources[own.name] for own in found if self.functions.exists(own) is not False)

    def done(self, *types: str) -> Iterator[Resource]:
        return self.of_type(*types)

    def at(self, resource: Resource | None) -> Node:
        return self.node if resource is None else self.functions.template.resources[resource.address].place

    def account(self, resource: Resource) -> str | None:
        return self.names.account

    def is_certain(self, resource: Resource) -> bool:
        return bool(self.functions.exists(self.functions.template.resources[resource.address]))

    def value(self, resource: Resource, name: str) -> Node | None:
        own = self.functions.template.resources[resource.address]
        is_open = name in ("policy", "policy_arn", "group") or (own.type in PROVIDERS and name == "arn")
        if is_open and not self.is_certain(resource):
            return own.perhaps
        if name in ("arn", "policy_arn"):
            return self.names.arn(own)
        if name == "id":
            return self.names(own.name, None)
        if name == "name" and own.type in IAM:
            return self.names.iam_name(own)
        return self.functions.of(own, _PROPERTIES.get(name) or "".join(map(str.capitalize, name.split("_"))))

    def policy(self, resource: Resource, name: str) -> Node | None:
        found = self.value(resource, name)
        if found is None and name == "policy" and resource.type.startswith("AWS::IAM::"):
            return self._not_given(self.at(resource), resource.address)
        return found

    def _not_given(self, at: Node, what: str) -> Unknown:
        return self.functions.unknown(at, f"the document of {what}, which is not given")

    def inline(self, resource: Resource) -> Node | list[tuple[str, Node | None, Node]]:
        found: list[tuple[str, Node | None, Node]] = []
        policies = self.value(resource, "policies")
        for index, block in enumerate(policies.items if isinstance(policies, Items) else [] if policies is None else [policies]):
            name, shown = member(block, "PolicyName"), f"Policies[{index}] of {resource.address}"
            what = name.text if isinstance(name, Scalar) else shown
            document = block if isinstance(block, Unknown) else member(block, "PolicyDocument") or self._not_given(block, what)
            found.append((shown, name, document))
        return found

    def tags(self, resource: Resource) -> Members | None:
        """The tags that the template gives: those of the stack, which CloudFormation adds, are not in it."""
        given, at = self.value(resource, "tags"), self.at(resource)
        tags = [(member(tag, "Key"), member(tag, "Value")) for tag in given.items] if isinstance(given, Items) else []
        pairs = [(key, value) for key, value in tags if isinstance(key, Scalar) and value is not None]
        return None if given is not None and names_in([given]) else Members(at.source, at.start, at.end, pairs)

    def made_up(self, resource: Resource) -> str | None:
        return f"-{resource.address[:_SHORTEST]}" if resource.address in self.names.made_up else None


def _resource(name: str, type_: str) -> Resource:
    return Resource(name, True, type_, name, None, (), {}, None, Verb.MAKES, None, "")
