"""Related multi-Region keys: keys of one account that share a key ID, `mrk-…`, in several Regions.

In: `MultiRegion` and `MultiRegionConfiguration` of `describe-key`; then all keys of the input. Out: `Relatives`; errors.
Guarantee: a key that contradicts itself, or a related key, is an error. [multi-region-keys-overview, *Shared properties*; API: KeyMetadata]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from verifier.inputs.access import flag, is_null, items, member_text, members
from verifier.inputs.nodes import Node, Remarks
from verifier.model.estate import Key

_SHARED = (("spec", "KeySpec"), ("usage", "KeyUsage"), ("origin", "Origin"))
"""Attributes of `Key` that related keys share, and their names in `describe-key`."""


@dataclass(frozen=True)
class Relatives:
    """What a key says of itself and its related keys. `type` is PRIMARY or REPLICA, `primary` the ARN of the primary key; `None` where
    not given. `place` is that of the configuration, or else of some fact of the key."""

    multi_region: bool | None = None
    type: str | None = None
    primary: str | None = None
    place: Node | None = None


def read_relatives(remarks: Remarks, metadata: Mapping[str, Node], arn: str, by_id: bool | None) -> Relatives:
    """What `describe-key` says. `by_id` is whether the key ID is that of a multi-Region key, `None` where it does not tell."""
    given = flag(remarks, metadata, "MultiRegion")
    if given is not None and by_id is not None and given != by_id:
        means = "is that of a multi-Region key" if by_id else "is not that of a multi-Region key"
        remarks.error(metadata["MultiRegion"], f"`MultiRegion` is {str(given).lower()}, but the key ID {arn.rsplit('/', 1)[1]} {means}")
    multi_region = by_id if given is None else given
    node = metadata.get("MultiRegionConfiguration")
    if node is None or is_null(node):
        return Relatives(multi_region, place=next(iter(metadata.values()), None))
    found = members(remarks, node, "`MultiRegionConfiguration`")
    kind = member_text(remarks, found, "MultiRegionKeyType")
    if kind not in (None, "PRIMARY", "REPLICA"):
        remarks.error(found["MultiRegionKeyType"], f"unknown `MultiRegionKeyType` `{kind}`", hint="expected PRIMARY, REPLICA", rule="U4")
        kind = None
    if kind is not None and multi_region is False:
        remarks.error(node, "`MultiRegionConfiguration` belongs to multi-Region keys only")
        return Relatives(multi_region, place=node)
    primary = _related(remarks, found["PrimaryKey"], "`PrimaryKey`", arn) if "PrimaryKey" in found else None
    replicas = items(remarks, found["ReplicaKeys"], "`ReplicaKeys`") if "ReplicaKeys" in found else []
    _check_own_place(remarks, node, arn, kind, primary, [_related(remarks, replica, "a replica key", arn) for replica in replicas])
    return Relatives(multi_region, kind, primary, node)


def check_related(remarks: Remarks, keys: Iterable[tuple[Key, Relatives]]) -> None:
    """Records an error where related keys of the input contradict each other."""
    families: dict[tuple[str, str], list[tuple[Key, Relatives]]] = {}
    for key, relatives in keys:
        if key.multi_region:
            families.setdefault((key.account, key.arn.rsplit("/", 1)[1]), []).append((key, relatives))
    for family in families.values():
        _check_family(remarks, family)


def _related(remarks: Remarks, node: Node, what: str, arn: str) -> str | None:
    """The ARN of a related key: it differs from the key's own in the Region only."""
    found = members(remarks, node, what)
    related, region = member_text(remarks, found, "Arn"), member_text(remarks, found, "Region")
    if related is None:
        return None
    fields, own = related.split(":"), arn.split(":")
    if len(fields) != len(own) or fields[:3] + fields[4:] != own[:3] + own[4:]:
        remarks.error(found["Arn"], f"{related} is no related key of {arn}", hint="related keys share their account and key ID", rule="L9")
        return None
    if region is not None and region != fields[3]:
        remarks.error(found["Region"], f"`Region` is {region}, but {related} is in {fields[3]}")
    return related


def _check_own_place(remarks: Remarks, node: Node, arn: str, kind: str | None, primary: str | None, replicas: Sequence[str | None]) -> None:
    if kind is None or primary is None:
        return
    if (kind == "PRIMARY") != (primary == arn):
        remarks.error(node, f"{arn} is said to be the {kind.lower()} key, but the primary key is {primary}", rule="F8")
    elif kind == "PRIMARY" and arn in replicas:
        remarks.error(node, f"{arn} is said to be the primary key and a replica", rule="F8")


def _check_family(remarks: Remarks, family: Sequence[tuple[Key, Relatives]]) -> None:
    first, _ = family[0]
    for key, relatives in family[1:]:
        for attribute, name in _SHARED:
            here, there = getattr(key, attribute), getattr(first, attribute)
            if None not in (here, there) and here != there:
                message = f"related keys share their `{name}`: {key.arn} has {here}, {first.arn} has {there}"
                assert relatives.place is not None
                remarks.error(relatives.place, message, rule="L9")
    told = {arn: relatives for _, relatives in family if (arn := relatives.primary)}
    told |= {key.arn: relatives for key, relatives in family if relatives.type == "PRIMARY"}
    if len(told) > 1:
        place = list(told.values())[-1].place
        assert place is not None
        remarks.error(place, "related keys have one primary key, here are several: " + ", ".join(sorted(told)), rule="L9")
