"""What a live collection was not able to read (`not-read.json`).

In: the record that `verifier snapshot` leaves beside what it read. Out: `NotRead`s, and an `Unmodelled` for each thing
that could change a decision. Guarantee: what was not read is unknown, never empty (S1, U3); a collection that did not
come to its end is an error.

Parts without an `Unmodelled` are those that are free where a snapshot does not have them (U1, U3, E2w), the key policy,
without which a key has no verdict, the list of keys, for which one stands that has none either, and details of an
organization, which `controls` misses by itself (D7).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count

from verifier.inputs.text.access import Record, members
from verifier.inputs.text.nodes import Node, Remarks
from verifier.model.estate import Key
from verifier.model.policy import is_account
from verifier.model.results.collection import PARTS, NotRead, SnapshotPart
from verifier.model.unmodelled import ANY_ENDPOINT, Influence, Unmodelled
from verifier.syntax.text import first_few, printable

_MEMBERS = ("part", "account", "region", "key", "operation", "code")
_OF_KEYS = (
    *(SnapshotPart.METADATA, SnapshotPart.POLICY, SnapshotPart.OTHER_POLICIES),
    *(SnapshotPart.GRANTS, SnapshotPart.TAGS),
)


def read_not_read(remarks: Remarks, node: Node) -> tuple[NotRead, ...]:
    """The entries of a record. Warns once for each part; one that does not say that it is complete is an error."""
    found = members(remarks, node, "the record of what was not read", ("complete", "parts"))
    if found.flag("complete") is not True:
        hint = "run the same `verifier snapshot` again: it goes on where it stopped"
        found.error("this snapshot is of a collection that did not come to its end", hint=hint, rule="S1")
        return ()
    read = [(part.place, _entry(part)) for part in found.records("parts", "a part that was not read", _MEMBERS)]
    entries = [(place, entry) for place, entry in read if entry is not None]
    for part in SnapshotPart:
        of_part = [(place, entry) for place, entry in entries if entry.part is part]
        if of_part:
            which = first_few(list(dict.fromkeys(printable(f"{entry.place} ({entry.reason})") for _, entry in of_part)))
            remarks.warning(of_part[0][0], f"{part.label} not read: {which}", hint=part.consequence, rule="S1")
    return tuple(entry for _, entry in entries)


def _entry(found: Record) -> NotRead | None:
    part, account, key = PARTS.get(found.text("part") or ""), found.text("account"), found.text("key")
    if part is None:
        found.error("unknown part of a snapshot", "part", hint="expected " + ", ".join(PARTS))
    elif account is None or not is_account(account):
        found.error("expected `account`, twelve digits")
    elif part in _OF_KEYS and key is None:
        found.error(f"expected `key`, the ARN of the key whose {part.label} was not read")
    elif part is SnapshotPart.KEYS and found.text("region") is None:
        found.error("expected `region`, the Region whose keys were not listed")
    else:
        operation, code = (printable(found.text(name) or "not told") for name in ("operation", "code"))
        return NotRead(part, account, operation, code, found.text("region"), key)
    return None


def unmodelled(entries: Sequence[NotRead]) -> Iterator[Unmodelled]:
    """What may allow or refuse, because it was not read: SCPs an account's callers, RCPs its resources (D7)."""
    for entry in entries:
        why = f"was not read ({entry.reason})"
        match entry.part:
            case SnapshotPart.METADATA:
                yield _of_key(entry, "U3", Influence.EITHER, f"the description of {entry.key} {why}")
            case SnapshotPart.OTHER_POLICIES:
                what = f"whether {entry.key} has a policy AWS_RAM, and its document, {why}"
                yield _of_key(entry, "L5a", Influence.EITHER, what)
            case SnapshotPart.GRANTS:
                yield _of_key(entry, "G1", Influence.MAY_ALLOW, f"the list of grants of {entry.key} {why}")
            case SnapshotPart.VPC_ENDPOINTS:
                name = f"VPC endpoints of {entry.place}"
                yield Unmodelled(name, "V", Influence.MAY_REFUSE, f"the list of {name} {why}", endpoint=ANY_ENDPOINT)
        if entry.part in (SnapshotPart.ORGANIZATION, SnapshotPart.SERVICE_CONTROL):
            name = f"service control policies over {entry.account}"
            yield Unmodelled(name, "D7", Influence.MAY_REFUSE, f"what {name} there are {why}", account=entry.account)
        if entry.part in (SnapshotPart.ORGANIZATION, SnapshotPart.RESOURCE_CONTROL):
            name = f"resource control policies over {entry.account}"
            yield Unmodelled(name, "D7", Influence.MAY_REFUSE, f"what {name} there are {why}", owner=entry.account)


def _of_key(entry: NotRead, label: str, influence: Influence, description: str) -> Unmodelled:
    return Unmodelled(f"{entry.part.label} of {entry.key}", label, influence, description, key=entry.key)


def with_gaps(key: Key, not_read: Mapping[tuple[SnapshotPart, str], NotRead]) -> Key:
    """The key, with what a live collection could not read of it (by part and place: the ARN of a key, or an account and
    Region). Grants that were not read are an `Unmodelled`, not none supposed; of aliases and tags it is not known
    whether an invariant chooses the key by them."""
    places = (key.arn, f"{key.account} {key.region}", key.account)

    def missing(part: SnapshotPart) -> NotRead | None:
        return next((not_read[part, place] for place in places if (part, place) in not_read), None)

    if (entry := missing(SnapshotPart.POLICY)) is not None:
        reason = printable(f"the policy of {key.name or key.arn} was not read ({entry.reason})")
        key = replace(key, policies=None, unread=reason)
    for fact, given, part in (("tags", key.tags, SnapshotPart.TAGS), ("aliases", key.aliases, SnapshotPart.ALIASES)):
        if given is None and (entry := missing(part)) is not None:
            why = printable(f"the {fact} of {key.name or key.arn} were not read ({entry.reason})")
            key = replace(key, unknown_facts=(*key.unknown_facts, (fact, why)))
    return replace(key, grants=key.grants or ()) if missing(SnapshotPart.GRANTS) else key


def with_unique_names(things: list[Unmodelled]) -> tuple[Unmodelled, ...]:
    """The things with names that are unique: a name that occurs again gets what sets it apart, or a number."""
    counts = Counter(thing.name for thing in things)
    used: set[str] = set()
    distinct = []
    for thing in things:
        scope = thing.key or thing.principal or thing.account
        name = printable(f"{thing.name} ({scope})" if counts[thing.name] > 1 and scope else thing.name)
        unique = next(each for each in chain([name], (f"{name} #{number}" for number in count(2))) if each not in used)
        used.add(unique)
        distinct.append(replace(thing, name=unique, description=printable(thing.description)))
    return tuple(distinct)
