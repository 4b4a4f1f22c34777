"""D4, U2, P5: permissions boundaries and session policies. Argued from the IAM guide's pages on evaluation and
boundaries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_SESSION,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    SAM,
    allow,
    aws,
    bounded,
    decide,
    deny,
    document,
    estate,
    home,
    identity,
    outcome,
    own,
)
from verifier.evaluate import request_from_json
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError

NARROW, WIDE = own("s3:*"), own("kms:*")


@pytest.mark.parametrize(
    ("principal", "named", "expected"),
    [
        (ALICE, aws(ALICE), "allow"),
        (ALICE, aws(ROOT), "deny"),
        (ALICE, "*", "depends D4"),
        (REPORTS_SESSION, aws(REPORTS_SESSION), "allow"),
        (REPORTS_SESSION, aws(REPORTS), "deny"),
        (REPORTS_SESSION, aws(ROOT), "deny"),
    ],
)
def test_d4_a_boundary_without_an_allow(principal: str, named: Any, expected: str) -> None:
    # "grant permissions to an IAM user ARN … are not limited by an implicit deny in … permissions boundary"; a role ARN
    # is, a session not.
    arn = REPORTS if principal == REPORTS_SESSION else ALICE
    assert outcome(estate(allow(named), accounts=(home(bounded(arn, NARROW)),)), principal) == expected
    assert outcome(estate(allow(named), accounts=(home(bounded(arn, WIDE)),)), principal) == "allow"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"ArnEquals": {"aws:PrincipalArn": REPORTS}}, "allow"),
        ({"StringEquals": {"AWS:principalarn": [ALICE, REPORTS]}}, "allow"),
        ({"StringLike": {"aws:PrincipalArn": f"{REPORTS[:-3]}*"}}, "allow"),
        ({"ArnNotEquals": {"aws:PrincipalArn": ALICE}}, "depends D4"),
        ({"ArnLikeIfExists": {"aws:PrincipalArn": REPORTS}}, "depends D4"),
        ({"Null": {"aws:PrincipalArn": "false"}}, "depends D4"),
        ({"StringEquals": {"aws:PrincipalAccount": HOME}}, "depends D4"),
        ({"ArnEquals": {"aws:PrincipalArn": ALICE}}, "deny"),
    ],
)
@pytest.mark.parametrize("everyone", ["*", aws("*")])
def test_d4_everyone_with_the_principals_arn(everyone: Any, condition: dict[str, Any], expected: str) -> None:
    # elements_principal: boundaries and session policies "do not limit permissions granted using the aws:PrincipalArn
    # condition key with a wildcard (*) in the Principal element".
    statement = allow(everyone, Condition=condition)
    assert outcome(estate(statement, accounts=(home(bounded(REPORTS, NARROW)),)), REPORTS_SESSION) == expected
    assert outcome(staff(statement), REPORTS_SESSION, session_policy=document(NARROW)) == expected
    denying = document(own("kms:Decrypt", effect="Deny"))
    assert outcome(staff(statement), REPORTS_SESSION, session_policy=denying) == "deny"


def test_d4_not_principal_is_no_wildcard() -> None:
    others = {**allow(Condition={"ArnEquals": {"aws:PrincipalArn": REPORTS}}), "NotPrincipal": aws(ALICE)}
    del others["Principal"]
    assert outcome(estate(others, accounts=(home(bounded(REPORTS, NARROW)),)), REPORTS_SESSION) == "depends D4 P5-allow"


def test_d1_a_deny_of_a_boundary_bites_always() -> None:
    # "An explicit deny in any of these policies overrides the allow."
    found = estate(allow(aws(ALICE)), accounts=(home(bounded(ALICE, WIDE, own("kms:Decrypt", effect="Deny"))),))
    assert [outcome(found), outcome(found, action="kms:Encrypt")] == ["deny", "allow"]


def test_d3_a_boundary_limits_always_from_another_account() -> None:
    accounts = (home(), home(bounded(PARTNER_ROLE, NARROW), account=PARTNER))
    assert outcome(estate(allow(aws(PARTNER_SESSION)), accounts=accounts), PARTNER_SESSION) == "deny"
    accounts = (home(), home(bounded(PARTNER_ROLE, WIDE), account=PARTNER))
    assert outcome(estate(allow(aws(PARTNER_SESSION)), accounts=accounts), PARTNER_SESSION) == "allow"


def test_d9_a_boundary_limits_operations_without_a_key() -> None:
    for statement, expected in ((NARROW, "deny"), (WIDE, "allow")):
        assert (
            outcome(
                estate(allow("*"), accounts=(home(bounded(ALICE, statement)),)), action="kms:ListKeys", resource=None
            )
            == expected
        )


def test_p5_a_boundary_and_not_principal() -> None:
    # elements_notprincipal: never spares a caller that has a boundary.
    guard = {"Effect": "Deny", "NotPrincipal": aws(ALICE, ROOT), "Action": "kms:*", "Resource": "*"}
    assert outcome(estate(allow(aws(ALICE)), guard, accounts=(home(bounded(ALICE, WIDE)),))) == "deny"


def test_d4_the_issuing_users_boundary_follows_a_federated_session() -> None:
    # boundaries: a grant to the ARN of the user who federated is "limited by an implicit deny in a permission boundary
    # or session policy".
    session: dict[str, Any] = {"issuer": ALICE, "session_policy": document(WIDE)}
    for statement, expected in ((NARROW, "deny"), (WIDE, "allow")):
        assert (
            outcome(estate(allow(aws(ALICE)), accounts=(home(bounded(ALICE, statement)),)), SAM, **session) == expected
        )
        assert outcome(estate(allow(aws(SAM)), accounts=(home(bounded(ALICE, statement)),)), SAM, **session) == "allow"


def test_l6_a_boundary_fills_up_its_resources() -> None:
    assert outcome(estate(allow(aws(ROOT)), accounts=(home(bounded(ALICE, own("*", "arn:aws:kms"))),))) == "allow"


# --- session policies -------------------------------------------------------------------------------------------------


def staff(*extra: Any) -> Estate:
    return estate(*extra, accounts=(home(identity(ALICE, own()), identity(REPORTS, own())),))


@pytest.mark.parametrize(
    ("named", "expected"),
    [(aws(ROOT), "deny"), (aws(REPORTS), "deny"), (aws(REPORTS_SESSION), "allow"), ("*", "depends D4")],
)
def test_d4_a_session_policy_without_an_allow(named: Any, expected: str) -> None:
    # evaluation logic: what names the session is not limited; what names the role or delegates to the account is.
    found = staff(allow(named))
    assert outcome(found, REPORTS_SESSION, session_policy=document(NARROW)) == expected
    assert outcome(found, REPORTS_SESSION, session_policy=document(WIDE)) == "allow"
    assert outcome(found, REPORTS_SESSION) == "allow"


def test_d1_a_deny_of_a_session_policy_bites_always() -> None:
    found = staff(allow(aws(REPORTS_SESSION)))
    assert outcome(found, REPORTS_SESSION, session_policy=document(WIDE, own("kms:Decrypt", effect="Deny"))) == "deny"


def test_u2_session_policies_are_a_union() -> None:
    found = staff(allow(aws(ROOT)))
    assert outcome(found, REPORTS_SESSION, session_policy=[document(NARROW), document(own("kms:Decrypt"))]) == "allow"
    assert outcome(found, REPORTS_SESSION, session_policy=[document(NARROW), document(own("kms:Encrypt"))]) == "deny"


@pytest.mark.parametrize(
    ("named", "narrow", "wide", "none"),
    [
        (aws(ROOT), "deny", "allow", "deny"),
        (aws(ALICE), "deny", "allow", "depends U2"),
        (aws(SAM), "allow", "allow", "allow"),
    ],
)
def test_u2_federated_sessions(named: Any, narrow: str, wide: str, none: str) -> None:
    # getfederationtoken: the session has what both its user and its session policy allow, and what names the session
    # itself.
    found = staff(allow(named))
    assert outcome(found, SAM, issuer=ALICE, session_policy=document(NARROW)) == narrow
    assert outcome(found, SAM, issuer=ALICE, session_policy=document(WIDE)) == wide
    assert outcome(found, SAM, issuer=ALICE) == none


def test_l6_a_session_policy_reads_as_text_and_fills_up_its_resources() -> None:
    text = json.dumps(document(own("kms:*", "arn:aws:kms")))
    assert outcome(staff(allow(aws(ROOT))), REPORTS_SESSION, session_policy=text) == "allow"


@pytest.mark.parametrize("principal", [ALICE, ROOT, S3])
def test_u2_others_have_no_session_policies(principal: str) -> None:
    with pytest.raises(InputError, match="`session_policy` goes with"):
        decide(staff(allow("*")), principal, session_policy=document(WIDE))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ([], "`session_policy`"),
        (7, "`session_policy`"),
        ("{", "`session_policy`"),
        ({}, "`session_policy`"),
        ({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}, "`session_policy`"),
        ([{"Statement": [own()]}, {"Statement": [{**own(), "Effect": "allow"}]}], r"`session_policy\[1\]`"),
        ([{"Statement": [own()]}, None], r"`session_policy\[1\]`"),
        ({"Statement": [own(), float("nan")]}, "`session_policy`"),
    ],
)
def test_a_session_policy_that_cannot_be_read_is_named(given: object, named: str) -> None:
    data = {"principal": REPORTS_SESSION, "action": "kms:Decrypt", "resource": KEY, "session_policy": given}
    with pytest.raises(InputError, match=named):
        request_from_json(staff(allow("*")), data)


def test_a_deny_that_names_everyone_still_bites() -> None:
    assert (
        outcome(staff(allow(aws(REPORTS_SESSION)), deny("*")), REPORTS_SESSION, session_policy=document(WIDE)) == "deny"
    )
