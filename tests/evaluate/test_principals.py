"""P1–P7: which callers a principal element names. Expectations are argued from the principal and NotPrincipal pages."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER,
    PARTNER_ROOT,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    SAM,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    outcome,
    own,
)

EVERYTHING = own("kms:*")
STAFF = home(identity(ALICE, EVERYTHING), identity(REPORTS, EVERYTHING))


@pytest.mark.parametrize("caller", [ALICE, REPORTS_SESSION, ROOT, S3])
def test_p1_star_names_every_caller(caller: str) -> None:
    # "use a wildcard (*) to specify all principals"; in the account "no other permissions are required".
    assert outcome(estate(allow("*"), accounts=(home(identity(REPORTS)),)), caller) == "allow"


def test_p1_aws_star_against_services_is_open() -> None:
    # The page calls the two forms equivalent "for anonymous users" and says nothing of services.
    assert outcome(estate(allow({"AWS": "*"})), S3) == "depends P1"
    assert outcome(estate(allow({"AWS": "*"}))) == "allow"


@pytest.mark.parametrize("name", [HOME, ROOT])
def test_p2_an_account_in_allow_delegates(name: str) -> None:
    # key-policy-default: it lets IAM policies give access, and gives nothing to users by itself.
    assert outcome(estate(allow(aws(name)), accounts=(STAFF,))) == "allow"
    assert outcome(estate(allow(aws(name)), accounts=(home(identity(ALICE)),))) == "deny"
    assert outcome(estate(allow(aws(name))), ROOT) == "allow"


def test_p2_an_account_in_deny_matches_all_its_callers() -> None:
    # AWS's 2023 notice: a Deny that names the account applies to all its principals.
    found = estate(allow("*"), deny(aws(ROOT)), accounts=(STAFF,))
    assert [outcome(found, caller) for caller in (ALICE, REPORTS_SESSION, ROOT, S3)] == [
        "deny",
        "deny",
        "deny",
        "allow",
    ]


def test_p3_a_role_names_its_sessions_by_path_and_name() -> None:
    # IAM role principals: sessions get the role's permissions.
    found = estate(allow(aws(REPORTS)), accounts=(home(identity(REPORTS)),))
    assert outcome(found, REPORTS_SESSION) == "allow"
    assert (
        outcome(
            estate(allow(aws(REPORTS)), accounts=()), REPORTS_SESSION, readings={"U1:allow": True, "U1:deny": False}
        )
        == "deny"
    )


def test_p3_a_session_names_that_session_only() -> None:
    # "Principals must always name a specific session".
    found = estate(allow(aws(REPORTS_SESSION)))
    assert outcome(found, REPORTS_SESSION) == "allow"
    assert outcome(found, REPORTS_SESSION.replace("nightly", "daily")) == "deny"


def test_p3_a_user_covers_its_federated_sessions() -> None:
    # In Allow it is U2 that is open, in Deny P3.
    issued = {"issuer": ALICE}
    assert outcome(estate(allow(aws(ALICE)), accounts=(STAFF,)), SAM, **issued) == "depends U2"
    assert outcome(estate(allow(aws(SAM)), deny(aws(ALICE)), accounts=(STAFF,)), SAM, **issued) == "depends P3"
    assert outcome(estate(allow(aws(SAM)), deny(aws(ALICE)), accounts=(STAFF,)), SAM, issuer=ROOT) == "allow"


def test_p3_the_issuer_that_is_not_said_is_tried() -> None:
    # R2: a federated session is issued by a user or root.
    found = estate(allow(aws(SAM)), deny(aws(ALICE)), accounts=(STAFF,))
    assert outcome(found, SAM) == "depends P3"
    assert outcome(estate(allow(aws(SAM)), accounts=(STAFF,)), SAM) == "allow"


def test_p4_a_service_is_named_exactly_and_only_for_itself() -> None:
    # A forward access session is the caller, with kms:ViaService set.
    found = estate(allow({"Service": S3}))
    assert [outcome(found, S3), outcome(found, "sns.amazonaws.com")] == ["allow", "deny"]
    assert outcome(found, ALICE, context={"kms:ViaService": "s3.us-west-2.amazonaws.com"}) == "deny"


def not_principal(*arns: str, effect: str = "Deny") -> dict[str, object]:
    return {"Effect": effect, "NotPrincipal": {"AWS": list(arns)}, "Action": "kms:*", "Resource": "*"}


def test_p5_spares_only_when_every_arn_is_listed() -> None:
    # "you must also specify the account ARN of the not-denied principal. Otherwise, the policy might deny …".
    spared = estate(allow(aws(ALICE)), not_principal(ALICE, ROOT))
    assert outcome(spared) == "allow"
    assert outcome(estate(allow(aws(ALICE)), not_principal(ALICE))) == "depends P5-account"
    assert outcome(estate(allow(aws(ALICE)), not_principal(f"{ALICE}x"))) == "deny"


def test_p5_a_session_needs_session_role_and_account() -> None:
    # "include … the ARN of the assumed-role user, the role, and the AWS account".
    inventory = (home(identity(REPORTS)),)
    whole = estate(allow(aws(REPORTS)), not_principal(REPORTS_SESSION, REPORTS, ROOT), accounts=inventory)
    assert outcome(whole, REPORTS_SESSION) == "allow"
    assert (
        outcome(estate(allow(aws(REPORTS)), not_principal(REPORTS, ROOT), accounts=inventory), REPORTS_SESSION)
        == "depends P5"
    )


def test_p5_never_spares_a_caller_with_a_boundary() -> None:
    # NotPrincipal with Deny "will always deny any IAM principal that has a permissions boundary policy attached".
    bounded = (home(identity(ALICE, bounded=True)),)
    assert outcome(estate(allow(aws(ALICE)), not_principal(ALICE, ROOT), accounts=bounded)) == "deny"


def test_p5_a_federated_session_needs_itself_its_issuer_and_the_account() -> None:
    # Each ARN that names it; one issued by the root user has no user's ARN.
    found = estate(allow(aws(SAM)), not_principal(SAM, ROOT), accounts=(STAFF,))
    assert outcome(found, SAM, issuer=ROOT) == "allow"
    assert outcome(found, SAM, issuer=ALICE) == "depends P5-role"


def test_p5_services_are_spared_by_name() -> None:
    # A service has no account; its name is all that names it.
    statement = {**not_principal(), "NotPrincipal": {"Service": S3}}
    found = estate(allow("*"), statement)
    assert [outcome(found, S3), outcome(found, "sns.amazonaws.com"), outcome(found)] == ["allow", "deny", "deny"]


def test_p5_allow_with_not_principal_is_open() -> None:
    # "Doing so allows all principals except the one named", and most policies "do not allow the use of NotPrincipal
    # with Allow".
    found = estate(not_principal(f"arn:aws:iam::{PARTNER}:user/Bob", effect="Allow"))
    assert outcome(found) == "depends P5-allow"
    assert outcome(estate(not_principal(ALICE, effect="Allow"))) == "deny"


def test_p6_canonical_users_match_nobody_and_federated_principals_no_user() -> None:
    # "Most resource-based policies do not support" canonical users; a web identity session principal is a role session.
    assert (
        outcome(
            estate(
                allow({"Federated": "cognito-identity.amazonaws.com"}), allow({"CanonicalUser": "79a59df900b949e55d96"})
            )
        )
        == "deny"
    )


def test_p7_identity_policies_follow_the_caller_they_are_attached_to() -> None:
    # A policy of another user neither allows nor denies.
    other = f"arn:aws:iam::{HOME}:user/Bob"
    found = estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, EVERYTHING), identity(other, own(effect="Deny"))),))
    assert outcome(found) == "allow"
    assert outcome(found, other) == "deny"


def test_r7_another_partition_matches_nothing() -> None:
    # ARNs of another partition are other accounts.
    assert outcome(estate(allow("*"), accounts=()), f"arn:aws-cn:iam::{HOME}:user/Alice") == "deny"
    assert outcome(estate(allow(aws(f"arn:aws-cn:iam::{HOME}:root"))), ROOT) == "deny"
    assert outcome(estate(allow(aws(PARTNER_ROOT))), ROOT) == "deny"
