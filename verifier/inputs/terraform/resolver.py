"""What the attributes of a plan's resources are, known or recovered.

In: a plan. Out: for an attribute a node, `Unknown` where nothing tells it. Guarantee: a value that rests on an expression being exactly
what it refers to is remembered as supposed (the plan records what an expression refers to, not what it does with it).

An attribute that is known only after apply is, in this order: what follows from the resource's own attributes (`derived`: the ARN of a role
from its name); what its expression in the configuration says, through variables, outputs and other resources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.plan import Index, ModulePath, Plan, Resource
from verifier.inputs.terraform.values import (
    Step,
    is_any_unknown,
    node_of,
    place_of,
    qualified,
    steps_of,
    traversals,
    within,
)
from verifier.inputs.unknown import Unknown, names_in

DEEPEST = 60
"""References that lead to each other, at most."""

_AFTER_APPLY = "(known after apply)"
_WHOLE_RESOURCE = {"aws_iam_policy_document": "json"}
"""What is meant where an expression refers to an instance by a key that is not constant, so that the plan does not record the attribute."""

Derive = Callable[["Resolver", Resource, str], Node | None]


@dataclass
class Resolver:
    """The attributes of one side of a plan. `derive` finds what follows from the other attributes of a resource. `supposed` has, by the
    address of a resource and the name of an attribute, the references that its expression is taken to be."""

    plan: Plan
    derive: Derive
    instances: dict[tuple[ModulePath, bool, str, str], dict[Index, Resource]] = field(default_factory=dict)
    supposed: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    _known: dict[tuple[str, str], Node | None] = field(default_factory=dict)
    _open: list[tuple[str, str]] = field(default_factory=list)
    _cuts: int = 0

    def __post_init__(self) -> None:
        for resource in self.plan.after.values():
            self.instances.setdefault((resource.module, resource.managed, resource.type, resource.name), {})[resource.index] = resource

    def of_type(self, *types: str, managed: bool = True) -> Iterator[Resource]:
        """The resources of these types, in the order of the plan."""
        return (r for r in self.plan.after.values() if r.type in types and r.managed is managed)

    def value(self, resource: Resource, name: str) -> Node | None:
        """An attribute; `None` where it is null or the resource has none of that name."""
        at = (resource.address, name)
        if at not in self._known:
            if self._is_cut(at):
                return self._unknown(resource, name)
            before = self._cuts
            self._open.append(at)
            try:
                found = self._value(resource, name)
            finally:
                self._open.pop()
            if self._cuts != before and self._open:
                return found  # it may be unknown only because its own value is being asked for
            self._known[at] = found
        return self._known[at]

    def _is_cut(self, at: tuple[str, str]) -> bool:
        """Whether what is asked for depends on itself, or on too much."""
        if at not in self._open and len(self._open) <= DEEPEST:
            return False
        self._cuts += 1
        return True

    def text(self, resource: Resource, name: str) -> str | None:
        """An attribute that is known and a text; `None` otherwise."""
        node = self.value(resource, name)
        return node.text if isinstance(node, Scalar) else None

    def _value(self, resource: Resource, name: str) -> Node | None:
        unknown = resource.unknown.get(name) if isinstance(resource.unknown, dict) else resource.unknown
        given = resource.values.get(name)
        if not is_any_unknown(unknown):
            return None if given is None else node_of(self._place(resource), given)
        derived = self.derive(self, resource, name)
        if derived is not None:
            return derived
        raw = node_of(self._place(resource), given, unknown, [self._name(resource, name)])
        expression = self.expression_of(resource, name)
        return raw if expression is None else self.filled(raw, expression, resource, name)

    def expression_of(self, resource: Resource, name: str) -> Any:
        """The expression of an attribute in the configuration; `None` where it has none."""
        expressions = (resource.configuration or {}).get("expressions")
        return expressions.get(name) if isinstance(expressions, dict) else None

    def is_configured(self, resource: Resource, name: str) -> bool:
        """Whether the configuration sets an attribute; where there is no configuration nothing tells."""
        return resource.configuration is None or self.expression_of(resource, name) is not None

    def _place(self, resource: Resource) -> Any:
        return place_of(self.plan.file, resource.address)

    def _name(self, resource: Resource, name: str) -> str:
        return f"{resource.address}.{name} {_AFTER_APPLY}"

    def _unknown(self, resource: Resource, name: str) -> Unknown:
        return Unknown(self._place(resource), 0, 0, [self._name(resource, name)])

    # -- expressions --

    def filled(self, raw: Node, expression: Any, resource: Resource, name: str) -> Node | None:
        """A value with its unknown parts taken from an expression."""
        if isinstance(raw, Unknown):
            return self.expression(expression, resource.module, resource, name)
        if isinstance(raw, Items) and isinstance(expression, dict):
            return self._filled_list(raw, expression, resource, name)
        return raw

    def _filled_list(self, raw: Items, expression: Any, resource: Resource, name: str) -> Node:
        """A list or set with as many unknown entries as its expression has references: those are what they refer to, in some order."""
        found = traversals(expression.get("references", ()) if isinstance(expression.get("references"), list) else ())
        values = [self.traversal(text, resource.module, resource, name) for text in found]
        missing = [item for item in raw.items if isinstance(item, Unknown)]
        fresh = [value for value in values if value is not None and not self._is_listed(value, raw)]
        if len(fresh) != len(missing):
            names = [qualified(resource.module, text) + f" {_AFTER_APPLY}" for text in found] or list(names_in([raw]))
            items = [Unknown(raw.source, 0, 0, names) if isinstance(item, Unknown) else item for item in raw.items]
            return Items(raw.source, 0, 0, items)
        if any(not _is_open(value) for value in fresh):
            self._suppose(resource, name, found)
        left = iter(fresh)
        return Items(raw.source, 0, 0, [next(left) if isinstance(item, Unknown) else item for item in raw.items])

    def _is_listed(self, value: Node, raw: Items) -> bool:
        return isinstance(value, Scalar) and any(isinstance(item, Scalar) and item.text == value.text for item in raw.items)

    def expression(self, expression: Any, module: ModulePath, resource: Resource | None, attribute: str) -> Node | None:
        """What an expression of the configuration says in a module instance; `resource` is the instance that it is written in."""
        place = place_of(self.plan.file, resource.address if resource else qualified(module, attribute))
        if not isinstance(expression, dict):
            return Unknown(place, 0, 0, [qualified(module, attribute)])
        if "constant_value" in expression:
            value = expression["constant_value"]
            return None if value is None else node_of(place, value)
        references = expression.get("references")
        found = traversals(references) if isinstance(references, list) else []
        names = [f"{qualified(module, text)} {_AFTER_APPLY}" for text in found] or [f"{qualified(module, attribute)} {_AFTER_APPLY}"]
        if _by_key(found):
            found = found[:1]
        if len(found) != 1:
            return Unknown(place, 0, 0, names)
        value = self.traversal(found[0], module, resource, attribute)
        if value is not None and _is_open(value):
            return Unknown(place, 0, 0, names_in([value]) or names)
        if resource is not None:
            self._suppose(resource, attribute, found)
        return value

    def _suppose(self, resource: Resource, attribute: str, found: Sequence[str]) -> None:
        refers = tuple(qualified(resource.module, text) for text in found)
        self.supposed.setdefault(resource.address, {})[attribute] = refers

    def traversal(self, text: str, module: ModulePath, resource: Resource | None, attribute: str) -> Node | None:
        """What one reference stands for; `None` for null."""
        steps = steps_of(text)
        unknown = Unknown(place_of(self.plan.file, qualified(module, text)), 0, 0, [f"{qualified(module, text)} {_AFTER_APPLY}"])
        if not steps:
            return unknown
        at = (qualified(module, text), "")
        if self._is_cut(at):
            return unknown
        self._open.append(at)
        try:
            return self._traversal(steps, module, resource, attribute, unknown)
        finally:
            self._open.pop()

    def _traversal(self, steps: list[Step], module: ModulePath, resource: Resource | None, attribute: str, unknown: Unknown) -> Node | None:
        match steps:
            case ["var", str(name), *rest]:
                return self._rest(self._variable(name, module), rest, unknown)
            case ["module", str(name), *rest]:
                return self._output(name, rest, module, unknown)
            case ["each", "key"] | ["count", "index"] if resource is not None and resource.index is not None:
                return node_of(unknown.source, resource.index)
            case ["data", str(type_), str(name), *rest]:
                return self._attribute((module, False, type_, name), rest, resource, unknown)
            case [str(type_), str(name), *rest] if type_ not in ("each", "count", "local", "path", "terraform", "self"):
                return self._attribute((module, True, type_, name), rest, resource, unknown)
        return unknown

    def _rest(self, node: Node | None, steps: Sequence[Step], unknown: Unknown) -> Node | None:
        """What is at the end of the steps in a value; a part that it does not have is not known."""
        if node is None:
            return None if not steps else unknown
        found = within(node, steps)
        return unknown if found is None else found if not isinstance(found, Unknown) or found.names else unknown

    def _attribute(
        self, at: tuple[ModulePath, bool, str, str], steps: list[Step], resource: Resource | None, unknown: Unknown
    ) -> Node | None:
        target, rest = self._instance(at, steps, resource)
        if target is None:
            return unknown
        if not rest:
            rest = [_WHOLE_RESOURCE[target.type]] if target.type in _WHOLE_RESOURCE else []
        if not rest:
            return unknown
        return self._rest(self.value(target, str(rest[0])), rest[1:], unknown)

    def _instance(
        self, at: tuple[ModulePath, bool, str, str], steps: list[Step], resource: Resource | None
    ) -> tuple[Resource | None, list[Step]]:
        """The instance that a reference is to, and what follows. Without a key: the only one, or the one with the key of the instance that
        the reference is written in."""
        instances = self.instances.get(at, {})
        if steps and (isinstance(steps[0], int) or (steps[0] in instances and steps[0] is not None)):
            return instances.get(steps[0]), steps[1:]
        if None in instances:
            return instances[None], steps
        if not steps and resource is not None and resource.index is not None:
            return instances.get(resource.index), steps
        return None, steps

    def referred(self, resource: Resource, name: str) -> Resource | None:
        """The resource that the expression of an attribute is a reference to, directly or through variables; `None` for anything else."""
        expression = self.expression_of(resource, name)
        module: ModulePath = resource.module
        for _ in range(DEEPEST):
            references = expression.get("references") if isinstance(expression, dict) else None
            found = traversals(references) if isinstance(references, list) else []
            if _by_key(found):
                found = found[:1]
            steps = steps_of(found[0]) if len(found) == 1 else None
            match steps:
                case ["var", str(variable)] if module:
                    expression, module = self._argument(variable, module), module[:-1]
                    continue
                case ["data", *_] | None:
                    return None
                case [str(type_), str(own), *rest]:
                    return self._instance((module, True, type_, own), rest, resource)[0]
            return None
        return None

    # -- variables and outputs --

    def _argument(self, name: str, module: ModulePath) -> Any:
        """The expression that a module call gives for a variable."""
        above = self.plan.modules.get(tuple(step for step, _ in module[:-1]))
        call = above.call(module[-1][0]) if above is not None else None
        expressions = (call or {}).get("expressions")
        return expressions.get(name) if isinstance(expressions, dict) else None

    def _variable(self, name: str, module: ModulePath) -> Node | None:
        place = place_of(self.plan.file, qualified(module, f"var.{name}"))
        if not module:
            given = self.plan.variables.get(name)
            if isinstance(given, dict) and "value" in given:
                return None if given["value"] is None else node_of(place, given["value"])
        else:
            expression = self._argument(name, module)
            if expression is not None:
                return self.expression(expression, module[:-1], None, f"var.{name}")
        here = self.plan.modules.get(tuple(step for step, _ in module))
        declared = (here.data.get("variables") if here is not None else None) or {}
        default = declared.get(name) if isinstance(declared, dict) else None
        if isinstance(default, dict) and "default" in default:
            return None if default["default"] is None else node_of(place, default["default"])
        return Unknown(place, 0, 0, [f"{qualified(module, f'var.{name}')} {_AFTER_APPLY}"])

    def _output(self, name: str, steps: list[Step], module: ModulePath, unknown: Unknown) -> Node | None:
        below = self.plan.modules.get((*(step for step, _ in module), name))
        index: Index = None
        if steps and (isinstance(steps[0], int) or f"module.{name}[" in unknown.names[0]):
            index, steps = steps[0], steps[1:]
        outputs = (below.data.get("outputs") if below is not None else None) or {}
        output = outputs.get(str(steps[0])) if steps and isinstance(outputs, dict) else None
        if not isinstance(output, dict):
            return unknown
        inner: ModulePath = (*module, (name, index))
        found = self.expression(output.get("expression"), inner, None, f"output.{steps[0]}")
        return self._rest(found, steps[1:], unknown)


def _is_open(node: Node) -> bool:
    """Whether nothing is known of a value."""
    return isinstance(node, Unknown) and not node.is_text


def _by_key(found: Sequence[str]) -> bool:
    """Whether an expression refers to the instance of a resource that has the key of the one that it is written in."""
    return len(found) == 2 and found[1] in ("each.key", "count.index") and found[0].removeprefix("data.").count(".") == 1


def block_list(expressions: Any, name: str) -> list[Any]:
    """The nested blocks of a name in the expressions of a block."""
    found = expressions.get(name) if isinstance(expressions, dict) else None
    if isinstance(found, list):
        return found
    return [] if found is None else [found]


def entries(node: Node | None) -> list[Node]:
    """The entries of a list; none for nothing, and for what is no list."""
    return node.items if isinstance(node, Items) else []


def member(node: Node | None, name: str) -> Node | None:
    """A member of an object; `None` where it is null or missing."""
    if not isinstance(node, Members):
        return None
    found = next((value for key, value in node.pairs if key.text == name), None)
    return None if isinstance(found, Scalar) and found.type == "null" else found
