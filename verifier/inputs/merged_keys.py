"""The keys of all inputs, each as one.

In: the parts of keys, as snapshots, plans, templates and policy files have them. Out: the parts of each key as it will be. Guarantee: what
a plan writes counts, and what it only tells must be as in the snapshot; what it does not say, and what it has no part in (grants and
aliases that others made, the policy of a share), is as the snapshot has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from verifier.inputs.access import is_null
from verifier.inputs.agreement import agreed, same_node
from verifier.inputs.drafts import listing
from verifier.inputs.key_changes import KeyChanges, entries_of, with_changes
from verifier.inputs.nodes import Members, Node, Remarks, Scalar, entries, member, text_of
from verifier.inputs.parts import KeyParts
from verifier.inputs.unknown import Unknown, names_in


def as_one(remarks: Remarks, parts: Iterable[KeyParts]) -> Iterator[KeyParts]:
    """The keys. One that two snapshots, or two plans, describe as a whole stays two."""
    groups: dict[object, list[KeyParts]] = {}
    for part in sorted(parts, key=lambda found: (found.planned, found.policy_alone)):
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


def _arn(part: KeyParts) -> str | None:
    at, metadata = part.members.get("arn"), part.members.get("metadata")
    found = at.text if isinstance(at, Scalar) else None
    return found if metadata is None else text_of(member(metadata, "KeyMetadata") or metadata, "Arn") or found


def _settle(planned: Sequence[KeyParts]) -> None:
    """Gives one key the same policy in all plans and templates: that of the one that writes it, or of all of them."""
    written = [part for part in planned if not part.members["policy"].told] or planned
    policies = [part.members["policy"] for part in written]
    if not all(same_node(policy, policies[0]) for policy in policies[1:]):
        names = " and ".join(f"{part.name} ({part.file})" for part in written)
        policies = [Unknown(policies[0].source, policies[0].start, policies[0].end, [f"which of {names} comes last"])]
    for part in planned:
        part.members["policy"] = policies[0]


def _joined(remarks: Remarks, arn: str, known: KeyParts, part: KeyParts) -> KeyParts:
    """A key with what a plan makes of it; a part that is a policy alone says nothing else of it."""
    own, place = part.members, known.place
    grants, aliases = entries(own.get("grants")), entries(own.get("aliases"))
    changes = KeyChanges(part.place, own["policy"], grants=grants, aliases=aliases)
    members = {name: node for name, node in own.items() if name in ("metadata", "grants", "tags")}
    members |= with_changes(remarks, arn, known.members, changes)
    if "metadata" in known.members:
        members["metadata"] = _metadata(remarks, arn, known.members["metadata"], own["metadata"])
    if "tags" in own and "tags" in known.members:
        there = known.members["tags"]
        members["tags"] = agreed(own["tags"], listing(there, entries_of(there, "Tags")), place)
        if names := names_in([members["tags"]]):
            remarks.warning(place, f"the tags of {arn} are not known: {names[0]}", rule="U3")
            del members["tags"]
    of = known if part.policy_alone else part
    return replace(of, members=members, supposed=(*known.supposed, *part.supposed), planned=known.planned or not part.policy_alone)


def _metadata(remarks: Remarks, arn: str, node: Node, own: Node) -> Node:
    """What `describe-key` tells, and what a plan says besides. A fact that both have, and otherwise, is not known."""
    known = member(node, "KeyMetadata") or node
    if not isinstance(known, Members) or not isinstance(own, Members):
        return node
    there = {key.text: value for key, value in known.pairs if not is_null(value)}
    differ = [name for name, value in there.items() if isinstance(other := member(own, name), Scalar) and not same_node(value, other)]
    for name in differ:
        remarks.warning(there[name], f"`{name}` of {arn} is not known: {own.span} has it otherwise", rule="U3")
    pairs = [*known.pairs, *(pair for pair in own.pairs if pair[0].text not in there)]
    return Members(known.source, known.start, known.end, [(key, value) for key, value in pairs if key.text not in differ])
