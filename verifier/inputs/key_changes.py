"""What a plan or template does to a key that a snapshot beside it has: its policy, grants and aliases.

In: the parts of the key, and what is done. Out: the parts as they are then. Guarantee: a grant that is made counts beside those that are
listed, and takes the place of one with its ID; one that is revoked does not count. What was not given (`None`, U3) stays so, but for
grants: those that are made are there. A policy of which it is not known whose it is may be that of any key of its account and Region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from verifier.inputs.drafts import listing, obj
from verifier.inputs.nodes import Items, Members, Node, Scalar, entries, member, text_of
from verifier.inputs.policies import DEFAULT
from verifier.inputs.unknown import Unknown, names_in
from verifier.syntax.text import first_few


@dataclass
class KeyChanges:
    """Grants as `list-grants` lists them, the IDs of grants that are revoked, the names of aliases that it gets and that it loses; the
    policy, where it is written. `place` is where it is said."""

    place: Node
    policy: Node | None = None
    unaliased: set[str] = field(default_factory=set)
    grants: list[Node] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    aliases: list[Node] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    """The IDs of grants that are there, and not made."""


@dataclass(frozen=True)
class LoosePolicy:
    """A key policy at an address whose key depends on these names; its account and Region where they are known. No caller writes the
    policy of a key of another account or Region [API: PutKeyPolicy]."""

    address: str
    names: tuple[str, ...]
    account: str | None
    region: str | None

    def may_be_of(self, arn: str) -> bool:
        """Whether it may be the policy of the key with this ARN."""
        region, account = arn.split(":")[3:5]
        return self.account in (None, account) and self.region in (None, region)


def with_loose(parts: Mapping[str, Node], arn: str, place: Node, loose: Iterable[LoosePolicy]) -> Mapping[str, Node]:
    """The parts of a key, whose policy is not known where another one may be put in its place."""
    names = [f"{found.address}, whose key is {first_few(found.names)}" for found in loose if found.may_be_of(arn)]
    return _with_policy(parts, Unknown(place.source, place.start, place.end, names)) if names else parts


def _with_policy(parts: Mapping[str, Node], policy: Node) -> dict[str, Node]:
    given = parts.get("policies")
    if not isinstance(given, Members):
        return {**parts, "policy": policy}
    pairs = [(key, policy if key.text == DEFAULT else value) for key, value in given.pairs]
    return {**parts, "policies": Members(given.source, given.start, given.end, pairs)}


def with_changes(parts: Mapping[str, Node], changes: KeyChanges | None) -> Mapping[str, Node]:
    """The parts of a key with the changes made."""
    if changes is None:
        return parts
    found = dict(parts) if changes.policy is None else _with_policy(parts, changes.policy)
    gone = changes.revoked | {text for grant in changes.grants if (text := text_of(grant, "GrantId")) is not None}
    if changes.grants or "grants" in found:
        found["grants"] = _joined(found.get("grants"), "Grants", gone, changes.grants, changes.place)
    if (changes.aliases or changes.unaliased) and "aliases" in found:
        if names_in(changes.aliases):
            del found["aliases"]
        else:
            found["aliases"] = _with_aliases(found["aliases"], changes)
    return found


def _with_aliases(node: Node, changes: KeyChanges) -> Node:
    known = {text_of(entry, "AliasName") or getattr(entry, "text", None) for entry in _entries(node, "Aliases")} - changes.unaliased
    new = [alias for alias in changes.aliases if isinstance(alias, Scalar) and alias.text not in known]
    return _joined(node, "Aliases", changes.unaliased, new, changes.place)


def _entries(node: Node, name: str) -> list[Node]:
    """The entries of a listing, of all its pages."""
    pages = node.items if isinstance(node, Items) else [node]
    return [entry for page in pages for entry in (entries(member(page, name)) if isinstance(page, Members) and page.has(name) else [page])]


def _joined(node: Node | None, name: str, gone: set[str], more: Sequence[Node], place: Node) -> Node:
    """A listing without some of its entries, and with more. Its pages stay in their order, the last one last."""
    if node is None:
        return listing(place, more)
    pages = node.items if isinstance(node, Items) else [node]
    kept = [_without(page, name, gone) for page in pages if _own(page) not in gone]
    if isinstance(node, Items) and not any(isinstance(page, Members) and page.has(name) for page in pages):
        return Items(node.source, node.start, node.end, [*kept, *more])
    return Items(node.source, node.start, node.end, [obj(place, **{name: listing(place, more)}), *kept])


def _without(page: Node, name: str, gone: set[str]) -> Node:
    if not isinstance(page, Members) or not page.has(name):
        return page
    pairs = [
        (key, listing(value, [entry for entry in value.items if _own(entry) not in gone]))
        if key.text == name and isinstance(value, Items)
        else (key, value)
        for key, value in page.pairs
    ]
    return Members(page.source, page.start, page.end, pairs)


def _own(node: Node) -> str | None:
    """The ID of a grant, the name of an alias."""
    return node.text if isinstance(node, Scalar) else text_of(node, "GrantId") or text_of(node, "AliasName")
