"""What conditions on calls that make sessions read of callers and roles, and of the sessions that make the calls:
comparisons where it changes (F3, F5, F6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, MANAGEMENT, PARTNER, REPORTS, Statement, allow, aws, identity
from tests.evaluate.estates import own as said
from tests.evaluate.reaching import GITHUB, OTHER, admits, trusting
from tests.verify.test_compare_session_calls import BOB, EQUIVALENT, UNKNOWN, WEB, WITH, made, over
from tests.verify.test_compare_sessions import CLOUDTRAIL, MFA, SUB, of_both, read, reports
from verifier.model.estate import Estate, Identity
from verifier.model.organization import Organization
from verifier.model.policy import PolicyKind, short_arn
from verifier.verify.comparison.compare import compare

TAGGED, RED = {"aws:ResourceTag/team": "red"}, {"aws:PrincipalTag/team": "red"}
TEAMS = ((("team", "red"),), (("Team", "blue"),))
ASKS = read("Bool", MFA, "true")
NO_MFA = admits(aws(BOB), Condition={"Bool": {MFA: "false"}})
CALLS = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
ACCOUNT = {"AWS": HOME}
CALLER = identity(ALICE, said("sts:*"))


def asking(condition: dict[str, str], principal: Any = ACCOUNT, call: Any = "sts:AssumeRole", **more: Any) -> Statement:
    """What a trust policy lets only those do who have MFA, and for whom a condition holds."""
    return admits(principal, call, Condition={**WITH, "StringEquals": condition, **more})


def compared(estates: Iterable[Estate]) -> list[Any]:
    return of_both(*estates)


@pytest.mark.parametrize("key", ["aws:ResourceTag/team", "iam:ResourceTag/team"])
def test_f3_the_tags_of_a_role_say_who_may_assume_it(key: str) -> None:
    """[IAM User Guide: reference_policies_iam-condition-keys, iam:ResourceTag]"""
    role = reports(asking({key: "red"}), NO_MFA)
    old, new = (made(replace(role, tags=tags), CALLER, identity(BOB), asks=ASKS) for tags in TEAMS)
    assert of_both(old, new) == UNKNOWN
    reasons = [str(reason) for target in compare(old, new).targets for reason in target.reasons]
    assert any(f"the tag team of {short_arn(REPORTS)} is not the same" in text for text in reasons)
    other = (made(replace(role, tags=(("other", value),)), CALLER, identity(BOB), asks=ASKS) for value in "ab")
    assert compared(other) == EQUIVALENT


@pytest.mark.parametrize(
    ("asks", "trusts"),
    [
        (
            read("StringEquals", SUB, "red"),
            [admits({"Federated": GITHUB}, WEB, Condition={"StringEquals": {SUB: "${aws:ResourceTag/team}"}})],
        ),
        (
            read("ArnLike", "aws:FederatedProvider", GITHUB),
            [admits({"Federated": GITHUB}, WEB, Condition={"StringEquals": TAGGED})],
        ),
        (read("Null", "aws:SourceAccount", "false"), [admits(CLOUDTRAIL, Condition={"StringEquals": TAGGED})]),
        (
            read("Null", "lambda:SourceFunctionArn", "false"),
            [admits({"Service": "lambda.amazonaws.com"}, Condition={"StringEquals": TAGGED})],
        ),
    ],
)
def test_f3_f5_f6_the_tags_of_a_role_say_which_strangers_may_assume_it(
    asks: Statement, trusts: list[Statement]
) -> None:
    """[IAM User Guide: reference_policies_condition-keys, aws:ResourceTag]"""
    role = reports(*trusts, admits(aws(ALICE)))
    assert compared(made(replace(role, tags=tags), CALLER, asks=asks) for tags in TEAMS) == UNKNOWN


def test_f6_the_tags_of_a_role_say_what_a_resource_control_policy_refuses() -> None:
    """[AWS Organizations User Guide: orgs_manage_policies_rcps]"""
    role = reports(admits({"Federated": GITHUB}, WEB))
    condition = {"StringEquals": TAGGED, "StringNotEquals": {SUB: "repo:acme/a"}}
    refused: Statement = {"Effect": "Deny", "Action": WEB, "Resource": "*", "Principal": "*", "Condition": condition}
    bound = over(HOME, refused, kind=PolicyKind.RCP)
    asks = read("StringEquals", SUB, "repo:acme/b")
    assert compared(made(replace(role, tags=tags), asks=asks, organization=bound) for tags in TEAMS) == UNKNOWN


def test_f3_the_tags_and_unique_ids_of_callers_say_who_may_call() -> None:
    """[IAM User Guide: reference_policies_condition-keys, aws:PrincipalTag, aws:userid]"""
    role = reports(asking(RED), NO_MFA)
    assert compared(made(role, replace(CALLER, tags=tags), identity(BOB), asks=ASKS) for tags in TEAMS) == UNKNOWN
    caller = trusting(admits(aws(ALICE)), arn=OTHER, own=(said("sts:*"),))
    roles = (made(role, replace(caller, tags=tags), identity(BOB), asks=ASKS) for tags in TEAMS)
    assert compared(roles) == UNKNOWN
    with_default = reports(asking({"aws:RequestTag/x": "${aws:PrincipalTag/team , 'none'}"}), NO_MFA)
    assert (
        compared(made(with_default, replace(CALLER, tags=tags), identity(BOB), asks=ASKS) for tags in TEAMS) == UNKNOWN
    )
    by_id = reports(asking({"aws:userid": "AIDA1"}), NO_MFA)
    again = (replace(CALLER, unique_id=one) for one in ("AIDA1", "AIDA2"))
    assert compared(made(by_id, one, identity(BOB), asks=ASKS) for one in again) == UNKNOWN


def test_f3_tags_of_others_decide_nothing() -> None:
    """Of users who may not call, and those that nothing about the calls asks for."""
    bob = [identity(BOB, tags=tags) for tags in TEAMS]
    assert compared(made(reports(asking(RED)), CALLER, one, asks=ASKS) for one in bob) == EQUIVALENT
    alice = [replace(CALLER, tags=tags) for tags in TEAMS]
    assert compared(made(reports(asking({"aws:PrincipalTag/x": "y"})), one, asks=ASKS) for one in alice) == EQUIVALENT


def test_f3_a_user_whom_a_trust_policy_names_is_there_or_not() -> None:
    """Without Alice nobody has MFA. [IAM User Guide: reference_policies_evaluation-logic_policy-eval-basics-single-
    account]"""
    role = reports(admits(aws(ALICE), Condition=WITH), NO_MFA)
    both = (made(role, *people, identity(BOB), asks=ASKS) for people in ((identity(ALICE),), ()))
    assert compared(both) == UNKNOWN


def _of(*accounts: tuple[str, str | None]) -> Organization:
    return Organization("o-a1b2c3d4e5", MANAGEMENT, accounts)


@pytest.mark.parametrize(
    ("condition", "accounts"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}, (((HOME, None),), ((PARTNER, None),))),
        (
            {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-1/ou-1/*"}},
            (((HOME, "o-a1b2c3d4e5/r-1/ou-1/"),), ((HOME, "o-a1b2c3d4e5/r-1/"),)),
        ),
    ],
)
def test_f2_f3_where_an_account_is_says_whether_its_callers_may_call(condition: Any, accounts: Any) -> None:
    """[IAM User Guide: reference_policies_condition-keys, aws:PrincipalOrgID, aws:PrincipalOrgPaths]"""
    role = reports(admits(ACCOUNT, Condition={**WITH, **condition}), NO_MFA)
    both = (made(role, CALLER, identity(BOB), asks=ASKS, organization=_of(*one)) for one in accounts)
    assert compared(both) == UNKNOWN


def middle(*trust: Statement) -> Identity:
    """A role that may assume others."""
    return trusting(*trust, arn=OTHER, own=(said("sts:*"),))


ANY = admits(ACCOUNT, CALLS)


@pytest.mark.parametrize(
    ("condition", "before", "after"),
    [
        (RED, [ANY], [admits(ACCOUNT)]),
        (
            RED,
            *(
                [admits(ACCOUNT), admits(ACCOUNT, CALLS[1], Condition={"StringEquals": {"aws:RequestTag/team": team}})]
                for team in ("red", "blue")
            ),
        ),
        ({"aws:SourceIdentity": "alice"}, [ANY], [admits(ACCOUNT, CALLS[:2])]),
    ],
)
def test_f3_what_sessions_on_the_way_have_says_which_may_assume_a_role(
    condition: dict[str, str], before: list[Statement], after: list[Statement]
) -> None:
    """Their tags and source identity, where nobody asks the first call for MFA. [IAM User Guide: id_session-tags,
    Chaining roles with session tags; id_credentials_temp_control-access_monitor]"""
    for role in (
        reports(asking(condition, aws(OTHER), CALLS), NO_MFA),
        reports(admits(aws(OTHER), CALLS, Condition={"StringEquals": condition}), admits(CLOUDTRAIL)),
    ):
        both = (made(role, middle(*trust), CALLER, identity(BOB), asks=ASKS) for trust in (before, after))
        assert compared(both) == UNKNOWN


def test_f3_mfa_on_the_way_says_when_a_role_is_assumed() -> None:
    """Bob may call until 2030 only."""
    late = {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}
    role = reports(admits(aws(OTHER), CALLS, Condition=WITH), admits(aws(BOB), Condition=late))
    asks = read("DateGreaterThan", "aws:TokenIssueTime", "2031-01-01T00:00:00Z")
    trusts = (admits(ACCOUNT, Condition={"Bool": {MFA: value}}) for value in ("true", "false"))
    assert compared(made(role, middle(one), CALLER, identity(BOB), asks=asks) for one in trusts) == UNKNOWN


def test_f3_sessions_on_the_way_that_are_all_alike_to_a_role_decide_nothing() -> None:
    role = reports(admits(aws(OTHER), CALLS, Condition=WITH))
    trusts = [[ANY], [ANY, admits({"Service": "ec2.amazonaws.com"}, CALLS)]]
    assert compared(made(role, middle(*one), CALLER, asks=ASKS) for one in trusts) == EQUIVALENT


CERTIFICATE = "aws:PrincipalTag/x509Subject/CN"
ANYWHERE = {"Service": "rolesanywhere.amazonaws.com"}


def test_f3_a_trust_policy_tests_tags_from_a_certificate_as_the_callers() -> None:
    """[IAM Roles Anywhere User Guide: attribute-mapping-and-trust-policy]"""
    asks = read("StringEquals", CERTIFICATE, "a")
    first, second = (admits(ANYWHERE, CALLS, Condition={"StringEquals": {CERTIFICATE: one}}) for one in "ab")
    whole = admits(ANYWHERE, CALLS)
    barred = {**admits(ANYWHERE, CALLS, Condition={"StringNotEquals": {CERTIFICATE: "b"}}), "Effect": "Deny"}
    assert compared(made(reports(one), asks=asks) for one in (first, second)) == UNKNOWN
    assert compared(made(reports(one), asks=asks) for one in (whole, second)) == UNKNOWN
    assert compared(made(reports(whole, *more), asks=asks) for more in ((), (barred,))) == UNKNOWN
    more = admits({"Service": "ec2.amazonaws.com"})
    assert compared(made(reports(*one), asks=asks) for one in ([whole], [whole, more])) == EQUIVALENT


def test_f3_a_trust_policy_on_a_certificate_says_which_source_identity_sessions_have() -> None:
    """It is the common name of the subject. [IAM Roles Anywhere User Guide: trust-model]"""
    asks = read("StringEquals", "aws:SourceIdentity", "CN=a")
    trusts = [admits(ANYWHERE, CALLS, Condition={"StringEquals": {CERTIFICATE: one}}) for one in "ab"]
    assert compared(made(reports(one), asks=asks) for one in trusts) == UNKNOWN
    assert compared(made(reports(one), asks=asks) for one in (admits(ANYWHERE, CALLS), trusts[1])) == UNKNOWN
    others = ([trusts[0]], [trusts[0], admits({"Service": "ec2.amazonaws.com"})])
    assert compared(made(reports(*one), asks=asks) for one in others) == EQUIVALENT


@pytest.mark.parametrize("key", ["aws:OriginIdentity/Subject", "aws:TransactionContext/Claim"])
def test_f3_who_may_make_sessions_says_which_have_an_origin(key: str) -> None:
    """[IAM Roles Anywhere User Guide: trusted-identity-propagation; IAM User Guide: id_roles_providers_tip]"""
    asks = allow(aws(REPORTS), "kms:Decrypt", Condition={"StringEquals": {key: "bob"}})
    first, second = (admits(ANYWHERE, CALLS, Condition={"StringEquals": {key: one}}) for one in ("bob", "eve"))
    for other in (second, admits(aws(ALICE))):
        assert compared(made(reports(one), CALLER, asks=asks) for one in (first, other)) == UNKNOWN


def test_f6_what_plans_and_templates_say_of_a_provider_says_whose_claims_there_are() -> None:
    """For which audiences it is, and whether it is there. [IAM User Guide: id_roles_providers_create_oidc]"""
    role = reports(admits({"Federated": GITHUB}, WEB), admits(aws(ALICE)))

    by_claim, by_provider = read("StringEquals", SUB, "repo:acme/a"), read("ArnLike", "aws:FederatedProvider", GITHUB)

    def of(arn: str, *contents: str, asks: Statement = by_claim) -> Estate:
        found = made(role, CALLER, asks=asks)
        (account,) = found.accounts
        return replace(found, accounts=(replace(account, provider_contents=tuple((arn, one) for one in contents)),))

    assert compared(of(GITHUB, one) for one in "ab") == UNKNOWN
    assert compared(of(GITHUB, *one) for one in ("a", "")) == UNKNOWN
    assert compared(of(OTHER, one) for one in "ab") == EQUIVALENT
    assert compared(of(GITHUB, one, asks=by_provider) for one in "ab") == EQUIVALENT
    assert compared(of(GITHUB, *one, asks=by_provider) for one in ("a", "")) == UNKNOWN
