"""One key of a snapshot.

In: the parts of a key as the AWS CLI prints them. Out: a `Key`, and what of it is not modelled.
Guarantee: facts that contradict each other, or the reference data, are errors; facts that are not given are `None` (U3).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from verifier.inputs.access import flag, listed, member_text, members, text
from verifier.inputs.nodes import Node, Remarks, Scalar
from verifier.inputs.policies import DEFAULT, SHARED, read_key_policy
from verifier.model.estate import Influence, Key, Pairs, Unmodelled
from verifier.model.policy import Policy
from verifier.model.reference import key_facts
from verifier.syntax.text import printable

MEMBERS = ("arn", "name", "metadata", "policy", "policies", "grants", "aliases", "tags")
"""The members of a key in a snapshot."""

_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):kms:([a-z]{2}(?:-[a-z]+)+-[0-9]+):([0-9]{12}):key/([A-Za-z0-9-]+)")
_ALIAS = re.compile(r"alias/[A-Za-z0-9/_-]+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Facts:
    """What `describe-key` tells of a key; `None` where it does not."""

    spec: str | None = None
    usage: str | None = None
    origin: str | None = None
    multi_region: bool | None = None
    multi_region_type: str | None = None
    manager: str = "CUSTOMER"
    state: str | None = None


def is_key_arn(arn: str) -> bool:
    """Whether a text is the ARN of a KMS key in a partition that the verifier knows (R7)."""
    return _ARN.fullmatch(arn) is not None


def arn_multi_region(arn: str) -> bool | None:
    """Whether the key ID says that the key is multi-Region (`mrk-…`) or that it is not (a UUID); `None` for other IDs.
    [multi-region-keys-overview]"""
    key_id = arn.rsplit("/", 1)[1]
    if key_id.startswith("mrk-"):
        return True
    return False if _UUID.fullmatch(key_id) else None


def read_key(remarks: Remarks, place: Node, parts: Mapping[str, Node], name: str | None) -> tuple[Key, tuple[Unmodelled, ...]] | None:
    """A key from its parts; `None` after recording why its ARN is not known."""
    metadata = _metadata(remarks, parts)
    arn = _arn(remarks, place, parts, metadata)
    if arn is None:
        return None
    facts = _facts(remarks, metadata, arn)
    aliases = _aliases(remarks, parts["aliases"], arn) if "aliases" in parts else None
    shown = name or member_text(remarks, parts, "name") or (aliases[0].removeprefix("alias/") if aliases else None)
    key = Key(
        arn=arn,
        name=printable(shown) if shown else None,
        policies=_policies(remarks, place, parts, arn, shown),
        spec=facts.spec,
        usage=facts.usage,
        origin=facts.origin,
        multi_region=facts.multi_region,
        multi_region_type=facts.multi_region_type,
        manager=facts.manager,
        state=facts.state,
        aliases=aliases,
        tags=read_tags(remarks, parts["tags"], "TagKey", "TagValue") if "tags" in parts else None,
        grants=() if "grants" in parts else None,
        span=place.span,
    )
    return key, _grants(remarks, parts, key)


def _metadata(remarks: Remarks, parts: Mapping[str, Node]) -> dict[str, Node]:
    """The members of `KeyMetadata`, with or without the envelope of `describe-key`."""
    node = parts.get("metadata")
    if node is None:
        return {}
    found = members(remarks, node, "the output of describe-key")
    return members(remarks, found["KeyMetadata"], "`KeyMetadata`") if "KeyMetadata" in found else found


def _arn(remarks: Remarks, place: Node, parts: Mapping[str, Node], metadata: Mapping[str, Node]) -> str | None:
    given = {node: member_text(remarks, found, name) for found, name in ((parts, "arn"), (metadata, "Arn")) if (node := found.get(name))}
    arns = {arn for arn in given.values() if arn is not None}
    if not arns:
        remarks.error(place, "the key has no ARN", hint="give `metadata` (the output of describe-key) or `arn`")
        return None
    node = list(given)[-1]
    if len(arns) > 1:
        remarks.error(node, "`arn` and `metadata` name different keys: " + ", ".join(sorted(arns)))
        return None
    (arn,) = arns
    if not is_key_arn(arn):
        remarks.error(node, f"`{arn}` is not the ARN of a KMS key", hint="expected arn:aws:kms:REGION:ACCOUNT:key/KEY_ID")
        return None
    return arn


def _facts(remarks: Remarks, metadata: Mapping[str, Node], arn: str) -> Facts:
    _check_same(remarks, metadata, "AWSAccountId", arn.split(":")[4])
    _check_same(remarks, metadata, "KeyId", arn.rsplit("/", 1)[1])
    spec = _known(remarks, metadata, "KeySpec", {facts.spec for facts in key_facts()})
    older = _known(remarks, metadata, "CustomerMasterKeySpec", {facts.spec for facts in key_facts()})
    if spec and older and spec != older:
        remarks.error(metadata["CustomerMasterKeySpec"], f"`CustomerMasterKeySpec` is {older}, but `KeySpec` is {spec}", rule="F8")
    multi_region, multi_region_type = _multi_region(remarks, metadata, arn)
    facts = Facts(
        spec=spec or older,
        usage=_known(remarks, metadata, "KeyUsage", {facts.usage for facts in key_facts()}),
        origin=_known(remarks, metadata, "Origin", {facts.origin for facts in key_facts()}),
        multi_region=multi_region,
        multi_region_type=multi_region_type,
        manager=_known(remarks, metadata, "KeyManager", {"AWS", "CUSTOMER"}) or "CUSTOMER",
        state=printable(member_text(remarks, metadata, "KeyState") or "") or None,
    )
    _check_consistent(remarks, metadata, facts)
    return facts


def _check_same(remarks: Remarks, metadata: Mapping[str, Node], name: str, expected: str) -> None:
    value = member_text(remarks, metadata, name)
    if value is not None and value not in (expected, f"key/{expected}") and not value.endswith(f":key/{expected}"):
        remarks.error(metadata[name], f"`{name}` is {value}, but the key's ARN says {expected}")


def _known(remarks: Remarks, metadata: Mapping[str, Node], name: str, values: set[str]) -> str | None:
    """A member with one of the values that the reference data knows (U4); another is an error, for nothing is known about it."""
    value = member_text(remarks, metadata, name)
    if value is None or value in values:
        return value
    remarks.error(metadata[name], f"unknown `{name}` `{value}`", hint="expected " + ", ".join(sorted(values)), rule="U4")
    return None


def _multi_region(remarks: Remarks, metadata: Mapping[str, Node], arn: str) -> tuple[bool | None, str | None]:
    given, by_id = flag(remarks, metadata, "MultiRegion"), arn_multi_region(arn)
    if given is not None and by_id is not None and given != by_id:
        means = "is that of a multi-Region key" if by_id else "is not that of a multi-Region key"
        remarks.error(metadata["MultiRegion"], f"`MultiRegion` is {str(given).lower()}, but the key ID {arn.rsplit('/', 1)[1]} {means}")
    multi_region = by_id if given is None else given
    node = metadata.get("MultiRegionConfiguration")
    if node is None:
        return multi_region, None
    configuration = members(remarks, node, "`MultiRegionConfiguration`")
    kind = _known(remarks, configuration, "MultiRegionKeyType", {"PRIMARY", "REPLICA"})
    if kind is not None and multi_region is False:
        remarks.error(node, "`MultiRegionConfiguration` belongs to multi-Region keys only")
        return multi_region, None
    return multi_region, kind


def _check_consistent(remarks: Remarks, metadata: Mapping[str, Node], facts: Facts) -> None:
    """Records an error where no real key has these facts together (U3)."""
    for known in key_facts():
        if (
            facts.spec in (None, known.spec)
            and facts.usage in (None, known.usage)
            and facts.origin in (None, known.origin)
            and facts.multi_region in (None, known.multi_region_type is not None)
            and facts.multi_region_type in (None, known.multi_region_type)
        ):
            return
    node = next(metadata[name] for name in ("KeyUsage", "Origin", "MultiRegion", "KeySpec") if name in metadata)
    told = [facts.spec, facts.usage, facts.origin, "multi-Region" if facts.multi_region else None]
    remarks.error(node, "no KMS key has these facts together: " + ", ".join(fact for fact in told if fact), rule="U3")


def _policies(remarks: Remarks, place: Node, parts: Mapping[str, Node], arn: str, name: str | None) -> tuple[Policy, ...] | None:
    if "policy" in parts and "policies" in parts:
        remarks.error(parts["policies"], "the key has both `policy` and `policies`")
    given = members(remarks, parts["policies"], "`policies`", (DEFAULT, SHARED)) if "policies" in parts else {}
    if "policy" in parts:
        given.setdefault(DEFAULT, parts["policy"])
    if DEFAULT not in given:
        remarks.warning(
            place,
            f"the policy of {name or arn} is not in the input, so nothing about the key can be proved or refuted",
            hint="give `policy` (the output of get-key-policy), or `policy: default` for a key that was created without one",
            rule="U3",
        )
        return None
    read = [read_key_policy(remarks, node, arn, policy_name) for policy_name, node in sorted(given.items(), reverse=True)]
    return tuple(policy for policy in read if policy is not None)


def _aliases(remarks: Remarks, node: Node, arn: str) -> tuple[str, ...]:
    """The names of the aliases of this key: `list-aliases` lists those of all keys, a bare list of names only its own."""
    names: list[str] = []
    for entry in listed(remarks, node, "Aliases", "the output of list-aliases"):
        name = text(remarks, entry, "an alias") if isinstance(entry, Scalar) else _alias_of(remarks, entry, arn)
        if name is None:
            continue
        if not _ALIAS.fullmatch(name):
            remarks.error(entry, f"`{name}` is not the name of an alias", hint="expected alias/NAME")
        elif name in names:
            remarks.error(entry, f"duplicate alias `{name}`")
        names.append(name)
    return tuple(names)


def _alias_of(remarks: Remarks, entry: Node, arn: str) -> str | None:
    found = members(remarks, entry, "an alias")
    target = member_text(remarks, found, "TargetKeyId")
    if target is None or target.rsplit("/", 1)[-1] != arn.rsplit("/", 1)[1]:
        return None
    alias_arn = member_text(remarks, found, "AliasArn")
    if alias_arn is not None and alias_arn.split(":")[:5] != arn.split(":")[:5]:
        remarks.error(found["AliasArn"], f"`{alias_arn}` is not an alias in the account and Region of {arn}", rule="R4")
    return text(remarks, found["AliasName"], "`AliasName`") if "AliasName" in found else None


def read_tags(remarks: Remarks, node: Node, key_name: str, value_name: str) -> Pairs:
    """Tags in AWS CLI output: a listing of objects that name each tag's key and value."""
    pairs: dict[str, str] = {}
    for entry in listed(remarks, node, "Tags", "the list of tags"):
        found = members(remarks, entry, "a tag")
        key, value = member_text(remarks, found, key_name), member_text(remarks, found, value_name)
        if key is None or value is None:
            remarks.error(entry, f"a tag must have `{key_name}` and `{value_name}`")
        elif key in pairs:
            remarks.error(entry, f"duplicate tag `{key}`")
        else:
            pairs[key] = value
    return tuple(pairs.items())


def _grants(remarks: Remarks, parts: Mapping[str, Node], key: Key) -> tuple[Unmodelled, ...]:
    node = parts.get("grants")
    if node is None:
        return ()
    grants = listed(remarks, node, "Grants", "the output of list-grants")
    for grant in grants:
        _check_same(remarks, members(remarks, grant, "a grant"), "KeyId", key.arn.rsplit("/", 1)[1])
    if not grants:
        return ()
    name = f"grants of {key.name or key.arn}"
    count = "1 grant" if len(grants) == 1 else f"{len(grants)} grants"
    return (
        Unmodelled(
            name, "G1", Influence.MAY_ALLOW, f"{count} of {key.name or key.arn}: grants are not modelled yet", key=key.arn, span=node.span
        ),
    )
