"""Checked ways into a tree of nodes.

In: nodes and what is expected of them. Out: Python values. Guarantee: what is not as expected is recorded at its place;
a duplicate member is always an error (L4).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar
from verifier.inputs.unknown import Unknown
from verifier.syntax.text import first_few

_TRUNCATED = ("Truncated", "IsTruncated", "NextToken", "NextMarker")


def members(remarks: Remarks, node: Node, what: str, known: Collection[str] | None = None) -> dict[str, Node]:
    """The members of an object by name. With `known`, another name is an error; without, it is one of AWS's that is not needed."""
    if not isinstance(node, Members):
        remarks.error(node, f"{what} must be an object, found {describe(node)}")
        return {}
    found: dict[str, Node] = {}
    for key, value in node.pairs:
        if key.text in found:
            remarks.error(key, f"duplicate member `{key.text}` in {what}", rule="L4")
        elif known is not None and key.text not in known:
            remarks.error(
                key, f"unknown member `{key.text}` in {what}", hint="expected " + ", ".join(f"`{name}`" for name in sorted(known))
            )
        found.setdefault(key.text, value)
    return found


def items(remarks: Remarks, node: Node, what: str) -> list[Node]:
    """The entries of a list."""
    if isinstance(node, Items):
        return node.items
    remarks.error(node, f"{what} must be a list, found {describe(node)}")
    return []


def text(remarks: Remarks, node: Node, what: str) -> str | None:
    """A string as it was written; a number too (an account ID in YAML needs no quotes)."""
    if isinstance(node, Scalar) and node.type != "null":
        return node.text
    remarks.error(node, f"{what} must be a string, found {describe(node)}")
    return None


def member_text(remarks: Remarks, found: Mapping[str, Node], name: str) -> str | None:
    """The text of a member; `None` where there is none, or it is null."""
    node = found.get(name)
    return None if node is None or is_null(node) else text(remarks, node, f"`{name}`")


def flag(remarks: Remarks, found: Mapping[str, Node], name: str) -> bool | None:
    """A Boolean member; `None` where there is none."""
    node = found.get(name)
    if node is None or is_null(node):
        return None
    if isinstance(node, Scalar) and node.type == "plain" and node.text.lower() in ("true", "false"):
        return node.text.lower() == "true"
    remarks.error(node, f"`{name}` must be true or false, found {describe(node)}")
    return None


def listed(remarks: Remarks, node: Node, name: str, what: str) -> list[Node]:
    """The entries of a listing: AWS CLI output (`{"Aliases": […]}`), several pages of it, or the bare list.

    A page that says that more follow, with none after it, is an error: what is missing would count as absent.
    """
    if isinstance(node, Items) and not any(isinstance(entry, Members) and entry.has(name) for entry in node.items):
        return node.items
    pages = node.items if isinstance(node, Items) else [node]
    found: list[Node] = []
    for page in pages:
        part = members(remarks, page, what)
        if name in part:
            found += items(remarks, part[name], f"`{name}`")
        elif isinstance(page, Members):
            remarks.error(page, f"{what} has no `{name}`", hint="an empty list says that there are none")
    check_complete(remarks, pages, what)
    return found


def check_complete(remarks: Remarks, pages: list[Node], what: str) -> None:
    """Records an error where the last page says that more follow."""
    if not pages or not isinstance(pages[-1], Members):
        return
    for key, value in pages[-1].pairs:
        if key.text in _TRUNCATED and isinstance(value, Scalar) and value.type != "null" and value.text.lower() != "false":
            remarks.error(key, f"{what} is truncated: `{key.text}` says that more pages follow", hint="give all pages, as a list")


def describe(node: Node) -> str:
    """What a node is, in words."""
    if isinstance(node, Unknown):
        return f"a value that is not known, for it depends on {first_few(node.names)}"
    if isinstance(node, Scalar):
        return {"string": "a string", "null": "null"}.get(node.type, f"`{node.text[:40]}`")
    return "an object" if isinstance(node, Members) else "a list"


def is_null(node: Node) -> bool:
    """Whether a value is null, which AWS CLI output has for what is not there."""
    return isinstance(node, Scalar) and node.type == "null"
