"""`data.aws_iam_policy_document`: the document that the provider writes.

In: a data source, read while planning or not. Out: its document as nodes, values that are not known among them.
Guarantee: it says what the provider would write: its statements in order, after those of its source documents; a
statement of a later document takes the place of the one with its `Sid`. [Terraform AWS provider:
aws_iam_policy_document]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from verifier.inputs.resources.resource import Resource, unknown_part
from verifier.inputs.terraform.configuration import HclBlock
from verifier.inputs.terraform.documents import member_given, rebased, with_places
from verifier.inputs.terraform.hcl_kinds import JsonText, Loose
from verifier.inputs.terraform.merging import (
    STATEMENT_BLOCKS,
    documents_to_merge,
    is_order_open,
    merged_statements,
    overridden,
    repeated_sid,
)
from verifier.inputs.terraform.plan_values import after_apply, node_of
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, entries, listing, obj, text_at, text_of, values_of
from verifier.inputs.text.unknown import (
    ResolvedObject,
    UnknownNode,
    names_in,
    resolved,
    unknowns,
    with_leaves,
)

_PARTS = ("source_json", "source_policy_documents", "statement", "override_policy_documents", "override_json")
"""What the document is made of: the data source's own statements, and the documents before and after them."""
_DISTINCT_SIDS = ("source_policy_documents", "statement")
"""Parts in which the provider takes no two statements with one `Sid`: the first with what comes before. [Terraform AWS
provider: internal/service/iam/policy_document_data_source.go]"""
_CONSTANTS = ("sid", "type", "test", "variable")
"""Attributes by which blocks are told apart."""
_NESTED = {
    "principals": ("type", "identifiers"),
    "not_principals": ("type", "identifiers"),
    "condition": ("test", "variable", "values"),
}
"""Nested blocks: the attributes that are names in the element, and the one that lists values."""
_TEMPLATES = ("resources", "not_resources", "identifiers", "values")
"""Attributes in which `&{…}` stands for a policy variable, as it must in Terraform, where `${…}` is its own."""
_PLAUSIBLE = {
    "identifiers": re.compile(r"arn:.*|[0-9]{12}|\*|[A-Z0-9]{16,}|[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?|.*[:/.].*"),
    "resources": re.compile(r"arn:.*|\*"),
    "not_resources": re.compile(r"arn:.*|\*"),
    "actions": re.compile(r"[\w-]+:.*|\*"),
    "not_actions": re.compile(r"[\w-]+:.*|\*"),
}


def data_document(resolver: Resolver, data: Resource) -> Node | None:
    """The document of a data source as the provider will write it; where even its statements are not known, what they
    depend on, `None` if nothing tells that."""
    statements: list[Node] | None = []
    at = Node(resolver.place(data), 0, 0)
    versions = [resolver.value(data, "version") or text_at(at, "2012-10-17")]
    depends: list[Node] = []
    for name in _PARTS:
        merged = [] if name == "statement" else documents_to_merge(resolver, data, name)
        versions += [version for document in merged if (version := member_given(document, "Version")) is not None]
        found = _own_statements(resolver, data) if name == "statement" else merged_statements(merged)
        together = found if name == "statement" else [*(statements or ()), *(found or ())]
        if name in _DISTINCT_SIDS and (sid := repeated_sid(together)):
            why = f"two of its statements have the Sid `{sid}`, which the provider refuses"
            return UnknownNode(at, [f"{data.address}.json ({why})"])
        if found is None or statements is None or is_order_open(statements, found):
            sids = (member_given(one, "Sid") for one in (*(statements or ()), *(found or ())))
            depends += filter(None, [resolver.value(data, name)] if found is None else sids)
            statements = None
        else:
            statements = overridden(statements, found)
    if statements is None:
        missing = names_in(depends)
        return UnknownNode(at, missing) if missing else None
    version = max(versions, key=_rank)
    members = obj(at, Version=version, Statement=listing(at, statements))
    document, place = JsonText(at.source, 0, 0, members.pairs), at.source
    if place.outer is None:
        return with_places(f"{resolver.plan.file}#{data.address}.json", document)
    return rebased(document, Node(place.outer, place.root_offset(0), place.root_offset(0)))


def _own_statements(resolver: Resolver, data: Resource) -> list[Node] | None:
    if resolver.plan.of_folder:
        listed = resolver.value(data, "statement")
        made = [_Block(resolver, data, block, HclBlock(), block, data.address) for block in entries(listed)]
        made = [replace(block, address=f"{data.address}.statement[{index}]") for index, block in enumerate(made)]
        return None if isinstance(listed, UnknownNode) else [block.statement() for block in made]
    flags, given = unknown_part(data.unknown, "statement"), data.values.get("statement")
    if flags is True:
        return None
    raw = entries(node_of(resolver.place(data), given if isinstance(given, list) else [], flags))
    blocks = data.configuration.blocks.get("statement", []) if data.configuration is not None else []
    # Blocks that are generated are not in the configuration, so that the rest cannot be told apart but by their `sid`.
    all_written = len(blocks) == len(raw)
    by_sid = {} if all_written else dict(_by_sid(resolver, data))
    found: list[Node] = []
    for index, item in enumerate(raw):
        block = blocks[index] if all_written else by_sid.get(text_of(item, "sid") or "", HclBlock())
        at = block.place or Node(resolver.place(data), 0, 0)
        found.append(_Block(resolver, data, item, block, at, f"{data.address}.statement[{index}]").statement())
    return found


def _by_sid(resolver: Resolver, data: Resource) -> Iterator[tuple[str, HclBlock]]:
    """The `statement` blocks in the `.tf` file, those that are generated among them, by their constant `sid`. Only
    those count that certainly make one statement: no two of a document have the same `sid`."""
    block = resolver.plan.written(data) or HclBlock()
    for statement in (*block.blocks.get("statement", ()), *block.dynamic.get("statement", ())):
        found, each = _with_constants(resolver, data, statement), statement.for_each
        times = None if each is None else resolver.evaluate(each, data.module, data, "for_each")
        is_one = isinstance(times, Items) and not isinstance(times, Loose) and len(times.items) == 1
        if (sid := found.text("sid")) and (each is None or is_one):
            yield sid, found


def _with_constants(resolver: Resolver, data: Resource, block: HclBlock) -> HclBlock:
    """A block of a `.tf` file with the constants by which blocks are told apart, as the configuration of a plan has
    them."""
    attributes = dict(block.attributes)
    for name, expression in block.attributes.items():
        written = expression.written if name in _CONSTANTS else None
        value = resolver.evaluate(written, data.module, data, name) if written else None
        if isinstance(value, Scalar):
            attributes[name] = replace(expression, is_constant=True, constant=value.text)
    nested = {kind: [_with_constants(resolver, data, inner) for inner in found] for kind, found in block.blocks.items()}
    return replace(block, attributes=attributes, blocks=nested)


@dataclass
class _Block:
    """A `statement` block, or one in it: its values, the block that they come from where the configuration has it, and
    its place."""

    resolver: Resolver
    data: Resource
    raw: Node
    block: HclBlock
    at: Node
    address: str

    def statement(self) -> Node:
        if not isinstance(self.raw, Members):
            return self._unknown(self.at, "")
        found: dict[str, Node] = {}
        for element, name in STATEMENT_BLOCKS.items():
            node = self._element(name) if name in _NESTED else self.attribute(name)
            node = text_at(self.at, "Allow") if name == "effect" and node is None else node
            is_empty = (isinstance(node, Items) and not node.items) or (isinstance(node, Scalar) and not node.text)
            if node is not None and not is_empty:
                found[element] = node
        for element in ("Principal", "Action", "Resource"):
            given = [name for name in (element, f"Not{element}") if name in found]
            known = [name for name in given if not any(unknowns(found[name]))]
            whole = [name for name in given if isinstance(found[name], UnknownNode)]
            # AWS takes no statement with both: where one of them is there the other is not. [IAM: Grammar of the IAM
            # JSON policy language]
            if len(given) == 2 and whole and not known:
                return self._unknown(self.at, "")
            found = {name: node for name, node in found.items() if not (known and name in whole and name in given)}
        return _object(self.at, found)

    def attribute(self, name: str) -> Node | None:
        """An attribute of the block, its unknown parts taken from its expression."""
        node, expression = member_given(self.raw, name), self.block.attributes.get(name)
        own = f"{self.address.removeprefix(self.data.address + '.')}.{name}"
        known: set[str] | None = None
        if node is None or not any(unknowns(node)):
            found = self.resolver.located(node, expression, self.data, own)
        else:
            found = self.resolver.filled(node, expression, self.data, own)
            if name in _PLAUSIBLE and isinstance(found, Items) and isinstance(node, Items):
                known = {item.text for item in node.items if isinstance(item, Scalar)}
        return None if found is None else with_leaves(found, lambda leaf: self._leaf(leaf, name, known))

    def _leaf(self, leaf: Node, name: str, known: set[str] | None) -> Node:
        """A text, with policy variables, but for one that was recovered and cannot be one: an expression that refers to
        a name makes something of it. An unknown value, with a name if it has none."""
        sign = "&{" if name in _TEMPLATES else "${"
        if (
            isinstance(leaf, Scalar)
            and known is not None
            and leaf.text not in known
            and not _PLAUSIBLE[name].fullmatch(leaf.text)
        ):
            return self._unknown(leaf, f".{name}")
        if isinstance(leaf, Scalar) and "&{" in leaf.text and name in _TEMPLATES and self._is_of_2008():
            return self._unknown(leaf, f".{name}")
        if isinstance(leaf, Scalar) and leaf.type != "null":  # all of them are texts
            return text_at(leaf, leaf.text.replace(sign, "${"))
        if isinstance(leaf, UnknownNode):
            pieces = tuple(None if piece is None else piece.replace(sign, "${") for piece in leaf.pieces)
            options = None if leaf.options is None else [self._leaf(option, name, known) for option in leaf.options]
            return UnknownNode(leaf, leaf.names or self._unknown(leaf, f".{name}").names, pieces, options)
        return leaf

    def _is_of_2008(self) -> bool:
        """True iff the document is of version 2008-10-17, in which the provider refuses policy variables."""
        version = self.resolver.value(self.data, "version")
        return isinstance(version, Scalar) and version.text == "2008-10-17"

    def _element(self, name: str) -> Node | None:
        """The nested blocks of a name as an element of a statement."""
        blocks, candidates = member_given(self.raw, name), self.block.blocks.get(name, [])
        if blocks is None or (isinstance(blocks, Items) and not blocks.items):
            return None
        at = next((block.place for block in candidates if block.place is not None), self.at)
        found: dict[str, list[Node]] = {}
        places = dict[str, Node]()
        tests: dict[str, dict[str, Node]] = {}
        for inner in self._inner(name, blocks.items) if isinstance(blocks, Items) else ():
            first, *second, values = (inner.attribute(attribute) for attribute in _NESTED[name])
            if not isinstance(first, Scalar):
                return self._unknown(at, f".{name}")
            for variable in second:
                under = tests.setdefault(first.text, {})
                if not isinstance(variable, Scalar) or values is None or variable.text in under:
                    return self._unknown(at, f".{name}")
                under[variable.text] = values
            found.setdefault(first.text, []).extend(values_of(values))
            places.setdefault(first.text, values or at)
        if not found:
            return self._unknown(at, f".{name}")
        if name != "condition" and [*found] == ["*"] and [getattr(node, "text", "") for node in found["*"]] == ["*"]:
            return text_at(at, "*")  # alone; anything else of the type `*` is written as it is, and AWS refuses it
        lists = {key: listing(places[key], nodes) for key, nodes in found.items()}
        return _object(at, lists | {key: _object(at, tests[key]) for key in tests})

    def _inner(self, name: str, items: Sequence[Node]) -> Iterator[_Block]:
        """The nested blocks, each with the one of the configuration that has the same constants: a plan sorts them, the
        configuration does not."""
        candidates = self.block.blocks.get(name, [])
        for index, raw in enumerate(items):
            constants = {name: node.text for name in _CONSTANTS if isinstance(node := member_given(raw, name), Scalar)}
            wanted = constants.items()
            mine = [block for block in candidates if all(block.text(name) in (None, text) for name, text in wanted)]
            block = mine[0] if len(mine) == 1 and len(candidates) == len(items) else HclBlock()
            yield _Block(self.resolver, self.data, raw, block, self.at, f"{self.address}.{name}[{index}]")

    def _unknown(self, at: Node, name: str) -> UnknownNode:
        return UnknownNode(at, [after_apply(f"{self.address}{name}")])


def _object(at: Node, found: dict[str, Node]) -> ResolvedObject:
    return resolved(at, obj(at, **found).pairs)


def _rank(version: Node) -> int:
    """What orders versions: of those that there are `2012-10-17` is the latest, so that one that is not known is no
    later."""
    return 1 if not isinstance(version, Scalar) else 2 if version.text == "2012-10-17" else 0
