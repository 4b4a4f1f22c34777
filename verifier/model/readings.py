"""The documented ambiguities (◇) that a decision may rest on (S2).

In: nothing. Out: `READINGS`, the symbol of each ◇ of docs/semantics.md that is modelled.
Guarantee: `evaluate` and `problem` use the same labels with the meanings stated here, and no others.
"""

from __future__ import annotations

from verifier.model.reference import ALIAS_QUOTA, ValueType
from verifier.model.symbols import Reading

R4 = Reading(
    "R4",
    "Do resource control policies restrict operations on an alias?",
    "they do, those of the alias's account",
    "they do not",
    "AWS Organizations User Guide, orgs_manage_policies_rcps",
)
L6 = Reading(
    "L6",
    "Does a `*` at the end of a segment of a `Resource` match a colon?",
    "it may match colons, and segments after them",
    "it stays in its segment",
    "IAM User Guide, reference_policies_elements_resource, as it is and as it was published in 2023",
)
L6_ARN = Reading(
    "L6-arn",
    "Under an Arn operator, may a `*` of a pattern of too few fields stand for those that it lacks?",
    "it may",
    "such a pattern matches nothing",
    "IAM User Guide, reference_policies_elements_condition_operators",
)
WILDCARDS = Reading(
    "L7-wildcards",
    "Are `*` and `?` in the text that replaces a policy variable wildcards?",
    "they are wildcards",
    "they are literal characters",
    "IAM User Guide, reference_policies_variables",
)
EMPTY = Reading(
    "L7-empty",
    "Does a policy variable have no value where the value of its key is an empty string?",
    "it has none: an empty value is null, and the default counts",
    "its value is the empty text",
    "IAM User Guide, reference_policies_variables against reference_policies_elements_condition",
)
P1 = Reading(
    "P1",
    'Does `{"AWS": "*"}` match service principals?',
    "it matches them",
    "it does not",
    "IAM User Guide, reference_policies_elements_principal",
)
P3 = Reading(
    "P3",
    "Does a Deny that names a user cover the federated-user sessions that it issued?",
    "it covers them",
    "it does not",
    "IAM User Guide, reference_policies_elements_principal",
)
P5 = Reading(
    "P5",
    "Does `NotPrincipal` with Deny spare a caller of whose ARNs some, but not all, are listed?",
    "the caller is spared",
    "the caller is denied",
    "IAM User Guide, reference_policies_elements_notprincipal",
)
P5_ALLOW = Reading(
    "P5-allow",
    "What does `NotPrincipal` with Allow match?",
    "every caller that it does not name",
    "nothing",
    "IAM User Guide, reference_policies_elements_notprincipal",
)
P6 = Reading(
    "P6",
    "Does a `Federated` principal outside a trust policy name the role sessions that came from the provider?",
    "it names them",
    "it names nobody",
    "IAM User Guide, reference_policies_elements_principal, against AWS KMS Developer Guide, key-policy-overview",
)
C1 = Reading(
    "C1",
    "Is `ForAnyValue:…IfExists` true when the key is absent?",
    "true",
    "false",
    "IAM User Guide, reference_policies_elements_condition_operators",
)
C1_NULL = Reading(
    "C1-null",
    "Does `Null` take a key whose value is an empty string for absent?",
    "it does: an empty value is null",
    "it does not: the key is present",
    "IAM User Guide, reference_policies_elements_condition against reference_policies_elements_condition_operators",
)
C2 = Reading(
    "C2",
    "What does an operator without set prefix do with a multi-valued key?",
    "it holds when any of the values satisfies it",
    "it never holds when the key is present",
    "IAM User Guide, reference_policies_condition-single-vs-multi-valued-context-keys",
)
_OPERATORS = "IAM User Guide, reference_policies_elements_condition_operators"
_UNREAD = ("it makes the statement match no request", "it matches nothing", _OPERATORS)
C3: dict[ValueType | None, Reading] = {
    ValueType.NUMERIC: Reading("C3-number", "What does a number that cannot be read do, such as `ten`?", *_UNREAD),
    ValueType.DATE: Reading("C3-date", "What does a date that cannot be read do, such as `2026-13-01`?", *_UNREAD),
    ValueType.IP: Reading("C3-address", "What does a block that cannot be read do, such as `10.0.0.0/33`?", *_UNREAD),
    ValueType.BOOL: Reading("C3-truth", "What does a value of `Bool` do that is no truth value?", *_UNREAD),
    ValueType.BINARY: Reading("C3-bytes", "What does a value of `BinaryEquals` do that is no base64?", *_UNREAD),
}
C3_YEAR = Reading(
    "C3-year",
    "Is a listed date of four digits, such as `2030`, a number of seconds since 1970?",
    "it is",
    "it is a year",
    "IAM User Guide, reference_policies_elements_condition_operators (the forms of the W3C and Unix time alike)",
)
_W3C = ("it can", "it cannot be read", f"{_OPERATORS}, which asks for a W3C form: a time has `Z` or `+hh:mm`")
C3_ZONE = Reading("C3-zone", "Can a listed date with a time be read, as one in UTC, that has no zone?", *_W3C)
C3_OFFSET = Reading("C3-offset", "Can a listed date be read whose zone has no colon, such as `+0900`?", *_W3C)
C3_BOOL = Reading(
    "C3-bool",
    "Do policy variables work under `Bool`?",
    "they are replaced",
    "they are literal text, which is neither `true` nor `false`",
    "IAM User Guide, reference_policies_elements_condition_operators, against reference_policies_variables",
)
D4 = Reading(
    "D4",
    "Does a permissions boundary or session policy without an Allow limit a key-policy Allow to `*`?",
    "it does",
    "it does not",
    "IAM User Guide, reference_policies_evaluation-logic",
)
D6 = Reading(
    "D6",
    "Does the policy of a VPC endpoint restrict a service principal that calls through it?",
    "it does",
    "it does not",
    "AWS KMS Developer Guide, kms-vpc-endpoint",
)
V_ACCOUNT = Reading(
    "V-account",
    "Does an Allow of a VPC endpoint policy that names an account cover the users and roles of the account?",
    "it covers every caller of the account",
    "it covers the root user only",
    "AWS PrivateLink Guide, vpc-endpoints-access",
)
_WITHOUT_KEY = (
    "it does, if it matches some ARN of that kind in the caller's account and Region",
    "it does not",
    "AWS KMS Developer Guide, kms-api-permissions-reference",
)
D9 = Reading("D9", "Does a Resource pattern of keys (`key/…`) cover operations without a key?", *_WITHOUT_KEY)
D9_ALIAS = Reading("D9-alias", "Does a pattern of aliases (`alias/…`) cover operations without a key?", *_WITHOUT_KEY)
U2 = Reading(
    "U2",
    "Does a key policy that names a user admit a federated session of that user without a session policy?",
    "a key policy that names the user admits the session",
    "only a policy that names the session does",
    "IAM User Guide, id_credentials_temp_control-access_getfederationtoken",
)
G2 = Reading(
    "G2",
    "Is a grant that is listed with a service as its `GranteePrincipal` also for a user or role that the listing "
    "does not name?",
    "it is, and any user, role or session may be the one",
    "it is for the service only",
    "AWS KMS API Reference, GrantListEntry",
)
G2_FEDERATED = Reading(
    "G2-federated",
    "Is a grant to a user also for the federated sessions that the user issues?",
    "it is, as an Allow of the key policy to the user is",
    "it is for the user itself alone",
    "AWS KMS Developer Guide, grants, against IAM User Guide, id_credentials_temp_control-access_getfederationtoken",
)
G3_NAMES = Reading(
    "G3-names",
    "Do the names of encryption-context pairs in a grant constraint match without regard to case?",
    "they do",
    "they match exactly",
    "AWS KMS API Reference, GrantConstraints, against AWS KMS Developer Guide, create-grant-overview",
)
G3_SOURCE = Reading(
    "G3-source",
    "What does a `SourceArn` constraint do to a caller that is not a service principal?",
    "the grant does not allow the request",
    "it is ignored",
    "AWS KMS API Reference, GrantConstraints",
)
G3_DESCRIBE = Reading(
    "G3-describe",
    "Does a `SourceArn` constraint bind `kms:DescribeKey`?",
    "it does",
    "it does not",
    "AWS KMS API Reference, GrantConstraints",
)
G3_ASYMMETRIC = Reading(
    "G3-asymmetric",
    "May a grant for an asymmetric or HMAC key have an encryption context constraint, which is not applied then?",
    "it may, and operations with the key are allowed whatever the constraint",
    "it may not: none is asked for, and one that is listed allows no operation that takes an encryption context",
    "AWS KMS API Reference, GrantConstraints, against AWS KMS Developer Guide, create-grant-overview",
)
G4 = Reading(
    "G4",
    "Does a permissions boundary or session policy without an Allow limit what a grant allows?",
    "it does",
    "it does not",
    "AWS KMS Developer Guide, grants, against IAM User Guide, reference_policies_evaluation-logic",
)
G5 = Reading(
    "G5",
    "Does a Deny of the key policy stop `kms:RetireGrant`?",
    "it does",
    "it does not",
    "AWS KMS Developer Guide, grant-manage",
)
G6 = Reading(
    "G6",
    "Is the `SourceArn` of a grant that a grant allows to create as strict if the other's covers it as a pattern?",
    "it is",
    "only if it is the same text",
    "AWS KMS API Reference, CreateGrant; AWS KMS Developer Guide, create-grant-overview",
)
F1_KEYLESS = Reading(
    "F1-keyless",
    "Do operations on no key carry `kms:CallerAccount`?",
    "they do",
    "they do not",
    "AWS KMS Developer Guide, conditions-kms, kms-api-permissions-reference, against the service reference of AWS KMS",
)
F1_RESOURCE = Reading(
    "F1-resource",
    "Do operations on neither a key nor an alias carry `aws:ResourceAccount` (the caller's account)?",
    "they do",
    "they do not",
    "IAM User Guide, reference_policies_condition-keys (for most service actions)",
)
F1_SERVICE = Reading(
    "F1-service",
    "Does a service principal's request carry `aws:PrincipalArn` and the other keys about an ARN?",
    "it may",
    "it does not",
    "IAM User Guide, reference_policies_condition-keys",
)
F3 = Reading(
    "F3",
    "Does a session tag pass on if the next role refuses it `sts:TagSession`, or the call names it in another case?",
    "it does",
    "it does not",
    "IAM User Guide, id_session-tags; AWS STS API Reference, AssumeRole",
)
F4 = Reading(
    "F4",
    "In a request that a service makes on a caller's behalf, or with a service role, is `aws:SourceIp` present?",
    "it may be",
    "it is absent",
    "AWS KMS Developer Guide, conditions-aws; IAM User Guide, reference_policies_condition-keys (aws:SourceIp)",
)
F5 = Reading(
    "F5",
    "In a direct CreateGrant, ListGrants or RevokeGrant, is `kms:GrantIsForAWSResource` present (and false)?",
    "it is false",
    "it is absent",
    "AWS KMS Developer Guide, conditions-kms",
)
F6 = Reading(
    "F6",
    "Are `kms:BypassPolicyLockoutSafetyCheck` and `kms:ExpirationModel` present with their defaults when not sent?",
    "they have their defaults",
    "they are absent",
    "AWS KMS Developer Guide, conditions-kms",
)
F6_UNTAG = Reading(
    "F6-untag",
    "May a request of UntagResource have `aws:RequestTag/…`, though it names tags without values?",
    "it may, with a value of the tags that it names",
    "it has none",
    "AWS KMS Developer Guide, abac, against the service reference of AWS KMS",
)
F6_REPLICATE = Reading(
    "F6-replicate",
    "Does a request of ReplicateKey carry the tags of the replica as `aws:RequestTag/…` and `aws:TagKeys`?",
    "it does",
    "it has neither",
    "IAM User Guide, reference_policies_condition-keys, against AWS KMS Developer Guide, abac",
)
WHICH_PAIR = Reading(
    "F7",
    "Where names of the encryption context differ in case alone, do conditions read the pair that is given last?",
    "the last of them",
    "the first of them",
    "AWS KMS Developer Guide, conditions-kms",
)
_OPEN = (
    "it is",
    "it reads as absent",
    "AWS KMS Developer Guide, conditions-kms and abac, against IAM User Guide, reference_policies_condition-keys",
)
F8 = Reading("F8", "Is `aws:ResourceTag/…` readable in a key policy?", *_OPEN)
F8_RCP = Reading("F8-rcp", "Is `aws:ResourceTag/…` readable in a resource control policy?", *_OPEN)
F8_VPCE = Reading("F8-endpoint", "Is `aws:ResourceTag/…` readable in the policy of a VPC endpoint?", *_OPEN)
F8_ALIASES = Reading("F8-aliases", "Is `kms:ResourceAliases` readable in a key policy?", *_OPEN)
F8_ALIASES_RCP = Reading("F8-aliases-rcp", "Is `kms:ResourceAliases` readable in a resource control policy?", *_OPEN)
F8_ALIASES_VPCE = Reading(
    "F8-aliases-endpoint", "Is `kms:ResourceAliases` readable in the policy of a VPC endpoint?", *_OPEN
)
F8_CREATE = Reading(
    "F8-create",
    "Does a request of CreateKey carry the tags of the new key as `aws:ResourceTag/…` too?",
    "it does, with the values of `aws:RequestTag/…`",
    "they read as absent",
    "IAM User Guide, reference_policies_condition-keys, against AWS KMS Developer Guide, abac",
)
F8_RETIRE = Reading(
    "F8-retire",
    "Does a request of RetireGrant carry the facts of the key, such as `kms:KeySpec` and `kms:MultiRegion`?",
    "it does",
    "they read as absent",
    "AWS KMS Developer Guide, conditions-kms, against kms-api-permissions-reference",
)
F8_QUOTA = Reading(
    "F8-quota",
    f"Does a key with more than {ALIAS_QUOTA} aliases refuse whoever a condition on `kms:ResourceAliases` lets in?",
    "it does: it is over its quota",
    "the quota has been raised",
    "AWS KMS Developer Guide, abac (Access denied due to alias quota), resource-limits",
)
E4 = Reading(
    "E4",
    "Does a request to pass a role carry the role's tags, which do not limit who may pass it?",
    "it does",
    "they read as absent",
    "IAM User Guide, id_roles_use_passrole, access_tags",
)
E2 = Reading(
    "E2",
    "Do policies other than the trust policy read a transitive tag of the caller as one of the role that it assumes?",
    "they do",
    "they read the role's own tag",
    "IAM User Guide, id_session-tags (Chaining roles with session tags), which says so of the trust policy alone",
)

_NAMED = (one for found in tuple(globals().values()) for one in (C3.values() if found is C3 else (found,)))
READINGS: tuple[Reading, ...] = tuple(one for one in _NAMED if isinstance(one, Reading))
"""Every ◇ that the verifier models, in the order of docs/semantics.md."""
