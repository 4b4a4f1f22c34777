"""VPC endpoints of a template, and the keys that it shares through AWS RAM.

In: its functions and the names of its resources. Out: what `describe-vpc-endpoints` would list, and what cannot be told and may refuse;
what the second policy of a shared key may allow. Guarantee: an endpoint that is made without a policy has AWS's default one (V). The policy
of a share is written by AWS RAM and is not in the template, so it is not taken for absent (L5a); a permission of AWS RAM has statements
that allow, and no others. [CloudFormation Template Reference: AWS::EC2::VPCEndpoint, AWS::RAM::ResourceShare,
AWS::RAM::ResourceAssociation; AWS RAM User Guide: Permissions]
"""

from __future__ import annotations

from collections.abc import Iterator

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.names import Names
from verifier.inputs.cloudformation.template import Resource, references
from verifier.inputs.doubt import is_unknown_whole
from verifier.inputs.drafts import obj
from verifier.inputs.key_metadata import is_key_arn
from verifier.inputs.nodes import Items, Members, Node, Scalar, text_at
from verifier.inputs.unknown import Unknown
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_EVERYTHING = '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}'
_SHARED = {"AWS::RAM::ResourceShare": "ResourceArns", "AWS::RAM::ResourceAssociation": "ResourceArn"}
"""The property that names what is shared, by type."""
_ANYTHING = ("AWS::KMS::", "AWS::CloudFormation::", "Custom::")
"""How the types of resources begin whose attributes may be the ARN of a key."""


def endpoints(functions: Functions, names: Names) -> Iterator[Node | Unmodelled]:
    """Each endpoint that may be made, or that it may refuse where nobody knows of which service it is."""
    for resource in functions.template.of_type("AWS::EC2::VPCEndpoint"):
        exists, identifier, place = functions.exists(resource), names(resource.name, None), resource.place
        service, vpc = functions.of(resource, "ServiceName"), functions.of(resource, "VpcId")
        if exists is False or not isinstance(identifier, Scalar) or service is None:
            continue
        if isinstance(service, Unknown):
            name, what = printable(f"{resource.type} {resource.name}"), f"`{resource.name}` is an endpoint of a service that is not known"
            yield Unmodelled(name, "V", Influence.MAY_REFUSE, printable(what), endpoint=identifier.text, span=place.span)
            continue
        found: dict[str, Node] = {"VpcEndpointId": identifier, "ServiceName": service}
        found |= {"VpcId": vpc} if isinstance(vpc, Scalar) else {}
        found |= {"OwnerId": text_at(place, names.account)} if names.account else {}
        policy = functions.of(resource, "PolicyDocument") or text_at(place, _EVERYTHING)
        yield obj(place, **found, **({"PolicyDocument": policy} if exists and not is_unknown_whole(policy) else {}))


def shares(functions: Functions) -> Iterator[Unmodelled]:
    """What each share may allow, on its keys, or on any where they are not known."""
    for resource in functions.template.of_type(*_SHARED):
        listed = resource.properties.get(_SHARED[resource.type])
        if listed is None or functions.exists(resource) is False:
            continue
        entries = listed.items if isinstance(listed, Items) else [listed]
        for key, names in dict.fromkeys(found for entry in entries for found in _shared(functions, entry)):
            yield _share(resource, key, names)


def _shared(functions: Functions, entry: Node) -> Iterator[tuple[str | None, tuple[str, ...]]]:
    """The ARNs of keys that an entry is, and `None` with what it depends on where it may be that of any."""
    if _is_other(functions, entry):
        return
    value = functions.value(entry)
    for found in value.items if isinstance(value, Items) else [value]:
        if isinstance(found, Scalar) and is_key_arn(found.text):
            yield found.text, ()
        elif isinstance(found, Unknown):
            head = (found.pieces[0] or "").split(":") if found.pieces else []
            if len(head) <= 3 or head[2] == "kms":
                yield None, found.names


def _is_other(functions: Functions, entry: Node) -> bool:
    """Whether it is the name or an attribute of a resource of the template that is no key."""
    template = functions.template
    named = references(template, [entry]) if isinstance(entry, Members) and entry.pairs[0][0].text in ("Ref", "Fn::GetAtt") else {}
    return bool(named) and not any(template.resources[name].type.startswith(_ANYTHING) for name in named)


def _share(resource: Resource, key: str | None, names: tuple[str, ...]) -> Unmodelled:
    what = "shares the key" if key is not None else f"may share the key (what it shares depends on {first_few(names)})"
    description = f"`{resource.name}` {what} through AWS RAM, which puts a policy AWS_RAM on it that the template does not have"
    name = printable(f"share {resource.name}")
    return Unmodelled(name, "L5a", Influence.MAY_ALLOW, printable(description), key=key, span=resource.place.span)
