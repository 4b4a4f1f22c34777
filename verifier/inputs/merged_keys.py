"""The keys of all inputs, each as one.

In: the parts of keys, as snapshots, plans, templates and policy files have them; what plans and templates do to keys of
others. Out: the parts of each key as it will be. Guarantee: what a plan writes counts, and what it only tells must be
as in the snapshot; what it does not say, and what it has no part in (grants and aliases that others made, the policy of
a share), is as the snapshot has it. A grant that is made counts beside those that are listed, and takes the place of
one with its ID; one that is revoked does not count. What was not given (`None`, U3) stays so, but for grants: those
that are made are there. A policy of which it is not known whose it is may be that of any key of its account and Region.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from verifier.inputs.agreement import agreed, reported, same_node
from verifier.inputs.policies import DEFAULT
from verifier.inputs.snapshot.parts import KeyChanges, KeyParts, LoosePolicy, Parts
from verifier.inputs.text.access import is_null, listed_entries
from verifier.inputs.text.nodes import Members, Node, Remarks, Scalar, entries, listing, member, obj, text_of, values_of
from verifier.inputs.text.unknown import UnknownNode, replaced
from verifier.syntax.text import first_few

_LISTINGS = {
    "grants": ("Grants", "the output of list-grants"),
    "aliases": ("Aliases", "the output of list-aliases"),
    "tags": ("Tags", "the list of tags"),
}
"""The members of a key that are listings: the list in the output, and what that is."""


def as_one(remarks: Remarks, parts: Iterable[KeyParts]) -> Iterator[KeyParts]:
    """The keys, listings of a snapshot's as bare lists. One described whole by two inputs of a kind stays two."""
    groups: dict[object, list[KeyParts]] = {}
    for part in sorted(parts, key=lambda found: (found.planned, found.policy_alone)):
        given = {name: part.members[name] for name in _LISTINGS if name in part.members and not part.planned}
        for name, node in given.items():
            if not isinstance(node, UnknownNode):
                part.members[name] = listing(node, listed_entries(remarks, node, *_LISTINGS[name]))
        groups.setdefault(_arn(part) or id(part), []).append(part)
    for arn, group in groups.items():
        _settle([part for part in group if part.planned])
        one, *others = group
        for part in others:
            if part.planned and (part.policy_alone or not one.planned):
                one = _joined(remarks, str(arn), one, part)
            else:
                yield part
        yield one


def tell_apart(parts: Parts) -> None:
    """Keys of several plans or templates with the same name are called by their files too. An alias of one may be
    another key's. What is supposed of a plan or template is supposed of the keys of all files."""
    counts = Counter(part.name for part in parts.keys if part.planned)
    for part in parts.keys:
        others = (said for file, said in parts.supposed.items() if not part.planned or file != part.file)
        part.supposed = tuple(dict.fromkeys(chain(part.supposed, *others)))
        if parts.loose_alias is not None and "aliases" in part.members:
            part.members["aliases"] = parts.loose_alias
        if part.planned and counts[part.name] > 1:
            part.name = f"{part.file}#{part.name}"


def _arn(part: KeyParts) -> str | None:
    at, metadata = part.members.get("arn"), part.members.get("metadata")
    found = at.text if isinstance(at, Scalar) else None
    return found if metadata is None else text_of(member(metadata, "KeyMetadata") or metadata, "Arn") or found


def _settle(planned: Sequence[KeyParts]) -> None:
    """Gives one key the same policy in all plans and templates: that of the one that writes it, or of all of them."""
    written = [part for part in planned if not part.members["policy"].reported_by] or planned
    policies = [part.members["policy"] for part in written]
    if not all(same_node(policy, policies[0]) for policy in policies[1:]):
        names = " and ".join(f"{part.name} ({part.file})" for part in written)
        policies = [UnknownNode(policies[0], [f"which of {names} comes last"])]
    for part in planned:
        part.members["policy"] = policies[0]


def _joined(remarks: Remarks, arn: str, known: KeyParts, part: KeyParts) -> KeyParts:
    """A key with what a plan makes of it; a part that is a policy alone says nothing else of it."""
    own, place = part.members, known.place
    grants, aliases = entries(own.get("grants")), entries(own.get("aliases"))
    changes = KeyChanges(part.place, own["policy"], grants=grants, aliases=aliases)
    members = {name: node for name, node in own.items() if name in ("metadata", "grants", "tags")}
    members |= with_changes(arn, known.members, changes)
    if "metadata" in known.members:
        members["metadata"] = _metadata(remarks, arn, known.members["metadata"], own["metadata"])
    if "tags" in own and "tags" in known.members:
        members["tags"] = agreed(own["tags"], known.members["tags"], place)
    of = known if part.policy_alone else part
    supposed = tuple(dict.fromkeys((*known.supposed, *part.supposed)))
    return replace(of, members=members, supposed=supposed, planned=known.planned or not part.policy_alone)


def _metadata(remarks: Remarks, arn: str, node: Node, own: Node) -> Node:
    """What `describe-key` tells, and what a plan says besides. A fact that both have, and otherwise, is not known."""
    known = member(node, "KeyMetadata") or node
    if not isinstance(known, Members) or not isinstance(own, Members):
        return node
    there = {key.text: value for key, value in known.pairs if not is_null(value)}
    others = {name: member(own, name) for name in there}
    differ = [name for name, one in others.items() if isinstance(one, Scalar) and not same_node(there[name], one)]
    for name in differ:
        remarks.warning(there[name], f"`{name}` of {arn} is not known: {own.span} has it otherwise", rule="U3")
    pairs = [*known.pairs, *(pair for pair in own.pairs if pair[0].text not in there)]
    kept = [(key, value) for key, value in pairs if key.text not in differ]
    return Members(known.source, known.start, known.end, kept)


def with_loose(parts: Mapping[str, Node], arn: str, place: Node, loose: Iterable[LoosePolicy]) -> Mapping[str, Node]:
    """The parts of a key, whose policy is not known where another one may be put in its place."""
    region, account = arn.split(":")[3:5]
    perhaps = [found for found in loose if found.account in (None, account) and found.region in (None, region)]
    names = [f"{found.address}, whose key is {first_few(found.names)}" for found in perhaps]
    return _with_policy(parts, UnknownNode(place, names)) if names else parts


def _with_policy(parts: Mapping[str, Node], policy: Node) -> dict[str, Node]:
    given = parts.get("policies")
    if not isinstance(given, Members):
        return {**parts, "policy": policy}
    return {**parts, "policies": replaced(given, DEFAULT, policy)}


def with_changes(arn: str, parts: Mapping[str, Node], changes: KeyChanges | None) -> Mapping[str, Node]:
    """The parts of a key with the changes made. What is only told must be as the parts have it, where they have it."""
    if changes is None:
        return parts
    found, known = dict(parts), _policy(parts)
    if changes.policy is not None:
        found = _with_policy(parts, changes.policy if known is None else agreed(changes.policy, known, known))
    if (given := found.get("grants")) is not None:
        there = {text_of(grant, "GrantId"): grant for grant in entries(given)}
        grants = [_perhaps(grant, there.get(text_of(grant, "GrantId")), given) for grant in changes.grants]
        gone = changes.revoked | {text for grant in grants if (text := text_of(grant, "GrantId")) is not None}
        found["grants"] = _relisted(given, gone, grants)
    elif changes.grants:
        found["grants"] = listing(changes.place, changes.grants)
    if (changes.aliases or changes.unaliased) and "aliases" in found:
        found["aliases"] = _with_aliases(found["aliases"], arn, changes)
    elif changes.unaliased:
        which = f"which it has besides {first_few(sorted(changes.unaliased))}, which it loses"
        found["aliases"] = UnknownNode(changes.place, [which])
    return found


def _policy(parts: Mapping[str, Node]) -> Node | None:
    """The policy of a key, out of the output of `get-key-policy`."""
    found = member(parts.get("policies"), DEFAULT) or parts.get("policy")
    return found if member(found, "Statement") is not None else member(found, "Policy") or found


def _perhaps(grant: Node, known: Node | None, place: Node) -> Node:
    """A grant; where it is only told, and a listing has it otherwise or not at all, it may be there or not."""
    found = agreed(reported(_what(grant), grant.reported_by), None if known is None else _what(known), place)
    is_open = isinstance(found, UnknownNode)
    return obj(grant, GrantId=member(grant, "GrantId") or found, Name=found) if is_open else grant


def _what(grant: Node) -> Node:
    """What a grant is: what else a listing has of it a plan does not tell."""
    names = ("GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints")
    return obj(grant, **{name: node for name in names if (node := member(grant, name)) is not None})


def _with_aliases(node: Node, arn: str, changes: KeyChanges) -> Node:
    own = (None, arn, arn.rsplit("/", 1)[-1])
    known = {_own(entry) for entry in values_of(node) if text_of(entry, "TargetKeyId") in own}
    new = {
        name: agreed(alias, None, node)
        for alias in changes.aliases
        if (name := getattr(alias, "text", None)) not in known
    }
    return _relisted(node, {*changes.unaliased, *filter(None, new)}, [*new.values()])


def _relisted(node: Node, gone: set[str], more: Sequence[Node]) -> Node:
    """A listing without some of its entries, and with more."""
    return listing(node, [*more, *(entry for entry in values_of(node) if _own(entry) not in gone)])


def _own(node: Node) -> str | None:
    """The ID of a grant, the name of an alias."""
    return node.text if isinstance(node, Scalar) else text_of(node, "GrantId") or text_of(node, "AliasName")
