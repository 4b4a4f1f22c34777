"""Nested blocks of the resources of a folder, those that `dynamic` blocks make among them.

In: a resource whose block is in a `.tf` file, and the type of its nested blocks. Out: a list of objects, whose members
are their attributes and nested blocks; what is null is left out. Guarantee: it has one object for each block that
Terraform makes, or it is `UnknownNode`. [Terraform language: dynamic Blocks]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from verifier.inputs.resources.resource import Resource, inside
from verifier.inputs.terraform import hcl_kinds as kinds
from verifier.inputs.terraform.configuration import HclBlock, Written
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Items, Node, Scalar, listing, obj, values_of
from verifier.inputs.text.unknown import ResolvedObject, UnknownNode, names_in, resolved
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

if TYPE_CHECKING:
    from verifier.inputs.terraform.resolver import Resolver

MADE_OF_BLOCKS = (
    *("constraints", "inline_policy", "statement"),
    *("build_batch_config", "iam_instance_profile", "instance_configuration", "source_configuration"),
)
"""The types of nested blocks that are read; of others the order, or whether there may be several, is not told here."""


def nested(resolver: Resolver, resource: Resource, kind: str) -> Node:
    """The nested blocks of a resource. As an attribute they are that list."""
    block = resource.configuration or HclBlock()
    given = block.attributes.get(kind)
    if given is not None and given.written is not None:
        return resolver.evaluate(given.written, resource.module, resource, kind) or listing(resolver.at(resource), [])
    return _blocks(resolver, resource, block, kind, {})


def inside_blocks(resolver: Resolver, resource: Resource, names: Sequence[str]) -> list[Node]:
    """What nested blocks or a JSON text hold; what a plan does not know there is what its only expression says."""
    node = resolver.policy(resource, names[0])
    if isinstance(node, Scalar):
        try:
            node = read_json(Source("", node.text))
        except InputError:
            node = UnknownNode(node, [f"{resource.address}.{names[0]}, which is no JSON"])
    found, block = inside(values_of(node), names[1:]), resource.configuration
    for name in names[:-1]:
        inner = [] if block is None or name in block.dynamic else block.blocks.get(name, [])
        block = inner[0] if len(inner) == 1 else None
    expression = None if block is None else block.attributes.get(names[-1])
    if expression is None or len(found) != 1 or not isinstance(found[0], UnknownNode):
        return found
    return values_of(resolver.expression(expression, resource.module, resource, ".".join(names)))


def _blocks(resolver: Resolver, resource: Resource, block: HclBlock, kind: str, bound: Mapping[str, Node]) -> Node:
    found: list[Node] = [_object(resolver, resource, inner, bound) for inner in block.blocks.get(kind, ())]
    for content in block.dynamic.get(kind, ()):
        each = None if content.for_each is None else _value(resolver, resource, content.for_each, bound, kind)
        pairs = None if each is None else kinds.known_entries(each)
        if pairs is None and isinstance(each, Items) and not any(map(kinds.is_open, each.items)):
            # A list or a set: the order tells nothing here, nor does an entry that is there twice.
            pairs = [
                (UnknownNode(item, [f"{resource.address}.{kind} (a key of a `dynamic` block)"]), item)
                for item in each.items
            ]
        if each is None or pairs is None:
            at = content.place or resolver.at(resource)
            return UnknownNode(
                at, names_in([] if each is None else [each]) or [f"{resource.address}.{kind} (a `dynamic` block)"]
            )
        for key, value in pairs:
            found.append(
                _object(resolver, resource, content, {**bound, content.iterator: obj(value, key=key, value=value)})
            )
    return listing(resolver.at(resource), found)


def _object(resolver: Resolver, resource: Resource, block: HclBlock, bound: Mapping[str, Node]) -> ResolvedObject:
    at = block.place or resolver.at(resource)
    found: dict[str, Node] = {}
    for name, expression in block.attributes.items():
        value = _value(resolver, resource, expression.written, bound, name) if expression.written is not None else None
        if value is not None and not kinds.is_null(value):
            found[name] = value
    found |= {kind: _blocks(resolver, resource, block, kind, bound) for kind in (*block.blocks, *block.dynamic)}
    return resolved(at, obj(at, **found).pairs)


def _value(resolver: Resolver, resource: Resource, written: Written, bound: Mapping[str, Node], name: str) -> Node:
    evaluator = resolver.evaluator(written, resource.module, resource, f"{resource.address}.{name}")
    return replace(evaluator, bound=bound).value(written.tree)
