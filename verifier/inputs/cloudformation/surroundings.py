"""What others make for a template: stacks inside it, products, custom resources, macros.

In: its functions, the ARNs of its keys. Out: what each maker could change, with its address. Guarantee: whatever others make may hold
roles, and policies of users and roles; it changes a key only if the template hands it that key, which each verdict says it supposes.
[CloudFormation User Guide: nested stacks, custom resources, StackSets, modules, template-macros; docs/cloudformation.md has the table]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.template import Resource, references
from verifier.inputs.cloudformation.written import MACROS, calls_macros, shown
from verifier.inputs.nodes import nodes_in
from verifier.inputs.parts import Parts
from verifier.inputs.resource_types import Family, UnknownResource, unknown_family
from verifier.inputs.unknown import text_pieces
from verifier.syntax.text import first_few

_STACKS = re.compile(
    r"AWS::CloudFormation::Stack(?:Set)?|AWS::Serverless::Application|AWS::ServiceCatalog::CloudFormationProvisionedProduct"
    r"|AWS::SageMaker::Project|.*::MODULE"
)
"""Resources that stand for resources of another template."""
EVERYWHERE = "AWS::CloudFormation::StackSet"
"""Stacks in other accounts."""
_MAKES_ROLES = re.compile(rf"AWS::IAM::ServiceLinkedRole|{EVERYWHERE}|AWS::SSO::.*")
_BY_CODE = re.compile(r"AWS::CloudFormation::CustomResource|(?!AWS::|Alexa::).*")
"""Resources that code of others makes: custom resources, and types that are registered in the account."""
_LEADS_ON = {
    **dict.fromkeys(("AWS::Lambda::Function", "AWS::Serverless::Function"), ("Environment",)),
    **dict.fromkeys(("AWS::Lambda::Alias", "AWS::Lambda::Version"), ("FunctionName",)),
    "AWS::KMS::Alias": ("TargetKeyId",),
}
"""Resources by which a key is handed on, and by what: the function behind a custom resource, itself or by an alias or version; an alias."""
_KEY_ARN = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+")


def makers(functions: Functions) -> list[Resource]:
    """The resources that stand for others which the template does not have."""
    made = (r for r in functions.template.resources.values() if _STACKS.fullmatch(r.type) or _BY_CODE.fullmatch(r.type))
    return [resource for resource in made if functions.exists(resource) is not False]


def add_roles(parts: Parts, functions: Functions, account: str | None) -> None:
    """Records that there may be roles that the template does not have."""
    template = functions.template
    types = {r.type: r for r in template.resources.values() if _MAKES_ROLES.fullmatch(r.type) and functions.exists(r) is not False}
    if template.makes_names or "AWS::IAM::ServiceLinkedRole" in types or makers(functions):
        parts.leave_roles_out(account)
    if EVERYWHERE in types:
        parts.leave_roles_out(None)
    for found in (resource for type_, resource in types.items() if type_.startswith("AWS::SSO::")):
        parts.leave_roles_out(None, permission_sets=f"`{found.name}`")


def unknown_resources(
    functions: Functions, keys: Mapping[str, str], account: str | None, others: Iterable[str]
) -> Iterator[UnknownResource]:
    """What may change identities or keys, which are by their logical IDs in `keys`. `others` are the other accounts that are listed."""
    remarks = functions.remarks
    for resource in makers(functions):
        address, span = f"{resource.type} `{resource.name}`", resource.place.span
        why = "has resources of its own, which are not read" if _STACKS.fullmatch(resource.type) else "is made by code that is not read"
        for of in dict.fromkeys((account, *(others if resource.type == EVERYWHERE else ()))):
            yield UnknownResource(Family.IDENTITIES, address, of, span, why=why)
        for key in sorted(handed(functions, keys, resource)):
            yield UnknownResource(Family.KEYS, address, account, span, key, why)
        if _STACKS.fullmatch(resource.type):
            what = f"`{resource.name}` ({resource.type}) {why}: no key in it is checked"
            remarks.warning(resource.place, what, hint="check its template in a run of its own")
    for macro, place in functions.template.macros:
        why = "is not carried out, and may write every resource of the template anew"
        yield UnknownResource(Family.ANYTHING, f"the macro {shown(macro)}", None, place.span, why=why)
    for resource in functions.template.resources.values():
        family = unknown_family(resource.type)
        if family is None or functions.exists(resource) is False:
            continue
        yield UnknownResource(family, f"{resource.type} `{resource.name}`", account, resource.place.span)
        if family is Family.KEYS:
            remarks.warning(resource.place, f"`{resource.name}` is of a type that is not read: no key in it is checked")


def handed(functions: Functions, keys: Mapping[str, str], resource: Resource) -> set[str]:
    """The ARNs of the keys that a resource is told of, by itself or by what leads on; of all, where a macro may tell it of any."""
    template, found, pending = functions.template, set[str](), [resource]
    for other in pending:
        names = other.properties if other is resource else _LEADS_ON[other.type]
        told = [other.properties[name] for name in names if name in other.properties]
        told += [template.globals] if template.globals is not None and other.type.startswith("AWS::Serverless::") else []
        if other.rewritten or any(name in other.properties for name in MACROS) or any(map(calls_macros, told)):
            return set(keys.values())
        for known in references(template, told):
            found |= {keys[known]} if known in keys else set()
            leads = template.resources[known]
            pending += [leads] if leads.type in _LEADS_ON and leads not in pending else []
        values = (value for node in told if (value := functions.value(node)) is not None)
        pieces = (piece for value in values for inner in nodes_in(value) for piece in text_pieces(inner))
        found |= {arn for piece in pieces if piece is not None for arn in _KEY_ARN.findall(piece)}
    return found


def supposed(functions: Functions) -> list[str]:
    """What every verdict about a key of the template supposes."""
    by_others = first_few([f"`{resource.name}`" for resource in makers(functions)])
    return [f"{by_others} changes no key that the template does not name to it, and no control policy"] if by_others else []
