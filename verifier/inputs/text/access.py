"""Checked ways into a tree of nodes.

Guarantee: what is not as expected is recorded at its place; a duplicate member is always an error (L4).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from verifier.inputs.text.nodes import Items, Members, Node, Remarks, Scalar, values_of
from verifier.inputs.text.nodes import entries as node_entries
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.grant import Pairs
from verifier.syntax.text import first_few

_TRUNCATED = ("Truncated", "IsTruncated", "NextToken", "NextMarker", "Marker")


class Record(dict[str, Node]):
    """The members of the object at `place`, and checked ways into them. A member that is null has no value."""

    def __init__(self, remarks: Remarks, place: Node, found: Mapping[str, Node] | None = None) -> None:
        super().__init__(found or {})
        self.remarks = remarks
        self.place = place

    def error(self, message: str, at: str | None = None, *, hint: str | None = None, rule: str | None = None) -> None:
        """Records an error at a member, or at the object where it has no such member."""
        self.remarks.error(self.get(at or "", self.place), message, hint=hint, rule=rule)

    def value(self, name: str) -> Node | None:
        """A member; `None` where there is none, or it is null."""
        node = self.get(name)
        return None if node is None or is_null(node) else node

    def text(self, name: str) -> str | None:
        """The text of a member; `None` where there is none, or it is null."""
        node = self.value(name)
        return None if node is None else text_as_written(self.remarks, node, f"`{name}`")

    def matching(self, name: str, pattern: re.Pattern[str], what: str, rule: str | None = None) -> str | None:
        """The text of a member that has a form; `None` where there is none, and after an error."""
        found = self.text(name)
        if found is None or pattern.fullmatch(found):
            return found
        self.error(f"`{found}` is not {what}", name, rule=rule)
        return None

    def flag(self, name: str) -> bool | None:
        """True iff a member is true; `None` where there is none, and after an error."""
        node = self.value(name)
        if node is None:
            return None
        if isinstance(node, Scalar) and node.type == "plain" and node.text.lower() in ("true", "false"):
            return node.text.lower() == "true"
        self.error(f"`{name}` must be true or false, found {describe_node(node)}", name)
        return None

    def entries(self, name: str) -> list[Node]:
        """The entries of a member that is a list; none where there is no such member."""
        node = self.get(name)
        if node is not None and not isinstance(node, Items):
            self.error(f"`{name}` must be a list, found {describe_node(node)}", name)
        return node_entries(node)

    def records(self, name: str, what: str, known: Collection[str] | None = None) -> list[Record]:
        """The entries of a member that is a list of objects."""
        return [members(self.remarks, node, what, known) for node in self.entries(name)]

    def inner(self, name: str) -> Record:
        """The members of a member that is an object; none where there is no such member."""
        return members(self.remarks, self[name], f"`{name}`") if name in self else Record(self.remarks, self.place)

    def unwrapped(self, name: str) -> Record:
        """What is in an envelope, at the place of that: its one member, or its members where it is none."""
        return Record(self.remarks, self.place, self.inner(name)) if name in self else self


def members(remarks: Remarks, node: Node, what: str, known: Collection[str] | None = None) -> Record:
    """The members of an object by name. With `known`, another name is an error."""
    found = Record(remarks, node)
    if not isinstance(node, Members):
        remarks.error(node, f"{what} must be an object, found {describe_node(node)}")
        return found
    for key, value in node.pairs:
        if key.text in found:
            remarks.error(key, f"duplicate member `{key.text}` in {what}", rule="L4")
        elif known is not None and key.text not in known:
            hint = "expected " + ", ".join(f"`{name}`" for name in sorted(known))
            remarks.error(key, f"unknown member `{key.text}` in {what}", hint=hint)
        found.setdefault(key.text, value)
    return found


def text_as_written(remarks: Remarks, node: Node, what: str) -> str | None:
    """A string as it was written; a number too (an account ID in YAML needs no quotes)."""
    if isinstance(node, Scalar) and node.type != "null":
        return node.text
    remarks.error(node, f"{what} must be a string, found {describe_node(node)}")
    return None


def listed_entries(remarks: Remarks, node: Node, name: str, what: str) -> list[Node]:
    """The entries of a listing: AWS CLI output (`{"Aliases": […]}`), several pages of it, or the bare list.

    A page that says that more follow, with none after it, is an error: what is missing would count as absent.
    """
    if isinstance(node, Items) and not any(isinstance(entry, Members) and entry.has(name) for entry in node.items):
        return node.items
    pages = values_of(node)
    found: list[Node] = []
    for page in pages:
        part = members(remarks, page, what)
        found += part.entries(name)
        if name not in part and isinstance(page, Members):
            remarks.error(page, f"{what} has no `{name}`", hint="an empty list says that there are none")
    check_complete(remarks, pages, what)
    return found


def listed_records(remarks: Remarks, node: Node, name: str, what: str, entry: str) -> list[Record]:
    """The entries of a listing of objects."""
    return [members(remarks, found, entry) for found in listed_entries(remarks, node, name, what)]


def check_complete(remarks: Remarks, pages: list[Node], what: str) -> None:
    """Records an error where the last page says that more follow."""
    for key, value in pages[-1].pairs if pages and isinstance(pages[-1], Members) else ():
        is_set = isinstance(value, Scalar) and value.type != "null" and value.text.lower() != "false"
        if is_set and key.text in _TRUNCATED:
            remarks.error(
                key, f"{what} is truncated: `{key.text}` says that more pages follow", hint="give all pages, as a list"
            )


def describe_node(node: Node) -> str:
    """What a node is, in words."""
    if isinstance(node, UnknownNode):
        return f"a value that is not known, for it depends on {first_few(node.names)}"
    if isinstance(node, Scalar):
        return {"string": "a string", "null": "null"}.get(node.type, f"`{node.text[:40]}`")
    return "an object" if isinstance(node, Members) else "a list"


def is_null(node: Node) -> bool:
    """True iff a value is null, which AWS CLI output has for what is not there."""
    return isinstance(node, Scalar) and node.type == "null"


def keys_differ(tags: Pairs) -> bool:
    """True iff no two keys of tags differ in case alone: of such two a condition reads one, and no page says which.
    [IAM: access_tags]"""
    return len({name.lower() for name, _ in tags}) == len(tags)
