"""A CloudFormation template: its sections, and the values of its parameters.

In: the tree of a template. Out: `Template`. Guarantee: a name that is declared nowhere, a section of another form than CloudFormation's,
and resources or conditions that depend on each other in a circle are errors at their place. [CloudFormation User Guide: Template anatomy]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.inputs.access import describe, members
from verifier.inputs.nodes import Items, Node, Remarks, Scalar
from verifier.inputs.supplied import Supplied

SECTIONS = (
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Transform", "Resources",
    "Outputs", "Hooks", "Globals",
)  # fmt: skip
"""The sections of a template. `Globals` is that of a serverless application."""


@dataclass(frozen=True)
class Resource:
    """A resource: its logical ID, type and properties; `condition` names what it depends on. `place` is where it is declared."""

    name: str
    type: str
    place: Node
    properties: Mapping[str, Node]
    condition: Scalar | None
    depends_on: tuple[Scalar, ...] = ()


@dataclass
class Template:
    """The sections, and what is supplied for the parameters. Pseudo parameters may be supplied as well (`AWS::StackName`)."""

    supplied: Supplied
    parameters: dict[str, dict[str, Node]] = field(default_factory=dict)
    mappings: dict[str, dict[str, Node]] = field(default_factory=dict)
    conditions: dict[str, Node] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    transforms: tuple[Scalar, ...] = ()

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of these types, in the order of the template."""
        return [resource for resource in self.resources.values() if resource.type in types]


def read_template(remarks: Remarks, node: Node, supplied: Supplied) -> Template:
    """The sections of a template. Errors go to `remarks`."""
    found = members(remarks, node, "the template", SECTIONS)
    template = Template(supplied)
    for name, section in _section(remarks, found, "Parameters").items():
        template.parameters[name] = members(remarks, section, f"parameter `{name}`")
    for name, section in _section(remarks, found, "Mappings").items():
        template.mappings[name] = members(remarks, section, f"mapping `{name}`")
    template.conditions = _section(remarks, found, "Conditions")
    for name, section in _section(remarks, found, "Resources").items():
        resource = _resource(remarks, name, section)
        if resource is not None:
            template.resources[name] = resource
    transform = found.get("Transform")
    listed = transform.items if isinstance(transform, Items) else [transform] if transform is not None else []
    template.transforms = tuple(entry for entry in listed if isinstance(entry, Scalar))
    _check_supplied(remarks, node, template)
    return template


def _section(remarks: Remarks, found: Mapping[str, Node], name: str) -> dict[str, Node]:
    return members(remarks, found[name], f"`{name}`") if name in found else {}


def _resource(remarks: Remarks, name: str, node: Node) -> Resource | None:
    if name.startswith("Fn::ForEach::"):
        hint = "give the template as it is deployed, with its loops written out"
        remarks.error(node, "`Fn::ForEach` is not read", hint=hint)
        return None
    found = members(remarks, node, f"resource `{name}`")
    type_ = found.get("Type")
    if not isinstance(type_, Scalar) or type_.type == "null":
        remarks.error(node, f"resource `{name}` has no `Type`")
        return None
    properties = members(remarks, found["Properties"], f"the properties of `{name}`") if "Properties" in found else {}
    condition = found.get("Condition")
    if condition is not None and not isinstance(condition, Scalar):
        remarks.error(condition, f"`Condition` of `{name}` must name a condition, found {describe(condition)}")
        condition = None
    depends = found.get("DependsOn")
    listed = depends.items if isinstance(depends, Items) else [depends] if depends is not None else []
    return Resource(name, type_.text, node, properties, condition, tuple(entry for entry in listed if isinstance(entry, Scalar)))


def _check_supplied(remarks: Remarks, node: Node, template: Template) -> None:
    for name in template.supplied.parameters:
        if name not in template.parameters and not name.startswith("AWS::"):
            known = ", ".join(f"`{known}`" for known in template.parameters) or "none"
            remarks.error(node, f"the template has no parameter `{name}`", hint=f"its parameters: {known}")
