"""The keys of a template that it names to what others make.

In: a resource of others, the keys of the template. Out: those that it is told of. Guarantee: none is missing that it is told of in the
template, by itself or by the code behind it, as docs/cloudformation.md has it ("What others make").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.template import Resource, references
from verifier.inputs.cloudformation.written import MACROS, calls_macros
from verifier.inputs.text.nodes import Node, nodes_in
from verifier.inputs.text.unknown import text_pieces

STACKS = re.compile(
    r"AWS::CloudFormation::Stack(?:Set)?|AWS::Serverless::Application|AWS::ServiceCatalog::CloudFormationProvisionedProduct"
    r"|AWS::SageMaker::Project|.*::MODULE"
)
"""Resources that stand for resources of another template."""
BY_CODE = re.compile(r"AWS::CloudFormation::CustomResource|(?!AWS::|Alexa::).*")
"""Resources that code of others makes: custom resources, and types that are registered in the account."""
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
"""By which properties of others whoever is told of a resource is told of more: behind the token of a custom resource stands the code of a
function, or a topic on which it listens; a parameter has the value that it was given; an alias is its key's. What others make may change
the keys that it is told of itself."""
_NAMED_BY = {
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SSM::Parameter": "Name",
    "AWS::KMS::Alias": "AliasName",
}
"""The properties that give names by which these are told of as well."""
_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")


def handed(functions: Functions, keys: Mapping[str, str], resource: Resource) -> set[str]:
    """The ARNs of the keys that a resource is told of, by itself or by what leads on; of all, where a macro may tell it of any. `keys` are
    by their logical IDs."""
    template, found, pending = functions.template, set[str](), [resource]
    for other in pending:
        told = _told(functions, other)
        if other.rewritten or any(name in other.properties for name in MACROS) or any(map(calls_macros, told)):
            return set(keys.values())
        names = set(references(template, told)) - {resource.name}
        found |= {keys[name] for name in names if name in keys}
        values = (value for node in told if (value := functions.value(node)) is not None)
        texts = [piece for value in values for inner in nodes_in(value) for piece in text_pieces(inner) if piece is not None]
        found |= {arn for text in texts for arn in _KEY_ARN.findall(text)}
        leading = [known for known in template.resources.values() if known.name in names or _is_named(functions, known, texts)]
        if other.type == "AWS::SNS::Topic":
            leading += _subscriptions(functions, other)
        pending += [known for known in leading if known.type in _LEADS_ON and known not in pending]
    return found


def _told(functions: Functions, resource: Resource) -> list[Node]:
    """What of a resource tells whoever is told of it."""
    names = _LEADS_ON.get(resource.type, resource.properties)
    told = [resource.properties[name] for name in names if name in resource.properties]
    serverless = resource.type.startswith("AWS::Serverless::") and functions.template.globals is not None
    return [*told, functions.template.globals] if serverless and functions.template.globals is not None else told


def _is_named(functions: Functions, resource: Resource, texts: list[str]) -> bool:
    """Iff what is known of the name of a resource, if anything is, stands in some texts."""
    name = functions.of(resource, _NAMED_BY[resource.type]) if resource.type in _NAMED_BY else None
    known = [piece for piece in text_pieces(name) if piece]
    if None in text_pieces(name):
        return bool(known) and all(any(piece in text for text in texts) for piece in known)
    whole = re.compile(rf"(?<![\w/-]){re.escape(''.join(known))}(?![\w/-])")
    return bool(known) and any(map(whole.search, texts))


def _subscriptions(functions: Functions, topic: Resource) -> Iterator[Resource]:
    """The subscriptions to a topic, so far as its name is not known or in the template."""
    for resource in functions.template.of_type("AWS::SNS::Subscription"):
        arn = resource.properties.get("TopicArn")
        if arn is not None and (topic.name in references(functions.template, [arn]) or not references(functions.template, [arn])):
            yield resource
