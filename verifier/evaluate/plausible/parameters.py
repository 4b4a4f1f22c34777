"""What a request says in one parameter that another rules out (F6).

In: a case, the given context. Out: warnings. Guarantee: pure; see `plausible`.
[KMS Developer Guide: conditions-kms, kms:ValidTo; conditions-nitro-enclaves. IAM: reference_policies_condition-keys, aws:SourceAccount]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.evaluate.case import Case
from verifier.model.request import Value

MOST_TAGS = 50
"""Tags that one request can set. [API: TagResource]"""
ATTESTATION = "kms:recipientattestation:"
IMAGE = (f"{ATTESTATION}imagesha384", f"{ATTESTATION}pcr0")
"""The two names for the hash of an enclave's image."""
TAGGING = ("kms:tagresource", "kms:untagresource")


def parameter_warnings(case: Case, given: Mapping[str, Value]) -> Iterator[str]:
    """Warnings about parameters that exclude each other."""
    if case.action.lower() == "kms:importkeymaterial" and "kms:validto" in given and not expires(given):
        yield "F6: key material that does not expire has no kms:ValidTo"
    yield from _attestation(given)
    tags = sum(key.startswith("aws:requesttag/") for key in given)
    if max(tags, len(given.get("aws:tagkeys", ()))) > MOST_TAGS:
        yield f"F6: no request has more than {MOST_TAGS} tags"


def source_warnings(given: Mapping[str, Value]) -> Iterator[str]:
    """F6: `aws:SourceArn` is of the account that `aws:SourceAccount` names, if it names one."""
    arn, account = given.get("aws:sourcearn"), given.get("aws:sourceaccount")
    if isinstance(arn, str) and isinstance(account, str) and arn.count(":") >= 5 and arn.split(":")[4] not in ("", account):
        yield f"F6: aws:SourceArn is of account {arn.split(':')[4]}, but aws:SourceAccount is {account}"


def required_parameters(case: Case) -> Iterator[str]:
    """Keys (lower case) that every request with these other parameters has."""
    given, action = case.context.entries, case.action.lower()
    if action == "kms:importkeymaterial" and expires(given):
        yield "kms:validto"
    if action in TAGGING:
        yield "aws:tagkeys"
    for one, other in (IMAGE, IMAGE[::-1]):
        if one in given:
            yield other


def expires(given: Mapping[str, object]) -> bool:
    """Whether imported key material expires: it does, where the request does not say."""
    return given.get("kms:expirationmodel") != "KEY_MATERIAL_DOES_NOT_EXPIRE"


def _attestation(given: Mapping[str, Value]) -> Iterator[str]:
    measured = [key for key in given if key.startswith(ATTESTATION)]
    tpm = [key for key in measured if key.startswith(f"{ATTESTATION}nitrotpm")]
    if tpm and len(tpm) < len(measured):
        yield "F6: an attestation document is of a Nitro enclave or of a NitroTPM, not of both"
    hashes = {str(given[key]).lower().removeprefix("0x") for key in IMAGE if key in given}
    if len(hashes) > 1:
        yield "F6: kms:RecipientAttestation:ImageSha384 is PCR0 of the same attestation document"
