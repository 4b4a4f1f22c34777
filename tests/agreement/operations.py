"""The operations that generated policies and requests are about, and the facts of generated keys (R3, R4, U3).

In: choices, a key. Out: actions, `KeyFacts`.
"""

from __future__ import annotations

from functools import cache

from tests.agreement.world import Dice
from verifier.model.reference import KeyFacts, actions, key_facts, suits

COMMON_ACTIONS = (
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:CreateGrant",
    "kms:DescribeKey",
    "kms:PutKeyPolicy",
)
ACTIONS = (
    *COMMON_ACTIONS,
    *(
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:ReplicateKey",
        "kms:TagResource",
        "kms:ScheduleKeyDeletion",
        "kms:UpdatePrimaryRegion",
    ),
    *(
        "kms:GetKeyPolicy",
        "kms:Sign",
        "kms:ListGrants",
        "kms:RevokeGrant",
        "kms:RetireGrant",
        "kms:CreateAlias",
        "kms:FutureOperation",
    ),
    *(
        "kms:EnableKeyRotation",
        "kms:ImportKeyMaterial",
        "kms:UntagResource",
        "kms:Verify",
        "kms:GenerateMac",
        "kms:VerifyMac",
    ),
    *("kms:DeriveSharedSecret", "kms:Encapsulate", "kms:Decapsulate", "kms:GetPublicKey", "kms:GenerateDataKeyPair"),
    *("kms:GetParametersForImport", "kms:DisableKey", "kms:SynchronizeMultiRegionKey"),
)
KEYLESS_ACTIONS = (
    *(
        "kms:CreateKey",
        "kms:ListKeys",
        "kms:ListAliases",
        "kms:GenerateRandom",
        "kms:DescribeCustomKeyStores",
        "kms:FutureListing",
    ),
    *("kms:CreateKey", "kms:ListRetirableGrants"),
)
ALIAS_ACTIONS = ("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias")
GRANT_OPERATIONS = tuple(action.name for action in actions() if action.grant_operation)
"""What a grant can allow (G1)."""

COMMON_SPECS = ("SYMMETRIC_DEFAULT", "RSA_2048", "HMAC_256", "ECC_NIST_P256", "ML_DSA_65", "ML_KEM_768")


@cache
def facts_for(arn: str) -> tuple[KeyFacts, ...]:
    """The facts that a key with this ARN can have: `mrk-…` is a multi-Region key, and no other is. The commonest come
    first."""
    listed = key_facts("aws-cn" if arn.startswith("arn:aws-cn:") else "aws")
    return tuple(facts for facts in listed if (facts.multi_region_type is not None) == (":key/mrk-" in arn))


def some_facts(dice: Dice, arn: str) -> KeyFacts:
    """The facts of a key: every spec, usage and origin; a symmetric key made by KMS in half of the cases."""
    listed = facts_for(arn)
    match dice.count(0, 9):
        case 0 | 1 | 2 | 3 | 4:
            return listed[0]
        case 5 | 6 | 7:
            return dice.one([facts for facts in listed if facts.spec in COMMON_SPECS])
        case _:
            return dice.one(listed)


def an_action(dice: Dice, facts: KeyFacts | None) -> str:
    """An operation on a key, mostly one that suits its facts (R3)."""
    action = dice.one(COMMON_ACTIONS if dice.chance(55) else ACTIONS)
    if facts is None or suits(action, facts) or dice.chance(15):
        return action
    return dice.one([other for other in ACTIONS if suits(other, facts)])
