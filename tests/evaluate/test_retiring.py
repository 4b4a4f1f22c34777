"""G5: who may retire a grant. Expectations are argued from the guide's page grant-manage and the API model (RetireGrant)."""

from __future__ import annotations

from typing import Any

import pytest

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
    allow,
    aws,
    deny,
    estate,
    grant,
    home,
    identity,
    labels,
    outcome,
    own,
)
from verifier.model.estate import Estate
from verifier.model.grant import Grant

SERVICE = "dynamodb.us-west-2.amazonaws.com"
NOTHING = (home(identity(ALICE), identity(REPORTS)), home(identity(PARTNER_ROLE), account=PARTNER))
DELEGATED = (home(identity(ALICE, own("kms:RetireGrant"))), home(identity(PARTNER_ROLE, own("kms:RetireGrant")), account=PARTNER))


def retirable(*grants: Grant, accounts: Any = NOTHING, statement: Any = None) -> Estate:
    return estate(statement or allow(aws(f"arn:aws:iam::{HOME}:user/Nobody")), accounts=accounts, grants=grants)


def retires(found: Estate, principal: str, **rest: Any) -> str:
    return outcome(found, principal, "kms:RetireGrant", **rest)


@pytest.mark.parametrize(
    ("retiring", "principal", "expected"),
    [
        (ALICE, ALICE, "allow"),
        (ALICE, REPORTS_SESSION, "deny"),
        (REPORTS, REPORTS_SESSION, "allow"),
        (PARTNER_ROLE, PARTNER_SESSION, "allow"),
        (PARTNER_ROOT, PARTNER_ROOT, "allow"),
        (PARTNER_ROOT, PARTNER_SESSION, "deny"),
        (SERVICE, SERVICE, "allow"),
        (SERVICE, "s3.amazonaws.com", "deny"),
    ],
)
def test_g5_the_retiring_principal(retiring: str, principal: str, expected: str) -> None:
    # "A grant can be retired by an optional retiring principal specified in the grant", without the permission.
    assert retires(retirable(grant(REPORTS_SESSION + "-other", "Decrypt", retiring=retiring)), principal) == expected


def test_g5_the_grantee_if_the_grant_says_so() -> None:
    # "only if they are also a retiring principal or the grant includes the RetireGrant operation".
    assert retires(retirable(grant(ALICE, "Decrypt", "RetireGrant")), ALICE) == "allow"
    assert retires(retirable(grant(ALICE, "Decrypt")), ALICE) == "deny"
    assert retires(retirable(grant(SERVICE, "RetireGrant", source_arn="arn:aws:s3:us-west-2:111122223333:x")), SERVICE) == "allow"


def test_g5_the_issuing_account() -> None:
    # "As a backup, the AWS account in which the grant was created can retire the grant"; it may delegate.
    issued = grant(REPORTS, "Decrypt", issuing_account=PARTNER)
    assert retires(retirable(issued), PARTNER_ROOT) == "allow"
    assert retires(retirable(issued), PARTNER_SESSION) == "deny"
    assert retires(retirable(issued, accounts=DELEGATED), PARTNER_SESSION) == "allow"
    assert retires(retirable(grant(REPORTS, "Decrypt"), accounts=DELEGATED), PARTNER_SESSION) == "deny"
    assert retires(retirable(grant(REPORTS, "Decrypt")), PARTNER_ROOT) == "deny"


def test_g5_the_keys_account_delegates() -> None:
    # "The AWS account that owns the KMS key can delegate the kms:RetireGrant permission to an IAM user in the account".
    issued = grant(REPORTS, "Decrypt", issuing_account=PARTNER)
    assert [retires(retirable(issued, accounts=accounts), ALICE) for accounts in (NOTHING, DELEGATED)] == ["deny", "allow"]
    assert retires(retirable(issued), ROOT) == "allow"


def test_g5_an_account_that_is_the_retiring_principal_delegates() -> None:
    # "If the retiring principal is a different AWS account, administrators in the other account can … delegate".
    issued = grant(REPORTS, "Decrypt", retiring=PARTNER_ROOT)
    assert retires(retirable(issued, accounts=DELEGATED), PARTNER_SESSION) == "allow"


def test_g5_a_key_policy_gives_nothing() -> None:
    # "The kms:RetireGrant permission is not effective in a key policy"; "to deny … you can use a Deny" does not say where.
    assert retires(retirable(grant(REPORTS, "Decrypt"), statement=allow(aws(ALICE))), ALICE) == "deny"
    assert retires(retirable(grant(ALICE, "RetireGrant"), statement=deny("*")), ALICE) == "depends G5"
    denied = (home(identity(ALICE, own(effect="Deny"))),)
    assert retires(retirable(grant(ALICE, "RetireGrant"), accounts=denied), ALICE) == "deny"


def test_g5_revoking_and_listing_are_for_policies() -> None:
    # "access to the RevokeGrant operation is controlled through key policies and IAM policies".
    found = retirable(grant(ALICE, "RetireGrant", retiring=ALICE, issuing_account=HOME))
    assert [outcome(found, action=f"kms:{name}") for name in ("RevokeGrant", "ListGrants")] == ["deny", "deny"]


def test_g5_grants_that_are_not_given() -> None:
    found = estate(allow("*"), accounts=NOTHING)
    assert labels(found, action="kms:RetireGrant") == ["G5"]
    assert labels(retirable(), action="kms:RetireGrant") == []
