"""What others make for a template: stacks inside it, products, custom resources, macros.

Guarantee: whatever others make may hold roles, and policies of users and roles; it changes a key only if the template
hands it that key, by itself or by the code behind it, which each verdict says it supposes. [CloudFormation User Guide:
nested stacks, custom resources, StackSets, modules, template-macros; docs/cloudformation.md has the table]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.side import TemplateSide
from verifier.inputs.cloudformation.template import TemplateResource, referenced_resources
from verifier.inputs.cloudformation.written import MACROS, calls_macros, macro_name
from verifier.inputs.resource_types import Family, UnknownResource
from verifier.inputs.resources.resource import Resource as Stated
from verifier.inputs.resources.unread import STACKS, Unread, made_by_others
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.text.nodes import Members, Node, Scalar, member, nodes_in, values_of
from verifier.inputs.text.unknown import content, text_pieces
from verifier.inputs.unlisted import of_keys
from verifier.syntax.text import first_few

_LEADS_ON = {
    "AWS::Lambda::Function": ("Environment", "Code"),
    "AWS::Serverless::Function": ("Environment", "InlineCode"),
    "AWS::Lambda::Alias": ("FunctionName",),
    "AWS::Lambda::Version": ("FunctionName",),
    "AWS::SNS::Topic": ("Subscription",),
    "AWS::SNS::Subscription": ("Endpoint",),
    "AWS::SSM::Parameter": ("Value",),
    "AWS::KMS::Alias": ("TargetKeyId",),
}
"""By which properties of others whoever is told of a resource is told of more: behind the token of a custom resource
stands the code of a function, or a topic on which it listens; a parameter has the value that it was given; an alias is
its key's. What others make may change the keys that it is told of itself."""
_NAMED_BY = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SSM::Parameter": "Name",
    "AWS::KMS::Alias": "AliasName",
}
"""The properties that give names by which these are told of as well."""
_BOUNDARY = "PermissionsBoundary"
_OF_ROLES = {
    "AWS::Serverless::Function": ("Policies", "Events", _BOUNDARY),
    "AWS::Serverless::StateMachine": ("Policies", _BOUNDARY),
    "AWS::SecretsManager::RotationSchedule": ("HostedRotationLambda",),
    "AWS::IAM::ServiceLinkedRole": ("AWSServiceName", "CustomSuffix"),
}
"""What decides which policies the roles have that are made for resources of these types. An event gives none that is
about a key, but for one that names the key of a secret. [AWS SAM Developer Guide: AWS::Serverless::Function;
CloudFormation Template Reference]"""
_KEY_OF_SECRET = "SecretsManagerKmsKeyId"
_NOT_ABOUT_KEYS = re.compile(r"(?!KMS)\w+Policy(?:_v\d+)?")
"""Templates of policies that let nobody do anything with keys. [AWS SAM Developer Guide: policy template list]"""
_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")


@dataclass
class TemplateSurroundings(Unread):
    """What stands for others' resources in a template, of which `keys` has the ARNs of keys by their logical IDs."""

    side: TemplateSide
    keys: Mapping[str, str]

    def read(self) -> None:
        """Records what may change identities or keys, and roles that the template does not have."""
        for macro, place in self.side.template.macros:
            why, said = "is not carried out, and may write every resource of the template anew", content(self.side.node)
            address = f"the macro {macro_name(macro)}"
            self.parts.unknown.append(UnknownResource(Family.ANYTHING, address, None, place.span, why=why, said=said))
        if self.side.template.makes_names:
            self.parts.leave_roles_out(self.side.where[1])
        for resource in self.side.of_type():
            self.changes(resource)
            self.roles(resource)
            self.made_roles(resource)
            if self.is_maker(resource):
                self._maker(resource)
            own = self.side.template.resources[resource.address]
            if own.type in _OF_ROLES and not isinstance(self.side.functions.of(own, "Role"), Scalar):
                given, tags = self._given(own, _OF_ROLES[own.type]), self._given(own, ("Tags", "PropagateTags"))
                self.parts.made_by_others.append((resource.shown.replace("`", ""), given, tags))

    def is_maker(self, resource: Stated) -> bool:
        """True iff a resource stands for others that are not read, as a nested stack does that holds such."""
        return made_by_others(resource.type) and not _is_whole(self.side.nested.get(resource.address))

    def _maker(self, resource: Stated) -> None:
        why, is_stack = "is made by code that is not read", STACKS.fullmatch(resource.type)
        if is_stack:
            inside = resource.address in self.side.nested
            why = "holds what others make" if inside else "has resources of its own, which are not read"
        self.may_change(resource, Family.IDENTITIES, why, everywhere=self.is_everywhere(resource))
        own, listed = self.side.template.resources[resource.address], [*_listed(self.parts, self.side)]
        for key in sorted(handed(self.side.functions, self.keys, own, listed)):
            self.may_change(resource, Family.KEYS, why, key=key)
        if is_stack and not inside:
            message = f"`{resource.address}` ({resource.type}) {why}"
            self.remarks.unread(self.side.at(resource), message, hint="check its template in a run of its own")

    def _given(self, resource: TemplateResource, names: tuple[str, ...]) -> list[object]:
        """What properties of a resource, and the globals of AWS SAM, say that may be about keys or tags."""
        shared = member(self.side.template.globals, resource.type.rpartition("::")[2])
        found = list[tuple[str, object]]()
        for name in names:
            for node in filter(None, (resource.properties.get(name), member(shared, name))):
                said = list(_of_policies(node)) if name == "Policies" else [content(node)]
                if said and (name != "Events" or _KEY_OF_SECRET in repr(said)):
                    found.append((name, said))
        gives = any(name != _BOUNDARY for name, _ in found)
        return [*found, content(member(resource.place, "Condition"))] if gives else []

    def supposes(self) -> list[str]:
        by_others = first_few([one.quoted for one in self.side.of_type() if self.is_maker(one)])
        no_key = f"{by_others} changes no key that the template does not name to it, and no control policy"
        unnamed = [no_key] if by_others else []
        return [*unnamed, *super().supposes()]


def _of_policies(node: Node) -> Iterator[object]:
    """What policies of a function of AWS SAM may say of keys: documents, ARNs and names (also as `Ref` and other
    functions give them), and templates of policies, of which few are about keys."""
    for policy in values_of(node):
        names = [key.text for key, _ in policy.pairs] if isinstance(policy, Members) else []
        if "Statement" in names:
            yield from of_keys(policy)
        elif len(names) != 1 or not _NOT_ABOUT_KEYS.fullmatch(names[0]):
            yield content(policy)


def _is_whole(inner: TemplateSide | None) -> bool:
    """True iff a nested stack is read, and all that it makes."""
    if inner is None or inner.template.makes_names:
        return False
    others = (one.address for one in inner.of_type() if made_by_others(one.type))
    return all(_is_whole(inner.nested.get(name)) for name in others)


def _listed(parts: Parts, side: TemplateSide) -> Iterator[tuple[str, str]]:
    """The IDs and aliases of all keys where a template is, or may be, deployed, each with the ARN of the key."""
    supplied = side.template.supplied
    where = re.compile(f"arn:[^:]+:kms:{supplied.region or '[^:]*'}:{supplied.account or '[^:]*'}:key/(.+)")
    for key in parts.keys:
        metadata = member(key.members.get("metadata"), "KeyMetadata") or key.members.get("metadata")
        arn = member(metadata, "Arn") or key.members.get("arn")
        if isinstance(arn, Scalar) and (found := where.fullmatch(arn.text)) is not None:
            names = [node.text for node in nodes_in(key.members.get("aliases", arn)) if isinstance(node, Scalar)]
            aliases = [name for name in names if name.startswith("alias/")]
            yield from ((name, arn.text) for name in (found[1], *aliases))


def handed(
    functions: Functions, keys: Mapping[str, str], resource: TemplateResource, listed: Sequence[tuple[str, str]]
) -> set[str]:
    """The ARNs of the keys that a resource is told of, by itself or by what leads on; of all, where a macro may tell it
    of any. `keys` are by their logical IDs, those that are `listed` by other names."""
    template, found, pending = functions.template, set[str](), [resource]
    for other in pending:
        values_read = _values_read(functions, other)
        if other.rewritten or any(name in other.properties for name in MACROS) or any(map(calls_macros, values_read)):
            return set(keys.values())
        names = set(referenced_resources(template, values_read)) - {resource.name}
        found |= {keys[name] for name in names if name in keys}
        values = (value for node in values_read if (value := functions.value(node)) is not None)
        texts = [
            piece for value in values for inner in nodes_in(value) for piece in text_pieces(inner) if piece is not None
        ]
        found |= {arn for text in texts for arn in _KEY_ARN.findall(text)}
        found |= {arn for name, arn in listed if any(map(_whole(name).search, texts))}
        leading = [
            known for known in template.resources.values() if known.name in names or _is_named(functions, known, texts)
        ]
        if other.type == "AWS::SNS::Topic":
            leading += _subscriptions(functions, other)
        pending += [known for known in leading if known.type in _LEADS_ON and known not in pending]
    return found


def _values_read(functions: Functions, resource: TemplateResource) -> list[Node]:
    """The values of a resource that lead whoever knows of it to others (`_LEADS_ON`)."""
    names = _LEADS_ON.get(resource.type, resource.properties)
    values_read = [resource.properties[name] for name in names if name in resource.properties]
    shared = functions.template.globals if resource.type.startswith("AWS::Serverless::") else None
    return values_read if shared is None else [*values_read, shared]


def _is_named(functions: Functions, resource: TemplateResource, texts: list[str]) -> bool:
    """True iff what is known of the name of a resource, if anything is, stands in some texts."""
    name = functions.of(resource, _NAMED_BY[resource.type]) if resource.type in _NAMED_BY else None
    known = [piece for piece in text_pieces(name) if piece]
    if None in text_pieces(name):
        return bool(known) and all(any(piece in text for text in texts) for piece in known)
    return bool(known) and any(map(_whole("".join(known)).search, texts))


def _whole(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/-]){re.escape(name)}(?![\w/-])")


def _subscriptions(functions: Functions, topic: TemplateResource) -> Iterator[TemplateResource]:
    """The subscriptions to a topic, so far as its name is not known or in the template."""
    for resource in functions.template.of_type("AWS::SNS::Subscription"):
        arn = resource.properties.get("TopicArn")
        named = referenced_resources(functions.template, [] if arn is None else [arn])
        if arn is not None and (topic.name in named or not named):
            yield resource
