"""`data.aws_iam_policy_document`: the document that the provider writes.

Guarantee: it says what the provider would write: its statements in order, after those of its source documents; a
statement of a later document takes the place of the one with its `Sid`. What the provider would refuse, or orders by a
`Sid` that is not known, is not merged. [Terraform AWS provider: aws_iam_policy_document]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from verifier.inputs.resources.resource import Resource, unknown_part
from verifier.inputs.terraform.configuration import HclBlock
from verifier.inputs.terraform.documents import member_given, rebased, with_places
from verifier.inputs.terraform.hcl_kinds import STAND_INS, JsonText, Loose
from verifier.inputs.terraform.plan_values import after_apply, node_of
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.text.json_nodes import read_json
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, entries, listing, obj, text_at, text_of, values_of
from verifier.inputs.text.unknown import UnknownNode, names_in, replaced, resolved, unknowns, with_leaves
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

_MOST = 1_000
"""Statements of other documents; no policy of 32 KiB holds as many."""
_STATEMENT_BLOCKS = {
    "Sid": "sid",
    "Effect": "effect",
    "Principal": "principals",
    "NotPrincipal": "not_principals",
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
    "Condition": "condition",
}
"""Elements of a statement, and what each is in a `statement` block."""
_NAMES = {name.casefold(): name for name in ("Version", "Id", "Statement", *_STATEMENT_BLOCKS)}
"""Names of members that the provider looks for."""


def _documents_to_merge(resolver: Resolver, data: Resource, name: str) -> list[Node]:
    """The documents in an attribute, read where they are texts."""
    found: list[Node] = []
    for item in values_of(resolver.value(data, name)):
        document: Node = item
        if isinstance(item, Scalar):
            if item.type == "null" or not item.text:
                continue
            with suppress(InputError):
                document = read_json(Source(f"{resolver.plan.file}#{data.address}.{name}", item.text))
        found.append(document)
    return found


def _merged_statements(documents: Iterable[Node]) -> list[Node] | None:
    """The statements of documents that are merged; `None` where one is not known, or the provider refuses it."""
    found: list[Node] = []
    for document in documents:
        statements = member_given(document, "Statement")
        if not isinstance(statements, Items) or len(found) + len(statements.items) > _MOST:
            return None
        if any(map(_is_respelt, (document, *statements.items))):
            return None
        found += map(_as_read, statements.items)
    return found


def _is_respelt(node: Node) -> bool:
    """True iff a member has another's name but for its case, as the provider takes it. [Go: encoding/json]"""
    names = [key.text for key, _ in node.pairs] if isinstance(node, Members) else []
    return any(_NAMES.get(name.casefold(), name) != name for name in names)


def _as_read(statement: Node) -> Node:
    """A statement as the provider reads it: of conditions with a value that is neither a text, a truth nor a list it
    leaves that key out, and may learn not to; it fails at a list that has more than texts. [Terraform AWS provider:
    internal/service/iam/policy_model.go, UnmarshalJSON of conditions]"""
    conditions = member_given(statement, "Condition")
    keys = [value for _, value in conditions.pairs] if isinstance(conditions, Members) else []
    values = [value for tests in keys if isinstance(tests, Members) for _, value in tests.pairs]
    others = (value for value in values if isinstance(value, Scalar) and value.type != "string")
    left_out = [value for value in others if value.text not in ("true", "false")]
    items = (item for value in values if isinstance(value, Items) for item in value.items)
    left_out += [item for item in items if isinstance(item, Scalar) and item.type != "string"]
    if not left_out or not isinstance(statement, Members):
        return statement
    provider = "the provider leaves out what is neither text nor truth, so it is to be quoted"
    why = f"a condition of a source document: {provider}"
    return replaced(statement, "Condition", UnknownNode(left_out[0], [why]))


def _repeated_sid(statements: Sequence[Node] | None) -> str | None:
    """A `Sid` that two statements have."""
    sids = [sid for statement in statements or () if (sid := text_of(statement, "Sid"))]
    return next((sid for sid in sids if sids.count(sid) > 1), None)


def _is_open(statement: Node) -> bool:
    """True iff the `Sid` of a statement is not known, or something in it may stand for what is not."""
    sid = member_given(statement, "Sid")
    return isinstance(sid, UnknownNode) or STAND_INS.search(text_of(statement, "Sid") or "") is not None


def _is_order_open(statements: Sequence[Node], later: Sequence[Node]) -> bool:
    """True iff a `Sid` is not known that decides which statements later ones take the place of."""
    return bool(statements and later) and any(map(_is_open, (*statements, *later)))


def _overridden(statements: list[Node], later: Sequence[Node]) -> list[Node]:
    """The statements with each later one put in the place of that with its `Sid`, or at the end."""
    found = list(statements)
    for statement in later:
        sid = text_of(statement, "Sid")
        at = next((index for index, other in enumerate(found) if sid and text_of(other, "Sid") == sid), len(found))
        found[at : at + 1] = [statement]
    return found


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
    """The document that the provider will write; if not known, what it depends on, `None` if nothing tells that."""
    statements: list[Node] | None = []
    at = Node(resolver.place(data), 0, 0)
    versions = [resolver.value(data, "version") or text_at(at, "2012-10-17")]
    depends: list[Node] = []
    for name in _PARTS:
        merged = [] if name == "statement" else _documents_to_merge(resolver, data, name)
        versions += [version for document in merged if (version := member_given(document, "Version")) is not None]
        found = _own_statements(resolver, data) if name == "statement" else _merged_statements(merged)
        together = found if name == "statement" else [*(statements or ()), *(found or ())]
        if name in _DISTINCT_SIDS and (sid := _repeated_sid(together)):
            why = f"two of its statements have the Sid `{sid}`, which the provider refuses"
            return UnknownNode(at, [f"{data.address}.json ({why})"])
        if found is None or statements is None or _is_order_open(statements, found):
            sids = (member_given(one, "Sid") for one in (*(statements or ()), *(found or ())))
            depends += filter(None, [resolver.value(data, name)] if found is None else sids)
            statements = None
        else:
            statements = _overridden(statements, found)
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
    """A block of a `.tf` file with the constants that tell blocks apart, as the configuration of a plan has them."""
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
    """A `statement` block, or one in it: its values, its block in the configuration, and its place."""

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
        for element, name in _STATEMENT_BLOCKS.items():
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
        return resolved(self.at, obj(self.at, **found).pairs)

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
        conditions = {key: resolved(at, obj(at, **inner).pairs) for key, inner in tests.items()}
        return resolved(at, obj(at, **lists | conditions).pairs)

    def _inner(self, name: str, items: Sequence[Node]) -> Iterator[_Block]:
        """The nested blocks, each with the configuration's one of the same constants: a plan sorts them."""
        candidates = self.block.blocks.get(name, [])
        for index, raw in enumerate(items):
            constants = {name: node.text for name in _CONSTANTS if isinstance(node := member_given(raw, name), Scalar)}
            wanted = constants.items()
            mine = [block for block in candidates if all(block.text(name) in (None, text) for name, text in wanted)]
            block = mine[0] if len(mine) == 1 and len(candidates) == len(items) else HclBlock()
            yield _Block(self.resolver, self.data, raw, block, self.at, f"{self.address}.{name}[{index}]")

    def _unknown(self, at: Node, name: str) -> UnknownNode:
        return UnknownNode(at, [after_apply(f"{self.address}{name}")])


def _rank(version: Node) -> int:
    """What orders versions: the latest is `2012-10-17`; one that is not known is no later."""
    return 1 if not isinstance(version, Scalar) else 2 if version.text == "2012-10-17" else 0
