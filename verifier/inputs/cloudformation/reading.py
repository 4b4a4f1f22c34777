"""Templates → the parts of a snapshot.

In: the documents of templates, and what is known besides. Out: `Parts`. Guarantee: that of the package. An account is
what the user says, or what was concluded of the whole input (S4), a Region what the user says, or what stands for any;
neither is guessed. What the stacks hand to each other by `Export` and `Fn::ImportValue` is not known where two outputs
export a name, or one that may not be made; a circle, or a very long chain, is cut. [CloudFormation User Guide: Outputs]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from verifier.inputs.cloudformation.functions import Functions
from verifier.inputs.cloudformation.side import TemplateSide
from verifier.inputs.cloudformation.surroundings import TemplateSurroundings
from verifier.inputs.cloudformation.template import Handed, StackTemplate, WriteOut, check_circles, read_template
from verifier.inputs.own_region import STAND_IN_REGIONS, check_partitions, is_in, region_partition
from verifier.inputs.resources.kms import Keys
from verifier.inputs.resources.services import read_services
from verifier.inputs.snapshot.parts import KeyParts, Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.nodes import Items, Members, Node, OwnRegion, Remarks, Scalar, entries, member, nodes_in
from verifier.inputs.text.unknown import Pieces, as_compared, content, may_be_equal, shown_name, text_pieces
from verifier.model.own_place import regions_in
from verifier.syntax.text import first_few

_ARN = re.compile(r"\barn:(aws|aws-cn|aws-us-gov):")
_REGIONAL = ("AWS::KMS::", "AWS::EC2::VPCEndpoint")
"""How the types of resources begin that are read and are in a Region."""
_CDK_METADATA = "AWS::CDK::Metadata"
"""The type of a resource that says how a template was made, in the Regions that a condition lists."""
_SAYS_NOTHING = ("Description", "Metadata", "Parameters")
"""Sections that decide nothing: of parameters their values alone do."""
_NAMES_WHAT_MUST_BE = ("Principal", "ManagedPolicyArns", "PermissionsBoundary")
"""Members of which each ARN must be one of the own partition."""
_ASKS_FOR_WHAT_IT_NAMES = ("AWS::KMS::", "AWS::IAM::")
"""How the types of resources begin that have such members. [KMS: key-policy-overview; IAM:
reference_policies_elements_principal]"""
_DEEPEST = 10
"""Exports that are made of each other, over several stacks."""


def prepared(
    remarks: Remarks, parts: Parts, node: Node, supplied: Supplied, handed: Handed | None = None
) -> TemplateSide | None:
    """A template; `None` after recording why it cannot be read. A nested stack is `handed` the values of parameters."""
    before = len(remarks.errors)
    supplied = _deployed(remarks, node, supplied)
    # What loops go over can depend on parameters, mappings, and where the template is deployed.
    given = {"AWS::AccountId": supplied.account, "AWS::Region": supplied.region}

    def written_out(found: StackTemplate) -> WriteOut:
        return Functions(remarks, found, lambda *_: None, given).loops.written_out

    template = read_template(remarks, node, supplied, written_out, handed)
    parts.parameters.append((node, tuple(template.parameters)))
    template.mark = parts.mark(template.resources)
    if len(remarks.errors) == before:
        check_circles(remarks, template)
    if len(remarks.errors) > before:
        return None
    side = _side(remarks, node, template)
    if supplied.account is None:
        parts.by_stand_in.add(node.source.name)
    return side


def _deployed(remarks: Remarks, node: Node, supplied: Supplied) -> Supplied:
    """What is supplied, with the account and Region that pseudo parameters give. To give two is an error."""
    given = supplied.parameters
    account, region = supplied.account or given.get("AWS::AccountId"), supplied.region or given.get("AWS::Region")
    pseudo = {"AWS::AccountId": account, "AWS::Region": region}
    if region is not None:
        pseudo["AWS::Partition"] = region_partition(region)
    for name, own in pseudo.items():
        if given.get(name, own) != own:
            message = f"the parameter `{name}` is given as `{given[name]}`, and as `{own}` besides"
            remarks.error(node, message, hint="give it once (--account, --region)", rule="S4")
    return replace(supplied, account=account, region=region)


def add_templates(remarks: Remarks, parts: Parts, sides: Sequence[TemplateSide]) -> None:
    """Adds what the templates hold. Errors go to `remarks`."""
    exports = _Exports([side.functions for side in sides])
    for side in sides:
        side.functions.exported = partial(exports, side.functions)
    rest = [remarks.keep(partial(_add_keys, parts, side)) for side in sides]
    for add in filter(None, rest):  # custom resources may be told of the keys of every template
        remarks.keep(add)


def _add_keys(parts: Parts, side: TemplateSide) -> Callable[[], None]:
    """Adds the keys of a template. What is returned adds the rest."""
    keys = Keys(side.remarks, parts, side)
    found = keys.read_keys()
    parts.keys += found
    return partial(_add_surroundings, parts, side, keys, found)


def _add_surroundings(parts: Parts, side: TemplateSide, keys: Keys, found: Sequence[KeyParts]) -> None:
    by_name = {name: key.arn for name, key in keys.by_address.items()}
    supposed = read_services(TemplateSurroundings(side.remarks, parts, side, by_name))
    parts.supposed[side.file] = (*_supposed(side), *supposed)
    for key in found:
        is_open = key.name is not None and side.is_made(key.name) is None
        made = [f"{key.name} is made, though whether it is is not known"] if is_open else []
        key.supposed = (*made, *parts.supposed[side.file])


def _supposed(side: TemplateSide) -> list[str]:
    found = [
        "users, roles, keys and endpoints of the template have the policies, aliases and tags that it gives them, and "
        "no others, and its keys have no grants",
        "users and roles of the template have no tag of `create-stack --tags` that the input does not tell, and "
        "nothing in it has a tag of the stack that an invariant names",
    ]
    if side.generated_names and "AWS::StackName" not in side.template.supplied.parameters:
        listed = first_few([f"`{name}`" for name in side.generated_names])
        names = f"the names that CloudFormation makes up (of {listed})"
        found.append(
            f"no pattern of a policy or invariant asks for the name of the stack, with which {names} begin; see "
            "--parameter AWS::StackName"
        )
    template = side.template
    open_ = template.parameters.keys() - template.supplied.parameters.keys() - template.handed.keys()
    defaults = [
        f"`{name}`" for name, declared in template.parameters.items() if name in open_ and "Default" in declared
    ]
    if defaults:
        found.append(f"the stack is made with the defaults of its parameters {first_few(defaults)}")
    return found


def _side(remarks: Remarks, node: Node, template: StackTemplate) -> TemplateSide:
    """The template where it is deployed, or where what stands for that is (S4)."""
    region, account = template.supplied.region, template.supplied.account or template.supplied.own
    if region is not None:
        return TemplateSide(node, remarks, template, (region_partition(region), account, region))
    texts = [*template.supplied.parameters.values(), *_deciding(node, template)]
    refers = any("AWS::Partition" in text or "AWS::URLSuffix" in text for text in texts)
    partitions = {partition for text in _that_must_be(node) for partition in _ARN.findall(text)}
    partition = min(partitions) if len(partitions) == 1 else region_partition(template.supplied.own_region or "")
    others = tuple(one for one in STAND_IN_REGIONS if one != partition) if refers and len(partitions) != 1 else ()
    check_partitions(texts if others else ())
    if any("AWS::Region" in text or text.startswith(_REGIONAL) for text in texts):
        region = template.supplied.own_region or STAND_IN_REGIONS[partition]
        # Of a partition that ARNs tell the others are no Regions that it could be in (R7).
        named = [one for one in regions_in(texts) if len(partitions) != 1 or is_in(one, partition)]
        first = next(
            (one for one in nodes_in(node) if isinstance(one, Scalar) and regions_in((one.text,)) & {*named}), node
        )
        tells = len(partitions) == 1
        own = OwnRegion(region, region, frozenset(named), others, first.span, tells=tells)
        remarks.own_regions[node.source.name] = own
    return TemplateSide(node, remarks, template, (partition, account, region or STAND_IN_REGIONS[partition]))


def _deciding(node: Node, template: StackTemplate) -> list[str]:
    """The texts of a template that can decide something: conditions and mappings may depend on the Region as well. A
    condition that nothing names does not, nor one that only the metadata of the CDK name."""
    parts = (
        [value for key, value in node.pairs if key.text not in _SAYS_NOTHING] if isinstance(node, Members) else [node]
    )
    parts += [members["Default"] for members in template.parameters.values() if "Default" in members]
    sections = {
        name: section for name in ("Conditions", "Resources") if isinstance(section := member(node, name), Members)
    }
    if not sections.keys() >= {"Conditions", "Resources"} or template.macros or template.transforms:
        return _texts(parts)
    made = [
        value for _, value in sections["Resources"].pairs if getattr(member(value, "Type"), "text", "") != _CDK_METADATA
    ]
    found = _texts([*(part for part in parts if part not in sections.values()), *made])
    waiting = {name.text: value for name, value in sections["Conditions"].pairs}
    while named := waiting.keys() & set(found):
        found += _texts([waiting.pop(name) for name in named])
    return found


def _that_must_be(node: Node) -> Iterator[str]:
    """The texts in a template that name what must be there for it to be deployed: principals and policies of its keys,
    roles and users. Whether other services ask for those of their policies no page says."""
    resources = member(node, "Resources")
    for _, resource in resources.pairs if isinstance(resources, Members) else []:
        if getattr(member(resource, "Type"), "text", "").startswith(_ASKS_FOR_WHAT_IT_NAMES):
            yield from _named_for_certain(resource)


def _named_for_certain(node: Node) -> Iterator[str]:
    named = [("", inner) for inner in entries(node)]
    if isinstance(node, Members):
        named = [(key.text, value) for key, value in node.pairs]
    if any(name in ("Condition", "Fn::If") and isinstance(value, Scalar | Items) for name, value in named):
        return  # it may not be there
    for name, value in named:
        if name in _NAMES_WHAT_MUST_BE:
            found = _texts([value])
            if "Fn::If" not in found:
                yield from found
        else:
            yield from _named_for_certain(value)


def _texts(parts: Iterable[Node]) -> list[str]:
    return [inner.text for part in parts for inner in nodes_in(part) if isinstance(inner, Scalar)]


_Where = tuple[str | None, str | None]
"""The account and the Region in which a template is deployed."""


def _where(functions: Functions) -> _Where:
    return functions.template.supplied.account, functions.template.supplied.region


class _Exports:
    """The exports of all templates, each for those of its account and Region."""

    def __init__(self, templates: Sequence[Functions]) -> None:
        self._templates = templates
        self._outputs: dict[tuple[_Where, str], list[tuple[Functions, Node]]] | None = None
        self._names: list[tuple[Pieces, object]] = []
        self._defined: set[str] = set()
        self._open: list[tuple[_Where, str]] = []

    def __call__(self, functions: Functions, name: Node) -> Node | None:
        """The value that is exported by a name where a template is deployed."""
        outputs, where = self._found(), _where(functions)
        self._define(functions, name)
        found = outputs.get((where, name.text), []) if isinstance(name, Scalar) else []
        if len(found) != 1 or (where, shown_name(name)) in self._open or len(self._open) >= _DEEPEST:
            return None
        of, value = found[0]
        self._open.append((where, shown_name(name)))
        try:
            return of.value(value)
        finally:
            self._open.pop()

    def _define(self, functions: Functions, name: Node) -> None:
        """Records what a name may stand for, once: what every export says that may have it."""
        shown = shown_name(name)
        if shown not in self._defined and self._names:
            self._defined.add(shown)
            (opened,) = as_compared([name], functions.template.supplied.stand_in)
            said = [said for pieces, said in self._names if may_be_equal(pieces, text_pieces(opened))]
            functions.remarks.definitions.define(shown, said)

    def _found(self) -> dict[tuple[_Where, str], list[tuple[Functions, Node]]]:
        """The outputs by where they are and their names. While the names are being found there are none."""
        if self._outputs is None:
            self._outputs = {}
            listed: dict[tuple[_Where, str], list[tuple[Functions, Node]]] = {}
            names = list[tuple[Pieces, object]]()
            for functions in self._templates:
                for output in functions.template.outputs.values():
                    exported, value = member(member(output, "Export"), "Name"), member(output, "Value")
                    condition = member(output, "Condition")
                    if exported is None or value is None:
                        continue
                    made = condition is None or (isinstance(condition, Scalar) and functions.holds(condition))
                    name = functions.text(exported)
                    if name is not None and made:
                        listed.setdefault((_where(functions), name), []).append((functions, value))
                    opened = functions.opened(exported) or exported
                    names.append((text_pieces(opened), content([exported, condition, value])))
            self._outputs, self._names = listed, names
        return self._outputs
