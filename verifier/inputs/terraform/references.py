"""What references stand for: resources, variables, outputs, locals, keys of instances.

In: a reference, such as `module.keys["eu"].arn`, and the module instance that it is written in. Out: a node; `None` for
null.
Guarantee: a reference to what the plan does not tell is `UnknownNode`, named by the reference as it would be read from
the root module.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from verifier.inputs.resources.resource import Resource, is_any_unknown, unknown_part
from verifier.inputs.terraform.configuration import HclBlock, HclValue
from verifier.inputs.terraform.hcl_kinds import Ordered, converted, is_null, text_value, untyped
from verifier.inputs.terraform.hcl_tree import word_of
from verifier.inputs.terraform.plan import CALL
from verifier.inputs.terraform.plan_values import (
    AFTER_APPLY,
    Index,
    ModulePath,
    PathStep,
    after_apply,
    node_of,
    qualified,
    steps_of,
    value_within,
)
from verifier.inputs.text.nodes import Items, Members, Node, Scalar
from verifier.inputs.text.unknown import LazyObject, Missing, OpenReference, UnknownNode, names_in, resolved, said_by

if TYPE_CHECKING:
    from verifier.inputs.terraform.resolver import Resolver

At = tuple[ModulePath, bool, str, str]
"""A resource of a module instance: whether it is managed, its type and its name."""
_WHOLE_RESOURCE = {"aws_iam_policy_document": "json"}
"""What is meant by a key that is not constant, so that the plan does not record the attribute."""

_NO_RESOURCES = ("var", "module", "each", "count", "local", "path", "terraform", "self")
_MOST_CALLS = 60
_HOP = 3
"""What a reference counts for, in expressions inside each other."""


class References:
    """The references of a plan; the values of resources are the resolver's."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.plan = resolver.plan
        self.modules = {
            r.module[: depth + 1] for r in self.plan.after.values() for depth in range(len(r.module))
        } | self.plan.instances
        """The module instances that are known to be there."""
        self._locals: dict[tuple[ModulePath, str, bool], tuple[Node | None, int]] = {}

    def refer(self, module: ModulePath, resource: Resource | None) -> Callable[[str, int], Node | None]:
        """What references in an expression of a module instance stand for, where it stands so deep inside others."""

        def found(text: str, depth: int) -> Node | None:
            with self.resolver.inside(depth + _HOP):
                return self._lazy(text, module, resource) or self.traversal(text, module, resource)

        return found

    def _lazy(self, text: str, module: ModulePath, resource: Resource | None) -> Node | None:
        """A resource, data source or module as a whole, or all its instances by their keys; `None` for any other
        reference, and where it is not known which instances there are."""
        place = Node(self.plan.address(qualified(module, text)), 0, 0)

        def instance(index: Index) -> LazyObject:
            own = text if index is None else f"{text}[{json.dumps(index)}]"

            def get(name: str) -> Node | None:
                member = f".{name}" if name.isidentifier() else f"[{json.dumps(name)}]"
                return self.traversal(own + member, module, resource)

            return LazyObject(place, [after_apply(qualified(module, own))], get)

        keys = self._instance_keys(steps_of(text) or [], module)
        if not keys or None in keys:
            return instance(None) if keys else None
        if keys == {*range(len(keys))}:
            return Ordered(place.source, 0, 0, [instance(index) for index in range(len(keys))])
        return resolved(place, [(text_value(place, key), instance(key)) for key in sorted(map(str, keys))])

    def _instance_keys(self, steps: list[PathStep], module: ModulePath) -> set[Index]:
        """The keys of the instances of what steps lead to, `None` of a single one; none where they are not known."""
        target = _target(steps, module)
        if steps[:1] == ["module"]:
            calls = (path[-1] for path in self.plan.instances if path and path[:-1] == module)
            keys, further = {index for name, index in calls if name == steps[1]}, steps[2:]
        elif target is not None and not self._may_not_be(target[0]):
            keys, further = {*self.resolver.instances.get(target[0], {})}, target[1]
        else:
            return set()
        if not further:
            return keys
        return {None} if len(further) == 1 and further[0] in keys else set()

    def may_fail(self, module: ModulePath, text: str) -> bool:
        """True iff a reference is to a resource or module output that may be made any number of times."""
        steps = steps_of(text) or []
        if steps[:1] == ["module"]:
            return self.plan.module(module).files.calls.get(str(steps[1]), HclBlock()).may_be_off
        target = _target(steps, module)
        return target is not None and self._may_not_be(target[0])

    def _may_not_be(self, at: At) -> bool:
        here = self.plan.module(at[0])
        return at[1:] in here.files.resources and at[1:] not in here.resources

    def traversal(self, text: str, module: ModulePath, resource: Resource | None) -> Node | None:
        name = qualified(module, text)
        unknown = OpenReference(Node(self.plan.address(name), 0, 0), [after_apply(name)])
        if "[*]" in text:
            return self._splat(text, module, unknown)
        steps = steps_of(text)
        if not steps:
            return unknown
        cut = UnknownNode(unknown, unknown.names)
        return self.resolver.within((name, ""), lambda: self._traversal(steps, module, resource, unknown), lambda: cut)

    def _traversal(
        self, steps: list[PathStep], module: ModulePath, resource: Resource | None, unknown: UnknownNode
    ) -> Node | None:
        match steps:
            case ["var", str(name), *rest]:
                return self._variable(name, rest, module, unknown)
            case ["terraform", "workspace"] | ["path", "cwd"]:
                given = self.plan.variables.get(".".join(map(str, steps)))  # the same in every module
                return unknown if given is None else node_of(unknown.source, given["value"])
            case ["local", str(name), *rest]:
                return _rest(self._local(name, module, unknown), rest, unknown)
            case ["module", str(name), *rest]:
                return self._output(name, rest, module, unknown)
            case ["each", "key"] | ["count", "index"] if resource is not None and resource.index is not None:
                return node_of(unknown.source, resource.index)
            case ["each", "value", *rest] if resource is not None and resource.index is not None:
                return _rest(self._each(resource, unknown), rest, unknown)
        target = _target(steps, module)
        return unknown if target is None else self._attribute(*target, unknown)

    # -- resources --

    def _attribute(self, at: At, steps: list[PathStep], unknown: UnknownNode) -> Node | None:
        target, rest = self.instance(at, steps)
        if target is None:
            return unknown if self._exists(at, steps[:1]) else Missing(Node(unknown.source, 0, 0), unknown.names)
        if not rest:
            rest = [_WHOLE_RESOURCE[target.type]] if target.type in _WHOLE_RESOURCE else []
        if not rest:
            return unknown
        if self.resolver.documents and target.type in _WHOLE_RESOURCE and not target.managed and rest == ["json"]:
            return self.resolver.derive(self.resolver, target, "json") or unknown
        return _rest(self.resolver.value(target, str(rest[0])), rest[1:], unknown)

    def instance(self, at: At, steps: list[PathStep]) -> tuple[Resource | None, list[PathStep]]:
        """The instance that a reference is to, and what follows; without a key the only one."""
        instances = self.resolver.instances.get(at, {})
        if steps and (isinstance(steps[0], int) or (steps[0] in instances and steps[0] is not None)):
            return instances.get(steps[0]), steps[1:]
        return instances.get(None), steps

    def standing(self, found: Sequence[str], module: ModulePath, resource: Resource | None) -> list[str]:
        """Of several references in an expression those that its value may be: one to an instance that the plan does not
        make fails, so the expression takes another (`try(a[0].arn, b[0].arn)`); so it does for a variable that is null
        or empty (`coalesce(var.policy, …)`). A truth is what it decides by, and how is not told. Where Terraform goes
        by its own key, the first with that."""
        by_key = len(found) == 2 and found[1] in ("each.key", "count.index")
        if by_key and found[0].removeprefix("data.").count(".") == 1:
            own = None if resource is None or resource.index is None else f"[{json.dumps(resource.index)}]"
            return [found[0] + (own or "")]
        if len(found) < 2:
            return list(found)
        targets = [(text, _target(steps_of(text) or [], module)) for text in found]
        there = [text for text, target in targets if target is None or self._exists(target[0], target[1][:1])]
        return [text for text in there if not self._decides(text, module, resource)]

    def _exists(self, at: At, key: list[PathStep]) -> bool:
        """True iff the plan makes the instance with a key of a counted resource, or does not tell."""
        block = self.plan.module(at[0]).resources.get((at[1], at[2], at[3]), HclBlock())
        instances = self.resolver.instances.get(at, {})
        if "count" in block.attributes and key and isinstance(key[0], int):
            return key[0] in instances
        return not ("for_each" in block.attributes and key and not instances)

    def _decides(self, text: str, module: ModulePath, resource: Resource | None) -> bool:
        """True iff a variable or local is null or an empty text."""
        if not text.startswith(("var.", "local.")):
            return False
        found = self.traversal(text, module, resource)
        if not isinstance(found, Scalar):
            return found is None
        return found.type == "null" or not found.text

    def _splat(self, text: str, module: ModulePath, unknown: UnknownNode) -> Node:
        """An attribute of every instance that `count` makes."""
        head, _, tail = text.partition("[*]")
        target, after = _target(steps_of(head) or [], module), steps_of(tail)
        known = target is not None and not target[1] and not self._may_not_be(target[0])
        instances = self.resolver.instances.get(target[0], {}) if target is not None and known else {}
        if not after or not instances or not all(index is None or isinstance(index, int) for index in instances):
            return unknown
        ordered = [
            instances[index] for index in sorted(instances, key=lambda index: index if isinstance(index, int) else 0)
        ]
        found = [_rest(self.resolver.value(r, str(after[0])), after[1:], unknown) for r in ordered]
        return Ordered(
            unknown.source, 0, 0, [node if node is not None else node_of(unknown.source, None) for node in found]
        )

    def referred(self, resource: Resource, name: str) -> tuple[Resource | None, list[PathStep]]:
        """The resource that the expression of an attribute, or its only entry, is a reference to, directly or through
        variables, and to what of it; `None` for anything else, and where Terraform leaves it (`ignore_changes`)."""
        ignored = isinstance(resource.values.get(name.split(".")[0]), UnknownNode)
        expression = None if ignored else self.resolver.expression_of(resource, name)
        module, within = resource.module, resource
        for _ in range(_MOST_CALLS):
            found = self.standing(expression.refers if expression is not None else (), module, within)
            steps = steps_of(found[0]) or [] if len(found) == 1 else []
            if not (len(steps) == 2 and steps[0] == "var" and module):
                target = _target(steps, module)
                owner, rest = self.instance(*target) if target is not None and target[0][1] else (None, [])
                by_own_key = expression is not None and not {*found} <= {*expression.refers}
                return owner, rest or [expression.last_name if expression is not None and by_own_key else "?"]
            within = _called(module)
            expression, module = self._argument(str(steps[1]), module), module[:-1]
        return None, []

    def named(self, resource: Resource, name: str) -> Resource | None:
        """The resource that the expression of an attribute names, by what tells it from others."""
        (owner, rest), unknown = self.referred(resource, name), unknown_part(resource.unknown, name)
        if isinstance(unknown, list) and sum(map(is_any_unknown, unknown)) > 1:
            return None
        if owner is None or rest[1:] or not {*rest} <= {"arn", "id", "key_id", "name", ""}:
            return None
        said = self.resolver.expression_of(resource, name) or HclValue()
        if said.written is None and is_any_unknown(unknown):
            self.resolver.suppose(resource, name, self.standing(said.references, resource.module, resource))
        return owner

    # -- variables, locals, outputs --

    def _argument(self, name: str, module: ModulePath) -> HclValue | None:
        """The expression that a module call gives for a variable."""
        return self.plan.module(module[:-1]).calls.get(module[-1][0], HclBlock()).attributes.get(name)

    def _variable(self, name: str, steps: Sequence[PathStep], module: ModulePath, unknown: UnknownNode) -> Node | None:
        """A part of a variable: of what is given for it, or else of its default, converted to its type."""
        place = unknown.source
        here = self.plan.module(module)
        declared = here.variables.get(name, HclBlock()).attributes.get("default")
        default = None if declared is None else node_of(place, declared.constant)
        given = self.plan.variables.get(name) if not module else None
        expression = self._argument(name, module) if module else None
        found = node_of(place, given["value"]) if isinstance(given, dict) and "value" in given else default
        if expression is not None:
            # The argument may refer to the key of the call where it is at hand.
            within = None if module[-1][1] is None or expression.written is None else _called(module)
            found = self.resolver.expression(expression, module[:-1], within, f"var.{name}") or node_of(place, None)
        block = here.files.variables.get(name)
        constraint, nullable = (None if block is None else block.written(own) for own in ("type", "nullable"))
        if found is not None and is_null(found) and default is not None and not is_null(default):
            word = "" if block is None else "true" if nullable is None else word_of(nullable.tree)
            found = {"true": found, "false": default}.get(word or "")
        if found is None:
            if not self.plan.of_folder or module:
                return unknown
            why = "no value:" if block is not None else "no variable of that name is read: declare it, or"
            return OpenReference(unknown, [f"var.{name} ({why} give --parameter {name}=…)"])
        if constraint is not None:
            evaluator = self.resolver.evaluator(constraint, module, None, f"var.{name}")
            found = converted(found, constraint.tree, evaluator.value, unknown.names)
        part = value_within(found, steps)
        if part is not None and block is None:
            part = untyped(part, unknown.names)
        return unknown if part is None else None if is_null(part) else part

    def _local(self, name: str, module: ModulePath, unknown: UnknownNode) -> Node | None:
        """A local value, which a `.tf` file may tell. It is evaluated once, unless it was cut short."""
        written = self.plan.module(module).files.locals.get(name)
        if written is None:
            return unknown
        at, resolver = (module, name, self.resolver.documents), self.resolver
        if at not in self._locals:
            cuts, recoveries = resolver.cuts, resolver.recoveries
            found = resolver.evaluate(written, module, None, f"local.{name}")
            if resolver.cuts != cuts:
                return found
            self._locals[at] = found, resolver.recoveries - recoveries
            return found
        value, recovered = self._locals[at]
        resolver.recoveries += recovered
        return value

    def _each(self, resource: Resource, unknown: UnknownNode) -> Node | None:
        """`each.value`: what `for_each` has for the key of the instance."""
        written = (self.plan.written(resource) or HclBlock()).written("for_each")
        found = None if written is None else self.resolver.evaluate(written, resource.module, None, "for_each")
        found = said_by(found, written.text) if found is not None and written is not None else None
        if isinstance(found, Members):
            return next((value for key, value in found.pairs if key.text == str(resource.index)), unknown)
        if isinstance(found, Items) and all(isinstance(item, Scalar) for item in found.items):
            return node_of(unknown.source, resource.index)
        return unknown

    def _output(self, name: str, steps: list[PathStep], module: ModulePath, unknown: UnknownNode) -> Node | None:
        index: Index = None
        if steps and (isinstance(steps[0], int) or f"module.{name}[" in unknown.names[0]):
            index, steps = steps[0], steps[1:]
        inner: ModulePath = (*module, (name, index))
        output = self.plan.module(inner).outputs.get(str(steps[0])) if steps else None
        if output is None or (index is not None and inner not in self.modules):
            return unknown  # nothing tells that there is this instance
        return _rest(self.resolver.expression(output, inner, None, f"output.{steps[0]}"), steps[1:], unknown)


def _target(steps: Sequence[PathStep], module: ModulePath) -> tuple[At, list[PathStep]] | None:
    """The resource or data source that steps lead to, and what follows; `None` for anything else."""
    managed = steps[:1] != ["data"]
    match steps[0 if managed else 1 :]:
        case [str(type_), str(name), *rest] if type_ not in _NO_RESOURCES:
            return (module, managed, type_, name), rest
    return None


def _called(module: ModulePath) -> Resource:
    """The instance of a call that makes a module instance."""
    return Resource(qualified(module, "")[:-1], False, CALL, *module[-1], module[:-1])


def _rest(node: Node | None, steps: Sequence[PathStep], unknown: UnknownNode) -> Node | None:
    """What is at the end of the steps in a value; a part that it does not have is not known."""
    if node is None:
        return None if not steps else unknown
    found = value_within(node, steps)
    if found is None and not names_in([node]):
        names = (name.removesuffix(f" ({AFTER_APPLY})") for name in unknown.names)
        return UnknownNode(unknown, [f"{name} (nothing of that name is there)" for name in names])
    return unknown if found is None else found if not isinstance(found, UnknownNode) or found.names else unknown
