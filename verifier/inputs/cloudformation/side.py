"""The resources of a template, as the readers of `resources` ask for them, and what they are called before
CloudFormation has made them.

In: a template and where it is deployed; its functions, which ask for names. Out: attributes, called as the Terraform
provider calls them; for a resource its ARN, ID or name, `None` where CloudFormation alone knows. Guarantee: what is
there only if a resource is made, and that may not be, is not known; names that CloudFormation will generate are
placeholders.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.template import StackTemplate
from verifier.inputs.cloudformation.template import TemplateResource as Declared
from verifier.inputs.drafts import TITLES
from verifier.inputs.resources.names import BY_ARN, KEYS, REPLICAS, arn_of, named, placeholder_digest
from verifier.inputs.resources.resource import Resource, Side, inside
from verifier.inputs.resources.unread import is_other_than_key
from verifier.inputs.text.nodes import Items, Members, Node, Remarks, Scalar, member, nodes_in, text_at, values_of
from verifier.inputs.text.unknown import UnknownNode, content, names_in
from verifier.model.estate import Pairs

_PROPERTIES = {"assume_role_policy": "AssumeRolePolicyDocument", "policy": "PolicyDocument"}
"""Attributes that are not called as the properties are, in another writing."""
_GENERATED_NAMES = {
    f"AWS::IAM::{kind}": f"{kind}Name" for kind in (*TITLES.values(), "ManagedPolicy", "InstanceProfile")
}
"""Resources whose names CloudFormation generates, where the property does not give them."""
_NAMED = {
    "AWS::ECS::Service": "ServiceName",
    "AWS::Glue::DevEndpoint": "EndpointName",
    "AWS::Batch::JobDefinition": "JobDefinitionName",
}
_NAMED |= {
    "AWS::SageMaker::NotebookInstance": "NotebookInstanceName",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
"""The properties that are names, where they are no physical IDs and not called `Name`."""
_NAMES = {
    **_GENERATED_NAMES,
    "AWS::KMS::Alias": "AliasName",
    "AWS::IAM::SAMLProvider": "Name",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::Kinesis::Stream": "Name",
}
_ARNS = {
    "AWS::IAM::ManagedPolicy": "PolicyArn",
    "AWS::ECS::TaskDefinition": "TaskDefinitionArn",
    "AWS::Batch::JobDefinition": "JobDefinitionArn",
    **dict.fromkeys(("AWS::ECS::Service", "AWS::AppRunner::Service"), "ServiceArn"),
    "AWS::SNS::Topic": "TopicArn",
}
_IDS = {"AWS::EC2::VPCEndpoint": "Id", "AWS::EC2::VPC": "VpcId", "AWS::EC2::Instance": "InstanceId"}
_IDS |= {"AWS::EC2::LaunchTemplate": "LaunchTemplateId", **dict.fromkeys((*KEYS, *REPLICAS), "KeyId")}
"""Attributes that are the ARN, where they are not called `Arn`, and those that are the ID."""
NESTED = "AWS::CloudFormation::Stack"
_LONGEST_NAME, _SHORTEST = 64, 20
"""Characters of a name that CloudFormation makes up, where it cuts the rest off, and of the logical ID in it."""
_DEEPEST = 30
"""Names that are made of the names of other resources."""


@dataclass
class TemplateSide(Side):
    """The resources of a template, and where it is deployed. CloudFormation makes `generated_names` up."""

    node: Node
    remarks: Remarks
    template: StackTemplate
    where: tuple[str, str | None, str]
    generated_names: dict[str, None] = field(default_factory=dict)
    nested: dict[str, TemplateSide] = field(default_factory=dict)
    """The templates of stacks in it that are read, by the logical IDs of these."""
    within: str = "stack"
    """How the name of the stack begins, where nothing tells it."""
    _open: set[str] = field(default_factory=set)
    _known: dict[tuple[str, str | None], Node | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.file, self.mark, self.what = self.node.source.name, self.template.mark, "template"
        self.functions = Functions(self.remarks, self.template, self.called, self.pseudo)
        self._resources = {name: Resource(name, True, own.type, name) for name, own in self.template.resources.items()}

    @property
    def pseudo(self) -> Mapping[str, str | None]:
        """The pseudo parameters that follow from where the template is deployed."""
        partition, account, region = self.where
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        return {"AWS::AccountId": account, "AWS::Region": region, "AWS::Partition": partition, "AWS::URLSuffix": suffix}

    @property
    def stack_tags(self) -> Pairs:
        """The tags of the stack, as far as they are told."""
        name = self.template.supplied.parameters.get("AWS::StackName") or self.within
        return *self.template.supplied.stack_tags, ("aws:cloudformation:stack-name", name)

    # -- names --

    def called(self, name: str, attribute: str | None) -> Node | None:
        """What `Ref` (no attribute) or `Fn::GetAtt` of a resource gives: a text, as far as it is known."""
        if name in self._open:
            return None  # a circle, which is reported elsewhere
        if (name, attribute) not in self._known:
            if len(self._open) >= _DEEPEST:
                message = f"names of resources are made of each other more than {_DEEPEST} deep"
                self.remarks.error(self.template.resources[name].place, message)
                return None
            self._open.add(name)
            try:
                found = self._called(self.template.resources[name], attribute)
            finally:
                self._open.discard(name)
            self._known[name, attribute] = found if isinstance(found, Scalar | UnknownNode) else None
        return self._known[name, attribute]

    def _called(self, own: Declared, attribute: str | None) -> Node | None:
        resource = self._resources[own.name]
        if own.type in _NAMES and attribute is None and own.type not in BY_ARN:
            return self._name(own)
        if own.name in self.nested and attribute is not None:
            return self.nested[own.name].output(attribute.removeprefix("Outputs."))
        if attribute == _ARNS.get(own.type, "Arn"):
            return named(self, resource, "arn")
        return named(self, resource, "id" if attribute in (None, _IDS.get(own.type)) else "")

    def output(self, name: str) -> Node | None:
        """The value of an output that there certainly is."""
        found = self.template.outputs.get(name)
        condition, value = member(found, "Condition"), member(found, "Value")
        made = condition is None or (isinstance(condition, Scalar) and self.functions.holds(condition) is True)
        return self.functions.value(value) if value is not None and made else None

    def _name(self, own: Declared) -> Node | None:
        """The name. One that CloudFormation makes up has the name of the stack, the logical ID and a random end."""
        usual = "PolicyName" if own.type.startswith("AWS::IAM::") else "Name"
        given = self.functions.of(own, _NAMES.get(own.type) or _NAMED.get(own.type, usual))
        if given is not None or own.type not in _GENERATED_NAMES:
            return given
        self.generated_names[own.name] = None
        stack = self.template.supplied.parameters.get("AWS::StackName") or self.within
        end = placeholder_digest(self, self._resources[own.name])[:12].upper()
        return text_at(own.place, f"{stack}-{own.name}"[: _LONGEST_NAME - 13] + f"-{end}")

    # -- what readers ask --

    def of_type(self, *types: str, managed: bool = True) -> Iterator[Resource]:
        found = self.template.of_type(*types) if managed else []
        return (self._resources[own.name] for own in found if self.functions.exists(own) is not False)

    def at(self, resource: Resource | None) -> Node:
        return self.node if resource is None else self.template.resources[resource.address].place

    def account_and_region(self, resource: Resource) -> tuple[str | None, str | None]:
        return self.template.supplied.account, self.template.supplied.region

    def is_certain(self, resource: Resource) -> bool:
        """True iff the resource is certainly made."""
        return bool(self.is_made(resource.address))

    def is_made(self, name: str) -> bool | None:
        """True iff the resource of a name is made; `None` where that is not known."""
        return self.functions.exists(self.template.resources[name])

    def made_if(self, resource: Resource) -> object:
        return content(member(self.at(resource), "Condition"))

    def value(self, resource: Resource, name: str) -> Node | None:
        own = self.template.resources[resource.address]
        is_open = name in ("policy_arn", "group") or (name == "policy" and own.type not in KEYS + REPLICAS)
        is_open = is_open or (name == "arn" and own.type.endswith("Provider"))
        is_open = is_open or (name, own.type) == ("name", "AWS::KMS::Alias")
        if is_open and not self.is_certain(resource):
            return UnknownNode(own.place, [f"whether `{own.name}` is made"])
        match name:
            case "arn" | "policy_arn":
                return arn_of(self, resource)
            case "id":
                return self.called(own.name, None)
            case "name":
                return self._name(own)
        if name in TITLES and own.type.startswith("AWS::IAM::"):
            return self.functions.of(own, f"{TITLES[name]}Name")
        property_ = "KeyPolicy" if name == "policy" and own.type in KEYS + REPLICAS else _PROPERTIES.get(name)
        property_ = property_ or _titled(name)
        found = self.functions.of(own, property_)
        if found is not None or property_ in own.properties or not own.type.startswith("AWS::Serverless::"):
            return found
        # [AWS SAM Developer Guide: sam-specification-template-anatomy-globals]
        node = member(member(self.template.globals, own.type.rpartition("::")[2]), property_)
        return None if node is None else self.functions.value(node)

    def with_principals(self, resource: Resource) -> Iterator[Node]:
        own = self.template.resources[resource.address]
        for name, given in own.properties.items():
            if any(isinstance(node, Scalar) and "Principal" in node.text for node in nodes_in(given)):
                yield self.functions.of(own, name) or given

    def inner(self, resource: Resource, *names: str) -> list[Node]:
        return inside(values_of(self.value(resource, names[0])), list(map(_titled, names[1:])))

    def policy(self, resource: Resource, name: str) -> Node | None:
        """A policy. AWS's handler of keys takes an empty one for none."""
        found = self.value(resource, name)
        if found is None and name == "policy" and resource.type.startswith("AWS::IAM::"):
            return self._not_given(self.at(resource), resource.address)
        is_empty = (isinstance(found, Members) and not found.pairs) or (isinstance(found, Scalar) and not found.text)
        return None if is_empty and resource.type in KEYS + REPLICAS else found

    def _not_given(self, at: Node, what: str) -> UnknownNode:
        return self.functions.unknown(at, f"the document of {what}, which is not given")

    def inline(self, resource: Resource) -> Node | list[tuple[str, Node | None, Node]]:
        found: list[tuple[str, Node | None, Node]] = []
        for index, block in enumerate(self.functions.listed(self.template.resources[resource.address], "Policies")):
            name, shown = member(block, "PolicyName"), f"Policies[{index}] of {resource.address}"
            what = name.text if isinstance(name, Scalar) else shown
            document = member(block, "PolicyDocument") or self._not_given(block, what)
            found.append((shown, name, block if isinstance(block, UnknownNode) else document))
        return found

    def tags(self, resource: Resource) -> Members | None:
        """The tags that the template gives: those of the stack, which CloudFormation adds, are not in it."""
        given, at = self.value(resource, "tags"), self.at(resource)
        tags = [(member(tag, "Key"), member(tag, "Value")) for tag in given.items] if isinstance(given, Items) else []
        pairs = [(key, value) for key, value in tags if isinstance(key, Scalar) and value is not None]
        is_known = given is None or (isinstance(given, Items) and not names_in([given]) and len(pairs) == len(tags))
        return Members(at.source, at.start, at.end, pairs) if is_known else None

    def shared(self, resource: Resource) -> Iterator[Node]:
        """What it shares, but for names and attributes of resources of the template that are no keys."""
        own = self.template.resources[resource.address]
        for entry in values_of(own.properties.get("ResourceArns") or own.properties.get("ResourceArn")):
            is_reference = isinstance(entry, Members) and entry.has("Ref", "Fn::GetAtt")
            texts = [node.text for node in nodes_in(entry) if isinstance(node, Scalar)][1:] if is_reference else []
            name, _, attribute = ".".join(texts).partition(".")
            named = self.template.resources.get(name)
            if named is None or not is_other_than_key(named.type, attribute):
                yield from values_of(self.functions.value(entry))

    def made_up(self, resource: Resource) -> str | None:
        return f"-{resource.address[:_SHORTEST]}" if resource.address in self.generated_names else None


def _titled(name: str) -> str:
    """What CloudFormation calls an attribute."""
    return "".join(map(str.capitalize, name.split("_")))
