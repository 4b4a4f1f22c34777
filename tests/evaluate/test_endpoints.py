"""V, F4, D6: VPC endpoint policies. Argued from the KMS guide's page kms-vpc-endpoint."""

from __future__ import annotations

from dataclasses import replace
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
    decide,
    deny,
    endpoint,
    estate,
    grant,
    home,
    identity,
    labels,
    organization,
    outcome,
    own,
)
from verifier.model.estate import Estate
from verifier.model.unmodelled import Influence, Unmodelled

ID = "vpce-1234abcdf5678c90a"
THROUGH = {"aws:SourceVpce": ID}
FULL = {**THROUGH, "aws:SourceVpcArn": f"arn:aws:ec2:us-west-2:{HOME}:vpc/vpc-1", "aws:VpcSourceIp": "10.0.0.1"}
"""What a request through the endpoint has of it besides what the input says (F4)."""


def reached(*statements: Any, region: str = "us-west-2", statement: Any = None, **rest: Any) -> Estate:
    """A key that everyone may use, and an endpoint with a policy of these statements."""
    found = estate(
        statement or allow("*"),
        accounts=rest.pop("accounts", (home(identity(ALICE, own())), home(account=PARTNER))),
        **rest,
    )
    return replace(found, endpoints=(endpoint(*statements, id=ID, region=region, vpc="vpc-1", account=HOME),))


def test_v_both_must_allow() -> None:
    # "the principal requires permissions from two sources": a policy or grant, and the endpoint policy.
    found = reached(allow("*", "kms:Decrypt"))
    assert [outcome(found, context=THROUGH), outcome(found, action="kms:Encrypt", context=THROUGH)] == ["allow", "deny"]
    assert outcome(reached(allow("*"), statement=allow(aws(REPORTS))), context=THROUGH) == "deny"
    granted = reached(
        allow("*", "kms:Encrypt"), statement=allow(aws(REPORTS)), grants=(grant(ALICE, "Decrypt", "Encrypt"),)
    )
    assert [outcome(granted, action=f"kms:{name}", context=THROUGH) for name in ("Encrypt", "Decrypt")] == [
        "allow",
        "deny",
    ]


def test_v_only_requests_through_the_endpoint() -> None:
    found = reached(deny("*"), allow("*"))
    assert [outcome(found), outcome(found, context=THROUGH)] == ["allow", "deny"]
    assert outcome(found, context={"aws:SourceVpce": "vpce-0000"}) == "allow"
    assert outcome(replace(found, endpoints=None), context=THROUGH) == "allow"


@pytest.mark.parametrize(
    ("named", "principal", "expected"),
    [
        ("*", ALICE, "allow"),
        (aws("*"), ALICE, "allow"),
        (aws(ALICE), ALICE, "allow"),
        (aws(REPORTS), ALICE, "deny"),
        (aws(REPORTS), REPORTS_SESSION, "allow"),
        (aws(REPORTS_SESSION), REPORTS_SESSION, "allow"),
        (aws(ROOT), ALICE, "depends V-account"),
        (aws(ROOT), ROOT, "allow"),
        (aws(HOME), ALICE, "depends V-account"),
        (aws(f"arn:aws:iam::{PARTNER}:root"), ALICE, "deny"),
        (aws(SAM), SAM, "allow"),
        (aws(ALICE), SAM, "allow"),
    ],
)
def test_v_principals_in_allow(named: Any, principal: str, expected: str) -> None:
    # kms-vpc-endpoint: "the principal that can perform actions"; whether an account stands for its users is not said.
    rest = {"issuer": ALICE} if principal == SAM else {}
    accounts = (home(identity(ALICE, own()), identity(REPORTS, own())),)
    both = allow(aws(ALICE, ROOT, REPORTS_SESSION, SAM))
    assert (
        outcome(reached(allow(named), statement=both, accounts=accounts), principal, context=THROUGH, **rest)
        == expected
    )


@pytest.mark.parametrize(
    ("named", "expected"), [(aws(ROOT), "deny"), (aws(ALICE), "deny"), (aws(REPORTS), "allow"), ("*", "deny")]
)
def test_v_principals_in_deny(named: Any, expected: str) -> None:
    # P2: a Deny that names the account is for every caller of it.
    assert outcome(reached(allow("*"), deny(named)), context=THROUGH) == expected


def test_v_the_guides_example_of_another_account() -> None:
    # kms-vpc-endpoint: Deny unless aws:PrincipalAccount is the local account.
    guard = deny(aws("*"), Condition={"StringNotEquals": {"aws:PrincipalAccount": HOME}})
    accounts = (home(identity(ALICE, own())), home(identity(PARTNER_ROLE, own()), account=PARTNER))
    found = reached(allow("*"), {**guard, "Resource": f"arn:aws:kms:*:{HOME}:key/*"}, accounts=accounts)
    assert [outcome(found, who, context=THROUGH) for who in (ALICE, PARTNER_SESSION)] == ["allow", "deny"]


def test_l9_resources_of_an_endpoint_policy() -> None:
    # Keys by their ARN; L6: fewer than six fields match nothing; operations without a key as in identity policies.
    for resource, expected in ((KEY, "allow"), ("arn:aws:kms", "deny"), (KEY.replace("1234", "9999"), "deny")):
        assert outcome(reached({**allow("*"), "Resource": resource}), context=THROUGH) == expected
    found = reached(allow("*", "kms:ListKeys"))
    assert [
        outcome(found, action=f"kms:{name}", resource=None, context=THROUGH) for name in ("ListKeys", "ListAliases")
    ] == [
        "allow",
        "deny",
    ]


@pytest.mark.parametrize("statements", [(allow(aws(ALICE)),), (allow("*"), deny({"Service": S3}))])
def test_d6_service_principals_are_open(statements: Any) -> None:
    assert outcome(reached(*statements), S3, context=THROUGH) == "depends D6"
    assert outcome(reached(allow({"Service": S3})), S3, context=THROUGH) == "allow"


def test_f4_what_an_endpoint_fixes() -> None:
    # conditions: aws:SourceVpc and aws:VpceAccount are the endpoint's; F2: the organization follows from its account.
    found = reached(
        allow("*"),
        statement=allow("*", Condition={"StringEquals": {"aws:SourceVpc": "vpc-1", "aws:VpceAccount": HOME}}),
    )
    assert outcome(found, context=THROUGH) == "allow"
    organized = replace(
        reached(allow("*"), statement=allow("*", Condition={"StringEquals": {"aws:VpceOrgID": "o-a1b2c3d4e5"}})),
        organization=organization(),
    )
    assert outcome(organized, context=THROUGH) == "allow"
    assert labels(found, context={**THROUGH, "aws:SourceVpc": "vpc-2"})[0] == "F4"
    assert labels(found, context=FULL) == []


def test_f4_an_endpoint_of_another_region() -> None:
    warnings = decide(reached(allow("*"), region="eu-west-1"), context=FULL).warnings
    assert [warning.split(":")[0] for warning in warnings] == ["F4"] and "eu-west-1" in warnings[0]


def test_s1_an_endpoint_policy_that_is_missing_may_refuse() -> None:
    thing = Unmodelled("policy of the endpoint", "V", Influence.MAY_REFUSE, "policy", endpoint=ID)
    found = replace(reached(), unmodelled=(thing,))
    assert outcome(found, context=THROUGH) == "depends policy of the endpoint:refuse"
    assert [outcome(found), outcome(found, context={"aws:SourceVpce": "vpce-0"})] == ["allow", "allow"]


def test_p5_not_principal_in_an_endpoint_policy() -> None:
    guard = {"Effect": "Deny", "NotPrincipal": aws(ALICE), "Action": "kms:*", "Resource": "*"}
    assert outcome(reached(allow("*"), guard), context=THROUGH) == "depends P5-account"


def test_r2_an_endpoint_policy_may_tell_the_issuers_of_a_session_apart() -> None:
    # P3: the session's user is named, and who issued it is not said.
    found = reached(allow(aws(ALICE)), statement=allow(aws(SAM)), accounts=(home(account=PARTNER),))
    assert outcome(found, SAM, context=THROUGH, readings={"U1:deny": False}) == "depends P3"
