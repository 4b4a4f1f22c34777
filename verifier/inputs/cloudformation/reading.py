"""A template → the parts of a snapshot.

In: the document of a template, and what is known besides. Out: `Parts`. Guarantee: that of the package.
"""

from __future__ import annotations

from verifier.inputs.cloudformation.circles import check_circles
from verifier.inputs.cloudformation.endpoints import Endpoints
from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.iam import Identities
from verifier.inputs.cloudformation.keys import Keys
from verifier.inputs.cloudformation.names import Names
from verifier.inputs.cloudformation.place import Deployment, deployment
from verifier.inputs.cloudformation.template import Template, read_template
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_HARMLESS = ("AWS::Serverless-", "AWS::LanguageExtensions", "AWS::SecretsManager-", "AWS::CodeDeployBlueGreen")
"""Transforms of AWS that add resources, and change no key and no policy that the template writes out."""


def add_template(remarks: Remarks, parts: Parts, node: Node, supplied: Supplied) -> None:
    """Adds what a template holds. Errors go to `remarks`, or are raised."""
    template = read_template(remarks, node, supplied)
    before = len(remarks.errors)
    check_circles(remarks, template)
    if len(remarks.errors) > before:
        return
    where = deployment(remarks, node, template)
    names = Names(template, where.partition, where.account, where.region)
    names.functions = Functions(remarks, template, names, where.pseudo)
    keys, identities = Keys(remarks, names.functions, names), Identities(remarks, names.functions, names)
    endpoints = Endpoints(names.functions, names)
    found = keys.read()
    _add_account(parts, node, where, identities)
    listed = endpoints.read(node)
    parts.vpc_endpoints += [] if listed is None else [listed]
    parts.unmodelled += [*identities.unmodelled, *endpoints.unmodelled, *_transforms(template)]
    for key in found:
        key.supposed = tuple(_supposed(names))
    parts.keys += found


def _add_account(parts: Parts, node: Node, where: Deployment, identities: Identities) -> None:
    details = identities.read(node)
    if details is not None and where.account is not None:
        parts.made.setdefault(where.account, []).append(details)


def _supposed(names: Names) -> list[str]:
    found = ["users, roles, keys and endpoints of the template have the policies, aliases and tags that it gives them, and no others"]
    if names.made_up and "AWS::StackName" not in names.template.supplied.parameters:
        listed = first_few([f"`{name}`" for name in names.made_up])
        found.append(f"no policy has a pattern for the names that CloudFormation makes up (of {listed}); see --parameter AWS::StackName")
    return found


def _transforms(template: Template) -> list[Unmodelled]:
    """Macros, which may write the template anew."""
    unknown = [t for t in template.transforms if not t.text.startswith(_HARMLESS)]
    return [
        Unmodelled(
            printable(f"transform {t.text}"),
            "U3",
            Influence.EITHER,
            printable(f"the macro `{t.text}` may change every resource of the template, and is not carried out"),
            span=t.span,
        )
        for t in unknown
    ]
