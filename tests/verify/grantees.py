"""Whom grants name, for tests: one principal of each kind, in three accounts."""

from __future__ import annotations

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    SAM,
)

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
