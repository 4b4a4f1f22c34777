"""Which facts of a KMS key go together, and which operations they allow (R3, U3).

In: the key specs and origins that the API model lists. Out: consistent combinations; whether an operation suits one.
Guarantee: an operation is ruled out only where a cited page says that KMS refuses it; in doubt it suits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class KeyFacts:
    """A consistent combination of key facts (U3, F8). `multi_region_type` is `PRIMARY`, `REPLICA` or `None`
    (single-Region)."""

    spec: str
    usage: str
    origin: str
    multi_region_type: str | None


SYMMETRIC = "SYMMETRIC_DEFAULT"

USAGES_BY_SPEC: tuple[tuple[str, tuple[str, ...]], ...] = (
    (SYMMETRIC, ("ENCRYPT_DECRYPT",)),
    ("RSA_", ("ENCRYPT_DECRYPT", "SIGN_VERIFY")),
    ("ECC_NIST_EDWARDS25519", ("SIGN_VERIFY",)),
    ("ECC_NIST_", ("SIGN_VERIFY", "KEY_AGREEMENT")),
    ("ECC_SECG_", ("SIGN_VERIFY",)),
    ("HMAC_", ("GENERATE_VERIFY_MAC",)),
    ("SM2", ("ENCRYPT_DECRYPT", "SIGN_VERIFY", "KEY_AGREEMENT")),
    ("ML_DSA_", ("SIGN_VERIFY",)),
    ("ML_KEM_", ("ENCAPSULATE_DECAPSULATE",)),
)
"""Usages by the beginning of the key spec, the commonest spec first; the first row that fits counts. [API: CreateKey,
KeyUsage, KeySpec]"""

CUSTOM_KEY_STORES = frozenset({"AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"})
"""Origins of keys in a custom key store: symmetric and single-Region only. [API: CreateKey, Origin and *Multi-Region
primary keys*]"""


def consistent_facts(specs: tuple[str, ...], origins: tuple[str, ...]) -> tuple[KeyFacts, ...]:
    """Every consistent combination, the commonest first. A spec without a row in `USAGES_BY_SPEC` raises `KeyError`.

    Imported key material goes with every spec: the guide's pages differ on asymmetric keys, and more keys means more
    requests, so a proof stays one. [API: CreateKey, Origin; GetParametersForImport]
    """
    found = [
        KeyFacts(spec, usage, origin, multi_region_type)
        for spec in sorted(specs, key=_rank)
        for usage in usages(spec)
        for origin in origins
        for multi_region_type in (None, "PRIMARY", "REPLICA")
        if origin not in CUSTOM_KEY_STORES or (spec == SYMMETRIC and multi_region_type is None)
    ]
    # Single-Region keys made by KMS are by far the commonest, whatever their spec.
    return tuple(sorted(found, key=lambda facts: (origins.index(facts.origin), facts.multi_region_type or "")))


def usages(spec: str) -> tuple[str, ...]:
    """The usages that a key of this spec may have. Raises `KeyError` for an unknown spec."""
    return USAGES_BY_SPEC[_rank(spec)][1]


def _rank(spec: str) -> int:
    for rank, (beginning, _) in enumerate(USAGES_BY_SPEC):
        if spec.startswith(beginning):
            return rank
    raise KeyError(spec)


def operation_suits(action: str, facts: KeyFacts) -> bool:
    """Whether KMS would accept the operation for a key with these facts. `action` is in lower case (`kms:decrypt`).

    True for actions without a row: they suit every key, or are not known (U4).
    """
    test = _SUITABLE.get(action)
    return test is None or test(facts)


def _usage(*allowed: str) -> Callable[[KeyFacts], bool]:
    return lambda facts: facts.usage in allowed


def _symmetric(facts: KeyFacts) -> bool:
    return facts.spec == SYMMETRIC


def _symmetric_outside_key_stores(facts: KeyFacts) -> bool:
    return facts.spec == SYMMETRIC and facts.origin not in CUSTOM_KEY_STORES


def _rotatable(*origins: str) -> Callable[[KeyFacts], bool]:
    return lambda facts: facts.spec == SYMMETRIC and facts.multi_region_type != "REPLICA" and facts.origin in origins


def _asymmetric(facts: KeyFacts) -> bool:
    return facts.spec != SYMMETRIC and not facts.spec.startswith("HMAC_")


def _imported(facts: KeyFacts) -> bool:
    return facts.origin == "EXTERNAL"


def _primary(facts: KeyFacts) -> bool:
    return facts.multi_region_type == "PRIMARY"


def _multi_region(facts: KeyFacts) -> bool:
    return facts.multi_region_type is not None


_SUITABLE: dict[str, Callable[[KeyFacts], bool]] = {
    # API: Encrypt, Decrypt, ReEncrypt, Sign, … each asks for a `KeyUsage`.
    "kms:encrypt": _usage("ENCRYPT_DECRYPT"),
    "kms:decrypt": _usage("ENCRYPT_DECRYPT"),
    "kms:reencryptfrom": _usage("ENCRYPT_DECRYPT"),
    "kms:reencryptto": _usage("ENCRYPT_DECRYPT"),
    "kms:sign": _usage("SIGN_VERIFY"),
    "kms:verify": _usage("SIGN_VERIFY"),
    "kms:generatemac": _usage("GENERATE_VERIFY_MAC"),
    "kms:verifymac": _usage("GENERATE_VERIFY_MAC"),
    "kms:derivesharedsecret": _usage("KEY_AGREEMENT"),
    "kms:encapsulate": _usage("ENCAPSULATE_DECAPSULATE"),
    "kms:decapsulate": _usage("ENCAPSULATE_DECAPSULATE"),
    # API: GenerateDataKey, GenerateDataKeyPair ("cannot use an asymmetric KMS key or a KMS key in a custom key store").
    "kms:generatedatakey": _symmetric,
    "kms:generatedatakeywithoutplaintext": _symmetric,
    "kms:generatedatakeypair": _symmetric_outside_key_stores,
    "kms:generatedatakeypairwithoutplaintext": _symmetric_outside_key_stores,
    # API: GetPublicKey ("of an asymmetric KMS key").
    "kms:getpublickey": _asymmetric,
    # API: EnableKeyRotation, DisableKeyRotation, RotateKeyOnDemand; the primary key rules a set of multi-Region keys.
    "kms:enablekeyrotation": _rotatable("AWS_KMS"),
    "kms:disablekeyrotation": _rotatable("AWS_KMS", "EXTERNAL", *CUSTOM_KEY_STORES),
    "kms:rotatekeyondemand": _rotatable("AWS_KMS", "EXTERNAL"),
    # API: GetParametersForImport, ImportKeyMaterial, DeleteImportedKeyMaterial ask for `Origin` `EXTERNAL`.
    "kms:getparametersforimport": _imported,
    "kms:importkeymaterial": _imported,
    "kms:deleteimportedkeymaterial": _imported,
    # API: ReplicateKey. UpdatePrimaryRegion needs its permission on the present primary and on the replica to be (R8).
    "kms:replicatekey": _primary,
    "kms:updateprimaryregion": _multi_region,
    # KMS guide, multi-region-keys-auth.
    "kms:synchronizemultiregionkey": _multi_region,
}
