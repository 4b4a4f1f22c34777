"""`data.aws_iam_policy_document`: the document that the provider writes.

In: a data source, read while planning or not. Out: its document as nodes, values that are not known among them.
Guarantee: it says what the provider would write: its statements in order, after those of its source documents; a statement of a later
document takes the place of the one with its `Sid`. [Terraform AWS provider: aws_iam_policy_document]
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier.inputs.json_nodes import read_json
from verifier.inputs.nodes import Items, Members, Node, Scalar, entries
from verifier.inputs.terraform.hcl_kinds import Document, Loose
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.resolver import Resolver, block_list, member
from verifier.inputs.terraform.sources import Block
from verifier.inputs.terraform.values import after_apply, node_of, text_node
from verifier.inputs.terraform.written import rebased, written
from verifier.inputs.unknown import Resolved, Unknown, joined
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_BEFORE, _AFTER = ("source_json", "source_policy_documents"), ("override_json", "override_policy_documents")
"""The documents that come before the data source's own statements, and those that come after."""
_MOST = 1_000
"""Statements of other documents; no policy of 32 KiB holds as many."""


def data_document(resolver: Resolver, data: Resource) -> Node | None:
    """The document of a data source as the provider will write it; `None` where even its statements are not known."""
    place = resolver.place(data)
    own = _own_statements(resolver, data, place)
    if own is None:
        return None
    statements: list[Node] | None = []
    for found in (*(_merged(resolver, data, name) for name in _BEFORE), own, *(_merged(resolver, data, name) for name in _AFTER)):
        statements = None if statements is None or found is None else _overridden(statements, found)
    if statements is None:
        return None
    version = resolver.text(data, "version") or "2012-10-17"
    pairs: list[tuple[Scalar, Node]] = [(text_node(place, "Version"), text_node(place, version))]
    pairs.append((text_node(place, "Statement"), Items(place, 0, 0, statements)))
    if place.outer is None:
        return written(f"{resolver.plan.file}#{data.address}.json", Document(place, 0, 0, pairs))
    return rebased(Document(place, 0, 0, pairs), Node(place.outer, place.root_offset(0), place.root_offset(0)))


def _own_statements(resolver: Resolver, data: Resource, place: Source) -> list[Node] | None:
    flags = data.unknown.get("statement") if isinstance(data.unknown, dict) else data.unknown
    given = data.values.get("statement")
    if flags is True:
        return None
    raw = node_of(place, given if isinstance(given, list) else [], flags)
    blocks = block_list((data.configuration or {}).get("expressions"), "statement")
    # Blocks that are generated are not in the configuration, so that the rest cannot be told apart but by their `sid`.
    all_written = len(blocks) == len(entries(raw))
    by_sid = {} if all_written else _by_sid(resolver, data)
    found: list[Node] = []
    for index, item in enumerate(entries(raw)):
        expressions = blocks[index] if all_written and isinstance(blocks[index], dict) else by_sid.get(_text(item, "sid"))
        found.append(_statement(resolver, data, item, expressions, f"{data.address}.statement[{index}]"))
    return found


_Expressions = dict[str, Any] | None
_CONSTANTS = ("sid", "type", "test", "variable")
"""Attributes by which blocks are told apart."""


def _by_sid(resolver: Resolver, data: Resource) -> dict[str, dict[str, Any]]:
    """The `statement` blocks in the `.tf` file, those that are generated among them, by their constant `sid`. Only those count that
    certainly make one statement: no two of a document have the same `sid`."""
    block = resolver.plan.sources.resources.get((tuple(name for name, _ in data.module), False, data.type, data.name))
    if block is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for statement in (*block.blocks.get("statement", ()), *block.dynamic.get("statement", ())):
        expressions = _as_written(resolver, data, statement)
        sid = expressions.get("sid", {}).get("constant_value")
        if sid and (statement.for_each is None or _is_one(resolver.evaluate(statement.for_each, data.module, data, "for_each"))):
            found[sid] = expressions
    return found


def _is_one(times: Node | None) -> bool:
    """Whether a list has one entry."""
    return isinstance(times, Items) and not isinstance(times, Loose) and len(times.items) == 1


def _as_written(resolver: Resolver, data: Resource, block: Block) -> dict[str, Any]:
    """The expressions of a block as the configuration of a plan would have them."""
    found: dict[str, Any] = {"block": block}
    for name, written_ in block.attributes.items():
        found[name] = {"written": written_}
        value = resolver.evaluate(written_, data.module, data, name) if name in _CONSTANTS else None
        if isinstance(value, Scalar):
            found[name]["constant_value"] = value.text
    return found | {kind: [_as_written(resolver, data, inner) for inner in listed] for kind, listed in block.blocks.items()}


def _statement(resolver: Resolver, data: Resource, raw: Node, expressions: _Expressions, at: str) -> Node:
    place, start, end = _spot(resolver, data, expressions)
    if not isinstance(raw, Members):
        return Unknown(place, start, end, [f"{at} (known after apply)"])
    reader = _Block(resolver, data, raw, expressions or {}, at)
    found = {
        "Sid": reader.attribute("sid"),
        "Effect": reader.attribute("effect") or Scalar(place, start, start, "Allow", "string"),
        "Principal": reader.principals("principals"),
        "NotPrincipal": reader.principals("not_principals"),
        "Action": reader.attribute("actions"),
        "NotAction": reader.attribute("not_actions"),
        "Resource": _with_variables(reader.attribute("resources")),
        "NotResource": _with_variables(reader.attribute("not_resources")),
        "Condition": reader.conditions(),
    }
    return _object(place, start, end, {name: node for name, node in found.items() if node is not None and not _is_empty(node)})


def _is_empty(node: Node) -> bool:
    return (isinstance(node, Items) and not node.items) or (isinstance(node, Scalar) and not node.text)


def _spot(resolver: Resolver, data: Resource, expressions: _Expressions) -> tuple[Source, int, int]:
    """Where a nested block is written, or the data source."""
    block = (expressions or {}).get("block")
    if isinstance(block, Block):
        return block.source, block.start, block.end
    return resolver.place(data), 0, 0


@dataclass
class _Block:
    """A `statement` block: its values, and the expressions that they come from where the configuration has them."""

    resolver: Resolver
    data: Resource
    raw: Members
    expressions: dict[str, Any]
    at: str

    def attribute(self, name: str) -> Node | None:
        """An attribute of the block, its unknown parts taken from its expression."""
        node = member(self.raw, name)
        expression = self.expressions.get(name)
        own = f"{self.at.removeprefix(self.data.address + '.')}.{name}"
        if node is None or not (isinstance(node, Unknown) or names_or_holes(node)):
            return self.resolver.located(node, expression, self.data, own)
        filled = node if expression is None else self.resolver.filled(node, expression, self.data, own)
        if name in _PLAUSIBLE:
            filled = _plausible(filled, node, name, after_apply(f"{self.at}.{name}"))
        return _named(filled, after_apply(f"{self.at}.{name}"))

    def principals(self, name: str) -> Node | None:
        """`principals` or `not_principals` blocks as an element of a statement."""
        blocks = member(self.raw, name)
        if blocks is None or (isinstance(blocks, Items) and not blocks.items):
            return None
        place, start, end = self._spot(name)
        if not isinstance(blocks, Items):
            return Unknown(place, start, end, [f"{self.at}.{name} (known after apply)"])
        found: dict[str, list[Node]] = {}
        for block, inner in self._inner(name, blocks, ("type",)):
            type_, identifiers = inner.attribute("type"), _with_variables(inner.attribute("identifiers"))
            if not isinstance(type_, Scalar) or not isinstance(block, Members):
                return Unknown(place, start, end, [f"{self.at}.{name} (known after apply)"])
            listed = entries(identifiers) if isinstance(identifiers, Items) else [identifiers] if identifiers is not None else []
            found.setdefault(type_.text, []).extend(listed)
        if "*" in found:
            return Scalar(place, start, end, "*", "string")
        return _object(place, start, end, {type_: Items(place, start, end, listed) for type_, listed in found.items()})

    def conditions(self) -> Node | None:
        """`condition` blocks as an element of a statement."""
        blocks = member(self.raw, "condition")
        if blocks is None or (isinstance(blocks, Items) and not blocks.items):
            return None
        place, start, end = self._spot("condition")
        whole = Unknown(place, start, end, [f"{self.at}.condition (known after apply)"])
        if not isinstance(blocks, Items):
            return whole
        found: dict[str, dict[str, Node]] = {}
        for _, inner in self._inner("condition", blocks, ("test", "variable")):
            test, variable, values = inner.attribute("test"), inner.attribute("variable"), _with_variables(inner.attribute("values"))
            if not isinstance(test, Scalar) or not isinstance(variable, Scalar) or values is None:
                return whole
            under = found.setdefault(test.text, {})
            if variable.text in under:
                return whole
            under[variable.text] = values
        return _object(place, start, end, {operator: _object(place, start, end, tests) for operator, tests in found.items()})

    def _spot(self, name: str) -> tuple[Source, int, int]:
        """Where the nested blocks of a name are: the first of them, or the block itself."""
        first = next((entry for entry in block_list(self.expressions, name) if isinstance(entry, dict)), None)
        return _spot(self.resolver, self.data, first if first is not None and "block" in first else self.expressions)

    def _inner(self, name: str, blocks: Items, keys: Sequence[str]) -> list[tuple[Node, _Block]]:
        """The nested blocks, each with the expressions of the one that has the same constants: a plan sorts them, the configuration does
        not."""
        candidates = [entry for entry in block_list(self.expressions, name) if isinstance(entry, dict)]
        found: list[tuple[Node, _Block]] = []
        for index, block in enumerate(blocks.items):
            raw = block if isinstance(block, Members) else Members(self.raw.source, 0, 0, [])
            mine = [entry for entry in candidates if _agrees(entry, raw, keys)]
            expressions = mine[0] if len(mine) == 1 and len(candidates) == len(blocks.items) else {}
            found.append((block, _Block(self.resolver, self.data, raw, expressions, f"{self.at}.{name}[{index}]")))
        return found


def _object(place: Source, start: int, end: int, found: Mapping[str, Node]) -> Resolved:
    return Resolved(place, start, end, [(Scalar(place, start, start, name, "string"), node) for name, node in found.items()])


def _agrees(expressions: dict[str, Any], raw: Members, keys: Sequence[str]) -> bool:
    for key in keys:
        expression, node = expressions.get(key), member(raw, key)
        constant = expression.get("constant_value") if isinstance(expression, dict) else None
        if constant is not None and isinstance(node, Scalar) and constant != node.text:
            return False
    return True


_PLAUSIBLE = {
    "identifiers": re.compile(r"arn:.*|[0-9]{12}|\*|[A-Z0-9]{16,}|[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?|.*[:/.].*"),
    "resources": re.compile(r"arn:.*|\*"),
    "not_resources": re.compile(r"arn:.*|\*"),
    "actions": re.compile(r"[\w-]+:.*|\*"),
    "not_actions": re.compile(r"[\w-]+:.*|\*"),
}


def _plausible(filled: Node | None, raw: Node, name: str, what: str) -> Node | None:
    """The values that were recovered, without those that cannot be one: an expression that refers to a name makes something of it."""
    if not isinstance(filled, Items) or not isinstance(raw, Items):
        return filled
    known = [item.text for item in raw.items if isinstance(item, Scalar)]
    items = [
        Unknown(item.source, item.start, item.end, [what])
        if isinstance(item, Scalar) and item.text not in known and not _PLAUSIBLE[name].fullmatch(item.text)
        else item
        for item in filled.items
    ]
    return Items(filled.source, filled.start, filled.end, items)


def names_or_holes(node: Node) -> bool:
    """Whether something in a list or object is not known."""
    return any(isinstance(item, Unknown) for item in (node.items if isinstance(node, Items) else []))


def _named(node: Node | None, name: str) -> Node | None:
    """The node with a name for every unknown value that has none."""
    if isinstance(node, Unknown) and not node.names:
        return Unknown(node.source, node.start, node.end, [name], node.pieces)
    if isinstance(node, Items):
        return Items(node.source, node.start, node.end, [_named(item, name) or item for item in node.items])
    return node


def _with_variables(node: Node | None) -> Node | None:
    """Texts in which `&{…}` stands for a policy variable, as it must in Terraform, where `${…}` is its own."""
    if isinstance(node, Scalar) and "&{" in node.text:
        return Scalar(node.source, node.start, node.end, node.text.replace("&{", "${"), node.type)
    if isinstance(node, Items):
        return Items(node.source, node.start, node.end, [_with_variables(item) or item for item in node.items])
    if isinstance(node, Unknown) and node.is_text:
        pieces = tuple(None if piece is None else piece.replace("&{", "${") for piece in node.pieces)
        return Unknown(node.source, node.start, node.end, node.names, joined([pieces]))
    return node


# -- documents that it is made from --


def _merged(resolver: Resolver, data: Resource, name: str) -> list[Node] | None:
    """The statements of the documents in an attribute; `None` where one of them is not known."""
    node = resolver.value(data, name)
    found: list[Node] = []
    for item in entries(node) if isinstance(node, Items) else [] if node is None else [node]:
        statements = _statements_of(item, f"{resolver.plan.file}#{data.address}.{name}")
        if statements is None or len(found) + len(statements) > _MOST:
            return None
        found += statements
    return found


def _statements_of(node: Node, place: str) -> list[Node] | None:
    document = node
    if isinstance(node, Scalar):
        if node.type == "null" or not node.text.strip():
            return []
        try:
            document = read_json(Source(place, node.text))
        except InputError:
            return None
    statement = member(document, "Statement")
    if statement is None or isinstance(statement, Unknown):
        return None
    return list(statement.items) if isinstance(statement, Items) else [statement]


def _overridden(statements: list[Node], later: Sequence[Node]) -> list[Node] | None:
    """The statements with each later one put in the place of that with its `Sid`, or at the end; `None` where a `Sid` that decides
    this is not known."""
    found = list(statements)
    if any(isinstance(member(node, "Sid"), Unknown) for node in (*found, *later)) and found and later:
        return None
    for statement in later:
        sid = _text(statement, "Sid")
        at = next((index for index, other in enumerate(found) if sid and _text(other, "Sid") == sid), None)
        if at is None:
            found.append(statement)
        else:
            found[at] = statement
    return found


def _text(node: Node, name: str) -> str:
    found = member(node, name)
    return found.text if isinstance(found, Scalar) else ""
