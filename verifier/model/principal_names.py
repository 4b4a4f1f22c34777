"""Names of principals: a text → a `Principal`, or what is wrong with it (P2, P3, L8, G2).

In: one text, as it stands in a policy's `AWS` principal or in a grant. Out: its type, account and partition.
Guarantee: no name with a wildcard inside, a bad account or an unknown shape gets through (P3).
"""

from __future__ import annotations

import re

from verifier.frozen import Frozen
from verifier.model.policy import Principal, PrincipalType
from verifier.syntax.text import brief

_ACCOUNT = re.compile(r"[0-9]{12}")
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,124}")
"""IAM User Guide, "Unique identifiers": users begin with AIDA, roles with AROA."""
_PARTITION = re.compile(r"aws(?:-[a-z]+)*")
_PATH = r"(?:[\x21-\x7e]*/)?[\w+=,.@-]{1,64}"
"""A name with its path, in which any character of ASCII may be but spaces and controls [API: CreateRole, Path]."""
_RESOURCES = (
    ("iam", re.compile(r"root"), PrincipalType.ACCOUNT),
    ("iam", re.compile(rf"user/{_PATH}", re.ASCII), PrincipalType.USER),
    ("iam", re.compile(rf"role/{_PATH}", re.ASCII), PrincipalType.ROLE),
    ("sts", re.compile(r"assumed-role/[^/\s]+/[^/\s]+"), PrincipalType.SESSION),
    ("sts", re.compile(r"federated-user/[^/\s]+"), PrincipalType.FEDERATED_USER),
)
_FORMS = '"*", a twelve-digit account, or the ARN of an account (`root`), user, role or session'


class Fault(Frozen):
    """Why a text names no principal, in one line, with a remedy where there is one. The rule is P3."""

    message: str
    hint: str | None = None


def is_account(text: str) -> bool:
    """True iff a text is an account: twelve digits."""
    return _ACCOUNT.fullmatch(text) is not None


def principal_named(text: str) -> Principal | Fault:
    """The principal that a text names, without place: an account, user, role, session, federated user or unique ID."""
    if is_account(text):
        return Principal(PrincipalType.ACCOUNT, text, account=text)
    if _UNIQUE_ID.fullmatch(text):
        return Principal(PrincipalType.UNIQUE_ID, text)
    if "*" in text or "?" in text:
        return Fault(f'wildcard inside the principal "{brief(text)}"', 'use "*" with a condition on `aws:PrincipalArn`')
    return _principal_of_arn(text)


def _principal_of_arn(text: str) -> Principal | Fault:
    fields = text.split(":", 5)
    if len(fields) < 6 or fields[0] != "arn":
        return Fault(f'"{brief(text)}" is not a principal; expected {_FORMS}')
    _, partition, service, region, account, resource = fields
    fault = _arn_fault(partition, region, account)
    if fault:
        return Fault(f'malformed principal ARN "{brief(text)}": {fault}')
    for expected_service, pattern, kind in _RESOURCES:
        if service == expected_service and pattern.fullmatch(resource):
            return Principal(kind, text, account, partition)
    return Fault(f'"{brief(text)}" names no principal; expected {_FORMS}', _arn_hint(service, resource))


def _arn_fault(partition: str, region: str, account: str) -> str | None:
    if not _PARTITION.fullmatch(partition):
        return f'unknown partition "{brief(partition)}"'
    if region:
        return f'the Region field must be empty, found "{brief(region)}"'
    return None if is_account(account) else f'expected a twelve-digit account, found "{brief(account)}"'


def _arn_hint(service: str, resource: str) -> str | None:
    if service == "iam" and resource.startswith("group/"):
        return "a user group cannot be a principal"
    if service == "iam" and resource.startswith(("saml-provider/", "oidc-provider/")):
        return "an identity provider is a `Federated` principal"
    if service == "iam" and resource.startswith(("assumed-role/", "federated-user/")):
        return "sessions have `sts` where this ARN has `iam`"
    return None


def short_arn(arn: str) -> str:
    """`role/reports of 111122223333` for an ARN of IAM or STS; any other text as it is."""
    parts = arn.split(":", 5)
    return f"{parts[5]} of {parts[4]}" if len(parts) == 6 and parts[2] in ("iam", "sts") and parts[4] else arn
