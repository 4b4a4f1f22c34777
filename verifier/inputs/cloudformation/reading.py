"""A template → the parts of a snapshot.

In: the document of a template, and what is known besides. Out: `Parts`. Guarantee: that of the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from verifier.inputs.cloudformation.dependencies import check_circles
from verifier.inputs.cloudformation.endpoints import endpoints
from verifier.inputs.cloudformation.exports import Exports
from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.iam import Identities
from verifier.inputs.cloudformation.keys import Keys
from verifier.inputs.cloudformation.makers import supposed, unknown_resources
from verifier.inputs.cloudformation.names import Names
from verifier.inputs.cloudformation.place import Deployment, deployment
from verifier.inputs.cloudformation.shares import shares
from verifier.inputs.cloudformation.template import Template, WriteOut, read_template
from verifier.inputs.drafts import listing, obj
from verifier.inputs.nodes import Node, Remarks
from verifier.inputs.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Unmodelled
from verifier.syntax.text import first_few


@dataclass
class Reading:
    """A template that is understood, and where it is deployed; what it holds is added once all templates are."""

    node: Node
    where: Deployment
    names: Names
    functions: Functions


def prepared(remarks: Remarks, parts: Parts, node: Node, supplied: Supplied) -> Reading | None:
    """A template; `None` after recording why it cannot be read."""
    before = len(remarks.errors)
    template = read_template(remarks, node, supplied, partial(_loops, remarks))
    parts.parameters.append((node, tuple(template.parameters)))
    template.mark = parts.mark(template.resources)
    if len(remarks.errors) == before:
        check_circles(remarks, template)
    if len(remarks.errors) > before:
        return None
    where = deployment(remarks, node, template)
    if supplied.account is None:
        parts.by_stand_in[node.source.name] = node.source.text
    names = Names(template, where.partition, where.account, where.region)
    names.functions = Functions(remarks, template, names, where.pseudo)
    return Reading(node, where, names, names.functions)


def add_templates(remarks: Remarks, parts: Parts, readings: Sequence[Reading]) -> None:
    """Adds what the templates hold. Errors go to `remarks`."""
    exports = Exports([reading.functions for reading in readings])
    for reading in readings:
        reading.functions.exported = exports
    for reading in readings:
        remarks.keep(partial(_add, parts, reading))


def _add(parts: Parts, reading: Reading) -> None:
    node, where, names, functions = reading.node, reading.where, reading.names, reading.functions
    keys, identities = Keys(functions, names), Identities(functions, names)
    found = keys.read()
    _add_account(parts, node, where, identities)
    made = list(endpoints(functions, names))
    listed = [endpoint for endpoint in made if isinstance(endpoint, Node)]
    parts.made_endpoints += [obj(node, VpcEndpoints=listing(node, listed))] if listed else []
    others = [endpoint for endpoint in made if isinstance(endpoint, Unmodelled)]
    parts.unmodelled += [*identities.unmodelled, *others, *shares(functions)]
    parts.unknown += unknown_resources(functions, keys.arns, where.account, parts.accounts)
    controls = [r for r in functions.template.of_type("AWS::Organizations::Policy") if functions.exists(r) is not False]
    parts.organization_changes += [(resource.place, f"`{resource.name}`") for resource in controls]
    for key in found:
        key.supposed, key.file = (*_supposed(names), *supposed(functions)), node.source.name
    for key in (key for key in parts.keys if not key.planned):
        key.supposed = tuple(dict.fromkeys((*key.supposed, *supposed(functions))))
    parts.keys += found
    parts.unchecked |= keys.unchecked
    parts.loose_alias = parts.loose_alias or keys.loose_alias
    for arn, done in keys.changes.items():
        parts.add_key_changes(arn, done)


def _loops(remarks: Remarks, template: Template) -> WriteOut:
    """What writes the loops of a template out: what they go over can depend on parameters, mappings, and where it is deployed."""
    given = {"AWS::AccountId": template.supplied.account, "AWS::Region": template.supplied.region}
    return Functions(remarks, template, lambda name, attribute: None, given).loops.written_out


def _add_account(parts: Parts, node: Node, where: Deployment, identities: Identities) -> None:
    details = identities.read(node)
    parts.elsewhere.setdefault(where.account or "", []).append(identities.elsewhere)
    parts.elsewhere.setdefault("", []).append(identities.everywhere)
    if details is not None and where.account is not None:
        parts.made.setdefault(where.account, []).append(details)
    if where.account is not None:
        for name, listing in identities.providers(node).items():
            parts.add_providers(where.account, name, listing)


def _supposed(names: Names) -> list[str]:
    found = ["users, roles, keys and endpoints of the template have the policies, aliases and tags that it gives them, and no others"]
    if names.made_up and "AWS::StackName" not in names.template.supplied.parameters:
        listed = first_few([f"`{name}`" for name in names.made_up])
        found.append(f"no policy has a pattern for the names that CloudFormation makes up (of {listed}); see --parameter AWS::StackName")
    return found
