"""D9, R4: the resource of `ListRetirableGrants` is the retiring principal that it asks about. [API:
ListRetirableGrants]"""

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
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    S3,
    SAM,
    allow,
    answer,
    bounded,
    decide,
    deny,
    document,
    endpoint,
    estate,
    home,
    identity,
    labels,
    level,
    organization,
    outcome,
    own,
)
from verifier.evaluate import evaluate
from verifier.model.estate import Estate
from verifier.model.organization import Controls
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, CallerKind, Request
from verifier.syntax.diagnostic import InputError

ACTION = "kms:ListRetirableGrants"


def listing(*statements: Any) -> Estate:
    """A key that everyone may use, and Alice with these statements of her own."""
    return estate(allow("*"), accounts=(home(identity(ALICE, *statements), identity(REPORTS, own())),))


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("*", "allow"),
        ("arn:*", "allow"),
        (f"arn:aws:kms:us-west-2:{HOME}:*", "deny"),
        (f"arn:aws:iam::{PARTNER}:*", "deny"),
        (f"arn:aws:iam:us-west-2:{HOME}:*", "deny"),
        (f"arn:aws:iam::{HOME}:key/*", "deny"),
        (f"arn:aws:iam::{HOME}:role/*", f"depends F1:retiring:arn:aws:iam::{HOME}:role/*"),
        (f"arn:aws:iam::{HOME}:*", f"depends F1:retiring:arn:aws:iam::{HOME}:*"),
    ],
)
def test_d9_a_principal_that_is_not_said_is_a_free_fact(resource: str, expected: str) -> None:
    # API: "The authorized resource in ListRetirableGrants calls is the retiring principal specified in the request".
    found = listing(own(ACTION, resource))
    assert outcome(found, action=ACTION, resource=None, context={"aws:RequestedRegion": "us-west-2"}) == expected


def test_d9_a_principal_that_is_not_said_is_told() -> None:
    found = listing(own(ACTION, REPORTS))
    told = answer(found, {"principal": ALICE, "action": ACTION, "resource": None}, trace=True)
    assert (told["decision"], told["depends_on"]) == ("depends", ["F1"])
    assert any("a retiring principal that the request does not say" in step["text"] for step in told["trace"])
    for value, expected in ((True, "allow"), (False, "deny")):
        assert outcome(found, action=ACTION, resource=None, readings={f"F1:retiring:{REPORTS}": value}) == expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("*", REPORTS, "allow"),
        (REPORTS, REPORTS, "allow"),
        (REPORTS, ALICE, "deny"),
        (f"arn:aws:iam::{HOME}:role/*", REPORTS, "allow"),
        (f"arn:aws:iam::{HOME}:role/*", REPORTS_SESSION, "deny"),
        (f"arn:aws:sts::{HOME}:*", REPORTS_SESSION, "allow"),
        (f"arn:aws:sts::{HOME}:assumed-role/reports/*", REPORTS_SESSION, "allow"),
        (f"arn:aws:sts::{HOME}:*/Sam", SAM, "allow"),
        (f"arn:aws:iam:*:{HOME}:root", ROOT, "allow"),
        (f"arn:aws:iam:us-west-2:{HOME}:root", ROOT, "deny"),
        (f"arn:aws:iam::{PARTNER}:*", ROOT, "deny"),
        ("arn:aws:iam", ALICE, "allow"),
        (f"arn:aws:iam::{HOME}:user/${{aws:username}}", ALICE, "allow"),
        (f"arn:aws:iam::{HOME}:role/app/${{aws:username}}", REPORTS, "deny"),
        (f"arn:aws:kms:us-west-2:{HOME}:*", ALICE, "deny"),
        (KEY, ALICE, "deny"),
        ("arn:aws:iam:*:*:user/?lice", ALICE, "allow"),
    ],
)
@pytest.mark.parametrize("context", [{}, {"aws:RequestedRegion": "us-west-2"}])
def test_d9_patterns_match_the_principal_field_by_field(
    pattern: str, resource: str, expected: str, context: dict[str, str]
) -> None:
    assert outcome(listing(own(ACTION, pattern)), action=ACTION, resource=resource, context=context) == expected
    others = own(ACTION, effect="Allow") | {"NotResource": pattern}
    del others["Resource"]
    assert (
        outcome(listing(others), action=ACTION, resource=resource, context=context)
        == {"allow": "deny", "deny": "allow"}[expected]
    )


@pytest.mark.parametrize(("resource", "expected"), [(REPORTS, "allow"), (SAM, "deny")])
def test_d9_every_kind_of_policy_reads_the_principal(resource: str, expected: str) -> None:
    narrow, wide = own(ACTION, REPORTS), own("kms:*")
    limited = estate(allow("*"), accounts=(home(bounded(ALICE, narrow)),))
    assert outcome(limited, action=ACTION, resource=resource) == expected
    assert outcome(listing(wide), REPORTS_SESSION, ACTION, resource, session_policy=document(narrow)) == expected
    controls = Controls(HOME, service=(level("r-ab12", narrow),))
    assert (
        outcome(replace(listing(wide), organization=organization(controls)), action=ACTION, resource=resource)
        == expected
    )
    found = replace(listing(wide), endpoints=(endpoint({**narrow, "Principal": "*"}),))
    assert outcome(found, action=ACTION, resource=resource, context={"aws:SourceVpce": "vpce-1"}) == expected


def test_d9_key_policies_say_nothing_of_it_and_rcps_perhaps() -> None:
    controls = Controls(HOME, resource=(level("r-ab12", deny("*"), kind=PolicyKind.RCP),))
    found = replace(listing(own()), organization=organization(controls))
    assert outcome(found, action=ACTION, resource=REPORTS) == "depends D9-rcp"
    assert outcome(listing(), action=ACTION, resource=REPORTS) == "deny"
    assert outcome(listing(), ROOT, ACTION, REPORTS) == "allow"


def test_r4_a_principal_is_no_warning() -> None:
    assert labels(listing(own()), action=ACTION, resource=REPORTS) == []


@pytest.mark.parametrize(
    "resource",
    [KEY, S3, HOME, "alias/payments", 7, f"arn:aws:iam::{HOME}:role/*", PARTNER_ROLE, ROOT.replace("aws", "aws-cn", 1)],
)
def test_r4_nothing_else_is_its_resource(resource: Any) -> None:
    with pytest.raises(InputError, match="principal of the caller's account"):
        decide(listing(own()), action=ACTION, resource=resource)


def test_r4_a_built_request_is_checked_as_well() -> None:
    with pytest.raises(InputError, match="principal of the caller's account"):
        evaluate(listing(own()), Request(Caller(CallerKind.USER, ALICE, HOME), ACTION, KEY))


def test_r4_no_other_operation_takes_a_principal() -> None:
    with pytest.raises(InputError, match="key ARN"):
        decide(listing(own()), action="kms:ListKeys", resource=REPORTS)
