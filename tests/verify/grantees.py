"""Principals of grants and caller sets, for tests."""

from __future__ import annotations

from tests.evaluate.estates import ALICE, HOME, PARTNER, PARTNER_ROLE, PARTNER_ROOT, PARTNER_SESSION, REPORTS, REPORTS_SESSION, ROOT, SAM
from verifier.model.policy import Principal, PrincipalType

_TYPES = {
    "user": PrincipalType.USER,
    "role": PrincipalType.ROLE,
    "assumed-role": PrincipalType.SESSION,
    "federated-user": PrincipalType.FEDERATED_USER,
    "root": PrincipalType.ACCOUNT,
}

THIRD = "777788889999"
ARNS = (
    ALICE,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    SAM,
    PARTNER_ROLE,
    PARTNER_SESSION,
    PARTNER_ROOT,
    f"arn:aws:iam::{HOME}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
    f"arn:aws:sts::{HOME}:assumed-role/AWSServiceRoleForRDS/x",
    f"arn:aws:sts::{PARTNER}:assumed-role/aws:ec2-infrastructure/i-1",
    f"arn:aws:iam::{THIRD}:role/a/b/batch",
    "s3.amazonaws.com",
    "rds.amazonaws.com",
)


def principal(text: str) -> Principal:
    """The principal of an ARN, a service name, or a unique ID."""
    if not text.startswith("arn:"):
        return Principal(PrincipalType.SERVICE if "." in text else PrincipalType.UNIQUE_ID, text)
    _, partition, _, _, account, resource = text.split(":", 5)
    return Principal(_TYPES[resource.partition("/")[0]], text, account, partition)


__all__ = ["ARNS", "HOME", "PARTNER", "THIRD", "principal"]
