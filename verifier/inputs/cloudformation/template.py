"""A CloudFormation template: its sections, the values of its parameters, and which of its resources refer to which.

Guarantee: a name that is declared nowhere, a section of another form than CloudFormation's, and resources or conditions
that depend on each other in a circle are errors at their place. [CloudFormation User Guide: Template anatomy]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from verifier.frozen import Frozen
from verifier.inputs.cloudformation.loops import has_loops
from verifier.inputs.cloudformation.written import MACROS, as_read, is_macro, macro_name, macros, member_name
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.access import describe_node, members
from verifier.inputs.text.definitions import Definitions, store_of
from verifier.inputs.text.nodes import Items, Members, Node, Remarks, Scalar, nodes_in, values_of
from verifier.inputs.text.unknown import UnknownNode, content, names_in
from verifier.syntax.text import first_few

EXTENSIONS = "AWS::LanguageExtensions"
"""The transform that carries out more functions, and makes nothing."""
INCLUDE = "AWS::Include"
KNOWN = frozenset(
    {EXTENSIONS, "AWS::Serverless-2016-10-31", "AWS::CodeDeployBlueGreen"}
    | {f"AWS::SecretsManager-{version}" for version in ("2020-07-23", "2024-09-16")}
)
"""Transforms of AWS that make resources, and change none that the template has."""
_VERSION = "2010-09-09"
"""The version of the format."""
SECTIONS = (
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
    "Transform", "Resources",
    "Outputs", "Hooks", "Globals",
)  # fmt: skip
"""The sections of a template. `Globals` is that of a serverless application."""
_PART = re.compile(r"\$\{([^}!][^}]*)\}")
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]+")
_READ = re.compile(r"AWS::(?:KMS|IAM|EC2|Organizations|RAM)::.*")
"""Types of resources whose properties are looked at."""
_TYPE = re.compile(r"[A-Za-z0-9]{2,64}(::[A-Za-z0-9]{2,64}){2}(::MODULE)?|Custom::[\w@-]{1,60}", re.ASCII)
"""What the name of a type can be. [CloudFormation API: RegisterType; Template Reference: CustomResource]"""
_ATTRIBUTES = (
    "Type", "Properties", "Condition", "DependsOn", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
    "CreationPolicy", "UpdatePolicy", "Connectors", "IgnoreGlobals",
)  # fmt: skip
_WITH_POLICIES = "Path Policies ManagedPolicyArns"
_ATTACHED = "PolicyDocument Roles Users Groups"
PROPERTIES = {
    "AWS::KMS::Key": "KeyPolicy BypassPolicyLockoutSafetyCheck Description Enabled EnableKeyRotation KeySpec KeyUsage "
    "MultiRegion Origin PendingWindowInDays RotationPeriodInDays Tags",
    "AWS::KMS::ReplicaKey": "KeyPolicy Description Enabled PendingWindowInDays PrimaryKeyArn Tags",
    "AWS::IAM::Role": f"{_WITH_POLICIES} AssumeRolePolicyDocument Description MaxSessionDuration PermissionsBoundary "
    "RoleName Tags",
    "AWS::IAM::User": f"{_WITH_POLICIES} Groups LoginProfile PermissionsBoundary Tags UserName",
    "AWS::IAM::Group": f"{_WITH_POLICIES} GroupName",
    "AWS::IAM::ManagedPolicy": f"{_ATTACHED} Description ManagedPolicyName Path",
    "AWS::IAM::Policy": f"{_ATTACHED} PolicyName",
    **{f"AWS::IAM::{kind}Policy": f"PolicyDocument PolicyName {kind}Name" for kind in ("Role", "User", "Group")},
    "AWS::IAM::UserToGroupAddition": "GroupName Users",
    "AWS::IAM::InstanceProfile": "InstanceProfileName Path Roles",
    "AWS::IAM::OIDCProvider": "ClientIdList Tags ThumbprintList Url",
    "AWS::IAM::SAMLProvider": "AddPrivateKey AssertionEncryptionMode Name PrivateKeyList RemovePrivateKey "
    "SamlMetadataDocument Tags",
    "AWS::IAM::ServiceLinkedRole": "AWSServiceName CustomSuffix Description",
    "AWS::KMS::Alias": "AliasName TargetKeyId",
    "AWS::Organizations::Policy": "Content Description Name Tags TargetIds Type",
    "AWS::RAM::ResourceAssociation": "ResourceArn ResourceShareArn",
    "AWS::RAM::ResourceShare": "AllowExternalPrincipals Name PermissionArns Principals ResourceArns "
    "ResourceShareConfiguration Sources Tags",
    "AWS::EC2::VPCEndpoint": "PolicyDocument DnsOptions IpAddressType PrivateDnsEnabled ResourceConfigurationArn "
    "RouteTableIds SecurityGroupIds ServiceName ServiceNetworkArn ServiceRegion SubnetIds Tags VpcEndpointType VpcId",
}
"""The properties of types that are read. [User Guide: Resource attributes; Template Reference]"""


class TemplateResource(Frozen):
    """A resource: its logical ID, type and properties; `condition` names what it depends on, and `rewritten` says that
    a macro may have it depend on something else. `place` is where it is declared; `unheard_of` are names in it that
    CloudFormation is not known to have there."""

    name: str
    type: str
    place: Node
    properties: Mapping[str, Node]
    condition: Scalar | None
    depends_on: tuple[Scalar, ...] = ()
    rewritten: bool = False
    unheard_of: tuple[str, ...] = ()


class _Anything(dict[str, Node]):
    """Properties of which nothing is known, not even which there are."""

    def __init__(self, value: UnknownNode) -> None:
        super().__init__()
        self.value = value

    def get(self, name: str, default: object = None) -> Node:
        """The value of a property, which is not known."""
        return self.value


Handed = Mapping[str, Callable[[], Node | None]]
"""The values of parameters that the stack around one hands to it; `None` where it leaves one out."""


@dataclass
class StackTemplate:
    """The sections, and what is supplied for the parameters. Pseudo parameters may be supplied as well
    (`AWS::StackName`). `mark` sets the placeholders of its names apart from those of another template. `rewritten` are
    the sections that a macro may have changed."""

    supplied: Supplied
    parameters: dict[str, dict[str, Node]] = field(default_factory=dict)
    mappings: dict[str, Node] = field(default_factory=dict)
    conditions: dict[str, Node] = field(default_factory=dict)
    resources: dict[str, TemplateResource] = field(default_factory=dict)
    outputs: dict[str, Node] = field(default_factory=dict)
    globals: Node | None = None
    transforms: frozenset[str] = frozenset()
    macros: list[tuple[Scalar | None, Node]] = field(default_factory=list)
    """Those that may change every resource, each with its place."""
    rewritten: set[str] = field(default_factory=set)
    mark: str = ""
    handed: Handed = field(default_factory=dict)

    def of_type(self, *types: str) -> list[TemplateResource]:
        """The resources of these types, of all where none is given, in the order of the template."""
        return [resource for resource in self.resources.values() if resource.type in types or not types]

    @property
    def makes_names(self) -> bool:
        """True iff macros may make resources that the template does not have."""
        return bool(self.macros or self.transforms - {EXTENSIONS})


WriteOut = Callable[[Members], Members | UnknownNode]
"""An object without its loops (`loops`)."""


def read_template(
    remarks: Remarks,
    node: Node,
    supplied: Supplied,
    writing: Callable[[StackTemplate], WriteOut],
    handed: Handed | None,
) -> StackTemplate:
    """The sections of a template. `writing` gives what writes loops out, once parameters and mappings are known; a
    nested stack is `handed` the values of parameters. Errors go to `remarks`, or are raised."""
    found = members(remarks, node, "the template")
    template = StackTemplate(supplied, globals=found.get("Globals"), handed=handed or {})
    called = [name for key in MACROS if key in found for name in macros(found[key])]
    template.transforms = frozenset(name.text for name, _ in called if name is not None)
    template.macros = [(name, place) for name, place in called if name is None or name.text not in KNOWN]
    if not template.macros:
        members(remarks, node, "the template", (*SECTIONS, MACROS[0]))
    _check_version(remarks, found.get("AWSTemplateFormatVersion"))
    for name, section in _section(remarks, template, found, "Parameters").items():
        template.parameters[name] = members(remarks, as_read(remarks, section), f"parameter `{name}`")
    template.mappings = {
        name: as_read(remarks, own) for name, own in _section(remarks, template, found, "Mappings").items()
    }
    outputs = _section(remarks, template, found, "Outputs") if isinstance(found.get("Outputs"), Members) else {}
    template.outputs = {
        name: as_read(remarks, output) for name, output in outputs.items() if "Outputs" not in template.rewritten
    }
    write_out = writing(template)
    conditions = _section(remarks, template, found, "Conditions", write_out)
    template.conditions = {name: as_read(remarks, condition) for name, condition in conditions.items()}
    written = {key.text for key, _ in getattr(found.get("Resources"), "pairs", ())}
    for name, section in _section(remarks, template, found, "Resources", write_out).items():
        if name not in written and not _LOGICAL_ID.fullmatch(name):
            remarks.error(section, f"`{name}` cannot be the name of a resource, which has letters and digits alone")
        resource = _resource(remarks, template, name, section, write_out)
        if resource is not None:
            template.resources[name] = resource
    _define(remarks.definitions, template)
    _check_supplied(remarks, template)
    return template


def _define(definitions: Definitions, template: StackTemplate) -> None:
    """Records what its names stand for."""
    for name, parameter in template.parameters.items():
        said = content({key: value for key, value in parameter.items() if not key.endswith("Description")})
        definitions.define(name, [said, store_of(getattr(parameter.get("Type"), "text", ""))])
    for name, node in (template.conditions | template.mappings).items():
        definitions.define(name, content(node))
    for name, resource in template.resources.items():
        # What the policies of one that is read say is compared by itself, and no function gives it.
        is_read = _READ.fullmatch(resource.type)
        properties = {key: value for key, value in resource.properties.items() if not (is_read and "Polic" in key)}
        for each in filter(None, (name, store_of(resource.type))):
            definitions.define(each, content([resource.type, resource.condition, properties]))


def _section(
    remarks: Remarks, template: StackTemplate, found: Mapping[str, Node], name: str, write_out: WriteOut | None = None
) -> dict[str, Node]:
    if name not in found:
        return {}
    section = found[name] if write_out is None else _without_loops(remarks, found[name], write_out)
    called, section = _without_macros(section)
    if called:
        template.rewritten.add(name)
        if name in ("Resources", "Parameters"):
            template.macros += called
    return _named(remarks, members(remarks, section, f"`{name}`"), section)


def _named(remarks: Remarks, found: Mapping[str, Node], section: Node) -> dict[str, Node]:
    """The members of a section by the texts that their names are in YAML 1.1."""
    texts = {key.text: member_name(key) for key, _ in section.pairs} if isinstance(section, Members) else {}
    for key, _ in section.pairs if isinstance(section, Members) else []:
        if texts[key.text] is None:
            remarks.error(key, f"`{key.text}` is a number or a Boolean in YAML 1.1", hint="quote it")
    return {texts[name] or name: node for name, node in found.items()}


def _without_macros(node: Node) -> tuple[list[tuple[Scalar | None, Node]], Node]:
    """The macros that an object calls, and the object without these calls."""
    if not isinstance(node, Members):
        return [], node
    kept = [(key, value) for key, value in node.pairs if not is_macro(key, value)]
    called = [name for key, value in node.pairs if is_macro(key, value) for name in macros(value)]
    return called, Members(node.source, node.start, node.end, kept) if called else node


def _without_loops(remarks: Remarks, node: Node, write_out: WriteOut) -> Node:
    """The node with its loops written out. What they go over must be known: otherwise nobody knows what there is."""
    if not isinstance(node, Members) or not has_loops(node):
        return node
    written = write_out(node)
    if not isinstance(written, UnknownNode):
        return written
    for name in written.names:
        remarks.error(written, f"{name}, is not known", hint="give it with --parameter NAME=VALUE,VALUE")
    return Members(node.source, node.start, node.end, [])


def _resource(
    remarks: Remarks, template: StackTemplate, name: str, node: Node, write_out: WriteOut
) -> TemplateResource | None:
    called, own = _without_macros(node)
    found = members(remarks, own, f"resource `{name}`")
    # What another file says of a resource makes no others; without a type it may be any.
    template.macros += [
        (macro, place) for macro, place in called if macro is None or macro.text != INCLUDE or "Type" not in found
    ]
    found |= {key: as_read(remarks, found[key]) for key in ("Condition", "DependsOn") if key in found}
    type_ = found.get("Type")
    if not isinstance(type_, Scalar) or type_.type == "null":
        if not called:
            remarks.error(node, f"resource `{name}` has no `Type`")
        return None
    if not template.macros and not _TYPE.fullmatch(type_.text):
        remarks.error(type_, f"`{type_.text}` cannot be the type of a resource")
    condition = found.get("Condition")
    if condition is not None and not isinstance(condition, Scalar):
        remarks.error(condition, f"`Condition` of `{name}` must name a condition, found {describe_node(condition)}")
        condition = None
    depends_on = tuple(entry for entry in values_of(found.get("DependsOn")) if isinstance(entry, Scalar))
    whole = UnknownNode(node, [f"what the macro {macro_name(macro)} makes of `{name}`" for macro, _ in called])
    properties = (
        _Anything(whole) if called else _properties(remarks, name, type_.text, found.get("Properties"), write_out)
    )
    known = PROPERTIES.get(type_.text, "").split() or properties
    unheard_of = (*(key for key in found if key not in _ATTRIBUTES), *(key for key in properties if key not in known))
    return TemplateResource(name, type_.text, node, properties, condition, depends_on, bool(called), unheard_of)


def _properties(remarks: Remarks, name: str, type_: str, node: Node | None, write_out: WriteOut) -> Mapping[str, Node]:
    """The properties. Those of a type that is not looked at are as they are written."""
    if node is None:
        return {}
    if not _READ.fullmatch(type_):
        return members(remarks, node, f"the properties of `{name}`")
    own = as_read(remarks, _without_loops(remarks, node, write_out))
    function = (
        next((key for key, _ in own.pairs if key.text.startswith("Fn::")), None) if isinstance(own, Members) else None
    )
    if function is not None:
        own = UnknownNode(node, [f"`{function.text}` in the place of the properties of `{name}`"])
    return _Anything(own) if isinstance(own, UnknownNode) else members(remarks, own, f"the properties of `{name}`")


def _check_version(remarks: Remarks, node: Node | None) -> None:
    """There has been one version of the format."""
    if node is not None and (not isinstance(node, Scalar) or node.text != _VERSION):
        shown = node.text[:40] if isinstance(node, Scalar) else describe_node(node)
        remarks.error(node, f"the version of the template's format is `{shown}`, and only {_VERSION} is known")


def _check_supplied(remarks: Remarks, template: StackTemplate) -> None:
    for name, value in template.supplied.parameters.items():
        declared = template.parameters.get(name)
        allowed = None if declared is None else declared.get("AllowedValues")
        if declared is not None and isinstance(allowed, Items) and not names_in([allowed]):
            texts = [item.text for item in allowed.items if isinstance(item, Scalar)]
            several = "List" in getattr(declared.get("Type"), "text", "")
            given = [part.strip() for part in value.split(",")] if several else [value]
            if wrong := [text for text in given if text not in texts]:
                hint = f"the template allows {first_few(texts)}"
                remarks.error(allowed, f"parameter `{name}` cannot be `{wrong[0]}`", hint=hint)


def check_circles(remarks: Remarks, template: StackTemplate) -> None:
    """Records an error where resources depend on each other in a circle, which CloudFormation refuses too, so nothing
    in it is resolved. AWS SAM makes several resources of one, and which of them refers to another is not told:
    `DeploymentPreference` names alarms about the function itself. [CloudFormation Template Reference: DependsOn
    attribute; AWS SAM: AWS::Serverless::Function]"""
    graph: dict[str, dict[str, Node]] = {}
    for name, resource in template.resources.items():
        if resource.type.startswith("AWS::Serverless::"):
            continue
        depends = {entry.text: entry for entry in resource.depends_on if entry.text in template.resources}
        graph[name] = {**depends, **referenced_resources(template, resource.properties.values())}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        way = list(reversed(error.args[1]))
        remarks.error(graph[way[0]][way[1]], f"resources depend on each other in a circle: {' → '.join(way)}")


def referenced_resources(template: StackTemplate, values: Iterable[Node]) -> dict[str, Node]:
    """The resources that some values refer to, each with a place where they do."""
    found: dict[str, Node] = {}
    for inner in (inner for value in values for inner in nodes_in(value) if isinstance(inner, Members)):
        for key, argument in inner.pairs:
            found |= dict.fromkeys(_referred(key.text, argument), argument)
    return {name: place for name, place in found.items() if name in template.resources}


def _referred(function: str, argument: Node) -> Iterator[str]:
    """The names that a function's argument has, if it is one that refers to something."""
    text = argument.items[0] if isinstance(argument, Items) and argument.items else argument
    if not isinstance(text, Scalar):
        return
    if function in ("Ref", "Fn::GetAtt"):
        yield text.text.split(".", 1)[0]  # AWS SAM has `Ref` with a dot: of the alias and the version of a function
    elif function == "Fn::Sub":
        yield from (match.strip().split(".", 1)[0] for match in _PART.findall(text.text))
