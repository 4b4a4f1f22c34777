"""G5: who may retire a grant. Expectations are argued from the guide's page grant-manage and the API model
(RetireGrant)."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import (
    ALICE,
    DYNAMODB,
    HOME,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    STAFF,
    allow,
    aws,
    deny,
    estate,
    grant,
    granted,
    home,
    identity,
    labels,
    outcome,
    own,
)
from verifier.model.estate import Estate

DELEGATED = (
    home(identity(ALICE, own("kms:RetireGrant"))),
    home(identity(PARTNER_ROLE, own("kms:RetireGrant")), account=PARTNER),
)


def retires(found: Estate, principal: str) -> str:
    return outcome(found, principal, "kms:RetireGrant")


@pytest.mark.parametrize(
    ("retiring", "principal", "expected"),
    [
        (ALICE, ALICE, "allow"),
        (ALICE, REPORTS_SESSION, "deny"),
        (REPORTS, REPORTS_SESSION, "allow"),
        (PARTNER_ROLE, PARTNER_SESSION, "allow"),
        (PARTNER_ROOT, PARTNER_ROOT, "allow"),
        (PARTNER_ROOT, PARTNER_SESSION, "deny"),
        (DYNAMODB, DYNAMODB, "allow"),
        (DYNAMODB, S3, "deny"),
    ],
)
def test_g5_the_retiring_principal(retiring: str, principal: str, expected: str) -> None:
    # "A grant can be retired by an optional retiring principal specified in the grant", without the permission.
    assert retires(granted(grant(REPORTS_SESSION + "-other", "Decrypt", retiring=retiring)), principal) == expected


def test_g5_the_grantee_if_the_grant_says_so() -> None:
    # "only if they are also a retiring principal or the grant includes the RetireGrant operation".
    assert retires(granted(grant(ALICE, "Decrypt", "RetireGrant")), ALICE) == "allow"
    assert retires(granted(grant(ALICE, "Decrypt")), ALICE) == "deny"
    assert (
        retires(granted(grant(DYNAMODB, "RetireGrant", source_arn="arn:aws:s3:us-west-2:111122223333:x")), DYNAMODB)
        == "allow"
    )


def test_g5_the_issuing_account() -> None:
    # "As a backup, the AWS account in which the grant was created can retire the grant"; it may delegate.
    issued = grant(REPORTS, "Decrypt", issuing_account=PARTNER)
    assert retires(granted(issued), PARTNER_ROOT) == "allow"
    assert retires(granted(issued), PARTNER_SESSION) == "deny"
    assert retires(granted(issued, accounts=DELEGATED), PARTNER_SESSION) == "allow"
    assert retires(granted(grant(REPORTS, "Decrypt"), accounts=DELEGATED), PARTNER_SESSION) == "deny"
    assert retires(granted(grant(REPORTS, "Decrypt")), PARTNER_ROOT) == "deny"


def test_g5_the_keys_account_delegates() -> None:
    # "The AWS account that owns the KMS key can delegate the kms:RetireGrant permission to an IAM user in the account".
    issued = grant(REPORTS, "Decrypt", issuing_account=PARTNER)
    assert [retires(granted(issued, accounts=accounts), ALICE) for accounts in (STAFF, DELEGATED)] == ["deny", "allow"]
    assert retires(granted(issued), ROOT) == "allow"


def test_g5_an_account_that_is_the_retiring_principal_delegates() -> None:
    # "If the retiring principal is a different AWS account, administrators in the other account can … delegate".
    issued = grant(REPORTS, "Decrypt", retiring=PARTNER_ROOT)
    assert retires(granted(issued, accounts=DELEGATED), PARTNER_SESSION) == "allow"


def test_g5_a_key_policy_gives_nothing() -> None:
    # "The kms:RetireGrant permission is not effective in a key policy"; "to deny … you can use a Deny" does not say
    # where.
    assert retires(granted(grant(REPORTS, "Decrypt"), statement=allow(aws(ALICE))), ALICE) == "deny"
    assert retires(granted(grant(ALICE, "RetireGrant"), statement=deny("*")), ALICE) == "depends G5"
    denied = (home(identity(ALICE, own(effect="Deny"))),)
    assert retires(granted(grant(ALICE, "RetireGrant"), accounts=denied), ALICE) == "deny"


def test_g5_revoking_and_listing_are_for_policies() -> None:
    # "access to the RevokeGrant operation is controlled through key policies and IAM policies".
    found = granted(grant(ALICE, "RetireGrant", retiring=ALICE, issuing_account=HOME))
    assert [outcome(found, action=f"kms:{name}") for name in ("RevokeGrant", "ListGrants")] == ["deny", "deny"]


def test_g5_grants_that_are_not_given() -> None:
    found = estate(allow("*"), accounts=STAFF)
    assert labels(found, action="kms:RetireGrant") == ["G5"]
    assert labels(granted(), action="kms:RetireGrant") == []
