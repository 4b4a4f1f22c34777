"""The condition keys that generated policies test and contexts hold, with a few values of each (C5, section 6).

In: a world. Out: `KEYS`, by kind; values that a request can carry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.agreement.world import (
    ACCOUNTS,
    ENDPOINTS,
    NAMES,
    ORGANIZATION,
    OTHER_ORGANIZATION,
    PATHS,
    SERVICES,
    VPCS,
    World,
    iam,
)
from verifier.model.reference import ValueType, condition_keys

STRING, ARN, BOOL, DATE, NUMERIC, IP, BINARY = "String", "Arn", "Bool", "Date", "Numeric", "IpAddress", "Binary"

Pool = Callable[[World], tuple[str, ...]]


@dataclass(frozen=True)
class TestedKey:
    """A condition key. `values` gives a few values that a request can have; `rule` is the label, F1 to F9, that it
    belongs to. A `derived` key follows from the caller, the key or the organization, and is not given (F1, F2, F8)."""

    name: str
    kind: str
    values: Pool
    rule: str
    multivalued: bool = False
    derived: bool = False


def fixed(*values: str) -> Pool:
    """The same values in every world."""
    return lambda world: values


def _providers(world: World) -> tuple[str, ...]:
    own = (iam(world.partition, ACCOUNTS[0], name) for name in ("saml-provider/Corp", "oidc-provider/idp.example.com"))
    return (*own, "idp.example.com", "cognito-identity.amazonaws.com", "accounts.google.com")


def _services(world: World) -> tuple[str, ...]:
    return tuple(f"{name}.{world.region}.amazonaws.com" for name in ("s3", "lambda", "rds"))


def _principals(world: World) -> tuple[str, ...]:
    return tuple(arn for account in ACCOUNTS for arn in world.principal_arns(account))


def _user_ids(world: World) -> tuple[str, ...]:
    return (
        "AIDAALICEHOME",
        "AROAADMINHOME:nightly",
        "AROAREADERHOME:Alice",
        "AROAADMINPARTNER:Alice",
        ACCOUNTS[0],
        f"{ACCOUNTS[0]}:Sam",
    )


def source_arns(world: World) -> tuple[str, ...]:
    """Resources on whose behalf a service calls: values of `aws:SourceArn`."""
    return (
        f"arn:{world.partition}:s3:::example",
        f"arn:{world.partition}:lambda:{world.region}:{ACCOUNTS[0]}:function:run",
        f"arn:{world.partition}:lambda:{world.region}:{ACCOUNTS[1]}:function:run",
    )


def constraint_sources(world: World) -> tuple[str, ...]:
    """Values of the `SourceArn` constraint of a grant: those of an account, as the API demands."""
    return tuple(arn for arn in source_arns(world) if arn.split(":")[4])


def _grantees(world: World) -> tuple[str, ...]:
    return (
        iam(world.partition, ACCOUNTS[0], "role/Admin"),
        iam(world.partition, ACCOUNTS[1], "root"),
        iam(world.partition, ACCOUNTS[0], "role/app/Reader"),
    )


_SPECS = fixed("SYMMETRIC_DEFAULT", "RSA_2048", "HMAC_256", "ECC_NIST_P256", "ML_DSA_65", "ML_KEM_768")
_USAGES = fixed("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "ENCAPSULATE_DECAPSULATE")
_DATES = fixed("2026-01-01T00:00:00Z", "2026-06-15T12:30:00Z", "2027-01-01T00:00:00Z")
_ACCOUNTS = fixed(*ACCOUNTS)
_TRUTHS = fixed("true", "false")
_ALIASES = fixed("alias/payments", "alias/app/blue", "alias/other")

KEYS: tuple[TestedKey, ...] = (
    TestedKey("aws:PrincipalArn", ARN, _principals, "F1", derived=True),
    TestedKey("aws:PrincipalAccount", STRING, _ACCOUNTS, "F1", derived=True),
    TestedKey(
        "aws:PrincipalType", STRING, fixed("User", "AssumedRole", "Account", "FederatedUser"), "F1", derived=True
    ),
    TestedKey("aws:userid", STRING, _user_ids, "F1", derived=True),
    TestedKey("kms:CallerAccount", STRING, _ACCOUNTS, "F1", derived=True),
    TestedKey("aws:ResourceAccount", STRING, _ACCOUNTS, "F1", derived=True),
    TestedKey("aws:SecureTransport", BOOL, _TRUTHS, "F1", derived=True),
    TestedKey("aws:PrincipalIsAWSService", BOOL, _TRUTHS, "F1", derived=True),
    TestedKey("aws:RequestedRegion", STRING, lambda w: w.regions[:2], "F1", derived=True),
    TestedKey("aws:UserAgent", STRING, fixed("aws-cli/2.15", "console"), "F1"),
    TestedKey("aws:CurrentTime", DATE, _DATES, "F1"),
    TestedKey("aws:EpochTime", DATE, fixed("1767225600", "1781526600", "1798761600"), "F1"),
    TestedKey("aws:PrincipalOrgID", STRING, fixed(ORGANIZATION, OTHER_ORGANIZATION), "F2"),
    TestedKey("aws:PrincipalOrgPaths", STRING, fixed(*PATHS), "F2", multivalued=True),
    TestedKey("aws:ResourceOrgID", STRING, fixed(ORGANIZATION, OTHER_ORGANIZATION), "F2"),
    TestedKey("aws:ResourceOrgPaths", STRING, fixed(*PATHS), "F2", multivalued=True),
    TestedKey("aws:SourceOrgID", STRING, fixed(ORGANIZATION, OTHER_ORGANIZATION), "F2"),
    TestedKey("aws:SourceOrgPaths", STRING, fixed(*PATHS), "F2", multivalued=True),
    TestedKey("aws:username", STRING, fixed("Alice", "Bob"), "F3", derived=True),
    TestedKey("aws:MultiFactorAuthPresent", BOOL, _TRUTHS, "F3"),
    TestedKey("aws:MultiFactorAuthAge", NUMERIC, fixed("30", "300", "3600"), "F3"),
    TestedKey("aws:TokenIssueTime", DATE, _DATES, "F3"),
    TestedKey("aws:PrincipalTag/team", STRING, fixed(*NAMES), "F3"),
    TestedKey("aws:PrincipalTag/Project", STRING, fixed(*NAMES), "F3"),
    TestedKey("aws:SourceIp", IP, fixed("203.0.113.10", "10.1.2.3", "2001:db8::10"), "F4"),
    TestedKey("aws:VpcSourceIp", IP, fixed("10.1.2.3", "10.9.8.7"), "F4"),
    TestedKey("aws:SourceVpc", STRING, fixed(*VPCS), "F4"),
    TestedKey("aws:SourceVpce", STRING, fixed(*ENDPOINTS), "F4"),
    TestedKey(
        "aws:SourceVpcArn", ARN, lambda w: (f"arn:{w.partition}:ec2:{w.region}:{ACCOUNTS[0]}:vpc/vpc-0a1b2c3d",), "F4"
    ),
    TestedKey("aws:VpceAccount", STRING, _ACCOUNTS, "F4"),
    TestedKey("aws:VpceOrgID", STRING, fixed(ORGANIZATION, OTHER_ORGANIZATION), "F2"),
    TestedKey("aws:VpceOrgPaths", STRING, fixed(*PATHS), "F2", multivalued=True),
    TestedKey("kms:ViaService", STRING, _services, "F5"),
    TestedKey("aws:ViaAWSService", BOOL, _TRUTHS, "F5"),
    TestedKey("aws:CalledVia", STRING, fixed(*SERVICES), "F5", multivalued=True),
    TestedKey("aws:CalledViaFirst", STRING, fixed(*SERVICES), "F5", derived=True),
    TestedKey("aws:CalledViaLast", STRING, fixed(*SERVICES), "F5", derived=True),
    TestedKey("aws:PrincipalServiceName", STRING, fixed(*SERVICES), "F5", derived=True),
    TestedKey("aws:PrincipalServiceNamesList", STRING, fixed(*SERVICES), "F5", multivalued=True, derived=True),
    TestedKey("aws:SourceArn", ARN, source_arns, "F5"),
    TestedKey("aws:SourceAccount", STRING, _ACCOUNTS, "F5"),
    TestedKey("kms:GrantIsForAWSResource", BOOL, _TRUTHS, "F5"),
    TestedKey(
        "kms:GrantOperations",
        STRING,
        fixed("Decrypt", "Encrypt", "CreateGrant", "GenerateDataKey"),
        "F6",
        multivalued=True,
    ),
    TestedKey("kms:GranteePrincipal", STRING, _grantees, "F6"),
    TestedKey("kms:RetiringPrincipal", STRING, _grantees, "F6"),
    TestedKey("kms:GranteeServicePrincipal", STRING, fixed(*SERVICES), "F6"),
    TestedKey("kms:RetiringServicePrincipal", STRING, fixed(*SERVICES), "F6"),
    TestedKey(
        "kms:GrantConstraintType",
        STRING,
        fixed("EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"),
        "F6",
    ),
    TestedKey("kms:GrantConstraintSourceArn", ARN, constraint_sources, "F6"),
    TestedKey("kms:EncryptionAlgorithm", STRING, fixed("SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_256"), "F6"),
    TestedKey("kms:SigningAlgorithm", STRING, fixed("RSASSA_PSS_SHA_256", "ECDSA_SHA_256", "ML_DSA_SHAKE_256"), "F6"),
    TestedKey("kms:MessageType", STRING, fixed("RAW", "DIGEST"), "F6"),
    TestedKey("kms:PolicyName", STRING, fixed("default", "AWS_RAM"), "F6"),
    TestedKey("kms:BypassPolicyLockoutSafetyCheck", BOOL, _TRUTHS, "F6"),
    TestedKey("kms:ReEncryptOnSameKey", BOOL, _TRUTHS, "F6"),
    TestedKey("kms:ScheduleKeyDeletionPendingWindowInDays", NUMERIC, fixed("7", "15", "30"), "F6"),
    TestedKey("kms:RotationPeriodInDays", NUMERIC, fixed("90", "365"), "F6"),
    TestedKey("kms:ValidTo", DATE, fixed("1767225600", "1781526600", "1798761600"), "F6"),
    TestedKey("kms:ExpirationModel", STRING, fixed("KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"), "F6"),
    TestedKey("kms:ReplicaRegion", STRING, lambda w: w.regions[1::-1], "F6"),
    TestedKey("kms:PrimaryRegion", STRING, lambda w: w.regions[1:], "F6"),
    TestedKey("kms:RecipientAttestation:PCR0", BINARY, fixed("AAEC", "/+8="), "F6"),
    TestedKey("kms:RecipientAttestation:ImageSha384", STRING, fixed("00ff", "abcd1234"), "F6"),
    TestedKey("kms:RecipientAttestation:PCR3", STRING, fixed("00ff", "abcd1234"), "F6"),
    TestedKey("kms:RecipientAttestation:PCR8:ServiceName", STRING, fixed("payments", "ledger"), "F6"),
    TestedKey("kms:RecipientAttestation:NitroTPMPCR4", STRING, fixed("00ff", "abcd1234"), "F6"),
    TestedKey("kms:MacAlgorithm", STRING, fixed("HMAC_SHA_256", "HMAC_SHA_512"), "F6"),
    TestedKey("kms:KeyAgreementAlgorithm", STRING, fixed("ECDH"), "F6"),
    TestedKey("kms:EncapsulationAlgorithm", STRING, fixed("ML_KEM"), "F6"),
    TestedKey("kms:DataKeyPairSpec", STRING, fixed("RSA_2048", "ECC_NIST_P256"), "F6"),
    TestedKey("kms:WrappingAlgorithm", STRING, fixed("RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"), "F6"),
    TestedKey("kms:WrappingKeySpec", STRING, fixed("RSA_2048", "RSA_4096"), "F6"),
    TestedKey("kms:TrailingDaysWithoutKeyUsage", NUMERIC, fixed("7", "90"), "F6"),
    TestedKey("aws:RequestTag/team", STRING, fixed(*NAMES), "F6"),
    TestedKey("aws:TagKeys", STRING, fixed("team", "Project", "Team"), "F6", multivalued=True),
    TestedKey("kms:EncryptionContext:tenant", STRING, fixed(*NAMES), "F7"),
    TestedKey("kms:EncryptionContext:Tenant", STRING, fixed(*NAMES), "F7"),
    TestedKey("kms:EncryptionContext:app", STRING, fixed(*NAMES), "F7"),
    TestedKey(
        "kms:EncryptionContextKeys",
        STRING,
        fixed("tenant", "Tenant", "app", "other"),
        "F7",
        multivalued=True,
        derived=True,
    ),
    TestedKey("kms:KeySpec", STRING, _SPECS, "F8", derived=True),
    TestedKey("kms:CustomerMasterKeySpec", STRING, _SPECS, "F8", derived=True),
    TestedKey("kms:KeyUsage", STRING, _USAGES, "F8", derived=True),
    TestedKey("kms:CustomerMasterKeyUsage", STRING, _USAGES, "F8", derived=True),
    TestedKey(
        "kms:KeyOrigin", STRING, fixed("AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"), "F8", derived=True
    ),
    TestedKey("kms:MultiRegion", BOOL, _TRUTHS, "F8", derived=True),
    TestedKey("kms:MultiRegionKeyType", STRING, fixed("PRIMARY", "REPLICA"), "F8", derived=True),
    TestedKey("kms:RequestAlias", STRING, _ALIASES, "F8"),
    TestedKey("kms:ResourceAliases", STRING, _ALIASES, "F8", multivalued=True, derived=True),
    TestedKey("aws:ResourceTag/team", STRING, fixed(*NAMES), "F8", derived=True),
    TestedKey("kms:FutureKey", STRING, fixed(*NAMES), "U4"),
    TestedKey("aws:SourceIdentity", STRING, fixed(*NAMES), "F3"),
    TestedKey("aws:FederatedProvider", STRING, _providers, "F3"),
    TestedKey("aws:Ec2InstanceSourceVpc", STRING, fixed(*VPCS), "F4"),
    TestedKey(
        "ec2:SourceInstanceArn",
        ARN,
        lambda w: (f"arn:{w.partition}:ec2:{w.region}:{ACCOUNTS[0]}:instance/i-0a1b2c3d",),
        "F3",
    ),
    TestedKey("lambda:SourceFunctionArn", ARN, lambda w: (source_arns(w)[1],), "F3"),
    TestedKey("glue:RoleAssumedBy", STRING, fixed("glue.amazonaws.com"), "F3"),
    TestedKey("identitystore:UserId", STRING, fixed("94482488-3041-7026-18f3-be45837cd0e4"), "F3"),
    TestedKey(
        "aws:SignInSessionArn", ARN, lambda w: (f"arn:{w.partition}:signin:{w.region}:{ACCOUNTS[0]}:session/one",), "F3"
    ),
    TestedKey("aws:ViaAWSMCPService", BOOL, _TRUTHS, "F5"),
    TestedKey("aws:CalledViaAWSMCP", STRING, fixed("aws-mcp.amazonaws.com"), "F5"),
    TestedKey("saml:sub", STRING, fixed(*NAMES), "F6"),
)

_KINDS = {
    ValueType.STRING: (STRING, fixed(*NAMES)),
    ValueType.ARN: (ARN, source_arns),
    ValueType.BOOL: (BOOL, _TRUTHS),
    ValueType.DATE: (DATE, _DATES),
    ValueType.NUMERIC: (NUMERIC, fixed("7", "90")),
    ValueType.IP: (IP, fixed("10.1.2.3", "2001:db8::10")),
}
VALUES = {
    "aws:chatbotsourcearn": (f"arn:aws:chatbot::{ACCOUNTS[0]}:chat-configuration/slack-channel/example",),
    "aws:viacustomerdomain": (ACCOUNTS[1],),
    "codebuild:buildarn": (f"arn:aws:codebuild:us-west-2:{ACCOUNTS[0]}:build/example:1",),
    "codebuild:projectarn": (f"arn:aws:codebuild:us-west-2:{ACCOUNTS[0]}:project/example",),
    "ec2:roledelivery": ("1.0", "2.0"),
    "ssm:sourceinstancearn": (f"arn:aws:ssm:us-west-2:{ACCOUNTS[0]}:managed-instance/mi-0a1b2c3d",),
    "glue:credentialissuingservice": ("glue.amazonaws.com",),
}
"""Values of keys that have a form of their own."""
_NAMED = {key.name.lower() for key in KEYS}
OTHERS: tuple[TestedKey, ...] = tuple(
    TestedKey(
        key.name, kind, fixed(*VALUES[key.name.lower()]) if key.name.lower() in VALUES else pool, "F6", key.multivalued
    )
    for key in condition_keys()
    for kind, pool in [_KINDS[key.type]]
    if key.prefix is None and key.name.lower() not in _NAMED
)
"""The keys of the data that nothing is known of but their type, and of which a request may hold any value."""
BY_NAME = {key.name.lower(): key for key in KEYS}
SINGLE = tuple(key for key in KEYS if not key.multivalued)
"""What a policy variable can name (L7)."""
