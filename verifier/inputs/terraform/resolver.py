"""What the attributes of a plan's resources are, known or recovered.

In: a plan. Out: for an attribute a node, `UnknownNode` where nothing tells it. Guarantee: a value that rests on an
expression being exactly what it refers to is remembered as supposed (the plan records what an expression refers to, not
what it does with it), but where the expression is at hand in a `.tf` file it is evaluated, and nothing is supposed.

An attribute that is known only after apply is, in this order: what follows from the resource's own attributes
(`computed_attributes`: the ARN of a role from its name); what its expression in the configuration says, through
variables, outputs and other resources.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from verifier.inputs.agreement import filled_as_written, reported, same_node
from verifier.inputs.resources.resource import Resource, Side, Verb, is_any_unknown, unknown_part
from verifier.inputs.resources.unread import is_other_than_key
from verifier.inputs.terraform.configuration import HclValue, Written
from verifier.inputs.terraform.documents import as_document, member_given, rebased
from verifier.inputs.terraform.hcl_evaluator import Evaluator
from verifier.inputs.terraform.hcl_kinds import is_null, is_open
from verifier.inputs.terraform.nested_blocks import MADE_OF_BLOCKS, inside_blocks, nested
from verifier.inputs.terraform.plan import Plan
from verifier.inputs.terraform.plan_values import IN_DOUBT, Index, ModulePath, after_apply, name_of, node_of, qualified
from verifier.inputs.terraform.references import References
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, entries
from verifier.inputs.text.unknown import OpenReference, UnknownNode, names_in
from verifier.syntax.source import Source

if TYPE_CHECKING:
    from verifier.inputs.terraform.computed_attributes import ComputedAttributes

_DEEPEST = 60
"""References that lead to each other, at most."""
DEEPEST_EXPRESSION = 160
"""Expressions inside each other, with those that they refer to."""
STEPS, STEPS_EACH = 100_000, 2_000
"""Steps of recovering values that a plan has, and those for each of its resources; a policy takes a few hundred."""
_POLICY = re.compile("polic|^desired_state$|^statement$")
"""Names of attributes that may hold policies with principals."""
_VALUE = 20
"""Steps that an attribute counts for."""


@dataclass
class Resolver(Side):
    """The attributes of one side of a plan. `derive` finds what follows from the other attributes of a resource.
    `supposed` has, by the address of a resource and the name of an attribute, the references that its expression is
    taken to be; `evaluated` is true once a value was recovered from a `.tf` file; `unquoted` names what texts of
    policies hold, which is supposed to have no quotation mark and no backslash."""

    plan: Plan
    derive: ComputedAttributes
    instances: dict[tuple[ModulePath, bool, str, str], dict[Index, Resource]] = field(default_factory=dict)
    supposed: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    evaluated: bool = False
    _known: dict[tuple[str, str], Node | None] = field(default_factory=dict)
    _open: list[tuple[str, str]] = field(default_factory=list)
    recoveries: int = 0
    """How often a value was asked for that is known only after apply."""
    cuts: int = 0
    """How often a thing was found to depend on itself, or on too much."""
    _spent: int = 0
    _depth: int = 0
    documents: bool = False
    unquoted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.file, self.mark, self.uncounted = self.plan.file, self.plan.mark, self.plan.uncounted
        self.what = "folder" if self.plan.of_folder else "plan" if self.plan.is_plan else "state"
        self.references = References(self)
        for resource in self.plan.after.values():
            name = resource.module, resource.managed, resource.type, resource.name
            self.instances.setdefault(name, {})[resource.index] = resource

    def of_type(self, *types: str, managed: bool = True) -> Iterator[Resource]:
        return (r for r in self.plan.after.values() if (r.type in types or not types) and r.managed is managed)

    def done(self, *types: str) -> Iterator[Resource]:
        return (deed for deed in self.plan.deeds if deed.managed and (deed.type in types or not types))

    def at(self, resource: Resource | None) -> Node:
        return Node(self.plan.address("accounts") if resource is None else self.place(resource), 0, 0)

    def partition(self, resource: Resource) -> str:
        return self.derive.providers.partition(resource)

    def account(self, resource: Resource) -> str | None:
        return self.derive.providers.account(resource)

    def region(self, resource: Resource) -> str:
        return self.derive.providers.region(resource)

    def account_and_region(self, resource: Resource) -> tuple[str | None, str | None]:
        return self.derive.providers.account_and_region(resource)

    def tell_account(self, resource: Resource) -> str:
        return self.derive.tell_account(resource, super().tell_account(resource))

    def referred(self, resource: Resource, name: str) -> Resource | None:
        return self.references.named(resource, name)

    def value(self, resource: Resource, name: str) -> Node | None:
        at = (f"{resource.address} (goes)" if resource.verb is Verb.TAKES else resource.address, name)
        self.recoveries += is_any_unknown(unknown_part(resource.unknown, name))
        if at not in self._known:
            if not self.allows(_VALUE):
                return self._unknown(resource, name)
            before = self.cuts
            found = self.within(at, lambda: self._value(resource, name), lambda: self._unknown(resource, name))
            found = self.derive.unless_empty(resource, name, found)
            if self.cuts != before and self._open:
                return found  # it may be unknown only because its own value is being asked for
            self._known[at] = found
        return self._known[at]

    def with_principals(self, resource: Resource) -> Iterator[Node]:
        written = resource.configuration.attributes if resource.configuration is not None else {}
        names = filter(_POLICY.search, dict.fromkeys([*resource.values, *written]))
        return filter(None, (self.value(resource, name) for name in names))

    def within(self, at: tuple[str, str], find: Callable[[], Node | None], cut: Callable[[], Node]) -> Node | None:
        """What `find` finds; what `cut` gives where the thing depends on itself, or on too much."""
        if at in self._open or len(self._open) > _DEEPEST:
            self.cuts += 1
            return cut()
        self._open.append(at)
        try:
            return find()
        finally:
            self._open.pop()

    def _value(self, resource: Resource, name: str) -> Node | None:
        unknown = unknown_part(resource.unknown, name)
        given = resource.values.get(name)
        if not is_any_unknown(unknown):
            return None if given is None else node_of(self.place(resource), given)
        if (derived := self.derive(self, resource, name)) is not None:
            return derived
        if self.plan.of_folder and name in MADE_OF_BLOCKS and self.is_configured(resource, name):
            return nested(self, resource, name)
        raw = node_of(self.place(resource), given, unknown, [after_apply(f"{resource.address}.{name}")])
        return self.filled(raw, self.expression_of(resource, name), resource, name)

    def policy(self, resource: Resource, name: str) -> Node | None:
        """The policy in an attribute. A text whose expression in a `.tf` file says the same has its places there."""
        found = self.value(resource, name)
        if isinstance(found, Scalar) and found.text.strip():
            found = self.located(found, self.expression_of(resource, name), resource, name)
        unknown = is_any_unknown(unknown_part(resource.unknown, name))
        if unknown and isinstance(found, Scalar) and found.text.strip() and not found.text.lstrip().startswith("{"):
            # An expression that refers to one thing, which is no policy, makes one of it.
            self.supposed.get(resource.address, {}).pop(name, None)
            return UnknownNode(found, [after_apply(f"{resource.address}.{name}")])
        place = f"{self.plan.file}#{resource.address}.{name}"
        return rebased(found, found) if isinstance(found, Members) else as_document(found, place)

    def inline(self, resource: Resource) -> Node | list[tuple[str, Node | None, Node]]:
        """The `inline_policy` blocks of a role. Where the configuration has none they are what AWS told."""
        node, found = self._blocks(resource), list[tuple[str, Node | None, Node]]()
        if isinstance(node, UnknownNode):
            return node
        for index, block in enumerate(entries(node)):
            shown, place = f"inline_policy[{index}]", f"{self.label(resource)}.inline_policy[{index}].policy"
            document = block if isinstance(block, UnknownNode) else as_document(member_given(block, "policy"), place)
            document = rebased(document, document) if isinstance(document, Members) else document
            if document is not None:
                found.append((shown, member_given(block, "name"), document))
        return found

    def shared(self, resource: Resource) -> Iterator[Node]:
        node, (owner, rest) = self.value(resource, "resource_arn"), self.references.referred(resource, "resource_arn")
        is_other = owner is not None and not rest[1:] and is_other_than_key(owner.type, "".join(map(str, rest)))
        if node is not None and not is_other:
            yield node

    def _blocks(self, resource: Resource) -> Node | None:
        """The `inline_policy` blocks. Those that a `dynamic` block makes are not in the configuration of a plan: where
        it has none, and the values are not known, there may be some all the same, unless the `.tf` file shows that
        there are none."""
        is_open = resource.created and is_any_unknown(unknown_part(resource.unknown, "inline_policy"))
        if not is_open or self.is_configured(resource, "inline_policy"):
            return self.value(resource, "inline_policy")
        block = self.plan.written(resource)
        if block is not None and "inline_policy" not in block.dynamic:
            self.evaluated = True
            return None
        why = f"{resource.address}.inline_policy (whether a `dynamic` block makes some is told by the .tf files alone)"
        return UnknownNode(Node(self.place(resource), 0, 0), [why])

    def tags(self, resource: Resource) -> Members | None:
        """All tags of a resource, those that its provider adds among them; one whose value is null is none."""
        node = self.value(resource, "tags_all")
        if node is None or (names_in([node]) and not self.plan.may_add_tags(resource)):
            node = self.value(resource, "tags") or Members(self.place(resource), 0, 0, [])
        if not isinstance(node, Members) or names_in([node]):
            return None
        return Members(node.source, node.start, node.end, [pair for pair in node.pairs if not is_null(pair[1])])

    def is_certain(self, resource: Resource) -> bool:
        """True iff the resource is certainly made."""
        return not resource.name.endswith(IN_DOUBT)

    def made_if(self, resource: Resource) -> object:
        path = resource.module
        calls = (self.plan.module(path[:depth]).calls.get(call) for depth, (call, _) in enumerate(path))
        return [block and block.counted for block in (resource.configuration, *calls)]

    def expression_of(self, resource: Resource, name: str) -> HclValue | None:
        """The expression of an attribute in the configuration; `None` where it has none."""
        return None if resource.configuration is None else resource.configuration.attributes.get(name)

    def is_configured(self, resource: Resource, name: str) -> bool:
        """True iff the configuration sets an attribute, or may: if a new resource has a value, or nothing tells."""
        block = resource.configuration
        known = resource.created and bool(resource.values.get(name))
        if known or block is None:
            return True
        return any(name in written for written in (block.attributes, block.blocks, block.dynamic))

    def inner(self, resource: Resource, *names: str) -> list[Node]:
        return inside_blocks(self, resource, names) if names[1:] else super().inner(resource, *names)

    def marked(self, resource: Resource, node: Node | None, *attributes: str) -> Node | None:
        """A value of a resource, as one that is only told where the plan does not write these attributes."""
        return node if node is None or resource.writes(*attributes) else reported(node, self.label(resource))

    def place(self, resource: Resource) -> Source:
        """Where a resource is: its block in a `.tf` file, or its address."""
        return self.plan.place(resource)

    def _unknown(self, resource: Resource, name: str) -> UnknownNode:
        return OpenReference(Node(self.place(resource), 0, 0), [after_apply(f"{resource.address}.{name}")])

    # -- expressions --

    def filled(self, raw: Node, expression: HclValue | None, resource: Resource, name: str) -> Node | None:
        """A value with its unknown parts taken from an expression but a constant: that would not make them unknown."""
        if expression is None or expression.is_constant or not isinstance(raw, UnknownNode | Items):
            return raw
        if isinstance(raw, UnknownNode):
            return self.expression(expression, resource.module, resource, name)
        if expression.written is not None:
            self.evaluated = True
            return filled_as_written(raw, self.evaluate(expression.written, resource.module, resource, name))
        return self._filled_list(raw, expression, resource, name)

    def _filled_list(self, raw: Items, expression: HclValue, resource: Resource, name: str) -> Node:
        """A list or set with as many unknown entries as its expression has references: these, in some order."""
        found = self.references.standing(expression.references, resource.module, resource)
        values = [self.references.traversal(text, resource.module, resource) for text in found]
        missing = [item for item in raw.items if isinstance(item, UnknownNode)]
        known = {item.text for item in raw.items if isinstance(item, Scalar)}
        fresh = [value for value in values if value and not (isinstance(value, Scalar) and value.text in known)]
        truths = [value for value in fresh if isinstance(value, Scalar) and value.text in ("true", "false")]
        if len(fresh) != len(missing) or truths:
            names = [after_apply(qualified(resource.module, text)) for text in found] or list(names_in([raw]))
            unknown = UnknownNode(Node(raw.source, 0, 0), names)
            return Items(raw.source, 0, 0, [unknown if isinstance(item, UnknownNode) else item for item in raw.items])
        if any(not is_open(value) for value in fresh):
            self.suppose(resource, name, found)
        left = iter(fresh)
        return Items(raw.source, 0, 0, [next(left) if isinstance(item, UnknownNode) else item for item in raw.items])

    def expression(
        self, expression: HclValue, module: ModulePath, resource: Resource | None, attribute: str
    ) -> Node | None:
        """What an expression says in a module instance; `resource` is the instance that it is written in."""
        place = self.place(resource) if resource is not None else self.plan.address(qualified(module, attribute))
        if expression.is_constant:
            return None if expression.constant is None else node_of(place, expression.constant)
        if expression.written is not None:
            self.evaluated = True
            return self.evaluate(expression.written, module, resource, attribute)
        return self._referred(expression.references, place, module, resource, attribute)

    def _referred(
        self, listed: Sequence[str], place: Source, module: ModulePath, resource: Resource | None, attribute: str
    ) -> Node | None:
        """An expression with one reference that it may be, taken to be that."""
        found = self.references.standing(listed, module, resource)
        names = [after_apply(qualified(module, text)) for text in found or listed or [attribute]]
        if len(found) != 1:
            return UnknownNode(Node(place, 0, 0), names)
        before = self.recoveries
        value = self.references.traversal(found[0], module, resource)
        if value is not None and is_open(value):
            return UnknownNode(Node(place, 0, 0), names_in([value]) or names)
        empty = value is None or (isinstance(value, Scalar) and not value.text)  # as good as not set: AWS chooses
        if not empty and resource is not None and self.recoveries == before:
            return UnknownNode(Node(place, 0, 0), names)  # what it refers to is known: something else is not
        if resource is not None:
            self.suppose(resource, attribute, found)
        return value

    def evaluate(self, written: Written, module: ModulePath, resource: Resource | None, attribute: str) -> Node | None:
        """The value of an expression as it is written in a `.tf` file; `None` for null."""
        own = f"{resource.address}.{attribute}" if resource is not None else qualified(module, attribute)
        found = self.evaluator(written, module, resource, own).value(written.tree)
        return None if is_null(found) else found

    def evaluator(self, written: Written, module: ModulePath, resource: Resource | None, own: str) -> Evaluator:
        """What evaluates an expression in a module instance."""
        name, folder = name_of(module), self.plan.read

        def read(path: str, of_module: bool) -> Source | None:
            return None if folder is None else folder(name if of_module else (), path)

        expression = written.source, self.references.refer(module, resource), own, self.allows
        may_fail = partial(self.references.may_fail, module)
        known = self.derive.providers.compared, self.derive.providers.inspected
        return Evaluator(*expression, {}, self._depth, read, may_fail, *known, self.unquoted.update)

    @contextmanager
    def inside(self, depth: int, *, documents: bool = False) -> Iterator[None]:
        """What is evaluated within stands so deep inside other expressions; with `documents` policies of data sources
        are documents with places, even where their texts are known."""
        before = self._depth, self.documents
        self._depth, self.documents = depth, documents or self.documents
        try:
            yield
        finally:
            self._depth, self.documents = before

    def allows(self, steps: int, depth: int = 0) -> bool:
        """True iff the plan has a share of steps of evaluation left for these, which are counted, and they are not too
        deep inside each other: no configuration can keep the verifier busy."""
        self._spent += steps
        return depth <= DEEPEST_EXPRESSION and self._spent <= STEPS + STEPS_EACH * len(self.plan.after)

    def located(self, node: Node | None, expression: HclValue | None, resource: Resource, name: str) -> Node | None:
        """A value that is known, with its places in the `.tf` file, where its expression there says the same."""
        if node is None or expression is None or expression.written is None or names_in([node]):
            return node
        with self.inside(self._depth, documents=True):
            found = self.evaluate(expression.written, resource.module, resource, name)
        return found if found is not None and same_node(found, node) else node

    def suppose(self, resource: Resource, attribute: str, found: Sequence[str]) -> None:
        """Remembers that an attribute is taken to be what it refers to."""
        said = partial(qualified, resource.module)
        self.supposed.setdefault(resource.address, {})[attribute] = tuple(map(said, found))
