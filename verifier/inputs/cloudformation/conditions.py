"""The conditions of a template.

In: a template, and what carries its functions out. Out: whether a condition holds. Guarantee: one that turns on a value that is not known
is neither true nor false, unless it comes out the same either way; a circle is an error.
[CloudFormation Template Reference: Condition functions]
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from verifier.inputs.access import describe
from verifier.inputs.cloudformation.template import Template
from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar
from verifier.inputs.unknown import Unknown, may_be_equal, names_in, text_pieces

Truth = bool | None
"""Whether a condition holds; `None` where that turns on a value that is not known."""


@dataclass
class Conditions:
    """The conditions of one template. `value` carries functions out; `deeper` counts how deep they are inside each other."""

    remarks: Remarks
    template: Template
    value: Callable[[Node], Node | None]
    deeper: Callable[[Node], AbstractContextManager[bool]]
    _conditions: dict[str, Truth] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def holds(self, place: Node, name: str) -> Truth:
        """Whether a condition of the template holds."""
        if "Conditions" in self.template.rewritten or (self.template.macros and name not in self.template.conditions):
            return None  # a macro may have written it
        if name not in self._conditions:
            if name not in self.template.conditions:
                self.remarks.error(place, f"the template has no condition `{name}`")
                return None
            if name in self._open:
                circle = " → ".join([*self._open[self._open.index(name) :], name])
                self.remarks.error(place, f"conditions depend on each other in a circle: {circle}")
                return None
            self._open.append(name)
            self._conditions[name] = self._truth(self.template.conditions[name])
            self._open.pop()
        return self._conditions[name]

    def _truth(self, node: Node) -> Truth:
        with self.deeper(node) as allowed:
            return self._decided(node) if allowed else None

    def _decided(self, node: Node) -> Truth:
        if isinstance(node, Unknown):
            return None
        if not isinstance(node, Members) or len(node.pairs) != 1:
            self.remarks.error(node, f"expected a condition, found {describe(node)}")
            return None
        key, argument = node.pairs[0]
        inner = argument.items if isinstance(argument, Items) else [argument]
        match key.text:
            case "Condition" if isinstance(argument, Scalar):
                return self.holds(argument, argument.text)
            case "Fn::Not" if len(inner) == 1:
                found = self._truth(inner[0])
                return None if found is None else not found
            case "Fn::And" | "Fn::Or":
                decisive = key.text == "Fn::Or"
                truths = [self._truth(item) for item in inner]
                return decisive if decisive in truths else None if None in truths else not decisive
            case "Fn::Equals" if len(inner) == 2:
                return self._equal(inner[0], inner[1])
        self.remarks.error(node, f"`{key.text}` is no condition that the verifier knows")
        return None

    def _equal(self, left: Node, right: Node) -> Truth:
        first, second = self.value(left), self.value(right)
        if first is None or second is None:
            return None
        if isinstance(first, Scalar) and isinstance(second, Scalar):
            return first.text == second.text
        if names_in([first, second]):
            return None if may_be_equal(text_pieces(first), text_pieces(second)) else False
        return _plain(first) == _plain(second)


def _plain(node: Node) -> object:
    if isinstance(node, Items):
        return [_plain(item) for item in node.items]
    if isinstance(node, Members):
        return {key.text: _plain(value) for key, value in node.pairs}
    return getattr(node, "text", None)
