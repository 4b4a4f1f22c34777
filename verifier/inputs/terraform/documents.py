"""Policy documents of a plan: texts, and data sources that are read only during apply.

In: an attribute that holds a policy; a `data.aws_iam_policy_document`. Out: a document as nodes, values that are not known among them.
Guarantee: a data source says what the provider would write: its statements in order, after those of its source documents; a statement of an
override document takes the place of the one with its `Sid`. [Terraform AWS provider: aws_iam_policy_document]
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from typing import Any

from verifier.inputs.json_nodes import read_json
from verifier.inputs.nodes import Items, Members, Node, Scalar
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.resolver import Resolver, block_list, entries, member
from verifier.inputs.terraform.values import node_of, place_of, text_node
from verifier.inputs.terraform.written import written
from verifier.inputs.unknown import Embedded, Resolved, Unknown, joined
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\],:]|[^\s"{}\[\],:]+|\s+')
_BEFORE, _AFTER = ("source_json", "source_policy_documents"), ("override_json", "override_policy_documents")
"""The documents that come before the data source's own statements, and those that come after."""


def policy_attribute(resolver: Resolver, resource: Resource, name: str) -> Node | None:
    """The policy in an attribute: a text, a document that could be recovered, or `Unknown`; `None` where it has none."""
    return as_document(resolver.value(resource, name), f"{resolver.plan.file}#{resource.address}.{name}")


def as_document(node: Node | None, place: str) -> Node | None:
    """A policy as a node whose places are in its own text, laid out on several lines."""
    if not isinstance(node, Scalar) or node.type != "string":
        return node
    return Embedded(node.source, 0, 0, laid_out(place, node.text)) if node.text.strip() else None


def laid_out(name: str, text: str) -> Source:
    """The text of a policy as a source. One that is on one line is shown on several; it is read as it stands."""
    if "\n" in text.strip():
        return Source(name, text)
    pieces: list[str] = []
    offsets = array("q")
    length = depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token.isspace():
            offsets.extend([length] * len(token))
            continue
        before, after = "", ""
        if token in "{[":
            depth += 1
            after = "\n" + "  " * depth
        elif token in "}]":
            depth = max(depth - 1, 0)
            before = "\n" + "  " * depth
        elif token in ",:":
            after = "\n" + "  " * depth if token == "," else " "
        offsets.extend(range(length + len(before), length + len(before) + len(token)))
        pieces += [before, token, after]
        length += len(before) + len(token) + len(after)
    offsets.append(length)
    return Source(name, text, Source(name, "".join(pieces)), offsets)


def data_document(resolver: Resolver, data: Resource) -> Node | None:
    """The document of a data source that is not read yet; `None` where even its statements are not known."""
    place = place_of(resolver.plan.file, data.address)
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
    return written(f"{resolver.plan.file}#{data.address}.json", Resolved(place, 0, 0, pairs))


def _own_statements(resolver: Resolver, data: Resource, place: Source) -> list[Node] | None:
    flags = data.unknown.get("statement") if isinstance(data.unknown, dict) else data.unknown
    given = data.values.get("statement")
    if flags is True:
        return None
    raw = node_of(place, given if isinstance(given, list) else [], flags)
    blocks = block_list((data.configuration or {}).get("expressions"), "statement")
    found: list[Node] = []
    for index, item in enumerate(entries(raw)):
        # Blocks that are generated are not in the configuration, so that the rest cannot be told apart.
        expressions = blocks[index] if len(blocks) == len(entries(raw)) and isinstance(blocks[index], dict) else None
        found.append(_statement(resolver, data, item, expressions, f"{data.address}.statement[{index}]"))
    return found


_Expressions = dict[str, Any] | None


def _statement(resolver: Resolver, data: Resource, raw: Node, expressions: _Expressions, at: str) -> Node:
    place = place_of(resolver.plan.file, at)
    if not isinstance(raw, Members):
        return Unknown(place, 0, 0, [f"{at} (known after apply)"])
    reader = _Block(resolver, data, raw, expressions or {}, at)
    pairs: list[tuple[Scalar, Node]] = []

    def add(name: str, node: Node | None) -> None:
        if node is not None and not (isinstance(node, Items) and not node.items) and not (isinstance(node, Scalar) and not node.text):
            pairs.append((text_node(place, name), node))

    add("Sid", reader.attribute("sid"))
    add("Effect", reader.attribute("effect") or text_node(place, "Allow"))
    for block, name in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        add(name, reader.principals(block))
    for attribute, name in (("actions", "Action"), ("not_actions", "NotAction")):
        add(name, reader.attribute(attribute))
    for attribute, name in (("resources", "Resource"), ("not_resources", "NotResource")):
        add(name, _with_variables(reader.attribute(attribute)))
    add("Condition", reader.conditions())
    return Resolved(place, 0, 0, pairs)


class _Block:
    """A `statement` block: its values, and the expressions that they come from where the configuration has them."""

    def __init__(self, resolver: Resolver, data: Resource, raw: Members, expressions: dict[str, Any], at: str) -> None:
        self.resolver = resolver
        self.data = data
        self.raw = raw
        self.expressions = expressions
        self.at = at

    def attribute(self, name: str) -> Node | None:
        """An attribute of the block, its unknown parts taken from its expression."""
        node = member(self.raw, name)
        expression = self.expressions.get(name)
        if node is None or not (isinstance(node, Unknown) or names_or_holes(node)):
            return node
        own = f"{self.at.removeprefix(self.data.address + '.')}.{name}"
        filled = node if expression is None else self.resolver.filled(node, expression, self.data, own)
        return _named(filled, f"{self.at}.{name} (known after apply)")

    def principals(self, name: str) -> Node | None:
        """`principals` or `not_principals` blocks as an element of a statement."""
        blocks = member(self.raw, name)
        if blocks is None or (isinstance(blocks, Items) and not blocks.items):
            return None
        place = self.raw.source
        if not isinstance(blocks, Items):
            return Unknown(place, 0, 0, [f"{self.at}.{name} (known after apply)"])
        found: dict[str, list[Node]] = {}
        for block, inner in self._inner(name, blocks, ("type",)):
            type_, identifiers = inner.attribute("type"), _with_variables(inner.attribute("identifiers"))
            if not isinstance(type_, Scalar) or not isinstance(block, Members):
                return Unknown(place, 0, 0, [f"{self.at}.{name} (known after apply)"])
            listed = entries(identifiers) if isinstance(identifiers, Items) else [identifiers] if identifiers is not None else []
            found.setdefault(type_.text, []).extend(listed)
        if "*" in found:
            return text_node(place, "*")
        return Resolved(place, 0, 0, [(text_node(place, type_), Items(place, 0, 0, listed)) for type_, listed in found.items()])

    def conditions(self) -> Node | None:
        """`condition` blocks as an element of a statement."""
        blocks = member(self.raw, "condition")
        if blocks is None or (isinstance(blocks, Items) and not blocks.items):
            return None
        place = self.raw.source
        whole = Unknown(place, 0, 0, [f"{self.at}.condition (known after apply)"])
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
        pairs: list[tuple[Scalar, Node]] = []
        for operator, tests in found.items():
            inside = [(text_node(place, key), values) for key, values in tests.items()]
            pairs.append((text_node(place, operator), Resolved(place, 0, 0, [(key, value) for key, value in inside])))
        return Resolved(place, 0, 0, pairs)

    def _inner(self, name: str, blocks: Items, keys: Sequence[str]) -> list[tuple[Node, _Block]]:
        """The nested blocks, each with the expressions of the one that has the same constants: a plan sorts them, the configuration does
        not."""
        written = self.expressions.get(name)
        candidates = [entry for entry in (written if isinstance(written, list) else []) if isinstance(entry, dict)]
        found: list[tuple[Node, _Block]] = []
        for index, block in enumerate(blocks.items):
            raw = block if isinstance(block, Members) else Members(self.raw.source, 0, 0, [])
            mine = [entry for entry in candidates if _agrees(entry, raw, keys)]
            expressions = mine[0] if len(mine) == 1 and len(candidates) == len(blocks.items) else {}
            found.append((block, _Block(self.resolver, self.data, raw, expressions, f"{self.at}.{name}[{index}]")))
        return found


def _agrees(expressions: dict[str, Any], raw: Members, keys: Sequence[str]) -> bool:
    for key in keys:
        expression, node = expressions.get(key), member(raw, key)
        constant = expression.get("constant_value") if isinstance(expression, dict) else None
        if constant is not None and isinstance(node, Scalar) and constant != node.text:
            return False
    return True


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
        if statements is None:
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
        sid = _sid(statement)
        at = next((index for index, other in enumerate(found) if sid and _sid(other) == sid), None)
        if at is None:
            found.append(statement)
        else:
            found[at] = statement
    return found


def _sid(statement: Node) -> str:
    sid = member(statement, "Sid")
    return sid.text if isinstance(sid, Scalar) else ""
