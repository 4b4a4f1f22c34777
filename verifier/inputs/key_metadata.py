"""What `describe-key` tells of a key.

In: its output. Out: `Facts`. Guarantee: facts that contradict each other, the key's ARN or the reference data are errors; facts that are
not given are `None` (U3). [API: KeyMetadata]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from verifier.inputs.access import is_null, member_text, members
from verifier.inputs.multi_region import Relatives, read_relatives
from verifier.inputs.nodes import Node, Remarks
from verifier.model.reference import key_facts
from verifier.model.reference_keys import CUSTOM_KEY_STORES
from verifier.syntax.text import printable

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


@dataclass(frozen=True)
class Facts:
    """What `describe-key` tells of a key; `None` where it does not."""

    spec: str | None = None
    usage: str | None = None
    origin: str | None = None
    relatives: Relatives = field(default_factory=Relatives)
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


def read_metadata(remarks: Remarks, parts: Mapping[str, Node]) -> dict[str, Node]:
    """The members of `KeyMetadata`, with or without the envelope of `describe-key`."""
    node = parts.get("metadata")
    if node is None:
        return {}
    found = members(remarks, node, "the output of describe-key")
    return members(remarks, found["KeyMetadata"], "`KeyMetadata`") if "KeyMetadata" in found else found


def read_facts(remarks: Remarks, metadata: Mapping[str, Node], arn: str) -> Facts:
    """The facts of the key with this ARN."""
    _check_same(remarks, metadata, "AWSAccountId", arn.split(":")[4])
    _check_same(remarks, metadata, "KeyId", arn.rsplit("/", 1)[1])
    spec = _known(remarks, metadata, "KeySpec", {facts.spec for facts in key_facts()})
    older = _known(remarks, metadata, "CustomerMasterKeySpec", {facts.spec for facts in key_facts()})
    if spec and older and spec != older:
        remarks.error(metadata["CustomerMasterKeySpec"], f"`CustomerMasterKeySpec` is {older}, but `KeySpec` is {spec}", rule="F8")
    facts = Facts(
        spec=spec or older,
        usage=_known(remarks, metadata, "KeyUsage", {facts.usage for facts in key_facts()}),
        origin=_known(remarks, metadata, "Origin", {facts.origin for facts in key_facts()}),
        relatives=read_relatives(remarks, metadata, arn, arn_multi_region(arn)),
        manager=_known(remarks, metadata, "KeyManager", {"AWS", "CUSTOMER"}) or "CUSTOMER",
        state=printable(member_text(remarks, metadata, "KeyState") or "") or None,
    )
    _check_consistent(remarks, metadata, facts)
    for name, origins in _MEMBERS_BY_ORIGIN:
        if name in metadata and not is_null(metadata[name]) and facts.origin is not None and facts.origin not in origins:
            remarks.error(metadata[name], f"`{name}` does not go with `Origin` {facts.origin}", rule="U3")
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


def _check_consistent(remarks: Remarks, metadata: Mapping[str, Node], facts: Facts) -> None:
    """Records an error where no real key has these facts together (U3)."""
    for known in key_facts():
        if (
            facts.spec in (None, known.spec)
            and facts.usage in (None, known.usage)
            and facts.origin in (None, known.origin)
            and facts.relatives.multi_region in (None, known.multi_region_type is not None)
            and facts.relatives.type in (None, known.multi_region_type)
        ):
            return
    node = next(metadata[name] for name in ("KeyUsage", "Origin", "MultiRegion", "KeySpec") if name in metadata)
    told = [facts.spec, facts.usage, facts.origin, "multi-Region" if facts.relatives.multi_region else None]
    remarks.error(node, "no KMS key has these facts together: " + ", ".join(fact for fact in told if fact), rule="U3")
