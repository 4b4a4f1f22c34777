"""R3–R5, D1–D9: how statements become a decision. Expectations are argued from the guide's pages on key policies and
aliases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import (
    ALIAS,
    ALICE,
    HOME,
    KEY,
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
    decide,
    deny,
    estate,
    home,
    identity,
    labels,
    outcome,
    own,
)
from verifier.syntax.diagnostic import InputError

USE = own("kms:*")
STAFF = home(identity(ALICE, USE), identity(REPORTS, USE))
PARTNERS = home(identity(PARTNER_ROLE, USE), account=PARTNER)


@pytest.mark.parametrize("where", ["key policy", "identity policy"])
def test_d1_an_explicit_deny_wins(where: str) -> None:
    # policy-evaluation: an explicit Deny overrides every Allow.
    statements = [allow(aws(ALICE)), *([deny("*", "kms:Decrypt")] if where == "key policy" else [])]
    mine = [USE, *([own("kms:Decrypt", effect="Deny")] if where == "identity policy" else [])]
    found = estate(*statements, accounts=(home(identity(ALICE, *mine)),))
    assert [outcome(found), outcome(found, action="kms:Encrypt")] == ["deny", "allow"]


def test_d1_a_deny_of_another_key_does_not_count() -> None:
    # key-policy-overview: a key policy controls access only to its own key.
    other = KEY.replace("1234abcd", "0987dcba")
    found = estate(allow("*"))
    guarded = replace(found.keys[0], arn=other, policies=estate(deny("*")).keys[0].policies)
    assert outcome(replace(found, keys=(*found.keys, guarded))) == "allow"


def test_d2_the_key_policy_alone_is_enough_in_its_account() -> None:
    # key-policies: no identity policy is needed.
    assert outcome(estate(allow(aws(ALICE)), accounts=(home(identity(ALICE)),))) == "allow"


def test_d2_an_identity_policy_alone_gives_nothing() -> None:
    # key-policies: "IAM policies by themselves are not sufficient to allow access to a KMS key".
    assert outcome(estate(allow(aws(REPORTS)), accounts=(STAFF,))) == "deny"
    assert outcome(estate(allow(aws(REPORTS)), allow(aws(ROOT)), accounts=(STAFF,))) == "allow"


@pytest.mark.parametrize("named", [PARTNER_ROOT, PARTNER_ROLE, "*"])
def test_d3_both_accounts_must_allow(named: str) -> None:
    # key-policy-modifying-external-accounts.
    principal = "*" if named == "*" else aws(named)
    assert outcome(estate(allow(principal), accounts=(STAFF, PARTNERS)), PARTNER_SESSION) == "allow"
    assert outcome(estate(allow(principal), accounts=(STAFF, home(account=PARTNER))), PARTNER_SESSION) == "deny"
    assert outcome(estate(allow(aws(ROOT)), accounts=(STAFF, PARTNERS)), PARTNER_SESSION) == "deny"


def test_d4_names_that_a_session_policy_does_not_limit() -> None:
    # IAM evaluation logic: a session ARN in a resource policy is not limited by the session policy; for `*` the pages
    # differ.
    assert outcome(estate(allow(aws(SAM)), accounts=(STAFF,)), SAM, issuer=ALICE) == "allow"
    assert outcome(estate(allow("*"), accounts=(STAFF,)), SAM, issuer=ALICE) == "depends D4"
    assert outcome(estate(allow(aws(ROOT)), accounts=(STAFF,)), SAM, issuer=ALICE) == "deny"


def test_d5_the_root_user_needs_no_identity_policy() -> None:
    # key-policy-default: the account principal includes the root user.
    assert outcome(estate(allow(aws(ROOT))), ROOT) == "allow"
    assert outcome(estate(allow(aws(ALICE))), ROOT) == "deny"
    assert outcome(estate(allow(aws(PARTNER_ROOT))), PARTNER_ROOT) == "allow"


def test_d6_services_need_the_key_policy_only() -> None:
    # Service principals are of no account; identity policies and R5 do not concern them.
    service = {"Service": "dnssec-route53.amazonaws.com"}
    found = estate(allow(service, "kms:*"), accounts=(STAFF,))
    assert outcome(found, service["Service"], "kms:GetKeyPolicy") == "allow"
    assert outcome(estate(allow(aws(ROOT))), service["Service"]) == "deny"
    assert outcome(estate(allow("*"), deny(service)), service["Service"]) == "deny"


def test_d8_nobody_changes_an_aws_managed_key() -> None:
    # concepts: "you cannot change any properties of AWS managed keys, … change their key policies".
    found = estate(allow("*"), manager="AWS")
    assert [
        outcome(found, action=f"kms:{name}") for name in ("PutKeyPolicy", "TagResource", "Decrypt", "CreateGrant")
    ] == [
        "deny",
        "deny",
        "allow",
        "allow",
    ]


def test_d8_the_policy_of_an_aws_managed_key() -> None:
    # services-wm: everyone of the account through the service; the account reads.
    through = {"StringEquals": {"kms:ViaService": "workmail.us-west-2.amazonaws.com", "kms:CallerAccount": HOME}}
    found = estate(
        allow({"AWS": "*"}, ["kms:Decrypt", "kms:CreateGrant"], Condition=through),
        allow(aws(ROOT), ["kms:Describe*", "kms:List*", "kms:Get*", "kms:RevokeGrant"]),
        accounts=(STAFF, PARTNERS),
        manager="AWS",
    )
    context = {"kms:ViaService": "workmail.us-west-2.amazonaws.com"}
    assert [outcome(found), outcome(found, context=context), outcome(found, action="kms:DescribeKey")] == [
        "deny",
        "allow",
        "allow",
    ]
    assert outcome(found, PARTNER_SESSION, context=context) == "deny"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", "allow"),
        (f"arn:aws:kms:us-west-2:{HOME}:*", "allow"),
        ("arn:aws:kms:*:*:*", "allow"),
        (f"arn:aws:kms:us-east-1:{HOME}:*", "deny"),
        (f"arn:aws:kms:us-west-2:{PARTNER}:*", "deny"),
        (f"arn:aws:kms:us-west-2:{HOME}:key/*", "depends D9"),
        (f"arn:aws:kms:us-west-2:{HOME}:alias/*", "depends D9-alias"),
        (f"arn:aws:kms:us-east-1:{HOME}:key/*", "deny"),
    ],
)
def test_d9_resources_of_operations_without_a_key(resource: str, expected: str) -> None:
    # kms-api-permissions-reference: `*`, or "an account-specific variation".
    found = estate(allow("*"), accounts=(home(identity(ALICE, own("kms:ListKeys", resource))),))
    assert (
        outcome(found, action="kms:ListKeys", resource=None, context={"aws:RequestedRegion": "us-west-2"}) == expected
    )


def test_d9_the_key_policy_says_nothing_of_operations_without_a_key() -> None:
    # iam-policies: CreateKey, ListKeys … are for IAM policies.
    found = estate(allow("*"), accounts=(home(identity(ALICE)),))
    assert outcome(found, action="kms:CreateKey", resource="*") == "deny"
    assert outcome(found, ROOT, action="kms:CreateKey", resource=None) == "allow"
    assert outcome(found, S3, action="kms:ListKeys", resource=None) == "deny"


def test_d9_a_region_that_is_not_said_is_open() -> None:
    # F1: every request has a Region; which one decides here.
    found = estate(
        allow("*"), accounts=(home(identity(ALICE, own("kms:ListKeys", f"arn:aws:kms:us-west-2:{HOME}:*"))),)
    )
    anywhere = estate(allow("*"), accounts=(home(identity(ALICE, own("kms:ListKeys", f"arn:aws:kms:*:{HOME}:*"))),))
    assert outcome(anywhere, action="kms:ListKeys", resource=None) == "allow"
    assert outcome(found, action="kms:ListKeys", resource=None) == "depends F1:region:us-west-2"


def test_r3_an_operation_that_does_not_suit_the_key_is_a_warning() -> None:
    # symmetric encryption keys do not sign.
    assert labels(estate(allow("*")), action="kms:Sign") == ["R3"]
    assert labels(estate(allow("*")), action="kms:ListKeys") == ["R3"]


def test_r4_alias_operations_need_the_alias_by_identity_policy() -> None:
    # alias-access: "Provide this permission in an IAM policy"; and on the key by key policy or delegation.
    found = estate(
        allow(aws(ALICE), "kms:CreateAlias"), accounts=(home(identity(ALICE, own("kms:CreateAlias", ALIAS))),)
    )
    assert outcome(found, action="kms:CreateAlias", resource=ALIAS) == "allow"
    assert outcome(found, action="kms:CreateAlias") == "allow"
    assert outcome(estate(allow("*")), action="kms:CreateAlias", resource=ALIAS) == "deny"


def test_r4_aliases_of_aws_are_its_own() -> None:
    # concepts: "You cannot create an alias with this prefix".
    found = estate(allow("*"), accounts=(STAFF,))
    assert outcome(found, action="kms:CreateAlias", resource=ALIAS.replace("payments", "aws/s3")) == "deny"


def test_r4_an_alias_names_the_key_and_is_the_request_alias() -> None:
    # alias-authorization: kms:RequestAlias is the alias in the request.
    found = estate(allow("*", Condition={"StringEquals": {"kms:RequestAlias": "alias/payments"}}))
    assert [outcome(found, resource=ALIAS), outcome(found)] == ["allow", "deny"]


@pytest.mark.parametrize(
    "resource",
    [ALIAS.replace("payments", "other"), KEY.replace("1234", "9999"), "alias/payments", KEY.rsplit("/")[1], 7],
)
def test_r4_an_unknown_resource_is_an_error(resource: object) -> None:
    # S1: nothing is guessed.
    with pytest.raises(InputError):
        decide(estate(allow("*")), resource=resource)


def test_r4_an_operation_that_takes_no_alias() -> None:
    # kms-api-permissions-reference: kms:RequestAlias is for cryptographic operations, DescribeKey and GetPublicKey.
    with pytest.raises(InputError, match="does not take an alias"):
        decide(estate(allow("*")), action="kms:GetKeyPolicy", resource=ALIAS)


def test_r5_cross_account_use_no() -> None:
    # kms-api-permissions-reference: "If you give a principal in a different account a permission that can't be used …".
    found = estate(allow("*"), accounts=(STAFF, PARTNERS))
    assert [outcome(found, PARTNER_SESSION, f"kms:{name}") for name in ("TagResource", "Decrypt", "PutKeyPolicy")] == [
        "deny",
        "allow",
        "deny",
    ]


def test_r2_a_role_arn_is_one_of_its_sessions() -> None:
    # A role itself makes no request.
    found = estate(allow(aws(REPORTS)))
    assert outcome(found, REPORTS) == "allow"
    assert labels(found, REPORTS) == ["R2"]


def test_the_trace_reads_gates_statements_elements() -> None:
    # What matched, and what the request had.
    found = estate(
        allow(aws(REPORTS), Sid="Reports", Condition={"StringEqualsIfExists": {"kms:EncryptionContext:tenant": "a"}}),
        deny(aws(ALICE)),
    )
    trace = decide(replace(found, accounts=(STAFF,)), REPORTS_SESSION).trace
    texts = [step.text for step in trace]
    assert any("the key is absent, so IfExists holds" in text for text in texts)
    assert any(text.startswith('Allow "Reports" of key policy default (policy.json:1:') for text in texts)
    assert [step.depth for step in trace if step.rule == "D1"] == [0]
    assert all(step.statement is not None for step in trace if step.depth > 0)
    assert trace[-1].rule == "D2" and trace[-1].holds


def test_l7_the_trace_says_what_stands_for_a_variable() -> None:
    # A role session has no aws:username (F3), so nothing that it sends can equal it; a tag has the value that the
    # caller has.
    pair = "kms:EncryptionContext:owner"
    found = estate(
        allow(aws(REPORTS), Sid="Name", Condition={"StringEquals": {pair: "${aws:username}"}}),
        allow(aws(REPORTS), Sid="Tag", Condition={"StringEquals": {pair: "${aws:PrincipalTag/team}"}}),
        allow(aws(REPORTS), Sid="Default", Condition={"StringEquals": {pair: "${aws:username, 'none'}"}}),
    )
    context = {pair: "a", "aws:PrincipalTag/team": "red"}
    texts = [step.text for step in decide(replace(found, accounts=(STAFF,)), REPORTS_SESSION, context=context).trace]
    assert any(
        text.endswith("the request has a, but ${aws:username} has no value, since only IAM users have one")
        for text in texts
    )
    assert any(text.endswith("the request has a, and ${aws:PrincipalTag/team} is red") for text in texts)
    assert any(text.endswith("the request has a, and ${aws:username} is none by default") for text in texts)


def test_the_trace_does_not_word_a_closed_gate_as_if_it_were_open() -> None:
    found = [replace(estate(allow(aws(name))), accounts=(STAFF,)) for name in (REPORTS, ALICE)]
    last = [decide(one, REPORTS_SESSION).trace[-1] for one in found]
    assert [step.holds for step in last] == [True, False]
    assert last[0].text.endswith("the caller's policies allow") and last[1].text.endswith("neither is so")
