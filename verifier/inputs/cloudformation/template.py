"""A CloudFormation template: its sections, and the values of its parameters.

In: the tree of a template. Out: `Template`. Guarantee: a name that is declared nowhere, a section of another form than CloudFormation's,
and resources or conditions that depend on each other in a circle are errors at their place. [CloudFormation User Guide: Template anatomy]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from verifier.inputs.access import describe, members
from verifier.inputs.cloudformation.loops import has_loops
from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar
from verifier.inputs.supplied import Supplied
from verifier.inputs.unknown import Unknown
from verifier.syntax.text import first_few

EXTENSIONS = "AWS::LanguageExtensions"
"""The transform that carries out more functions, and makes nothing."""
VERSION = "2010-09-09"
"""The version of the format."""
SECTIONS = (
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions", "Transform", "Resources",
    "Outputs", "Hooks", "Globals",
)  # fmt: skip
"""The sections of a template. `Globals` is that of a serverless application."""
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]+")
_READ = re.compile(r"AWS::(?:KMS|IAM|EC2|Organizations|RAM)::.*")
"""Types of resources whose properties are looked at."""


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
    """The sections, and what is supplied for the parameters. Pseudo parameters may be supplied as well (`AWS::StackName`). `mark` sets the
    placeholders of its names apart from those of another template."""

    supplied: Supplied
    parameters: dict[str, dict[str, Node]] = field(default_factory=dict)
    mappings: dict[str, dict[str, Node]] = field(default_factory=dict)
    conditions: dict[str, Node] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    outputs: dict[str, Node] = field(default_factory=dict)
    transforms: tuple[Scalar, ...] = ()
    mark: str = ""

    def of_type(self, *types: str) -> list[Resource]:
        """The resources of these types, in the order of the template."""
        return [resource for resource in self.resources.values() if resource.type in types]


WriteOut = Callable[[Members], Members | Unknown]
"""An object without its loops (`loops`)."""


def read_template(remarks: Remarks, node: Node, supplied: Supplied, writing: Callable[[Template], WriteOut]) -> Template:
    """The sections of a template. `writing` gives what writes loops out, once parameters and mappings are known. Errors go to `remarks`,
    or are raised."""
    found = members(remarks, node, "the template", SECTIONS)
    template = Template(supplied)
    _check_version(remarks, found.get("AWSTemplateFormatVersion"))
    transform = found.get("Transform")
    listed = transform.items if isinstance(transform, Items) else [transform] if transform is not None else []
    template.transforms = tuple(entry for entry in listed if isinstance(entry, Scalar))
    for name, section in _section(remarks, found, "Parameters").items():
        template.parameters[name] = members(remarks, section, f"parameter `{name}`")
    for name, section in _section(remarks, found, "Mappings").items():
        template.mappings[name] = members(remarks, section, f"mapping `{name}`")
    template.outputs = _section(remarks, found, "Outputs") if isinstance(found.get("Outputs"), Members) else {}
    write_out = writing(template)
    template.conditions = _section(remarks, found, "Conditions", write_out)
    written = {key.text for key, _ in getattr(found.get("Resources"), "pairs", ())}
    for name, section in _section(remarks, found, "Resources", write_out).items():
        if name not in written and not _LOGICAL_ID.fullmatch(name):
            remarks.error(section, f"`{name}` cannot be the name of a resource, which has letters and digits alone")
        resource = _resource(remarks, name, section, write_out)
        if resource is not None:
            template.resources[name] = resource
    _check_supplied(remarks, template)
    return template


def _section(remarks: Remarks, found: Mapping[str, Node], name: str, write_out: WriteOut | None = None) -> dict[str, Node]:
    if name not in found:
        return {}
    section = found[name] if write_out is None else _without_loops(remarks, found[name], write_out)
    return members(remarks, section, f"`{name}`")


def _without_loops(remarks: Remarks, node: Node, write_out: WriteOut) -> Node:
    """The node with its loops written out. What they go over must be known: otherwise nobody knows what there is."""
    if not isinstance(node, Members) or not has_loops(node):
        return node
    written = write_out(node)
    if not isinstance(written, Unknown):
        return written
    for name in written.names:
        remarks.error(written, f"{name}, is not known", hint="give it with --parameter NAME=VALUE,VALUE")
    return Members(node.source, node.start, node.end, [])


def _resource(remarks: Remarks, name: str, node: Node, write_out: WriteOut) -> Resource | None:
    if name.startswith("Fn::"):
        remarks.error(node, f"`{name}` is not carried out among resources", hint="give the template as it is deployed")
        return None
    found = members(remarks, node, f"resource `{name}`")
    type_ = found.get("Type")
    if not isinstance(type_, Scalar) or type_.type == "null":
        remarks.error(node, f"resource `{name}` has no `Type`")
        return None
    properties = {}
    if "Properties" in found:
        own = _without_loops(remarks, found["Properties"], write_out) if _READ.fullmatch(type_.text) else found["Properties"]
        properties = members(remarks, own, f"the properties of `{name}`")
    condition = found.get("Condition")
    if condition is not None and not isinstance(condition, Scalar):
        remarks.error(condition, f"`Condition` of `{name}` must name a condition, found {describe(condition)}")
        condition = None
    depends = found.get("DependsOn")
    listed = depends.items if isinstance(depends, Items) else [depends] if depends is not None else []
    return Resource(name, type_.text, node, properties, condition, tuple(entry for entry in listed if isinstance(entry, Scalar)))


def _check_version(remarks: Remarks, node: Node | None) -> None:
    """There has been one version of the format."""
    if node is not None and (not isinstance(node, Scalar) or node.text != VERSION):
        shown = node.text[:40] if isinstance(node, Scalar) else describe(node)
        remarks.error(node, f"the version of the template's format is `{shown}`, and only {VERSION} is known")


def _check_supplied(remarks: Remarks, template: Template) -> None:
    for name, value in template.supplied.parameters.items():
        declared = template.parameters.get(name)
        if declared is not None and isinstance(allowed := declared.get("AllowedValues"), Items):
            texts = [item.text for item in allowed.items if isinstance(item, Scalar)]
            given = [part.strip() for part in value.split(",")] if "List" in getattr(declared.get("Type"), "text", "") else [value]
            if wrong := [text for text in given if text not in texts]:
                remarks.error(allowed, f"parameter `{name}` cannot be `{wrong[0]}`", hint=f"the template allows {first_few(texts)}")
