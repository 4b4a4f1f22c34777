"""Grants, as `problem` reads them (G1–G6). What they must do is argued from the developer guide: grants,
create-grant-overview, grant-manage, and from the API reference: CreateGrant, GrantConstraints, GrantListEntry,
RetireGrant."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    REPORTS,
    ROOT,
    SAM,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    own,
)
from tests.problem.deciding import LIMIT, ONLY_ENCRYPT, SERVICE, bounded, control, decided, grant, organization
from verifier.model.estate import Estate
from verifier.model.grant import Grant
from verifier.model.policy import Principal, PrincipalType

BOB = f"arn:aws:iam::{HOME}:user/Bob"
INSTANCE = f"arn:aws:sts::{HOME}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0"
NOTHING = allow(aws(BOB), "kms:ListGrants")
"""A key policy that lets nobody use the key."""


def with_grants(*grants: Grant, policies: tuple[Any, ...] = (NOTHING,), **rest: Any) -> Estate:
    return estate(*policies, grants=grants, **rest)


# -- G1, G2: who, what --


@pytest.mark.parametrize("grantee", [ALICE, REPORTS, SAM, ROOT, SERVICE, PARTNER_ROLE, PARTNER_ROOT, INSTANCE])
def test_g1_a_grant_allows_its_grantee_its_operations_and_nothing_else(grantee: str) -> None:
    """In the key's account and in another alike (G4): a grantee needs no identity policy."""
    found = with_grants(grant(grantee, "Decrypt", "DescribeKey"), accounts=(home(), home(account=PARTNER)))
    assert decided(found, grantee, issuer=ALICE if grantee == SAM else None) == "allow"
    assert decided(found, grantee, "kms:DescribeKey", issuer=ALICE if grantee == SAM else None) == "allow"
    assert decided(found, grantee, "kms:Encrypt", issuer=ALICE if grantee == SAM else None) == "deny"
    assert decided(found, BOB) == "deny"


def test_g2_a_role_means_every_session_of_it_and_a_session_only_itself() -> None:
    session = f"arn:aws:sts::{HOME}:assumed-role/reports/nightly"
    role = f"arn:aws:iam::{HOME}:role/reports"
    assert decided(with_grants(grant(role)), session) == decided(with_grants(grant(session)), session) == "allow"
    assert decided(with_grants(grant(session)), f"{session}-2") == "deny"


def test_g2_a_user_is_not_its_federated_sessions() -> None:
    found = with_grants(grant(ALICE), accounts=(home(identity(ALICE, own())),))
    assert decided(found, SAM, issuer=ALICE, U2=True) == "deny"


def test_g2_of_an_account_the_root_user_directly_and_others_with_their_accounts_leave() -> None:
    found = with_grants(
        grant(ROOT), accounts=(home(identity(ALICE, own("kms:Decrypt")), identity(BOB, own("kms:Encrypt"))),)
    )
    assert decided(found, ROOT) == decided(found, ALICE) == "allow"
    assert decided(found, BOB) == decided(found, PARTNER_ROOT) == "deny"


def test_g2_a_boundary_limits_the_leave_of_an_account() -> None:
    assert decided(with_grants(grant(ROOT), accounts=(home(bounded(ALICE, own(), LIMIT)),)), ALICE) == "deny"


def test_l8_a_grant_to_a_deleted_identity_is_for_nobody() -> None:
    gone = replace(grant(ALICE), grantee=Principal(PrincipalType.UNIQUE_ID, "AIDAEXAMPLE"))
    assert decided(with_grants(gone), ALICE) == "deny"


def test_r7_a_grantee_of_another_partition_is_nobody() -> None:
    for who in (ALICE, ROOT):
        assert decided(with_grants(grant(who.replace("arn:aws:", "arn:aws-cn:"))), who) == "deny"


@pytest.mark.parametrize(
    ("who", "expected"), [(ALICE, "allow"), (PARTNER_ROOT, "allow"), (SERVICE, "allow"), ("sns.amazonaws.com", "deny")]
)
def test_g2_a_hidden_grantee_may_be_anyone_but_another_service(who: str, expected: str) -> None:
    found = with_grants(grant(SERVICE, grantee_hidden=True))
    assert decided(found, who, G2=True) == expected
    assert decided(found, ALICE) == "deny" and decided(found, SERVICE) == "allow"


# -- D1, G4: what a grant does not overcome --


def test_g4_denies_bite_whatever_grants_allow() -> None:
    refusing = (NOTHING, deny(aws(ALICE), "kms:Decrypt"))
    assert decided(with_grants(grant(ALICE), policies=refusing), ALICE) == "deny"
    denied = home(identity(ALICE, own("kms:Decrypt", effect="Deny")))
    assert decided(with_grants(grant(ALICE), accounts=(denied,)), ALICE) == "deny"


def test_g4_scps_bite() -> None:
    found = with_grants(grant(ALICE), grant(SERVICE, id="g2"))
    narrow = control(ONLY_ENCRYPT)
    assert decided(replace(found, organization=organization([[narrow]])), ALICE) == "deny"
    assert decided(replace(found, organization=organization([[narrow]])), SERVICE) == "allow"


def test_g4_a_boundary_without_an_allow_is_a_reading() -> None:
    found = with_grants(grant(ALICE, "Decrypt", "Encrypt"), accounts=(home(bounded(ALICE, own(), LIMIT)),))
    assert decided(found, ALICE) == "allow"
    assert decided(found, ALICE, G4=True) == "deny"
    assert decided(found, ALICE, "kms:Encrypt", G4=True) == "allow"


# -- G3: the encryption context --

TENANT, OTHER = {"kms:EncryptionContext:Dept": "IT"}, {"kms:EncryptionContext:Purpose": "Test"}
LOWER = {"kms:EncryptionContext:dept": "IT"}


@pytest.mark.parametrize(
    ("context", "equals", "subset"),
    [
        (TENANT, "allow", "allow"),
        ({**TENANT, **OTHER}, "deny", "allow"),
        ({}, "deny", "deny"),
        (OTHER, "deny", "deny"),
        ({"kms:EncryptionContext:Dept": "it"}, "deny", "deny"),
        (LOWER, "deny", "deny"),
        ({**TENANT, **LOWER}, "deny", "allow"),
    ],
)
def test_g3_the_context_of_a_request(context: dict[str, str], equals: str, subset: str) -> None:
    pairs = (("Dept", "IT"),)
    assert decided(with_grants(grant(ALICE, context_equals=pairs)), ALICE, context=context) == equals
    assert decided(with_grants(grant(ALICE, context_subset=pairs)), ALICE, context=context) == subset


@pytest.mark.parametrize(
    ("context", "equals", "subset"),
    [
        (LOWER, "allow", "allow"),
        ({**TENANT, **LOWER}, "allow", "allow"),
        ({**TENANT, "kms:EncryptionContext:DEPT": "HR"}, "deny", "allow"),
        ({**LOWER, **OTHER}, "deny", "allow"),
        ({"kms:EncryptionContext:dept": "it"}, "deny", "deny"),
    ],
)
def test_g3_names_without_regard_to_case_are_a_reading(context: dict[str, str], equals: str, subset: str) -> None:
    pairs = (("Dept", "IT"),)
    assert decided(with_grants(grant(ALICE, context_equals=pairs)), ALICE, context=context, G3_names=True) == equals
    assert decided(with_grants(grant(ALICE, context_subset=pairs)), ALICE, context=context, G3_names=True) == subset


def test_g3_every_pair_of_a_constraint_counts() -> None:
    found = with_grants(grant(ALICE, context_subset=(("Dept", "IT"), ("Purpose", "Test"))))
    assert decided(found, ALICE, context=TENANT) == decided(found, ALICE, context=OTHER) == "deny"
    assert decided(found, ALICE, context={**TENANT, **OTHER}) == "allow"


def test_g3_equal_to_nothing_means_no_encryption_context() -> None:
    found = with_grants(grant(ALICE, context_equals=()))
    assert decided(found, ALICE) == "allow"
    assert decided(found, ALICE, context=OTHER) == "deny"
    assert decided(with_grants(grant(ALICE, context_subset=())), ALICE, context=OTHER) == "allow"


def test_g3_constraints_do_not_bind_operations_without_an_encryption_context() -> None:
    found = with_grants(grant(ALICE, "DescribeKey", "GetPublicKey", "Decrypt", context_equals=(("Dept", "IT"),)))
    assert decided(found, ALICE, "kms:DescribeKey") == decided(found, ALICE, "kms:GetPublicKey") == "allow"
    assert decided(found, ALICE) == "deny"


def test_g3_grants_do_not_add_up() -> None:
    """Each grant allows by itself: the grantee of one within the constraint of another has nothing."""
    found = with_grants(
        grant(ALICE, context_subset=(("Dept", "IT"),)), grant(BOB, context_subset=(("Dept", "HR"),), id="g2")
    )
    assert decided(found, ALICE, context=TENANT) == "allow"
    assert decided(found, BOB, context=TENANT) == "deny"


# -- G3: SourceArn --

BUCKET = "arn:aws:s3:::example"


@pytest.mark.parametrize(("source", "expected"), [(BUCKET, "allow"), ("arn:aws:s3:::other", "deny"), (None, "deny")])
def test_g3_the_source_of_a_service_principals_request(source: str | None, expected: str) -> None:
    context = {} if source is None else {"aws:SourceArn": source}
    assert decided(with_grants(grant(SERVICE, source_arn=BUCKET)), SERVICE, context=context) == expected
    assert decided(with_grants(grant(SERVICE, source_arn="arn:aws:s3:::exam*")), SERVICE, context=context) == expected


def test_g3_a_source_and_an_encryption_context_both_count() -> None:
    found = with_grants(grant(SERVICE, source_arn=BUCKET, context_subset=(("Dept", "IT"),)))
    assert decided(found, SERVICE, context={**TENANT, "aws:SourceArn": BUCKET}) == "allow"
    assert (
        decided(found, SERVICE, context=TENANT) == decided(found, SERVICE, context={"aws:SourceArn": BUCKET}) == "deny"
    )


def test_g3_the_source_of_other_callers_is_a_reading() -> None:
    found = with_grants(grant(ALICE, source_arn=BUCKET))
    assert decided(found, ALICE) == "allow"
    assert decided(found, ALICE, G3_source=True) == "deny"


def test_g3_the_source_of_describe_key_is_a_reading() -> None:
    found = with_grants(grant(SERVICE, "Decrypt", "DescribeKey", source_arn=BUCKET))
    assert decided(found, SERVICE, "kms:DescribeKey") == "allow"
    assert decided(found, SERVICE, "kms:DescribeKey", G3_describe=True) == "deny"
    assert decided(found, SERVICE, "kms:DescribeKey", {"aws:SourceArn": BUCKET}, G3_describe=True) == "allow"
    assert decided(found, SERVICE) == "deny"


# -- G5: retiring --


def test_g5_the_retiring_principal_and_a_grantee_that_may_retire() -> None:
    found = with_grants(grant(ALICE, "Decrypt", "RetireGrant", retiring=BOB, context_equals=(("Dept", "IT"),)))
    assert decided(found, BOB, "kms:RetireGrant") == decided(found, ALICE, "kms:RetireGrant") == "allow"
    assert decided(found, BOB) == "deny"
    assert decided(with_grants(grant(ALICE, retiring=BOB)), ALICE, "kms:RetireGrant") == "deny"


def test_g5_constraints_do_not_bind_retiring() -> None:
    found = with_grants(grant(SERVICE, "RetireGrant", source_arn=BUCKET, retiring="sns.amazonaws.com"))
    assert (
        decided(found, SERVICE, "kms:RetireGrant") == decided(found, "sns.amazonaws.com", "kms:RetireGrant") == "allow"
    )


def test_g5_an_account_that_is_the_retiring_principal() -> None:
    other = (
        home(),
        home(identity(PARTNER_ROLE, own("kms:RetireGrant")), identity(f"{PARTNER_ROLE}-2"), account=PARTNER),
    )
    found = with_grants(grant(ALICE, retiring=PARTNER_ROOT), accounts=other)
    assert decided(found, PARTNER_ROOT, "kms:RetireGrant") == decided(found, PARTNER_ROLE, "kms:RetireGrant") == "allow"
    assert decided(found, f"{PARTNER_ROLE}-2", "kms:RetireGrant") == "deny"


def test_g5_the_issuing_account() -> None:
    other = (home(), home(identity(PARTNER_ROLE, own("kms:RetireGrant")), account=PARTNER))
    found = with_grants(grant(ALICE, issuing_account=PARTNER), accounts=other)
    assert decided(found, PARTNER_ROOT, "kms:RetireGrant") == decided(found, PARTNER_ROLE, "kms:RetireGrant") == "allow"
    assert decided(found, ROOT, "kms:RetireGrant") == "allow"  # the key's account
    assert decided(with_grants(grant(ALICE), accounts=other), PARTNER_ROOT, "kms:RetireGrant") == "deny"


def test_g5_a_key_policy_gives_nothing_and_its_deny_is_a_reading() -> None:
    assert decided(with_grants(grant(ALICE), policies=(allow(aws(BOB)),)), BOB, "kms:RetireGrant") == "deny"
    found = with_grants(grant(ALICE, retiring=BOB), policies=(NOTHING, deny("*", "kms:RetireGrant")))
    assert decided(found, BOB, "kms:RetireGrant") == "allow"
    assert decided(found, BOB, "kms:RetireGrant", G5=True) == "deny"


def test_g5_revoking_is_by_policy_only() -> None:
    found = with_grants(
        grant(ALICE, "RetireGrant", retiring=ALICE), accounts=(home(identity(BOB, own("kms:RevokeGrant"))),)
    )
    assert decided(found, ALICE, "kms:RevokeGrant") == decided(found, BOB, "kms:RevokeGrant") == "deny"


# -- G6: creating grants by a grant --


def creating(*operations: str, **constraint: str) -> dict[str, Any]:
    """The context of a request for a grant."""
    pairs = {f"kms:EncryptionContext:{name}": value for name, value in constraint.items() if name != "type"}
    kind = {"kms:GrantConstraintType": f"EncryptionContext{constraint['type']}"} if "type" in constraint else {}
    return {"kms:GrantOperations": operations, "kms:GranteePrincipal": BOB, **pairs, **kind}


def test_g6_only_operations_of_the_parent() -> None:
    found = with_grants(grant(ALICE, "CreateGrant", "Decrypt"))
    assert decided(found, ALICE, "kms:CreateGrant", creating("Decrypt")) == "allow"
    assert decided(found, ALICE, "kms:CreateGrant", creating("Decrypt", "CreateGrant")) == "allow"
    assert decided(found, ALICE, "kms:CreateGrant", creating("Decrypt", "Encrypt")) == "deny"
    assert decided(with_grants(grant(ALICE, "Decrypt")), ALICE, "kms:CreateGrant", creating("Decrypt")) == "deny"


def test_g6_by_policy_anything() -> None:
    found = with_grants(policies=(allow(aws(ALICE), "kms:CreateGrant"),))
    assert decided(found, ALICE, "kms:CreateGrant", creating("Encrypt")) == "allow"


@pytest.mark.parametrize(
    ("child", "equals", "subset"),
    [
        ({}, "deny", "deny"),
        ({"type": "Equals", "Dept": "IT"}, "allow", "allow"),
        ({"type": "Subset", "Dept": "IT"}, "deny", "allow"),
        ({"type": "Equals", "Dept": "IT", "Purpose": "Test"}, "deny", "allow"),
        ({"type": "Subset", "Dept": "IT", "Purpose": "Test"}, "deny", "allow"),
        ({"type": "Equals", "Dept": "HR"}, "deny", "deny"),
        ({"type": "Subset", "Purpose": "Test"}, "deny", "deny"),
    ],
)
def test_g6_constraints_at_least_as_strict(child: dict[str, str], equals: str, subset: str) -> None:
    pairs, asked = (("Dept", "IT"),), creating("Decrypt", **child)
    assert (
        decided(
            with_grants(grant(ALICE, "CreateGrant", "Decrypt", context_equals=pairs)), ALICE, "kms:CreateGrant", asked
        )
        == equals
    )
    assert (
        decided(
            with_grants(grant(ALICE, "CreateGrant", "Decrypt", context_subset=pairs)), ALICE, "kms:CreateGrant", asked
        )
        == subset
    )
    assert decided(with_grants(grant(ALICE, "CreateGrant", "Decrypt")), ALICE, "kms:CreateGrant", asked) == "allow"


def test_g6_the_new_grant_has_the_source_of_its_parent_text_for_text() -> None:
    parent, source = f"arn:aws:rds:us-west-2:{HOME}:db:example", "kms:GrantConstraintSourceArn"
    found = with_grants(grant(ALICE, "CreateGrant", "Decrypt", source_arn=parent))
    assert decided(found, ALICE, "kms:CreateGrant", creating("Decrypt")) == "deny"
    assert decided(found, ALICE, "kms:CreateGrant", {**creating("Decrypt"), source: parent}) == "allow"
    assert decided(found, ALICE, "kms:CreateGrant", {**creating("Decrypt"), source: parent + "s"}) == "deny"
    anywhere = with_grants(grant(ALICE, "CreateGrant", "Decrypt", source_arn=f"arn:aws:rds:*:{HOME}:*"))
    assert decided(anywhere, ALICE, "kms:CreateGrant", {**creating("Decrypt"), source: parent}) == "deny"
    assert decided(anywhere, ALICE, "kms:CreateGrant", {**creating("Decrypt"), source: parent}, G6=True) == "allow"
    free = with_grants(grant(ALICE, "CreateGrant", "Decrypt"))
    assert decided(free, ALICE, "kms:CreateGrant", {**creating("Decrypt"), source: parent}) == "allow"


# -- many grants --


def test_g1_many_grants_decide_as_few_do() -> None:
    """Grants that are told apart no more decide what they decide one by one."""
    kinds: list[dict[str, Any]] = [
        {},
        {"context_subset": (("Dept", "IT"),)},
        {"context_equals": (("Dept", "HR"),)},
        {"grantee_hidden": True},
    ]
    many = [
        grant(
            f"arn:aws:iam::{HOME}:user/u{n}",
            *(("Decrypt", "RetireGrant") if n % 3 else ("Encrypt",)),
            id=f"g{n}",
            **kinds[n % 4],
        )
        for n in range(90)
    ]
    together = with_grants(*many)
    for number in (4, 5, 6, 7, 8, 9, 10, 11):
        alone = with_grants(many[number])
        who = f"arn:aws:iam::{HOME}:user/u{number}"
        for context in ({}, TENANT, {"kms:EncryptionContext:Dept": "HR"}):
            for action in ("kms:Decrypt", "kms:Encrypt", "kms:RetireGrant"):
                assert decided(together, who, action, context) == decided(alone, who, action, context), (
                    number,
                    context,
                    action,
                )
