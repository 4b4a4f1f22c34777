"""Which policies bind the calls that make sessions of a role: comparisons where they change (F3, F6, D7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    MANAGEMENT,
    PARTNER,
    REPORTS,
    Statement,
    allow,
    aws,
    home,
    identity,
    level,
    policy,
)
from tests.evaluate.estates import organization as of_accounts
from tests.evaluate.estates import own as said
from tests.evaluate.reaching import GITHUB, OTHER, admits, trusting
from tests.verify.test_compare import on_key
from tests.verify.test_compare_sessions import (
    AGE,
    ALL,
    CLOUDTRAIL,
    MFA,
    SECOND,
    SUB,
    denied,
    of_both,
    read,
    reports,
    sessions,
)
from verifier.model.estate import Estate, Identity
from verifier.model.organization import Controls, Organization
from verifier.model.policy import PolicyKind
from verifier.model.results.comparison import Relation

BOB = f"arn:aws:iam::{HOME}:user/Bob"
EQUIVALENT, UNKNOWN = [Relation.EQUIVALENT] * 2, [Relation.UNKNOWN] * 2
WITH, WITHOUT = {"Bool": {MFA: "true"}}, {"BoolIfExists": {MFA: "false"}}
ASKS = read("Bool", MFA, "false")
ADMITTED = reports(admits({"AWS": HOME}))
WEB = "sts:AssumeRoleWithWebIdentity"


def made(role: Identity, *others: Identity, asks: Statement = ASKS, **more: Any) -> Estate:
    """A key, a role whose sessions may use it, and others."""
    return replace(sessions(asks, role, **more), accounts=(replace(home(role, *others), complete=True),))


def over(account: str, *statements: Statement, kind: PolicyKind = PolicyKind.SCP) -> Organization:
    """Policies over one account of two."""
    always = [ALL] if kind is PolicyKind.SCP else []
    first = level("r-1", *always, kind=kind)
    more = level(account, *statements, *always, kind=kind)
    levels = {one: (first, more) if one == account else (first,) for one in (HOME, PARTNER)}
    which = "service" if kind is PolicyKind.SCP else "resource"
    return of_accounts(*(Controls(one, **{which: found}) for one, found in levels.items()))


@pytest.mark.parametrize(
    ("asks", "trust", "statement", "kind"),
    [
        (ASKS, admits({"AWS": HOME}), denied(WITHOUT), PolicyKind.SCP),
        (ASKS, admits({"AWS": HOME}), denied(WITHOUT, Principal="*"), PolicyKind.RCP),
        (
            read("StringLike", SUB, "repo:other/*"),
            admits({"Federated": GITHUB}, WEB),
            denied({"StringNotLike": {SUB: "repo:acme/*"}}, Principal="*"),
            PolicyKind.RCP,
        ),
    ],
)
def test_d7_control_policies_bind_where_they_are_attached(
    asks: Statement, trust: Statement, statement: Statement, kind: PolicyKind
) -> None:
    """The same policy over another account binds other calls, and none binds the management account. [AWS Organizations
    User Guide: orgs_manage_policies_scps, orgs_manage_policies_rcps]"""
    here, there = (
        sessions(asks, reports(trust), said("sts:AssumeRole"), organization=over(one, statement, kind=kind))
        for one in (HOME, PARTNER)
    )
    assert of_both(here, there) == UNKNOWN
    assert here.organization is not None
    assert here.organization.management_account == MANAGEMENT
    managing = replace(here, organization=replace(here.organization, management_account=HOME))
    assert on_key(here, managing).relation is Relation.UNKNOWN


@pytest.mark.parametrize(
    "after",
    [
        (),
        (said("sts:AssumeRole"), said("sts:AssumeRole", effect="Deny")),
        (said("sts:AssumeRole", OTHER),),
        (said("sts:AssumeRole", Condition={"Bool": {"aws:SecureTransport": "false"}}),),
    ],
)
def test_f3_whoever_may_call_without_mfa_is_not_the_same_once_it_may_not_call(after: tuple[Statement, ...]) -> None:
    """Bob must have MFA. Without Alice nobody makes a session that has none. [IAM User Guide:
    id_credentials_mfa_configure-api-require]"""
    bob = identity(BOB, said("sts:AssumeRole", Condition=WITH))
    old, new = (made(ADMITTED, identity(ALICE, *own), bob) for own in ((said("sts:AssumeRole"),), after))
    assert of_both(old, new) == UNKNOWN
    assert on_key(old, made(ADMITTED, bob)).relation is Relation.UNKNOWN


LIMIT = policy(said("s3:*"), kind=PolicyKind.BOUNDARY, identity=f"arn:aws:iam::{HOME}:policy/limit")
MAY, MAY_NOT = (identity(ALICE, *own) for own in ((said("sts:AssumeRole"),), ()))
BY_ACCOUNT, BY_NAME = (admits(whom) for whom in ({"AWS": HOME}, aws(ALICE)))


def by_user_or_service(trust: Statement, *users: Identity, **more: Any) -> Estate:
    """A key that asks for MFA, and a role that users may assume, and a service without MFA."""
    return made(reports(trust, admits(CLOUDTRAIL)), *users, asks=read("Bool", MFA, "true"), **more)


@pytest.mark.parametrize(
    ("trust", "before", "after"),
    [
        (BY_ACCOUNT, MAY, MAY_NOT),
        (BY_ACCOUNT, MAY, identity(ALICE, said("sts:AssumeRole", OTHER))),
        (BY_ACCOUNT, MAY, identity(ALICE, said("sts:AssumeRole"), said("sts:*", effect="Deny"))),
        (BY_NAME, MAY_NOT, identity(ALICE, said("sts:AssumeRole", effect="Deny"))),
        (BY_ACCOUNT, MAY, replace(MAY, bounded=True, boundary=LIMIT)),
    ],
)
def test_f3_sessions_with_mfa_end_with_the_last_user_who_may_call(
    trust: Statement, before: Identity, after: Identity
) -> None:
    """A service has no MFA. [IAM User Guide: id_credentials_mfa_configure-api-require; id_roles_use_permissions-to-
    switch]"""
    assert of_both(*(by_user_or_service(trust, user) for user in (before, after))) == UNKNOWN
    bob = identity(BOB, said("sts:AssumeRole"))
    both = (by_user_or_service(admits({"AWS": HOME}), user, bob) for user in (before, after))
    assert of_both(*both) == EQUIVALENT


def test_f3_sessions_with_mfa_end_where_control_policies_let_no_user_call() -> None:
    """[AWS Organizations User Guide: orgs_manage_policies_scps, orgs_manage_policies_rcps]"""
    for kind, more in ((PolicyKind.SCP, {}), (PolicyKind.RCP, {"Principal": "*"})):
        refused = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*", **more}
        old, new = (
            by_user_or_service(BY_ACCOUNT, MAY, organization=over(HOME, *statements, kind=kind))
            for statements in ((), (refused,))
        )
        assert of_both(old, new) == UNKNOWN


def test_f3_a_user_whom_a_trust_policy_of_its_account_names_needs_no_policy() -> None:
    """[IAM User Guide: reference_policies_evaluation-logic_policy-eval-basics-single-account]"""
    assert of_both(*(by_user_or_service(BY_NAME, user) for user in (MAY, MAY_NOT))) == EQUIVALENT


def test_f3_f5_sessions_end_where_a_trust_policy_lets_nobody_call_who_has_the_key() -> None:
    """A user named by its account needs a policy of its own; a service may be refused by what it is. [IAM User Guide:
    reference_policies_elements_principal; reference_policies_condition-keys, aws:PrincipalIsAWSService]"""
    assert of_both(*(by_user_or_service(trust, MAY_NOT) for trust in (BY_NAME, BY_ACCOUNT))) == UNKNOWN
    refused = {**admits("*", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}}), "Effect": "Deny"}
    asks = read("StringEquals", "aws:SourceAccount", HOME)
    old, new = (made(reports(BY_NAME, admits(CLOUDTRAIL), *more), MAY, asks=asks) for more in ((), (refused,)))
    assert of_both(old, new) == UNKNOWN


@pytest.mark.parametrize(
    ("asks", "trust", "call"),
    [
        (read("StringLike", SUB, "repo:acme/*"), admits({"Federated": GITHUB}, WEB), WEB),
        (read("ArnLike", "aws:FederatedProvider", GITHUB), admits({"Federated": GITHUB}, WEB), WEB),
        (read("StringEquals", "aws:SourceAccount", HOME), admits(CLOUDTRAIL), "sts:AssumeRole"),
    ],
)
def test_f5_f6_sessions_of_strangers_end_where_a_resource_control_policy_refuses_them(
    asks: Statement, trust: Statement, call: str
) -> None:
    """Alice's go on, without the key. [AWS Organizations User Guide: orgs_manage_policies_rcps]"""
    refused = {"Effect": "Deny", "Action": call, "Resource": "*", "Principal": "*"}
    limits = {"Condition": {"StringNotEqualsIfExists": {"aws:PrincipalArn": ALICE}}}
    old, new = (
        made(reports(trust, BY_NAME), MAY, asks=asks, organization=over(HOME, *statements, kind=PolicyKind.RCP))
        for statements in ((), ({**refused, **limits},))
    )
    assert of_both(old, new) == UNKNOWN


def test_d4_a_boundary_that_allows_no_call_keeps_a_user_from_it() -> None:
    """[IAM User Guide: access_policies_boundaries]"""
    bob = identity(BOB, said("sts:AssumeRole", Condition=WITH))
    alice = identity(ALICE, said("sts:AssumeRole"))
    old, new = (made(ADMITTED, one, bob) for one in (alice, replace(alice, bounded=True, boundary=LIMIT)))
    assert of_both(old, new) == UNKNOWN


def test_f3_what_a_trust_policy_asks_that_one_side_alone_has_is_not_known() -> None:
    old, new = (made(one, identity(ALICE)) for one in (ADMITTED, replace(ADMITTED, trust=None)))
    assert of_both(old, new) == UNKNOWN


def test_f3_a_trust_policy_that_does_not_ask_for_mfa_says_who_needs_it() -> None:
    """Alice may call without MFA by her own policies, Bob may not."""
    people = identity(ALICE, said("sts:AssumeRole")), identity(BOB, said("sts:AssumeRole", Condition=WITH))
    old, new = (
        made(reports(admits({"AWS": HOME}, Condition={"StringEquals": {"aws:username": name}})), *people)
        for name in ("Alice", "Bob")
    )
    assert of_both(old, new) == UNKNOWN


def test_f3_f6_who_may_pass_tags_says_what_sessions_with_tags_have() -> None:
    """[IAM User Guide: id_session-tags, Permissions required to add session tags]"""
    red = {"StringEquals": {"aws:PrincipalTag/team": "red"}, "StringLike": {SUB: "repo:acme/*"}}
    asks = allow(aws(REPORTS), "kms:Decrypt", Condition=red)
    trust = admits({"Federated": GITHUB}, WEB)
    tagged = (
        admits({"Federated": GITHUB}, "sts:TagSession", Condition={"StringLike": {SUB: f"repo:{who}/*"}})
        for who in ("acme", "other")
    )
    old, new = (made(reports(trust, tag), asks=asks) for tag in tagged)
    assert of_both(old, new) == UNKNOWN


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (admits({"AWS": HOME}, Condition=WITH), admits({"AWS": f"arn:aws:iam::{HOME}:root"}, Condition=WITH)),
        (admits(aws(ALICE, BOB), Condition=WITH), admits(aws(BOB, ALICE), Condition=WITH)),
        (admits(aws(ALICE), ["sts:AssumeRole"], Condition=WITH), admits(aws(ALICE), "sts:Assume*e", Condition=WITH)),
    ],
)
def test_f3_the_form_of_a_trust_policy_decides_nothing(before: Statement, after: Statement) -> None:
    """[IAM User Guide: reference_policies_elements_principal, AWS account principals]"""
    people = identity(ALICE, said("sts:AssumeRole")), identity(BOB)
    old, new = (made(reports(trust, admits(CLOUDTRAIL)), *people) for trust in (before, after))
    assert of_both(old, new) == EQUIVALENT


def test_f3_several_statements_say_what_one_does() -> None:
    one = reports(admits(aws(ALICE, BOB), Condition=WITH))
    two = reports(admits(aws(BOB), Condition=WITH), admits(aws(ALICE), Condition=WITH))
    assert of_both(made(one, identity(ALICE), identity(BOB)), made(two, identity(ALICE), identity(BOB))) == EQUIVALENT


def test_f3_statements_about_who_cannot_have_a_key_decide_nothing_of_it() -> None:
    """A user's session has nothing of a provider, that of a service no MFA."""
    asks, web = read("StringLike", SUB, "repo:acme/*"), admits({"Federated": GITHUB}, WEB)
    old, new = (made(reports(web, admits(aws(ALICE), Condition=one)), asks=asks) for one in ({}, WITH))
    assert of_both(old, new) == EQUIVALENT
    user = admits(aws(ALICE), Condition=WITH)
    old, new = (made(reports(user, *more), identity(ALICE)) for more in ((), (admits(CLOUDTRAIL, Condition=WITH),)))
    assert of_both(old, new) == EQUIVALENT


def test_f3_what_binds_the_calls_for_other_roles_decides_nothing() -> None:
    """A trust policy of another role, whose sessions come to no session of this one, and statements about that role."""
    other = [trusting(admits(aws(ALICE), Condition=one), arn=OTHER) for one in ({}, WITH)]
    alice = identity(ALICE, said("sts:AssumeRole", REPORTS, Condition=WITH))
    assert of_both(*(made(ADMITTED, one, alice) for one in other)) == EQUIVALENT
    callers = (
        identity(ALICE, said("sts:AssumeRole", REPORTS, Condition=WITH), said("sts:AssumeRole", OTHER, Condition=one))
        for one in ({}, WITH)
    )
    assert of_both(*(made(ADMITTED, other[0], one) for one in callers)) == EQUIVALENT
    on_the_way = [replace(one, policies=identity(OTHER, said("sts:AssumeRole")).policies) for one in other]
    assert of_both(*(made(ADMITTED, one, alice) for one in on_the_way)) == UNKNOWN


def test_f3_denies_of_who_assumes_no_role_decide_nothing() -> None:
    """What revokes the older sessions of a role binds no call of others. [IAM User Guide:
    id_roles_use_revoke-sessions]"""
    asks = allow(aws(REPORTS), "kms:Decrypt")
    dates = ("2030-01-01T00:00:00Z", SECOND)
    revoking = (said("*", effect="Deny", Condition={"DateLessThan": {"aws:TokenIssueTime": date}}) for date in dates)
    old, new = (made(trusting(admits(aws(ALICE)), arn=REPORTS, own=(one,)), asks=asks) for one in revoking)
    assert on_key(old, new).relation is Relation.LESS


def test_f3_policies_of_a_role_read_what_its_own_sessions_have() -> None:
    """Those of another role are about no session of it."""
    asking = said("kms:Decrypt", Condition={"NumericLessThan": {AGE: "60"}})
    asks = allow(aws(f"arn:aws:iam::{HOME}:root"), "kms:Decrypt")
    trusts = [admits(aws(ALICE), Condition=one) for one in ({}, {"NumericLessThan": {AGE: "99"}})]
    for own, expected in (((OTHER,), EQUIVALENT), ((REPORTS,), UNKNOWN)):
        old, new = (
            made(
                trusting(trust, arn=REPORTS, own=(asking,) if REPORTS in own else ()),
                trusting(admits(aws(ALICE)), arn=OTHER, own=(asking,) if OTHER in own else ()),
                asks=asks,
            )
            for trust in trusts
        )
        assert of_both(old, new) == expected
