"""Facts about the parameters of requests and listed VPC endpoints (R3, F4, F6), in pairs: what cannot be sent, and its
neighbour (R6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, PARTNER, allow, estate, grant
from tests.verify.proving import nobody
from verifier.model.estate import Endpoint, Estate
from verifier.model.invariant import ConditionAnd, Holds
from verifier.model.policy import Condition, Operator, Text
from verifier.problem.asking import ask
from verifier.problem.semantics.targets import Target, TargetKind, key_target
from verifier.solve.session import Sat
from verifier.solve.z3_solver import Z3Session

Test = tuple[str, str, str]


def sendable(found: Estate, action: str, tests: list[Test], keyless: bool = False) -> bool:
    """Whether some request for the action meets conditions (operator, key, value)."""
    conditions = []
    for operator, key, value in tests:
        prefix, _, base = operator.rpartition(":")
        conditions.append(Holds(Condition(Operator(base, prefix or None, False), Text(key), (Text(value),))))
    target = Target(TargetKind.NONE, "aws") if keyless else key_target(found.keys[0])
    question = ask(found, target, [nobody(action, when=ConditionAnd(tuple(conditions)))])
    session = Z3Session(question.finite, question.finite.facts, [question.claims[0].scope])
    return isinstance(session.check([question.claims[0].scope]), Sat)


RETIRING, RETIRING_SERVICE = "kms:RetiringPrincipal", "kms:RetiringServicePrincipal"
GRANTEE, SERVICE, SOURCE = "kms:GranteePrincipal", "kms:GranteeServicePrincipal", "kms:GrantConstraintSourceArn"
TYPE, NAMES, OPERATIONS = "kms:GrantConstraintType", "kms:EncryptionContextKeys", "kms:GrantOperations"
PAIRS: list[tuple[str, list[Test], list[Test]]] = [
    (
        "a grantee",
        [("Null", GRANTEE, "true"), ("Null", SERVICE, "true")],
        [("Null", GRANTEE, "true"), ("Null", SERVICE, "false")],
    ),
    (
        "one grantee",
        [("Null", GRANTEE, "false"), ("Null", SERVICE, "false")],
        [("Null", GRANTEE, "false"), ("Null", SERVICE, "true")],
    ),
    (
        "source of a service",
        [("Null", SERVICE, "false"), ("Null", SOURCE, "true")],
        [("Null", SERVICE, "true"), ("Null", SOURCE, "false")],
    ),
    (
        "an account in the source",
        [("StringLike", SOURCE, "arn:aws:s3:::*")],
        [("StringLike", SOURCE, f"arn:aws:s3:*:{HOME}:*")],
    ),
    (
        "who retires the grant of a service",
        [("Null", SERVICE, "false"), ("Null", RETIRING, "true"), ("Null", RETIRING_SERVICE, "true")],
        [("Null", SERVICE, "false"), ("Null", RETIRING, "true"), ("Null", RETIRING_SERVICE, "false")],
    ),
    (
        "one who retires",
        [("Null", RETIRING, "false"), ("Null", RETIRING_SERVICE, "false")],
        [("Null", RETIRING, "false"), ("Null", RETIRING_SERVICE, "true")],
    ),
    (
        "no one who retires the grant of a principal",
        [("Null", RETIRING, "false"), ("Null", RETIRING_SERVICE, "false"), ("Null", GRANTEE, "false")],
        [("Null", RETIRING, "true"), ("Null", RETIRING_SERVICE, "true"), ("Null", GRANTEE, "false")],
    ),
    ("a principal's ARN", [("StringEquals", GRANTEE, "Alice")], [("StringLike", GRANTEE, "*:federated-user/Alice")]),
    (
        "no ARN of a policy",
        [("ArnLike", RETIRING, "arn:aws:iam::*:policy/*")],
        [("StringLike", RETIRING, "arn:*:sts:*:assumed-role/a/*")],
    ),
    ("a service's name", [("StringLike", SERVICE, "arn:*")], [("StringEquals", SERVICE, "rds.amazonaws.com")]),
    (
        "a retiring service's name",
        [("StringEquals", RETIRING_SERVICE, "rds")],
        [("StringLike", RETIRING_SERVICE, "rds.*")],
    ),
    ("operations", [("Null", OPERATIONS, "true")], [("Null", OPERATIONS, "false")]),
    (
        "listed",
        [("ForAnyValue:StringEquals", OPERATIONS, "RevokeGrant")],
        [("ForAnyValue:StringEquals", OPERATIONS, "RetireGrant")],
    ),
    (
        "suited",
        [("ForAnyValue:StringEquals", OPERATIONS, "Sign")],
        [("ForAnyValue:StringEquals", OPERATIONS, "Decrypt")],
    ),
    (
        "names without type",
        [("Null", TYPE, "true"), ("Null", NAMES, "false")],
        [("Null", TYPE, "false"), ("Null", NAMES, "true")],
    ),
    (
        "pairs without type",
        [("StringEquals", "kms:EncryptionContext:a", "b"), ("Null", TYPE, "true")],
        [("StringEquals", "kms:EncryptionContext:a", "b"), ("Null", TYPE, "false")],
    ),
    (
        "kind of type",
        [("StringEquals", TYPE, "EncryptionContext")],
        [("StringEquals", TYPE, "EncryptionContextSubset")],
    ),
]


@pytest.mark.parametrize(("impossible", "possible"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
def test_f6_a_create_grant_request(impossible: list[Test], possible: list[Test]) -> None:
    found = estate(allow())
    assert not sendable(found, "kms:CreateGrant", impossible)
    assert sendable(found, "kms:CreateGrant", possible)


def test_f6_the_operations_suit_a_key_for_signing() -> None:
    found = estate(allow(), spec="ECC_NIST_P256", usage="SIGN_VERIFY")
    assert sendable(found, "kms:CreateGrant", [("ForAnyValue:StringEquals", OPERATIONS, "Sign")])
    assert not sendable(found, "kms:CreateGrant", [("ForAnyValue:StringEquals", OPERATIONS, "Decrypt")])


@pytest.mark.parametrize("spec", ["SYMMETRIC_DEFAULT", "RSA_2048"])
def test_f6_a_constraint_on_the_source_is_of_a_type_of_its_own(spec: str) -> None:
    """GrantConstraints: for keys of all types, `SourceArn` beside the two of the encryption context."""
    typed: Test = ("StringEquals", TYPE, "SourceArn")
    assert sendable(estate(allow(), spec=spec), "kms:CreateGrant", [typed])
    assert not sendable(estate(allow(), spec=spec), "kms:CreateGrant", [typed, ("Null", SOURCE, "true")])


@pytest.mark.parametrize(("source", "expected"), [(None, False), (f"arn:aws:rds:us-west-2:{HOME}:db:a", True)])
def test_f6_who_retires_a_grant_may_say_the_types_of_its_constraints(source: str | None, expected: bool) -> None:
    grants = (grant(ALICE, "RetireGrant", context_subset=(("a", "b"),), source_arn=source),)
    said = [("StringEquals", TYPE, "SourceArn")]
    assert sendable(estate(allow(), grants=grants), "kms:RetireGrant", said) == expected


def test_f6_no_other_operation_has_the_keys_of_a_grant() -> None:
    for key in (GRANTEE, SERVICE, OPERATIONS):
        assert not sendable(estate(allow()), "kms:Decrypt", [("Null", key, "false")])


# -- F4 --

HERE = Endpoint("vpce-0a1b2c3d", "us-west-2", "vpc-0123abcd", HOME)
THROUGH: Test = ("StringEquals", "aws:SourceVpce", HERE.id)


def listed(*endpoints: Endpoint) -> Estate:
    return replace(estate(allow()), endpoints=endpoints)


@pytest.mark.parametrize(
    ("key", "own", "other"),
    [
        ("aws:SourceVpc", "vpc-0123abcd", "vpc-ffffffff"),
        ("aws:VpceAccount", HOME, PARTNER),
        (
            "aws:SourceVpcArn",
            f"arn:aws:ec2:us-west-2:{HOME}:vpc/vpc-0123abcd",
            f"arn:aws:ec2:us-west-2:{HOME}:vpc/vpc-ffffffff",
        ),
    ],
)
def test_f4_a_listed_endpoint_stands_in_its_vpc_and_account(key: str, own: str, other: str) -> None:
    assert sendable(listed(HERE), "kms:Decrypt", [THROUGH, ("StringEquals", key, own)])
    assert not sendable(listed(HERE), "kms:Decrypt", [THROUGH, ("StringEquals", key, other)])
    assert sendable(listed(), "kms:Decrypt", [THROUGH, ("StringEquals", key, other)])
    assert sendable(
        listed(replace(HERE, vpc=None, account=None)), "kms:Decrypt", [THROUGH, ("StringEquals", key, other)]
    )


@pytest.mark.parametrize(("region", "account"), [("eu-west-1", HOME), ("us-west-2", PARTNER)])
def test_f4_the_vpc_of_a_listed_endpoint_is_in_its_account_and_any_region(region: str, account: str) -> None:
    arn = f"arn:aws:ec2:{region}:{account}:vpc/vpc-0123abcd"
    named = [THROUGH, ("StringEquals", "aws:SourceVpcArn", arn)]
    assert sendable(listed(replace(HERE, vpc=None)), "kms:Decrypt", named) == (account == HOME)
    assert sendable(listed(), "kms:Decrypt", named), "an endpoint that is not listed is in any Region and account"


def test_f4_the_arn_of_a_vpc_ends_in_its_id() -> None:
    arn: Test = ("StringLike", "aws:SourceVpcArn", "arn:aws:ec2:*:vpc/vpc-0123abcd")
    exact: Test = ("StringEquals", "aws:SourceVpcArn", f"arn:aws:ec2:us-west-2:{HOME}:vpc/vpc-0123abcd")
    for test in (arn, exact):
        assert sendable(listed(), "kms:Decrypt", [test, ("StringEquals", "aws:SourceVpc", "vpc-0123abcd")])
        assert not sendable(listed(), "kms:Decrypt", [test, ("StringEquals", "aws:SourceVpc", "vpc-ffffffff")])


def test_f4_an_endpoint_leads_to_its_own_region() -> None:
    elsewhere = listed(replace(HERE, region="eu-west-1"))
    assert sendable(listed(HERE), "kms:Decrypt", [THROUGH])
    assert not sendable(elsewhere, "kms:Decrypt", [THROUGH])
    there: dict[str, Any] = {"keyless": True}
    assert sendable(
        elsewhere, "kms:CreateKey", [THROUGH, ("StringEquals", "aws:RequestedRegion", "eu-west-1")], **there
    )
    assert not sendable(
        elsewhere, "kms:CreateKey", [THROUGH, ("StringEquals", "aws:RequestedRegion", "us-west-2")], **there
    )


def test_f4_a_service_on_a_callers_behalf_comes_through_no_endpoint() -> None:
    assert not sendable(listed(HERE), "kms:Decrypt", [THROUGH, ("Bool", "aws:ViaAWSService", "true")])
    assert sendable(listed(HERE), "kms:Decrypt", [THROUGH, ("Bool", "aws:ViaAWSService", "false")])


# -- R3: algorithms --

ALGORITHMS = [
    (
        "SYMMETRIC_DEFAULT",
        "ENCRYPT_DECRYPT",
        "kms:Decrypt",
        "kms:EncryptionAlgorithm",
        "SYMMETRIC_DEFAULT",
        "RSAES_OAEP_SHA_256",
    ),
    ("RSA_3072", "ENCRYPT_DECRYPT", "kms:Decrypt", "kms:EncryptionAlgorithm", "RSAES_OAEP_SHA_1", "SYMMETRIC_DEFAULT"),
    ("RSA_2048", "SIGN_VERIFY", "kms:Sign", "kms:SigningAlgorithm", "RSASSA_PSS_SHA_512", "ECDSA_SHA_256"),
    ("ECC_NIST_P384", "SIGN_VERIFY", "kms:Verify", "kms:SigningAlgorithm", "ECDSA_SHA_384", "ECDSA_SHA_256"),
    ("ECC_SECG_P256K1", "SIGN_VERIFY", "kms:Sign", "kms:SigningAlgorithm", "ECDSA_SHA_256", "ECDSA_SHA_512"),
    ("ML_DSA_65", "SIGN_VERIFY", "kms:Sign", "kms:SigningAlgorithm", "ML_DSA_SHAKE_256", "RSASSA_PSS_SHA_256"),
    ("HMAC_256", "GENERATE_VERIFY_MAC", "kms:VerifyMac", "kms:MacAlgorithm", "HMAC_SHA_256", "HMAC_SHA_512"),
    ("ECC_NIST_P256", "KEY_AGREEMENT", "kms:DeriveSharedSecret", "kms:KeyAgreementAlgorithm", "ECDH", "DH"),
    ("ML_KEM_768", "ENCAPSULATE_DECAPSULATE", "kms:Decapsulate", "kms:EncapsulationAlgorithm", "ML_KEM", "ECDH"),
    (
        "SYMMETRIC_DEFAULT",
        "ENCRYPT_DECRYPT",
        "kms:GenerateDataKeyPair",
        "kms:DataKeyPairSpec",
        "ML_KEM_512",
        "HMAC_256",
    ),
]


@pytest.mark.parametrize(("spec", "usage", "action", "key", "own", "other"), ALGORITHMS)
def test_r3_the_algorithm_suits_the_key(spec: str, usage: str, action: str, key: str, own: str, other: str) -> None:
    found = estate(allow(), spec=spec, usage=usage)
    assert sendable(found, action, [("StringEquals", key, own)])
    assert not sendable(found, action, [("StringEquals", key, other)])
    unknown = estate(allow(), spec=None, usage=None)
    assert not sendable(unknown, action, [("StringEquals", "kms:KeySpec", spec), ("StringEquals", key, other)])


@pytest.mark.parametrize(
    ("spec", "algorithm"), [("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"), ("RSA_2048", "RSA_AES_KEY_WRAP_SHA_256")]
)
def test_r3_the_wrapping_algorithm_suits_the_key_material(spec: str, algorithm: str) -> None:
    usage = "ENCRYPT_DECRYPT"
    found, action = estate(allow(), spec=spec, usage=usage, origin="EXTERNAL"), "kms:GetParametersForImport"
    assert sendable(found, action, [("StringEquals", "kms:WrappingAlgorithm", algorithm)])
    assert not sendable(found, action, [("StringEquals", "kms:WrappingAlgorithm", "RSAES_PKCS1_V1_5")])
    oaep = sendable(found, action, [("StringLike", "kms:WrappingAlgorithm", "RSAES_OAEP_*")])
    assert oaep == (spec == "SYMMETRIC_DEFAULT")


@pytest.mark.parametrize(
    ("algorithm", "own", "other"), [("ED25519_SHA_512", "RAW", "DIGEST"), ("ED25519_PH_SHA_512", "DIGEST", "RAW")]
)
def test_r3_the_type_of_the_message_suits_the_algorithm(algorithm: str, own: str, other: str) -> None:
    found = estate(allow(), spec="ECC_NIST_EDWARDS25519", usage="SIGN_VERIFY")
    signing: Test = ("StringEquals", "kms:SigningAlgorithm", algorithm)
    assert sendable(found, "kms:Sign", [signing, ("StringEquals", "kms:MessageType", own)])
    assert not sendable(found, "kms:Sign", [signing, ("StringEquals", "kms:MessageType", other)])


# -- F6: periods --


@pytest.mark.parametrize(
    ("action", "key", "least", "most"),
    [
        ("kms:ScheduleKeyDeletion", "kms:ScheduleKeyDeletionPendingWindowInDays", 7, 30),
        ("kms:EnableKeyRotation", "kms:RotationPeriodInDays", 90, 2560),
    ],
)
def test_f6_a_period_has_as_many_days_as_the_api_takes(action: str, key: str, least: int, most: int) -> None:
    """AWS KMS API Reference, ScheduleKeyDeletion (PendingWindowInDays) and EnableKeyRotation (RotationPeriodInDays)."""
    assert not sendable(estate(allow()), action, [("NumericLessThan", key, str(least))])
    assert sendable(estate(allow()), action, [("NumericLessThanEquals", key, str(least))])
    assert sendable(estate(allow()), action, [("NumericGreaterThanEquals", key, str(most))])
    assert not sendable(estate(allow()), action, [("NumericGreaterThan", key, str(most))])
