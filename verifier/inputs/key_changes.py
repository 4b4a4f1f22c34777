"""What a plan or template does to a key that a snapshot beside it has: its policy, grants and aliases.

In: the parts of the key, and what is done. Out: the parts as they are then. Guarantee: a grant that is made counts beside those that are
listed, and takes the place of one with its ID; one that is revoked does not count. What was not given (`None`, U3) stays so, but for
grants: those that are made are there. A policy of which it is not known whose it is may be that of any key of its account and Region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from verifier.inputs.agreement import agreed, told
from verifier.inputs.drafts import listing, obj
from verifier.inputs.nodes import Items, Members, Node, Remarks, Scalar, entries, member, text_of
from verifier.inputs.policies import DEFAULT
from verifier.inputs.unknown import Unknown, names_in, replaced
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
    return {**parts, "policies": replaced(given, DEFAULT, policy)}


def with_changes(remarks: Remarks, arn: str, parts: Mapping[str, Node], changes: KeyChanges | None) -> Mapping[str, Node]:
    """The parts of a key with the changes made. What is only told must be as the parts have it, where they have it."""
    if changes is None:
        return parts
    found, known = dict(parts), _policy(parts)
    if changes.policy is not None:
        found = _with_policy(parts, changes.policy if known is None else agreed(changes.policy, known, known))
    if (given := found.get("grants")) is not None:
        listed = {text_of(grant, "GrantId"): grant for grant in entries_of(given, "Grants")}
        grants = [_perhaps(grant, listed.get(text_of(grant, "GrantId")), given) for grant in changes.grants]
        gone = changes.revoked | {text for grant in grants if (text := text_of(grant, "GrantId")) is not None}
        found["grants"] = _joined(given, "Grants", gone, grants, changes.place)
    elif changes.grants:
        found["grants"] = listing(changes.place, changes.grants)
    if (changes.aliases or changes.unaliased) and "aliases" in found:
        found["aliases"] = _with_aliases(found["aliases"], arn, changes)
        if names := names_in([found["aliases"]]):
            remarks.warning(changes.place, f"the aliases of {arn} are not known: {first_few(names)}", rule="U3")
            del found["aliases"]
    return found


def _policy(parts: Mapping[str, Node]) -> Node | None:
    """The policy of a key, out of the output of `get-key-policy`."""
    found = member(parts.get("policies"), DEFAULT) or parts.get("policy")
    return found if member(found, "Statement") is not None else member(found, "Policy") or found


def _perhaps(grant: Node, known: Node | None, place: Node) -> Node:
    """A grant; where it is only told, and a listing has it otherwise or not at all, it may be there or not."""
    found = agreed(told(_what(grant), grant.told), None if known is None else _what(known), place)
    return obj(grant, GrantId=member(grant, "GrantId") or found, Name=found) if isinstance(found, Unknown) else grant


def _what(grant: Node) -> Node:
    """What a grant is: what else a listing has of it a plan does not tell."""
    names = ("GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints")
    return obj(grant, **{name: node for name in names if (node := member(grant, name)) is not None})


def _with_aliases(node: Node, arn: str, changes: KeyChanges) -> Node:
    own = (None, arn, arn.rsplit("/", 1)[-1])
    listed = entries_of(node, "Aliases")
    known = {getattr(entry, "text", None) or text_of(entry, "AliasName"): entry for entry in listed if text_of(entry, "TargetKeyId") in own}
    new = {name: agreed(alias, None, node) for alias in changes.aliases if (name := getattr(alias, "text", None)) not in known}
    return _joined(node, "Aliases", {*changes.unaliased, *filter(None, new)}, [*new.values()], changes.place)


def entries_of(node: Node, name: str) -> list[Node]:
    """The entries of a listing, of all its pages."""
    pages = node.items if isinstance(node, Items) else [node]
    return [entry for page in pages for entry in (entries(member(page, name)) if isinstance(page, Members) and page.has(name) else [page])]


def _joined(node: Node, name: str, gone: set[str], more: Sequence[Node], place: Node) -> Node:
    """A listing without some of its entries, and with more. Its pages stay in their order, the last one last."""
    pages = node.items if isinstance(node, Items) else [node]
    kept = [_without(page, name, gone) for page in pages if _own(page) not in gone]
    if isinstance(node, Items) and not any(isinstance(page, Members) and page.has(name) for page in pages):
        return Items(node.source, node.start, node.end, [*kept, *more])
    return Items(node.source, node.start, node.end, [obj(place, **{name: listing(place, more)}), *kept])


def _without(page: Node, name: str, gone: set[str]) -> Node:
    found = member(page, name)
    if not isinstance(page, Members) or not isinstance(found, Items):
        return page
    return replaced(page, name, listing(found, [entry for entry in found.items if _own(entry) not in gone]))


def _own(node: Node) -> str | None:
    """The ID of a grant, the name of an alias."""
    return node.text if isinstance(node, Scalar) else text_of(node, "GrantId") or text_of(node, "AliasName")
