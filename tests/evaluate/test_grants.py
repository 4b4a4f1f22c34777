"""G1–G4, G6: what grants allow. Argued from the guide (grants, create-grant-overview) and the API model
(GrantConstraints)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    DYNAMODB,
    HOME,
    KEY,
    NOBODY,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    SAM,
    allow,
    aws,
    bounded,
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
from verifier.model.grant import Grant

TENANT = (("tenant", "a"),)


def pairs(**context: str) -> dict[str, str]:
    return {f"kms:EncryptionContext:{name}": value for name, value in context.items()}


def test_g1_a_grant_allows_its_operations_only() -> None:
    # grants: "the grant allows the grantee principal to call the specified grant operations".
    found = granted(grant(ALICE, "Decrypt"))
    assert [outcome(found), outcome(found, action="kms:Encrypt"), outcome(found, REPORTS_SESSION)] == [
        "allow",
        "deny",
        "deny",
    ]


def test_g1_a_grant_of_another_key_does_not_count() -> None:
    # grants: "Each grant allows access to exactly one KMS key".
    found, other = granted(), KEY.replace("1234abcd", "9999abcd")
    elsewhere = replace(granted(grant(ALICE, "Decrypt")).keys[0], arn=other)
    both = replace(found, keys=(*found.keys, elsewhere))
    assert [outcome(both), outcome(both, resource=other)] == ["deny", "allow"]


def test_g1_grants_that_are_not_given_are_not_supposed() -> None:
    found = estate(NOBODY, accounts=(home(identity(ALICE)),))
    assert found.keys[0].grants is None
    assert outcome(found) == "deny"


def test_g1_the_operation_is_permission_to_reencrypt_one_way() -> None:
    # grants: for `ReEncrypt` "you can specify ReEncryptFrom, ReEncryptTo, or both".
    found = granted(grant(ALICE, "ReEncryptFrom"))
    assert [outcome(found, action=f"kms:ReEncrypt{way}") for way in ("From", "To")] == ["allow", "deny"]


@pytest.mark.parametrize(
    ("grantee", "principal", "expected"),
    [
        (ALICE, ALICE, "allow"),
        (ALICE, SAM, "depends G2-federated"),
        (REPORTS, REPORTS_SESSION, "allow"),
        (REPORTS, f"arn:aws:sts::{HOME}:assumed-role/reports/other", "allow"),
        (REPORTS_SESSION, REPORTS_SESSION, "allow"),
        (REPORTS_SESSION, f"arn:aws:sts::{HOME}:assumed-role/reports/other", "deny"),
        (
            f"arn:aws:sts::{HOME}:assumed-role/aws:ec2-infrastructure/i-1",
            f"arn:aws:sts::{HOME}:assumed-role/aws:ec2-infrastructure/i-1",
            "allow",
        ),
        (SAM, SAM, "allow"),
        (ROOT, ROOT, "allow"),
        (ROOT, ALICE, "deny"),
        (PARTNER_ROOT, PARTNER_ROOT, "allow"),
        (PARTNER_ROOT, PARTNER_SESSION, "deny"),
        (PARTNER_ROLE, PARTNER_SESSION, "allow"),
        (PARTNER_ROLE, ALICE, "deny"),
        ("AIDAEXAMPLEEXAMPLE12", ALICE, "deny"),
        (DYNAMODB, DYNAMODB, "allow"),
        (DYNAMODB, "dynamodb.amazonaws.com", "deny"),
        (DYNAMODB, ALICE, "deny"),
    ],
)
def test_g2_grantees(grantee: str, principal: str, expected: str) -> None:
    # grants: any AWS principal, in the key's account or another; no identity policy is needed (G4).
    rest: dict[str, Any] = {"issuer": ALICE, "readings": {"G4": False, "G4-role": False}} if principal == SAM else {}
    assert outcome(granted(grant(grantee, "Decrypt")), principal, **rest) == expected


def test_g2_a_user_whom_a_grant_alone_names_may_have_issued_a_federated_session() -> None:
    rest: dict[str, Any] = {"readings": {"G2-federated": True, "G4-role": False, "G5-federated": True}}
    assert outcome(granted(grant(ALICE, "Decrypt"), accounts=()), SAM, **rest) == "depends P3 U1:deny"
    retires = granted(grant(REPORTS, "Decrypt", retiring=ALICE), accounts=())
    assert outcome(retires, SAM, "kms:RetireGrant", **rest) == "depends P3 U1:deny"
    assert outcome(retires, SAM, **rest) == "deny"


@pytest.mark.parametrize(
    ("account", "role", "session"), [(HOME, REPORTS, REPORTS_SESSION), (PARTNER, PARTNER_ROLE, PARTNER_SESSION)]
)
def test_g2_an_account_as_grantee_delegates(account: str, role: str, session: str) -> None:
    # A grant to the account is one to its root user; others of it need its identity policies as well.
    accounts = (home(identity(role, own("kms:Decrypt")), account=account),)
    root = f"arn:aws:iam::{account}:root"
    assert outcome(granted(grant(root, "Decrypt"), accounts=accounts), session) == "allow"
    assert outcome(granted(accounts=accounts), session) == "deny"


def test_g2_a_grantee_that_the_listing_hides() -> None:
    # API, ListGrants: the service principal in the field may stand for a user, role or account.
    found = granted(grant(DYNAMODB, "Decrypt", grantee_hidden=True))
    assert [outcome(found, who) for who in (ALICE, PARTNER_SESSION, DYNAMODB)] == ["depends G2", "depends G2", "allow"]
    assert outcome(found, S3) == "deny"
    assert outcome(found, action="kms:Encrypt") == "deny"


@pytest.mark.parametrize(
    ("context", "equals", "subset"),
    [
        ({"tenant": "a"}, "allow", "allow"),
        ({"tenant": "a", "purpose": "test"}, "deny", "allow"),
        ({"tenant": "A"}, "deny", "deny"),
        ({"Tenant": "a"}, "depends G3-names", "depends G3-names"),
        ({}, "deny", "deny"),
    ],
)
def test_g3_the_encryption_context(context: dict[str, str], equals: str, subset: str) -> None:
    # create-grant-overview: exactly, or at least; API, GrantConstraints: the names without regard to case.
    given = pairs(**context)
    assert outcome(granted(grant(ALICE, "Decrypt", context_equals=TENANT)), context=given) == equals
    assert outcome(granted(grant(ALICE, "Decrypt", context_subset=TENANT)), context=given) == subset


def test_g3_an_empty_map_means_no_encryption_context() -> None:
    found = granted(grant(ALICE, "Decrypt", context_equals=()))
    assert [outcome(found), outcome(found, context=pairs(tenant="a"))] == ["allow", "deny"]
    assert outcome(granted(grant(ALICE, "Decrypt", context_subset=())), context=pairs(tenant="a")) == "allow"


def test_g3_names_that_the_request_lists_are_in_its_encryption_context() -> None:
    # F7: kms:EncryptionContextKeys holds all names; one without its pair is one more.
    given = pairs(tenant="a") | {"kms:EncryptionContextKeys": ["tenant", "purpose"]}
    assert outcome(granted(grant(ALICE, "Decrypt", context_equals=TENANT)), context=given) == "deny"
    assert outcome(granted(grant(ALICE, "Decrypt", context_subset=TENANT)), context=given) == "allow"


@pytest.mark.parametrize(
    ("action", "expected"),
    [("DescribeKey", "allow"), ("RetireGrant", "allow"), ("Encrypt", "deny"), ("GetPublicKey", "allow")],
)
def test_g3_operations_without_an_encryption_context(action: str, expected: str) -> None:
    # create-grant-overview: the constraint "is ignored for DescribeKey and RetireGrant operations".
    assert outcome(granted(grant(ALICE, action, context_equals=TENANT)), action=f"kms:{action}") == expected


SOURCE = "arn:aws:dynamodb:us-west-2:111122223333:table/Books"


@pytest.mark.parametrize(
    ("constraint", "source", "expected"),
    [
        (SOURCE, SOURCE, "allow"),
        (SOURCE, SOURCE + "2", "deny"),
        (SOURCE, None, "deny"),
        ("arn:aws:dynamodb:*:111122223333:table/*", SOURCE, "allow"),
        ("arn:aws:dynamodb:*:table/*", SOURCE, "deny"),
        (SOURCE, SOURCE.upper(), "deny"),
    ],
)
def test_g3_source_arn_of_a_service(constraint: str, source: str | None, expected: str) -> None:
    # API, GrantConstraints: "effectively the same as having the aws:SourceArn global condition key in the grant".
    context = {} if source is None else {"aws:SourceArn": source}
    assert outcome(granted(grant(DYNAMODB, "Decrypt", source_arn=constraint)), DYNAMODB, context=context) == expected


def test_g3_source_arn_of_other_callers_and_operations() -> None:
    # API, GrantConstraints: it "can also be applied to the DescribeKey operation when specified in the request", not to
    # RetireGrant.
    found = granted(grant(ALICE, "Decrypt", "DescribeKey", "RetireGrant", source_arn=SOURCE))
    assert outcome(found) == "depends G3-source"
    assert outcome(found, action="kms:DescribeKey") == "depends G3-describe G3-source"
    assert outcome(found, action="kms:RetireGrant") == "allow"
    assert (
        outcome(granted(grant(DYNAMODB, "DescribeKey", source_arn=SOURCE)), DYNAMODB, "kms:DescribeKey")
        == "depends G3-describe"
    )


def test_g4_a_grantee_needs_no_identity_policy() -> None:
    # grants: "just as they would if the permissions came from a key policy".
    assert outcome(granted(grant(PARTNER_ROLE, "Decrypt")), PARTNER_SESSION) == "allow"


def test_d1_a_deny_outweighs_a_grant() -> None:
    # policy-evaluation: an explicit Deny overrides every Allow.
    assert outcome(granted(grant(ALICE, "Decrypt"), statement=deny("*"))) == "deny"
    mine = (home(identity(ALICE, own(effect="Deny"))),)
    assert outcome(granted(grant(ALICE, "Decrypt"), accounts=mine)) == "deny"


def test_g4_limits_may_limit_a_grant() -> None:
    # IAM evaluation logic names resource-based policies, not grants: open. A boundary that allows does not matter.
    def within(statement: Any, grantee: str = ALICE) -> str:
        return outcome(granted(grant(grantee, "Decrypt"), accounts=(home(bounded(ALICE, statement)),)))

    assert within(own("s3:*")) == "depends G4"
    assert within(own("kms:Decrypt")) == "allow"
    assert within(own("kms:Decrypt", effect="Deny")) == "deny"
    assert [within(own(action), ROOT) for action in ("s3:*", "kms:*")] == ["deny", "allow"]


# --- CreateGrant by a grant -------------------------------------------------------------------------------------------


def created(parent: Grant, **context: Any) -> str:
    """The outcome of a CreateGrant request of Alice's; `operations`, `kind`, and pairs."""
    given: dict[str, Any] = {"kms:GrantOperations": context.pop("operations", ["Decrypt"])}
    kind = context.pop("kind", None)
    given |= {"kms:GrantConstraintType": kind} if kind else {}
    return outcome(granted(parent), action="kms:CreateGrant", context=given | pairs(**context))


EQUALS, SUBSET = "EncryptionContextEquals", "EncryptionContextSubset"


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (["Decrypt"], "allow"),
        (["CreateGrant", "Decrypt"], "allow"),
        (["Encrypt"], "deny"),
        (["Decrypt", "Encrypt"], "deny"),
        (["decrypt"], "deny"),
    ],
)
def test_g6_a_child_has_some_of_the_operations(operations: list[str], expected: str) -> None:
    # create-grant-overview: "any subset of the operations specified in the original grant".
    assert created(grant(ALICE, "CreateGrant", "Decrypt"), operations=operations) == expected


@pytest.mark.parametrize(
    ("kind", "context", "of_subset", "of_equals"),
    [
        (SUBSET, {"tenant": "a"}, "allow", "deny"),
        (SUBSET, {"tenant": "a", "more": "b"}, "allow", "deny"),
        (SUBSET, {"more": "b"}, "deny", "deny"),
        (EQUALS, {"tenant": "a"}, "allow", "allow"),
        (EQUALS, {"tenant": "a", "more": "b"}, "allow", "deny"),
        (EQUALS, {"tenant": "b"}, "deny", "deny"),
        (EQUALS, {"Tenant": "a"}, "depends G3-names", "depends G3-names"),
        (None, {}, "deny", "deny"),
        (None, {"tenant": "a"}, "deny", "deny"),
    ],
)
def test_g6_a_child_is_as_strict(kind: str | None, context: dict[str, str], of_subset: str, of_equals: str) -> None:
    # create-grant-overview: it "can add pairs to an EncryptionContextSubset constraint", and change it to an
    # EncryptionContextEquals one, "but not the reverse".
    assert created(grant(ALICE, "CreateGrant", "Decrypt", context_subset=TENANT), kind=kind, **context) == of_subset
    assert created(grant(ALICE, "CreateGrant", "Decrypt", context_equals=TENANT), kind=kind, **context) == of_equals
    assert created(grant(ALICE, "CreateGrant", "Decrypt"), kind=kind, **context) == "allow"


@pytest.mark.parametrize(("kind", "expected"), [(None, "allow"), (SUBSET, "allow"), (EQUALS, "allow")])
def test_g6_an_empty_subset_demands_nothing_of_the_child(kind: str | None, expected: str) -> None:
    assert created(grant(ALICE, "CreateGrant", "Decrypt", context_subset=()), kind=kind) == expected
    assert created(grant(ALICE, "CreateGrant", "Decrypt", context_equals=()), kind=kind) == (
        "allow" if kind == EQUALS else "deny"
    )


SOURCES = SOURCE.replace("Books", "*")


@pytest.mark.parametrize(
    ("parent", "shown", "expected"),
    [
        (SOURCE, SOURCE, "allow"),
        (SOURCE, SOURCE + "2", "deny"),
        (SOURCE, SOURCE.upper(), "deny"),
        (SOURCE, None, "deny"),
        (SOURCES, SOURCES, "allow"),
        (SOURCES, SOURCE, "depends G6"),
    ],
)
def test_g6_a_child_has_the_source_arn_of_its_parent(parent: str, shown: str | None, expected: str) -> None:
    # kms:GrantConstraintSourceArn is the SourceArn constraint of the new grant; no page says that another text is as
    # strict (reading G6).
    found = granted(grant(DYNAMODB, "CreateGrant", "Decrypt", source_arn=parent))
    context = {"aws:SourceArn": SOURCE, "kms:GrantOperations": ["Decrypt"]} | (
        {"kms:GrantConstraintSourceArn": shown} if shown else {}
    )
    assert outcome(found, DYNAMODB, "kms:CreateGrant", context=context) == expected
    mine = granted(grant(ALICE, "CreateGrant", "Decrypt", source_arn=parent))
    assert outcome(mine, action="kms:CreateGrant", context=context, readings={"G3-source": False}) == expected
    assert outcome(mine, action="kms:CreateGrant", context=context, readings={"G3-source": True}) == "deny"


def test_g6_by_a_policy_a_grant_may_allow_anything() -> None:
    # create-grant-overview: "These limitations don't apply to principals who get CreateGrant permission from a policy".
    found = granted(grant(ALICE, "CreateGrant"), statement=allow(aws(ALICE), "kms:CreateGrant"))
    assert outcome(found, action="kms:CreateGrant", context={"kms:GrantOperations": ["Encrypt"]}) == "allow"


TO_SERVICE = {
    "kms:GranteeServicePrincipal": DYNAMODB,
    "kms:GrantConstraintSourceArn": SOURCE,
    "kms:RetiringPrincipal": ALICE,
}


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"kms:GrantOperations": ["Decrypt"]}, []),
        ({}, ["F6"]),
        ({"kms:GrantOperations": ["PutKeyPolicy"]}, ["F6"]),
        (
            {
                "kms:GrantOperations": ["Decrypt"],
                "kms:GranteePrincipal": ALICE,
                "kms:GranteeServicePrincipal": DYNAMODB,
            },
            ["F6"] * 3,
        ),
        ({"kms:GrantOperations": ["Decrypt"], "kms:GranteeServicePrincipal": DYNAMODB}, ["F6"] * 2),
        ({"kms:GrantOperations": ["Decrypt"], **TO_SERVICE}, []),
        ({"kms:GrantOperations": ["Decrypt"], **TO_SERVICE, "kms:RetiringServicePrincipal": DYNAMODB}, ["F6"]),
        ({"kms:GrantOperations": ["Decrypt"], **TO_SERVICE, "kms:GranteeServicePrincipal": "s3"}, ["F6"]),
        (
            {
                "kms:GrantOperations": ["Decrypt"],
                "kms:GranteePrincipal": f"arn:aws:sts::{HOME}:assumed-role/aws:ec2/i-1",
            },
            [],
        ),
        ({"kms:GrantOperations": ["Decrypt"], "kms:GranteePrincipal": f"arn:aws:iam::{HOME}:role/*"}, ["F6"]),
        ({"kms:GrantOperations": ["Decrypt"], "kms:GranteePrincipal": HOME}, ["F6"]),
        ({"kms:GrantOperations": ["Decrypt"], "kms:RetiringPrincipal": "Alice"}, ["F6"]),
        ({"kms:GrantOperations": ["Decrypt"], "kms:RetiringPrincipal": ROOT}, []),
        ({"kms:GrantOperations": ["Decrypt"], "kms:GrantConstraintType": "Equals"}, ["C5"]),
        ({"kms:GrantOperations": ["Decrypt"], "kms:EncryptionContext:tenant": "a"}, ["F6"]),
    ],
)
def test_f6_what_a_create_grant_request_has(context: dict[str, Any], expected: list[str]) -> None:
    assert (
        labels(granted(grant(ALICE, "CreateGrant", "Decrypt")), action="kms:CreateGrant", context=context) == expected
    )


@pytest.mark.parametrize("key", ["kms:GranteePrincipal", "kms:granteeServicePrincipal"])
def test_f6_a_create_grant_request_has_a_grantee(key: str) -> None:
    # API: "You must specify either GranteePrincipal or GranteeServicePrincipal, but not both".
    found = granted(statement=allow("*", Condition={"StringNotEquals": {key: DYNAMODB}}))
    assert labels(found, action="kms:CreateGrant") == ["F6"]
    assert labels(found, action="kms:CreateGrant", context={"kms:GranteePrincipal": ALICE}) == []
    assert labels(found, action="kms:CreateGrant", context=TO_SERVICE) == []
    assert labels(found) == []


def test_f6_other_operations_have_no_grant_keys() -> None:
    assert labels(granted(), context={"kms:GranteePrincipal": ALICE}) == ["F6"]
