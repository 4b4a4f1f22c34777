"""`… can create a grant …`, proved and refuted: the grant in a request (G6), by policies and by grants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import HOME, PARTNER, PARTNER_ROLE, PARTNER_ROOT, allow, aws, deny, estate, named
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.model.grant import Grant
from verifier.model.organization import Organization
from verifier.model.results.verdict import Verdict
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.proving import prove


def verdict(found: Estate, sentence: str) -> Verdict:
    text = f'account prod = {HOME}\naccount partner = {PARTNER}\ninvariant "x": {sentence}'
    invariants = read_invariants(Source("x.inv", text)).invariants
    (only,) = prove(found, invariants).verdicts
    assert only.invariant == invariants[0], "reports show the invariant as written"
    return only


def outcome(found: Estate, sentence: str) -> str:
    return verdict(found, sentence).status.value


def partner(condition: dict[str, Any]) -> Estate:
    """The partner may create grants under a condition."""
    return replace(estate(allow(aws(PARTNER_ROOT), "kms:CreateGrant", Condition=condition)), accounts=())


ROLES = partner({"ArnLike": {"kms:GranteePrincipal": f"arn:aws:iam::{PARTNER}:role/*"}})
DECRYPT = partner({"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "DescribeKey"]}})


@pytest.mark.parametrize(
    ("found", "grant", "expected"),
    [
        (ROLES, "", "refuted"),
        (ROLES, "to a grantee outside prod", "refuted"),
        (ROLES, "to a grantee outside partner", "proved"),
        (ROLES, "to a grantee in prod", "proved"),
        (ROLES, "to role/batch in partner", "refuted"),
        (ROLES, "to assumed-role/batch/* in partner", "refuted"),
        (ROLES, "to users, root users, services", "proved"),
        (ROLES, "to a grantee outside {prod, partner} except services", "proved"),
        (DECRYPT, "that allows kms:Decrypt", "refuted"),
        (DECRYPT, "that allows kms:Encrypt, kms:GenerateDataKey*", "proved"),
        (DECRYPT, "to service s3.amazonaws.com", "refuted"),
        (
            partner({"Null": {"kms:GranteeServicePrincipal": "true"}, "StringLike": {"kms:GranteePrincipal": "arn:*"}}),
            "to services",
            "proved",
        ),
        (
            partner({"Null": {"kms:RetiringPrincipal": "true", "kms:RetiringServicePrincipal": "true"}}),
            "with retiring principal anyone",
            "proved",
        ),
        (
            partner({"ArnLike": {"kms:RetiringPrincipal": f"arn:aws:iam::{PARTNER}:*"}}),
            "with retiring principal outside partner",
            "proved",
        ),
        (
            partner({"ArnLike": {"kms:RetiringPrincipal": f"arn:aws:iam::{PARTNER}:*"}}),
            "with retiring principal in partner",
            "refuted",
        ),
        (
            partner({"ArnLikeIfExists": {"kms:RetiringPrincipal": f"arn:aws:iam::{PARTNER}:*"}}),
            "with retiring principal outside partner except services",
            "proved",
        ),
    ],
)
def test_g6_what_a_policy_says_of_the_grant_decides(found: Estate, grant: str, expected: str) -> None:
    assert outcome(found, f"no caller in partner can create a grant {grant}") == expected


def test_g2_if_exists_lets_services_through() -> None:
    """A trap: `StringLikeIfExists kms:GranteePrincipal` holds where the grantee is a service."""
    trap = partner({"ArnLikeIfExists": {"kms:GranteePrincipal": f"arn:aws:iam::{PARTNER}:*"}})
    only = verdict(trap, "no caller in partner can create a grant to a grantee outside partner")
    assert only.counterexample is not None
    assert "kms:GranteeServicePrincipal" in dict(only.counterexample.request.context)


def test_g6_a_grant_hands_on_no_more_than_it_has() -> None:
    parent = Grant("g-1", named(PARTNER_ROLE), ("kms:Decrypt", "kms:CreateGrant"))
    plain = replace(estate(deny(aws(PARTNER_ROOT), "kms:PutKeyPolicy")), accounts=())
    found = replace(plain, keys=(replace(plain.keys[0], grants=(parent,)),))
    assert outcome(found, "no caller outside prod can create a grant that allows kms:Encrypt") == "proved"
    only = verdict(
        found, "no caller outside prod can create a grant that allows kms:Decrypt to a grantee outside {prod, partner}"
    )
    assert only.counterexample is not None and only.counterexample.grants == (parent,)


def test_f2_grantees_of_an_organization_are_those_of_its_accounts() -> None:
    acme = Organization("o-acme", PARTNER, ((HOME, None), (PARTNER, None)))
    sentence = "no caller in partner can create a grant to a grantee outside o-acme"
    assert outcome(replace(ROLES, organization=acme), sentence) == "proved"
    assert outcome(replace(DECRYPT, organization=acme), sentence) == "refuted"
    with pytest.raises(InputError, match="does not list the organization's accounts"):
        outcome(ROLES, sentence)


def test_a_guarantee_about_creation_can_be_refuted_and_proved() -> None:
    found = estate(
        allow(
            aws(f"arn:aws:iam::{HOME}:root"),
            "kms:CreateGrant",
            Condition={"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}},
        )
    )
    assert outcome(found, "root of prod can always create a grant that allows kms:Decrypt") == "refuted"
    assert (
        outcome(
            estate(allow(aws(f"arn:aws:iam::{HOME}:root"))),
            "root of prod can always create a grant to a grantee in prod",
        )
        == "proved"
    )
