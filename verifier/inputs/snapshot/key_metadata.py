"""What `describe-key` tells of a key, and of the keys that it is related to: multi-Region keys of one account that
share a key ID.

Guarantee: facts that contradict each other, the key's ARN, those of a related key or the reference data are errors;
facts that are not given are `None` (U3). [API: KeyMetadata; multi-region-keys-overview, *Shared properties*]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from verifier.inputs.own_region import REGIONS, region_partition
from verifier.inputs.text.access import Record
from verifier.inputs.text.nodes import Node, Remarks
from verifier.model.estate import Key
from verifier.model.policy import arn_account
from verifier.model.reference import CUSTOM_KEY_STORES, key_facts
from verifier.syntax.text import did_you_mean, printable

_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):kms:([a-z]{2}(?:-[a-z]+)+-[0-9]+):([0-9]{12}):key/([A-Za-z0-9-]+)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MEMBERS_BY_ORIGIN: tuple[tuple[str, frozenset[str]], ...] = (
    ("CustomKeyStoreId", CUSTOM_KEY_STORES),
    ("CloudHsmClusterId", frozenset({"AWS_CLOUDHSM"})),
    ("XksKeyConfiguration", frozenset({"EXTERNAL_KEY_STORE"})),
    ("ExpirationModel", frozenset({"EXTERNAL"})),
    ("ValidTo", frozenset({"EXTERNAL"})),
)
"""Members that only keys of these origins have. [API: KeyMetadata]"""
_SHARED = (("spec", "KeySpec"), ("usage", "KeyUsage"), ("origin", "Origin"))
"""Attributes of `Key` that related keys share, and their names in `describe-key`."""
PLACEHOLDER_START = "00000000-0000-0000-0000-"
"""How the ID of a key begins that nothing gives."""
PLACEHOLDER_ID = f"{PLACEHOLDER_START}000000000000"
"""The key ID that stands for one that is not known."""

DescribedKey = tuple[Key, str | None, Node]
"""A key with the facts that `describe-key` tells of it, `None` where it does not; the ARN of its primary key; the place
of what it says of related keys, or else of some fact."""


HINT_KEY_ARN = (
    "expected arn:PARTITION:kms:REGION:ACCOUNT:key/KEY_ID in one of the partitions aws, aws-cn (Regions cn-…) and "
    "aws-us-gov (us-gov-…) [R7]"
)


def is_key_arn(arn: str) -> bool:
    """True iff a text is the ARN of a KMS key in a partition that the verifier knows, and in a Region of that (R7).
    Raises `InputError` for a Region of no partition that it knows."""
    match = _ARN.fullmatch(arn)
    return match is not None and region_partition(match[2]) == match[1]


def are_related(arn: str, other: str, length: int | None = None) -> bool:
    """True iff two ARNs, or their first fields, differ in the Region only, as those of related keys do (L9)."""
    fields, others = arn.split(":")[:length], other.split(":")[:length]
    return fields[:3] + fields[4:] == others[:3] + others[4:]


def read_facts(metadata: Record, arn: str) -> DescribedKey:
    """The facts of the key with this ARN."""
    _check_same(metadata, "AWSAccountId", arn_account(arn))
    _check_same(metadata, "KeyId", arn.rsplit("/", 1)[1])
    spec, older = (
        _known(metadata, name, {facts.spec for facts in key_facts()}) for name in ("KeySpec", "CustomerMasterKeySpec")
    )
    if spec and older and spec != older:
        metadata.error(
            f"`CustomerMasterKeySpec` is {older}, but `KeySpec` is {spec}", "CustomerMasterKeySpec", rule="F8"
        )
    usage = _known(metadata, "KeyUsage", {facts.usage for facts in key_facts()})
    origin = _known(metadata, "Origin", {facts.origin for facts in key_facts()})
    key, primary, place = _with_relatives(metadata, Key(arn, spec=spec or older, usage=usage, origin=origin))
    manager, state = _known(metadata, "KeyManager", {"AWS", "CUSTOMER"}), printable(metadata.text("KeyState") or "")
    _check_consistent(metadata, key)
    for name, origins in _MEMBERS_BY_ORIGIN:
        if metadata.value(name) is not None and origin is not None and origin not in origins:
            metadata.error(f"`{name}` does not go with `Origin` {origin}", name, rule="U3")
    days = metadata.text("PendingWindowInDays") or ""
    key = replace(
        key, rotates=metadata.flag("KeyRotationEnabled"), deletion_window=int(days) if days.isdecimal() else None
    )
    return replace(key, manager=manager or key.manager, state=state or None), primary, place


def _check_same(metadata: Record, name: str, expected: str) -> None:
    value = metadata.text(name)
    if value is not None and value not in (expected, f"key/{expected}") and not value.endswith(f":key/{expected}"):
        metadata.error(f"`{name}` is {value}, but the key's ARN says {expected}", name)


def _known(found: Record, name: str, values: Collection[str]) -> str | None:
    """A member with a value that the reference data knows (U4); another is an error."""
    value = found.text(name)
    if value is None or value in values:
        return value
    found.error(f"unknown `{name}` `{value}`", name, hint="expected " + ", ".join(sorted(values)), rule="U4")
    return None


def _check_consistent(metadata: Record, key: Key) -> None:
    """Records an error where no real key has these facts together (U3)."""
    stated = (key.spec, key.usage, key.origin, key.multi_region, key.multi_region_type)
    for known in key_facts(key.partition):
        own = (known.spec, known.usage, known.origin, known.multi_region_type is not None, known.multi_region_type)
        if all(given in (None, fact) for given, fact in zip(stated, own, strict=True)):
            return
    name = next(name for name in ("KeyUsage", "Origin", "MultiRegion", "KeySpec") if name in metadata)
    shown = [fact for fact in (*stated[:3], "multi-Region" if key.multi_region else None) if fact]
    metadata.error("no KMS key has these facts together: " + ", ".join(shown), name, rule="U3")


def _with_relatives(metadata: Record, key: Key) -> DescribedKey:
    """The key with what `describe-key` says of a multi-Region key."""
    arn, given = key.arn, metadata.flag("MultiRegion")
    key_id = arn.rsplit("/", 1)[1]  # which says it, unless it is of neither form [multi-region-keys-overview]
    by_id = True if key_id.startswith("mrk-") else None
    if _UUID.fullmatch(key_id) and not key_id.startswith(PLACEHOLDER_START):
        by_id = False
    if given is not None and by_id is not None and given != by_id:
        means = "is that of a multi-Region key" if by_id else "is not that of a multi-Region key"
        metadata.error(f"`MultiRegion` is {str(given).lower()}, but the key ID {key_id} {means}", "MultiRegion")
    key = replace(key, multi_region=by_id if given is None else given)
    if metadata.value("MultiRegionConfiguration") is None:
        return key, None, next(iter(metadata.values()), metadata.place)
    found = metadata.inner("MultiRegionConfiguration")
    kind = _known(found, "MultiRegionKeyType", ("PRIMARY", "REPLICA"))
    if kind is not None and key.multi_region is False:
        found.error("`MultiRegionConfiguration` belongs to multi-Region keys only")
        return key, None, found.place
    primary = _related(found.inner("PrimaryKey"), arn)
    replicas = [_related(replica, arn) for replica in found.records("ReplicaKeys", "a replica key")]
    if kind is not None and primary is not None and (kind == "PRIMARY") != (primary == arn):
        found.error(f"{arn} is said to be the {kind.lower()} key, but the primary key is {primary}", rule="F8")
    elif kind == "PRIMARY" and primary is not None and arn in replicas:
        found.error(f"{arn} is said to be the primary key and a replica", rule="F8")
    return replace(key, multi_region_type=kind), primary, found.place


def _related(found: Record, arn: str) -> str | None:
    """The ARN of a related key."""
    related, region = found.text("Arn"), found.text("Region")
    if related is None:
        return None
    if not are_related(related, arn):
        hint = "related keys share their account and key ID"
        found.error(f"{related} is no related key of {arn}", "Arn", hint=hint, rule="L9")
        return None
    own = related.split(":")[3]
    if region not in (None, own):
        found.error(f"`Region` is {region}, but {related} is in {own}", "Region")
    return related


def check_described(remarks: Remarks, keys: Iterable[DescribedKey]) -> None:
    """Records an error where related keys of the input contradict each other, and a warning for each Region that is
    not known (U4): no request is sent there if its name is misspelt."""
    families: dict[tuple[str, str], list[DescribedKey]] = {}
    regions = [region for of_partition in REGIONS.values() for region in of_partition]
    warned = set[str]()
    for found in keys:
        if (region := found[0].region) not in (*regions, *warned):
            message = f"`{region}` is none of the Regions that are known"
            remarks.warning(found[2], message, hint=did_you_mean(region, regions), rule="U4")
            warned.add(region)
        if found[0].multi_region:
            families.setdefault((found[0].account, found[0].arn.rsplit("/", 1)[1]), []).append(found)
    for family in families.values():
        _check_family(remarks, family)


def _check_family(remarks: Remarks, family: Sequence[DescribedKey]) -> None:
    first = family[0][0]
    for key, _, place in family[1:]:
        for attribute, name in _SHARED:
            here, there = getattr(key, attribute), getattr(first, attribute)
            if None not in (here, there) and here != there:
                message = f"related keys share their `{name}`: {key.arn} has {here}, {first.arn} has {there}"
                remarks.error(place, message, rule="L9")
    primaries = {primary: place for _, primary, place in family if primary}
    primaries |= {key.arn: place for key, _, place in family if key.multi_region_type == "PRIMARY"}
    if len(primaries) > 1:
        message = f"related keys have one primary key, here are several: {', '.join(sorted(primaries))}"
        remarks.error(list(primaries.values())[-1], message, rule="L9")
