"""The functions and conditions of a template, carried out.

In: a template, and what its resources are called. Out: nodes in which every function is its value; `UnknownNode` where
nothing tells it; whether a condition holds. Guarantee: what is not carried out is not known, never left out; a name
that is declared nowhere is an error at its place. A condition that turns on a value that is not known is neither true
nor false, unless it comes out the same either way; a circle is an error. [CloudFormation Template Reference: Intrinsic
functions, Condition functions]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from verifier.inputs.cloudformation import texts
from verifier.inputs.cloudformation.loops import Loops, has_loops
from verifier.inputs.cloudformation.template import EXTENSIONS, StackTemplate, TemplateResource
from verifier.inputs.cloudformation.written import BEGIN, MACROS, as_read, with_references
from verifier.inputs.own_region import regions_compared
from verifier.inputs.text.access import describe_node
from verifier.inputs.text.nodes import Items, Members, Node, Remarks, Scalar, listing, member, text_at, values_of
from verifier.inputs.text.unknown import (
    UnknownNode,
    as_compared,
    joined,
    may_be_equal,
    moved,
    named_by,
    names_in,
    resolved,
    shown_name,
    text_pieces,
)
from verifier.syntax.text import first_few

_LISTS = re.compile(r"(?:CommaDelimitedList|List<.*>)")
_Truth = bool | None
"""Whether a condition holds; `None` where that turns on a value that is not known."""
_DEEPEST = 120
"""Functions and values inside each other, with the names and conditions that they refer to."""

Called = Callable[[str, str | None], Node | None]
"""What a resource is called, by its logical ID or an attribute; `None` where CloudFormation alone knows."""

SERVERLESS_ROLES = ("AWS::Serverless::Function", "AWS::Serverless::StateMachine")
"""What AWS SAM makes a role for, unless it has one: its logical ID with `Role`. [AWS SAM: generated resources]"""


@dataclass
class Functions:
    """Carries out the functions of one template. `called` names resources, `exported` is what other stacks export."""

    remarks: Remarks
    template: StackTemplate
    called: Called
    pseudo: Mapping[str, str | None] = field(default_factory=dict)
    exported: Callable[[Node], Node | None] = lambda name: None

    def __post_init__(self) -> None:
        self._level = 0
        self._conditions: dict[str, _Truth] = {}
        self._open: list[str] = []
        self.loops = Loops(self.remarks, self.opened, EXTENSIONS in self.template.transforms)

    def value(self, node: Node) -> Node | None:
        """The value of a node; `None` for `AWS::NoValue`, which takes the place of what is left out."""
        found = self.written(node)
        return None if found is None else with_references(found)

    def written(self, node: Node) -> Node | None:
        """The value, with dynamic references as they are written, which are resolved last."""
        with self.deeper(node) as allowed:
            if not allowed:
                return self.unknown(node, "a value that is nested too deeply")
            if isinstance(node, Items):
                return listing(node, filter(None, map(self.written, node.items)))
            return self._members(node) if isinstance(node, Members) else node

    @contextmanager
    def deeper(self, node: Node) -> Iterator[bool]:
        """One level further down, through names and conditions too; false with an error where there are too many."""
        if self._level >= _DEEPEST:
            self.remarks.error(node, f"nested too deeply, more than {_DEEPEST} levels, with what it refers to")
            yield False
            return
        self._level += 1
        try:
            yield True
        finally:
            self._level -= 1

    def opened(self, node: Node) -> Node | None:
        """The value, as far as it is the same whatever the own account is, and what AWS will generate: for all that
        does anything else with a text than to put it into another as a whole (S4)."""
        found = self.value(node)
        return found and as_compared([found], self.template.supplied.stand_in)[0]

    def text(self, node: Node | None) -> str | None:
        """The value of a node, if it is a text that is known."""
        value = self.value(node) if node is not None else None
        return value.text if isinstance(value, Scalar) and value.type != "null" else None

    def _members(self, node: Members) -> Node | None:
        if has_loops(node):
            written = self.loops.written_out(node)
            return written if isinstance(written, UnknownNode) else self.written(written)
        if len(node.pairs) == 1:
            key, argument = node.pairs[0]
            function = _FUNCTIONS.get(key.text)
            if function is not None:
                return function(self, node, argument)
        called = next((key.text for key, _ in node.pairs if key.text.startswith("Fn::")), None)
        if called is not None:
            return self.unknown(node, f"`{called}`, which is not carried out")
        return resolved(node, [(key, found) for key, inner in node.pairs if (found := self.written(inner)) is not None])

    def of(self, resource: TemplateResource, name: str) -> Node | None:
        """The value of a property; where properties are not read, a function in their place may write it. A name that
        nothing explains (`KeyPolices`) may mean one that is not there."""
        if any(other in MACROS or other.startswith("Fn::") for other in resource.properties):
            return self.unknown(resource.place, f"what is in the place of the properties of `{resource.name}`")
        node = resource.properties.get(name)
        if node is None and resource.unheard_of:
            return self.unknown(resource.place, f"`{resource.unheard_of[0]}` of `{resource.name}`, which is not known")
        return None if node is None else self.value(as_read(self.remarks, node))

    def listed(self, resource: TemplateResource, name: str) -> list[Node]:
        """The values of a property that is a list, or stands for one."""
        return values_of(self.of(resource, name))

    def unknown(self, node: Node, name: str, *of: Node | None) -> UnknownNode:
        """What is not known, for the reasons that others are not; for that of the name where these have none."""
        return UnknownNode(node, names_in([other for other in of if other is not None]) or [name])

    def wrong(self, node: Node, message: str) -> UnknownNode:
        self.remarks.error(node, message)
        return self.unknown(node, message)

    # -- references --

    def ref(self, node: Node, argument: Node) -> Node | None:
        """`Ref`."""
        if not isinstance(argument, Scalar):
            return self.wrong(argument, f"`Ref` must name a parameter or a resource, found {describe_node(argument)}")
        return self.named(node, argument.text)

    def named(self, place: Node, name: str) -> Node | None:
        """What `Ref` of a name stands for."""
        if name == texts.NO_VALUE:
            return None
        if name in self.template.parameters:
            return self._parameter(place, name)
        if name in self.template.resources:
            found = self.called(name, None)
            return self.unknown(place, f"what CloudFormation calls `{name}`") if found is None else moved(place, found)
        if name.startswith("AWS::"):
            text = self.template.supplied.parameters.get(name) or self.pseudo.get(name)
            return self.unknown(place, f"`{name}`") if text is None else text_at(place, text)
        if self.template.makes_names:
            return self.unknown(place, f"`{name}`, which a macro may make")
        return self.wrong(place, f"`{name}` is neither a parameter nor a resource of the template")

    def _parameter(self, place: Node, name: str) -> Node:
        declared = self.template.parameters[name]
        said = declared.get("Type")
        type_ = "String" if said is None else said.text if isinstance(said, Scalar) else None
        if type_ is None or type_.startswith("AWS::SSM::Parameter::Value<"):
            return self.unknown(place, f"the value in Systems Manager that parameter `{name}` names")
        handed = self.template.handed[name]() if name in self.template.handed else None
        if handed is not None and (not isinstance(handed, Scalar) or handed.type == "null"):
            return self.unknown(place, f"parameter `{name}` of a nested stack", handed)
        given = handed.text if isinstance(handed, Scalar) else self.template.supplied.parameters.get(name)
        default = declared.get("Default")
        if given is None and isinstance(default, UnknownNode):
            return self.unknown(place, f"the default of parameter `{name}`, {first_few(default.names)}")
        if given is None and (not isinstance(default, Scalar) or default.type == "null"):
            return self.unknown(place, f"parameter `{name}` (no value: give --parameter {name}=…)")
        text = given if given is not None else getattr(default, "text", "")
        if not _LISTS.fullmatch(type_):
            return text_at(place, text)
        if BEGIN in text or not text:
            return self.unknown(place, f"the list in parameter `{name}`")
        return listing(place, [text_at(place, part.strip()) for part in text.split(",")])

    def attribute(self, place: Node, name: str, attribute: str) -> Node:
        if name not in self.template.resources:
            if self.template.makes_names:
                return self._of_macro(place, name, attribute)
            return self.wrong(place, f"`{name}` is no resource of the template")
        found = self.called(name, attribute)
        return self.unknown(place, f"`{name}.{attribute}`") if found is None else moved(place, found)

    def _of_macro(self, place: Node, name: str, attribute: str) -> Node:
        """An attribute of what a macro may make. The role that AWS SAM makes for a function is of the account."""
        found = self.unknown(place, f"`{name}.{attribute}`, which a macro may make")
        of = self.template.resources.get(name.removesuffix("Role"))
        if attribute != "Arn" or of is None or of.type not in SERVERLESS_ROLES or self.template.macros:
            return found
        parts = (f"arn:{self.pseudo.get('AWS::Partition')}:iam::", self.pseudo.get("AWS::AccountId"), ":role/", None)
        return UnknownNode(place, found.names, joined([parts]))

    def get_att(self, node: Node, argument: Node) -> Node | None:
        """`Fn::GetAtt`."""
        if isinstance(argument, Scalar):
            name, _, attribute = argument.text.partition(".")
            return self.attribute(node, name, attribute)
        parts = [self.value(item) for item in argument.items] if isinstance(argument, Items) else []
        if len(parts) != 2 or not isinstance(parts[0], Scalar):
            return self.wrong(argument, "`Fn::GetAtt` must have the name of a resource and an attribute")
        if not isinstance(parts[1], Scalar):
            return self.unknown(node, f"an attribute of `{parts[0].text}`")
        return self.attribute(node, parts[0].text, parts[1].text)

    def import_value(self, node: Node, argument: Node) -> Node | None:
        """`Fn::ImportValue`: what an output of another stack exports, if that is one of the input."""
        name = self.value(argument) or self.unknown(argument, f"`{texts.NO_VALUE}` as the name of an export")
        found, export = self.exported(name), f"the export `{shown_name(name)}` of another stack"
        return moved(node, named_by(found or self.unknown(node, export, name), export))

    def find_in_map(self, node: Node, argument: Node) -> Node | None:
        """`Fn::FindInMap`, with a default value or without."""
        items = argument.items if isinstance(argument, Items) else []
        if len(items) not in (3, 4):
            return self.wrong(argument, "`Fn::FindInMap` must have a mapping and two keys")
        keys = [self.opened(item) for item in items[:3]]
        texts = [key.text for key in keys if isinstance(key, Scalar)]
        if len(texts) != 3:
            return self.unknown(node, "a key of a mapping", *keys)
        found: Node | None = self.template.mappings.get(texts[0])
        for text in texts[1:]:
            found = found if isinstance(found, UnknownNode) else member(found, text)
        if "Mappings" in self.template.rewritten or (found is None and self.template.macros):
            return self.unknown(node, f"mapping `{texts[0]}`, which a macro may write")
        if found is not None:
            return moved(node, self.written(found) or found)
        default = member(items[3], "DefaultValue") if len(items) == 4 else None
        if default is not None:
            return self.written(default)
        own = self.remarks.own_regions.get(node.source.name)
        if own is None or own.region not in texts[1:]:
            return self.wrong(node, f"mapping `{texts[0]}` has no entry `{texts[1]}`, `{texts[2]}`")
        mapping = f"mapping `{texts[0]}`, which has no entry for each Region"
        return self.unknown(node, f"{mapping}, and that of the template is not given (--region)")

    # -- conditions --

    def if_(self, node: Node, argument: Node) -> Node | None:
        """`Fn::If`."""
        if not isinstance(argument, Items) or len(argument.items) != 3 or not isinstance(argument.items[0], Scalar):
            return self.wrong(argument, "`Fn::If` must have the name of a condition and two values")
        name = argument.items[0]
        holds = self.holds(name)
        if holds is None:
            options = [found for item in argument.items[1:] if (found := self.written(item)) is not None]
            why = f"condition `{name.text}`, which turns on values that are not given"
            return UnknownNode(node, [why], options=options)
        return self.written(argument.items[1 if holds else 2])

    def exists(self, resource: TemplateResource) -> _Truth:
        """True iff a resource is made: it has no condition, or that holds. `None`: that is not known."""
        return None if resource.rewritten else resource.condition is None or self.holds(resource.condition)

    def holds(self, condition: Scalar) -> _Truth:
        """True iff the condition of a name holds; `None`: that is not known."""
        name = condition.text
        if "Conditions" in self.template.rewritten or (self.template.macros and name not in self.template.conditions):
            return None  # a macro may have written it
        if name in self._conditions:
            return self._conditions[name]
        if name not in self.template.conditions:
            self.remarks.error(condition, f"the template has no condition `{name}`")
        elif name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            self.remarks.error(condition, f"conditions depend on each other in a circle: {circle}")
        else:
            self._open.append(name)
            self._conditions[name] = self._truth(self.template.conditions[name])
            self._open.pop()
        return self._conditions.get(name)

    def _truth(self, node: Node) -> _Truth:
        with self.deeper(node) as allowed:
            return self._decided(node) if allowed else None

    def _decided(self, node: Node) -> _Truth:
        if isinstance(node, UnknownNode):
            return None
        if not isinstance(node, Members) or len(node.pairs) != 1:
            self.remarks.error(node, f"expected a condition, found {describe_node(node)}")
            return None
        key, argument = node.pairs[0]
        inner = values_of(argument)
        match key.text:
            case "Condition" if isinstance(argument, Scalar):
                return self.holds(argument)
            case "Fn::Not" if len(inner) == 1:
                found = self._truth(inner[0])
                return None if found is None else not found
            case "Fn::And" | "Fn::Or":
                decisive = key.text == "Fn::Or"
                truths = [self._truth(item) for item in inner]
                return decisive if decisive in truths else None if None in truths else not decisive
            case "Fn::Equals" if len(inner) == 2:
                return self._equal(node, *map(self.value, inner))
        self.remarks.error(node, f"`{key.text}` is no condition that the verifier knows")
        return None

    def _equal(self, at: Node, first: Node | None, second: Node | None) -> _Truth:
        """True iff two values are the same. Regions in them are looked at, which the template may put together."""
        if first is None or second is None:
            return None
        first, second = as_compared((first, second), self.template.supplied.stand_in)
        own = self.remarks.own_regions.get(at.source.name)
        if own is not None and not names_in([first, second]):
            named = regions_compared(map(text_pieces, (first, second)), own.region)
            self.remarks.own_regions[at.source.name] = replace(own, named=own.named | named)
        elif own is not None:
            first, second = as_compared((first, second), own.region)
        if names_in([first, second]):
            return None if may_be_equal(text_pieces(first), text_pieces(second)) else False
        return _plain(first) == _plain(second)


def _plain(node: Node) -> object:
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    if isinstance(node, Members):
        return {key.text: _plain(value) for key, value in node.pairs}
    return getattr(node, "text", None)


_FUNCTIONS: dict[str, Callable[[Functions, Node, Node], Node | None]] = {
    "Ref": Functions.ref,
    "Fn::GetAtt": Functions.get_att,
    "Fn::Sub": texts.sub,
    "Fn::Join": texts.fn_join,
    "Fn::Split": texts.fn_split,
    "Fn::Select": texts.select,
    "Fn::FindInMap": Functions.find_in_map,
    "Fn::If": Functions.if_,
    "Fn::ImportValue": Functions.import_value,
    "Fn::Length": texts.length,
    "Fn::ToJsonString": texts.to_json_string,
}
