"""What sessions have by the calls that make them: comparisons where no rule follows it (F3, F5, F6)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    MANAGEMENT,
    REPORTS,
    Statement,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    level,
    organization,
)
from tests.evaluate.estates import own as said
from tests.evaluate.reaching import GITHUB, admits, trusting
from tests.verify.test_compare import on_key
from verifier.model.estate import Estate, Identity, Workload
from verifier.model.organization import Controls, Organization
from verifier.model.policy import PolicyKind
from verifier.model.results.comparison import Relation

SUB, MFA, AGE = "token.actions.githubusercontent.com:sub", "aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge"
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
CALLS = ["sts:AssumeRole", "sts:SetContext"]
FIRST, SECOND = "2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z"


def sessions(key_policy: Statement, role: Identity, *callers: Statement, **more: Any) -> Estate:
    """A key, a role, and a user with policies."""
    accounts = (replace(home(role, identity(ALICE, *callers)), complete=True),)
    return replace(estate(key_policy), accounts=accounts, **more)


def reports(*trust: Statement) -> Identity:
    return trusting(*trust, arn=REPORTS)


def read(operator: str, key: str, value: str) -> Statement:
    """A key policy that lets sessions of the reports role decrypt with some values of a key."""
    return allow(aws(REPORTS), "kms:Decrypt", Condition={operator: {key: value}})


ALL: Statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def denied(condition: Any, **more: Any) -> Statement:
    return {"Effect": "Deny", "Action": "sts:AssumeRole*", "Resource": "*", "Condition": condition, **more}


def scps(*statements: Statement) -> Organization:
    return organization(Controls(HOME, service=(level("r-1", *statements),)))


def rcps(*statements: Statement) -> Organization:
    return organization(Controls(HOME, resource=(level("r-1", *statements, kind=PolicyKind.RCP),)))


def of_both(old: Estate, new: Estate) -> list[Relation]:
    assert on_key(old, old).relation is Relation.EQUIVALENT
    return [on_key(old, new).relation, on_key(new, old).relation]


@pytest.mark.parametrize(
    ("asks", "principal", "before", "after"),
    [
        (read("Bool", MFA, "true"), aws(ALICE), {"Bool": {MFA: "true"}}, {"Bool": {MFA: "false"}}),
        (read("BoolIfExists", MFA, "false"), aws(ALICE), {"Bool": {MFA: "true"}}, {}),
        (read("Bool", MFA, "true"), aws(ALICE), {"NumericLessThan": {AGE: "60"}}, {"Null": {AGE: "true"}}),
        (
            read("DateGreaterThan", "aws:TokenIssueTime", SECOND),
            aws(ALICE),
            {"DateLessThan": {"aws:CurrentTime": FIRST}},
            {},
        ),
        (
            read("StringLike", "kms:EncryptionContext:at", "${aws:TokenIssueTime}"),
            aws(ALICE),
            {"NumericLessThan": {"aws:EpochTime": "1900000000"}},
            {"NumericLessThan": {"aws:EpochTime": "2000000000"}},
        ),
        (
            read("StringEquals", "aws:SourceAccount", "222222222222"),
            CLOUDTRAIL,
            {"StringEquals": {"aws:SourceAccount": "222222222222"}},
            {"StringEquals": {"aws:SourceAccount": "333333333333"}},
        ),
        (
            read("StringEquals", "aws:SourceOrgID", "o-a1b2c3d4e5"),
            CLOUDTRAIL,
            {"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}},
            {},
        ),
    ],
)
def test_f3_f5_what_a_trust_policy_asks_of_the_call_says_what_the_session_has(
    asks: Statement, principal: Any, before: Any, after: Any
) -> None:
    """With MFA or without, until when, and for whom a service asks. [IAM User Guide:
    id_credentials_mfa_configure-api-require; reference_policies_condition-keys, aws:TokenIssueTime;
    confused-deputy]"""
    old, new = (sessions(asks, reports(admits(principal, Condition=one))) for one in (before, after))
    assert of_both(old, new) == [Relation.UNKNOWN] * 2


USED_BY_A_SERVICE = [
    {"StringLike": {"kms:ViaService": "s3.*"}, "Bool": {"aws:ViaAWSService": "false"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:ViaAWSService": "false"}},
    {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Null": {"kms:ViaService": "true"}},
    {"StringEquals": {"aws:SourceAccount": "222222222222"}},
]


@pytest.mark.parametrize("condition", USED_BY_A_SERVICE)
def test_f4_f5_conditions_of_trust_policies_say_whether_a_service_uses_the_role(condition: Any) -> None:
    """A Deny may keep services away. [IAM User Guide: reference_policies_condition-keys, aws:PrincipalIsAWSService]"""
    asks = allow(aws(REPORTS), "kms:Decrypt", Condition=condition)
    trust = admits(aws(ALICE)), admits(CLOUDTRAIL)
    away = deny("*", "sts:AssumeRole", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}})
    del away["Resource"]
    old, new = sessions(asks, reports(*trust, away)), sessions(asks, reports(*trust))
    assert of_both(old, new) == [Relation.UNKNOWN] * 2


@pytest.mark.parametrize("condition", USED_BY_A_SERVICE)
def test_f4_f5_policies_of_a_role_on_the_way_say_whether_a_service_uses_the_next(condition: Any) -> None:
    """A service's session assumes the next role only if the policies of its role let it."""
    asks, first = allow(aws(REPORTS), "kms:Decrypt", Condition=condition), f"arn:aws:iam::{HOME}:role/first"
    last, on_the_way = reports(admits(aws(f"arn:aws:iam::{HOME}:root"))), trusting(admits(CLOUDTRAIL), arn=first)
    calls = {**ALL, "Action": "sts:AssumeRole"}
    old, new = (
        replace(estate(asks), accounts=(replace(home(last, one, identity(ALICE, calls)), complete=True),))
        for one in (on_the_way, replace(on_the_way, policies=identity(first, calls).policies))
    )
    assert of_both(old, new) == [Relation.UNKNOWN] * 2


def test_f5_another_service_says_for_others_that_it_asks() -> None:
    """Sessions that EC2 makes do not have the ARN of a trail."""
    asks = read("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:*:222222222222:*")
    old, new = (sessions(asks, reports(admits({"Service": f"{one}.amazonaws.com"}))) for one in ("ec2", "cloudtrail"))
    assert of_both(old, new) == [Relation.UNKNOWN] * 2


@pytest.mark.parametrize(
    "asks",
    [
        allow(CLOUDTRAIL, "kms:Decrypt", Condition={"StringEquals": {"aws:SourceAccount": HOME}}),
        deny(
            "*",
            "kms:*",
            Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}, "Null": {"aws:SourceAccount": "true"}},
        ),
        read("Bool", "aws:SecureTransport", "true"),
    ],
)
def test_f5_statements_about_services_alone_ask_nothing_of_sessions(asks: Statement) -> None:
    """Who asks for whom a service acts, of the service itself, is no reason to hold back an answer."""
    old, new = (
        sessions(asks, reports(admits(CLOUDTRAIL, Condition={"StringEquals": {"aws:SourceAccount": one}})))
        for one in ("222222222222", "333333333333")
    )
    assert of_both(old, new) == [Relation.EQUIVALENT] * 2


def test_f3_other_code_that_runs_as_a_role_has_another_arn() -> None:
    """[CodeBuild User Guide: setting-up-service-permissions-group, codebuild:projectArn]"""
    role = reports(admits({"Service": "codebuild.amazonaws.com"}))
    projects = [f"arn:aws:codebuild:eu-central-1:{HOME}:project/{name}" for name in ("invoices", "mail")]
    for key, relation in (("codebuild:ProjectArn", Relation.UNKNOWN), ("aws:UserAgent", Relation.EQUIVALENT)):
        one = sessions(read("StringLike", key, "*invoices"), role)
        old, new = (
            replace(one, accounts=(replace(one.accounts[0], workloads=(Workload("projects", arn, (REPORTS,)),)),))
            for arn in projects
        )
        assert of_both(old, new) == [relation] * 2


def test_f3_trust_policies_that_ask_neither_for_mfa_nor_for_the_time_leave_both_open() -> None:
    """Whom else they admit is told by the rules."""
    for asks in (read("Bool", MFA, "true"), read("DateGreaterThan", "aws:TokenIssueTime", SECOND)):
        old, new = (sessions(asks, reports(admits(aws(ALICE)), *more)) for more in ((), (admits(CLOUDTRAIL),)))
        assert of_both(old, new) == [Relation.EQUIVALENT] * 2


@pytest.mark.parametrize(
    ("asks", "before", "after"),
    [
        (read("Bool", MFA, "true"), {"Bool": {MFA: "true"}}, {"Bool": {MFA: "false"}}),
        (read("NumericLessThan", AGE, "60"), {"NumericLessThan": {AGE: "99"}}, {"NumericGreaterThan": {AGE: "99"}}),
        (
            read("DateGreaterThan", "aws:TokenIssueTime", SECOND),
            {"DateLessThan": {"aws:CurrentTime": FIRST}},
            {"DateLessThan": {"aws:CurrentTime": "2040-01-01T00:00:00Z"}},
        ),
    ],
)
def test_f3_what_callers_may_ask_for_says_what_the_session_has(asks: Statement, before: Any, after: Any) -> None:
    """The caller's own policies bind the call as the trust policy does, and so do control policies. [IAM User Guide:
    reference_policies_evaluation-logic]"""
    role = reports(admits({"AWS": HOME}, CALLS))
    old, new = (sessions(asks, role, said("sts:AssumeRole", Condition=one)) for one in (before, after))
    assert of_both(old, new) == [Relation.UNKNOWN] * 2
    old, new = (
        sessions(asks, role, said("sts:AssumeRole"), organization=scps(ALL, denied(one))) for one in (before, after)
    )
    assert of_both(old, new) == [Relation.UNKNOWN] * 2


def test_f3_a_control_policy_that_is_attached_elsewhere_binds_others() -> None:
    """[AWS Organizations User Guide: orgs_manage_policies_inheritance_auth]"""
    role, asks = reports(admits({"AWS": [HOME, MANAGEMENT]}, CALLS)), read("Bool", MFA, "true")
    without_mfa = denied({"Bool": {MFA: "true"}})
    first, second = (level("r-1", ALL, *more) for more in ((without_mfa,), ()))
    old, new = (
        sessions(
            asks,
            role,
            said("sts:AssumeRole"),
            organization=organization(Controls(HOME, service=(here,)), Controls(MANAGEMENT, service=(there,))),
        )
        for here, there in ((first, second), (second, first))
    )
    assert of_both(old, new) == [Relation.UNKNOWN] * 2


def test_f3_a_context_is_given_by_whose_policies_let_it() -> None:
    """[STS API: AssumeRole, ProvidedContexts]"""
    asks, role = read("StringEquals", "identitystore:UserId", "x"), reports(admits({"AWS": HOME}, CALLS))
    old, new = (sessions(asks, role, said(calls)) for calls in ("sts:AssumeRole", CALLS))
    assert of_both(old, new) == [Relation.UNKNOWN] * 2


@pytest.mark.parametrize(
    ("asks", "principal", "call", "key"),
    [
        (read("StringLike", SUB, "repo:acme/*"), {"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", SUB),
        (read("StringLike", "aws:SourceArn", "acme/*"), CLOUDTRAIL, "sts:AssumeRole", "aws:SourceArn"),
        (
            read("StringLike", "ec2:SourceInstanceArn", "*"),
            {"Service": "ec2.amazonaws.com"},
            "sts:AssumeRole",
            "aws:SourceAccount",
        ),
    ],
)
def test_f5_f6_resource_control_policies_bind_who_comes_by_no_policy_of_its_own(
    asks: Statement, principal: Any, call: str, key: str
) -> None:
    """[AWS Organizations User Guide: orgs_manage_policies_rcps]"""
    role = reports(admits(principal, call))
    old, new = (
        sessions(asks, role, organization=rcps(denied({"StringNotLike": {key: f"*{who}/*"}}, Principal="*")))
        for who in ("acme", "other")
    )
    assert of_both(old, new) == [Relation.UNKNOWN] * 2


@pytest.mark.parametrize(
    ("key", "principal", "call", "beside"),
    [
        (MFA, aws(ALICE), "sts:AssumeRole", ""),
        (SUB, {"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", ", or a provider in it,"),
        (
            "codebuild:ProjectArn",
            {"Service": "codebuild.amazonaws.com"},
            "sts:AssumeRole",
            ", or the code that runs as the role,",
        ),
    ],
)
def test_the_reason_names_the_key_as_it_is_documented_and_what_decides_on_it(
    key: str, principal: Any, call: str, beside: str
) -> None:
    asks = read("StringLike", key, "true")
    old, new = (
        sessions(asks, reports(admits(principal, call, Condition={"StringLike": {key: one}}))) for one in ("t*", "tr*")
    )
    (reason,) = on_key(old, new).reasons
    what = f"the trust policy of role/app/reports of {HOME}{beside} is not the same on both sides"
    assert reason.text.startswith(f"policies test {key}, whose value") and reason.text.endswith(what)
