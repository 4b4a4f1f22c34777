"""F1–F9: what is filled in, and what could not be sent. Expectations are argued from the pages on condition keys."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
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
    Statement,
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
    policy,
)
from tests.evaluate.reaching import admits, trusting
from verifier.evaluate.grants.constraints import SUBSET
from verifier.evaluate.plausible import session
from verifier.evaluate.sessions import passing
from verifier.evaluate.sessions.assumers import Assumer, assumers
from verifier.model.estate import Estate, Identity
from verifier.model.organization import Organization
from verifier.model.policy import PolicyKind

ORGANIZATION = Organization("o-a1b2c3d4e5", HOME, ((HOME, "o-a1b2c3d4e5/r-ab12/"), (PARTNER, None)))
INVENTORY = (
    home(identity(ALICE, unique_id="AIDAEXAMPLE", tags=(("team", "red"),)), identity(REPORTS, unique_id="AROAEXAMPLE")),
    home(identity(PARTNER_ROLE, own()), account=PARTNER),
)


def guarded(key: str, value: Any, operator: str = "StringEquals", **facts: Any) -> Estate:
    """An estate whose key policy allows when a key has a value."""
    return replace(
        estate(allow("*", Condition={operator: {key: value}}), accounts=INVENTORY, **facts), organization=ORGANIZATION
    )


@pytest.mark.parametrize(
    ("caller", "key", "value"),
    [
        (ALICE, "aws:PrincipalArn", ALICE),
        (REPORTS_SESSION, "aws:PrincipalArn", REPORTS),
        (ROOT, "aws:PrincipalArn", ROOT),
        (PARTNER_SESSION, "aws:PrincipalAccount", PARTNER),
        (PARTNER_SESSION, "kms:CallerAccount", PARTNER),
        (PARTNER_SESSION, "aws:ResourceAccount", HOME),
        (ALICE, "aws:PrincipalType", "User"),
        (REPORTS_SESSION, "aws:PrincipalType", "AssumedRole"),
        (ROOT, "aws:PrincipalType", "Account"),
        (ALICE, "aws:userid", "AIDAEXAMPLE"),
        (REPORTS_SESSION, "aws:userid", "AROAEXAMPLE:nightly"),
        (ROOT, "aws:userid", HOME),
        (ALICE, "aws:RequestedRegion", "us-west-2"),
        (ALICE, "aws:SecureTransport", "true"),
        (ALICE, "aws:PrincipalIsAWSService", "false"),
        (S3, "aws:PrincipalIsAWSService", "true"),
        (S3, "aws:PrincipalServiceName", S3),
        (ALICE, "aws:ViaAWSService", "false"),
        (ALICE, "aws:username", "Alice"),
        (ALICE, "aws:PrincipalTag/team", "red"),
        (ALICE, "aws:PrincipalOrgID", "o-a1b2c3d4e5"),
        (PARTNER_SESSION, "aws:ResourceOrgID", "o-a1b2c3d4e5"),
        (ALICE, "kms:KeySpec", "SYMMETRIC_DEFAULT"),
        (ALICE, "kms:CustomerMasterKeyUsage", "ENCRYPT_DECRYPT"),
        (ALICE, "kms:KeyOrigin", "AWS_KMS"),
        (ALICE, "kms:MultiRegion", "false"),
    ],
)
def test_f1_f2_f3_f8_keys_that_follow_are_filled_in(caller: str, key: str, value: str) -> None:
    # reference_policies_condition-keys: what each key holds for each kind of caller.
    assert outcome(guarded(key, value), caller) == "allow"
    assert outcome(guarded(key, f"{value}x"), caller) == "deny"


@pytest.mark.parametrize(
    ("caller", "key"),
    [
        (REPORTS_SESSION, "aws:username"),
        (S3, "aws:PrincipalOrgID"),
        (ALICE, "kms:MultiRegionKeyType"),
        (ALICE, "kms:ViaService"),
        (ALICE, "aws:MultiFactorAuthPresent"),
        (ALICE, "aws:CurrentTime"),
        (ALICE, "kms:EncryptionContextKeys"),
    ],
)
def test_f_keys_that_do_not_follow_stay_absent(caller: str, key: str) -> None:
    # The decision is on the context as given.
    assert outcome(guarded(key, "true", "Null"), caller) == "allow"


def test_f1_what_is_given_is_not_replaced() -> None:
    # A context that could not be sent is decided all the same, with a warning.
    found = guarded("aws:RequestedRegion", "eu-west-1")
    assert outcome(found, context={"aws:requestedregion": "eu-west-1"}) == "allow"
    assert labels(found, context={"aws:requestedregion": "eu-west-1"}) == ["F1"]


def test_f1_the_other_clock_is_filled_in() -> None:
    # aws:CurrentTime and aws:EpochTime are the same instant.
    found = guarded("aws:EpochTime", "1767225600", "NumericEquals")
    assert outcome(found, context={"aws:CurrentTime": "2026-01-01T00:00:00Z"}) == "allow"
    assert labels(found) == ["F1"]
    assert labels(found, context={"aws:CurrentTime": "2026-01-01T00:00:00Z", "aws:EpochTime": "1"}) == ["F1"]


def test_f1_the_account_of_the_caller_in_operations_without_a_key() -> None:
    # conditions-kms: kms:CallerAccount is for key and custom key store operations; the service reference lists others.
    mine = own(Condition={"StringEquals": {"kms:CallerAccount": HOME}})
    found = estate(allow("*"), accounts=(home(identity(ALICE, mine)),))
    assert outcome(found, action="kms:ListKeys", resource=None) == "depends F1-keyless"
    assert outcome(found, action="kms:CreateKey", resource=None) == "depends F1-keyless"
    assert outcome(found, action="kms:DescribeCustomKeyStores", resource=None) == "allow"


def test_f2_organizations() -> None:
    # aws:PrincipalOrgID is a function of the account.
    found = guarded("aws:PrincipalOrgID", "o-other")
    assert labels(found, context={"aws:PrincipalOrgID": "o-other"}) == ["F2"]
    outsider = "arn:aws:iam::999999999999:root"
    assert labels(found, outsider, context={"aws:PrincipalOrgID": "o-a1b2c3d4e5"}) == ["F2"]


def test_f2_a_service_may_leave_out_the_organization_for_whose_member_it_calls() -> None:
    # aws:SourceOrgID: not all service integrations require the use of the key.
    found, given = guarded("aws:SourceOrgID", "o-a1b2c3d4e5"), {"aws:SourceAccount": PARTNER}
    assert outcome(found, S3, context=given) == "deny"
    assert outcome(found, S3, context={**given, "aws:SourceOrgID": "o-a1b2c3d4e5"}) == "allow"
    assert labels(found, S3, context={**given, "aws:SourceOrgID": "o-other"}) == ["F2"]


@pytest.mark.parametrize(
    ("caller", "context", "expected"),
    [
        (REPORTS_SESSION, {"aws:username": "Alice"}, ["F3"]),
        (ALICE, {"aws:username": "Bob"}, ["F3"]),
        (ALICE, {"aws:PrincipalTag/team": "blue"}, ["F3"]),
        (ALICE, {"aws:MultiFactorAuthPresent": "true"}, ["F3"]),
        (ALICE, {"aws:MultiFactorAuthPresent": "true", "aws:TokenIssueTime": "2026-01-01T00:00:00Z"}, []),
        (ALICE, {"aws:MultiFactorAuthPresent": "true", "kms:ViaService": "s3.us-west-2.amazonaws.com"}, []),
        (REPORTS_SESSION, {"aws:MultiFactorAuthAge": "10"}, ["F3"]),
        (ALICE, {"aws:SourceIp": "203.0.113.7"}, []),
        (ALICE, {"aws:SourceVpce": "vpce-1"}, ["F4"]),
        (ALICE, {"aws:SourceVpc": "vpc-1"}, []),
        (S3, {"aws:SourceVpc": "vpc-1"}, ["F4"]),
        (ALICE, {"aws:VpcSourceIp": "10.0.0.1"}, ["F4"]),
        (ALICE, {"aws:SourceVpcArn": "arn:aws:ec2:us-west-2:111122223333:vpc/vpc-1"}, ["F4"]),
        (ALICE, {"kms:ViaService": "s3.us-west-2.amazonaws.com"}, []),
        (ALICE, {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}, ["F5"]),
        (ALICE, {"kms:ViaService": "s3.us-west-2.amazonaws.com", "aws:ViaAWSService": False}, ["F5"]),
        (ALICE, {"aws:CalledViaFirst": S3}, ["F5"]),
        (ALICE, {"aws:CalledVia": [S3], "aws:CalledViaLast": "other.amazonaws.com"}, ["F5"]),
        (ALICE, {"kms:GrantIsForAWSResource": "true"}, ["F5"]),
        (ALICE, {"aws:SourceArn": "arn:aws:s3:::bucket"}, ["F5"]),
        (S3, {"aws:SourceArn": "arn:aws:s3:::bucket"}, []),
        (S3, {"aws:PrincipalTag/team": "red"}, ["F1"]),
        (S3, {"kms:ViaService": "s3.us-west-2.amazonaws.com"}, []),
        (S3, {"aws:CalledVia": [S3]}, []),
        (S3, {"aws:CalledVia": [S3], "aws:CalledViaLast": "other.amazonaws.com"}, ["F5"]),
        (S3, {"aws:CalledVia": [S3], "aws:ViaAWSService": "true"}, ["F5"]),
        (ALICE, {"kms:GrantOperations": ["Decrypt"]}, ["F6"]),
        (ALICE, {"aws:TagKeys": ["a"]}, ["F6"]),
        (ALICE, {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}, []),
        (ALICE, {"kms:EncryptionContext:a": "b"}, []),
        (ALICE, {"kms:EncryptionContext:a": "b", "kms:EncryptionContextKeys": ["c"]}, ["F7"]),
        (ALICE, {"kms:EncryptionContextKeys": ["c"]}, []),
        (ALICE, {"kms:KeySpec": "RSA_2048"}, ["F8"]),
        (ALICE, {"kms:RequestAlias": "alias/other"}, ["F8"]),
        (ALICE, {"aws:ResourceTag/other": "x"}, ["F8"]),
        (ALICE, {"aws:UserAgent": "a\u0007b"}, ["F9"]),
    ],
)
def test_f_a_context_that_could_not_be_sent_is_a_warning(
    caller: str, context: dict[str, Any], expected: list[str]
) -> None:
    # R6: each sentence begins with the label of the rule; decisions do not change.
    found = replace(estate(allow("*"), accounts=INVENTORY), organization=ORGANIZATION)
    assert labels(found, caller, context=context) == expected
    assert outcome(found, caller, context=context) == "allow"


def test_f1_the_warning_about_an_id_says_that_of_the_role() -> None:
    of_aws = f"arn:aws:sts::{HOME}:assumed-role/aws:ec2-infrastructure/i-1"
    for caller, start in (REPORTS_SESSION, "AROA…"), (of_aws, f"{HOME}:aws:ec2-infrastructure"):
        warnings = decide(estate(allow("*")), caller, context={"aws:userid": "AROAEXAMPLE:other"}).warnings
        assert any(one.endswith(f"the unique ID of the role, {start}, and the session's name") for one in warnings)


FIRST_SESSION = f"arn:aws:sts::{HOME}:assumed-role/0/nightly"


def assuming_each_other(count: int, *statements: Statement) -> tuple[Identity, ...]:
    """Roles that admit all callers of their account."""
    admitted = admits(aws(ROOT), "sts:*")
    arns = (f"arn:aws:iam::{HOME}:role/{number}" for number in range(count))
    return tuple(trusting(admitted, arn=arn, own=statements) for arn in arns)


@pytest.mark.parametrize(("users", "expected"), [((), ["F3"]), ((identity(ALICE),), [])])
def test_f3_only_a_user_can_be_where_mfa_comes_from(users: tuple[Identity, ...], expected: list[str]) -> None:
    """The roles may all assume each other: so many ways lead to each that they cannot be followed one by one."""
    found = estate(allow("*"), accounts=(home(*users, *assuming_each_other(40)),))
    assert labels(found, FIRST_SESSION, context={"aws:MultiFactorAuthPresent": "true"}) == expected


@pytest.mark.parametrize(("action", "expected"), [("sts:AssumeRole", ["F3"]), ("sts:*", [])])
def test_f3_only_who_may_tag_sessions_can_be_where_a_tag_comes_from(action: str, expected: list[str]) -> None:
    found = estate(allow("*"), accounts=(home(*assuming_each_other(9, own(action))),))
    assert labels(found, FIRST_SESSION, context={"aws:PrincipalTag/team": "red"}) == expected


def test_f3_a_session_of_the_same_role_may_have_been_made_by_another_request() -> None:
    """One of another name: what holds of the request that makes a session does not hold of those before it."""
    first, second = (f"arn:aws:iam::{HOME}:role/{number}" for number in range(2))
    named = admits(aws(second), Condition={"StringEquals": {"sts:RoleSessionName": "first"}})
    roles = (
        trusting(admits(aws(first)), named, arn=first),
        trusting(admits(aws(ROOT), "sts:*"), arn=second, own=(own("sts:*"),)),
    )
    found = estate(
        allow("*"), deny("*", Condition={"StringLike": {"aws:userid": "*:denied"}}), accounts=(home(*roles),)
    )
    assert labels(found, FIRST_SESSION, context={"aws:PrincipalTag/team": "red"}) == []


def test_f3_a_federated_session_has_the_tags_of_its_user() -> None:
    # id_session-tags, Passing session tags using GetFederationToken: the principal tags include the user tags and the
    # passed session tags.
    found = estate(allow(aws(SAM), Condition={"Null": {"aws:PrincipalTag/team": "true"}}), accounts=INVENTORY)
    assert outcome(found, SAM, issuer=ALICE) == "deny"


def test_f3_federated_sessions_have_no_mfa() -> None:
    # The section on aws:MultiFactorAuthPresent lists federated users among those whose temporary credentials have it;
    # no MFA device goes with GetFederationToken (docs/decisions.md).
    assert labels(estate(allow(aws(SAM))), SAM, issuer=ALICE, context={"aws:MultiFactorAuthPresent": "false"}) == []
    assert labels(estate(allow(aws(SAM))), SAM, issuer=ALICE, context={"aws:MultiFactorAuthPresent": "true"}) == ["F3"]


def test_f5_a_forwarded_request_is_via_a_service() -> None:
    # kms:ViaService present implies aws:ViaAWSService = true; the ends of the chain follow from it.
    context = {"kms:ViaService": "s3.us-west-2.amazonaws.com", "aws:CalledVia": ["a.amazonaws.com", S3]}
    assert outcome(guarded("aws:ViaAWSService", "true", "Bool"), context=context) == "allow"
    assert outcome(guarded("aws:CalledViaFirst", "a.amazonaws.com"), context=context) == "allow"
    assert outcome(guarded("aws:CalledViaLast", S3), context=context) == "allow"


def test_f6_parameters_that_every_request_has() -> None:
    # conditions-kms: kms:EncryptionAlgorithm has its default when it is not sent.
    found = guarded("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT")
    assert labels(found) == [] and outcome(found) == "allow"
    assert labels(guarded("kms:SigningAlgorithm", "RSASSA_PSS_SHA_256"), action="kms:Sign") != []
    assert labels(found, action="kms:DescribeKey") == []
    assert labels(found, context={"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}) == []


def test_f6_an_encryption_context_needs_a_symmetric_key() -> None:
    # conditions-kms: asymmetric and HMAC keys take none.
    context = {"kms:EncryptionContext:a": "b"}
    assert labels(estate(allow("*"), spec="RSA_2048"), context=context) == ["F6"]
    assert labels(estate(allow("*")), action="kms:DescribeKey", context=context) == ["F6"]
    assert (
        labels(estate(allow("*")), action="kms:CreateGrant", context=context | {"kms:GrantConstraintType": SUBSET})
        == []
    )


def test_f7_names_of_the_encryption_context() -> None:
    # kms:EncryptionContextKeys holds the names, with their case.
    context = {"kms:EncryptionContext:AppName": "x"}
    assert (
        outcome(guarded("kms:EncryptionContextKeys", "AppName", "ForAnyValue:StringEquals"), context=context) == "allow"
    )
    assert (
        outcome(guarded("kms:EncryptionContextKeys", "appname", "ForAnyValue:StringEquals"), context=context) == "deny"
    )


def test_f7_a_variable_and_a_key_read_one_pair() -> None:
    condition = {"StringNotLike": {"kms:encryptioncontext:tenant": "${kms:EncryptionContext:Tenant, 'blue'}"}}
    context = {"kms:EncryptionContext:tenant": "Blue", "kms:EncryptionContext:Tenant": "blue"}
    found = estate(allow("*"), deny("*", Condition=condition))
    assert outcome(found, context=context) == "allow"


def test_f7_names_that_differ_in_case_only_are_open() -> None:
    # Which value is read is not documented.
    context = {"kms:EncryptionContext:App": "x", "kms:EncryptionContext:app": "y"}
    for name in ("App", "app", "APP"):  # the policy's own letters are not what it turns on
        found = guarded(f"kms:EncryptionContext:{name}", "x")
        assert outcome(found, context=context) == "depends F7"
        assert [outcome(found, context=context, readings={"F7": last}) for last in (False, True)] == ["allow", "deny"]
        assert outcome(guarded(f"kms:EncryptionContext:{name}", "z"), context=context) == "deny"


def test_f7_each_of_several_pairs_is_tried() -> None:
    # conditions-kms says of no pair that it is the one that is read: one between the first and the last may be.
    context = {"kms:EncryptionContext:App": "x", "kms:EncryptionContext:app": "y", "kms:EncryptionContext:APP": "z"}
    for value, held in (("x", ["deny", "allow"]), ("y", ["allow", "allow"]), ("z", ["allow", "deny"])):
        found = estate(allow("*"), deny("*", Condition={"StringEquals": {"kms:EncryptionContext:app": value}}))
        assert outcome(found, context=context) == "depends F7"
        assert [outcome(found, context=context, readings={"F7": last}) for last in (False, True)] == held
    found = estate(allow("*"), deny("*", Condition={"StringEquals": {"kms:EncryptionContext:app": ["x", "y", "z"]}}))
    assert outcome(found, context=context) == "deny"


def test_f7_of_a_pair_that_is_given_twice_the_last_counts() -> None:
    found = estate(allow("*"), deny("*", Condition={"StringEquals": {"kms:EncryptionContext:app": "y"}}))
    assert outcome(found, context={"kms:EncryptionContext:app": "x", "kms:encryptioncontext:app": "y"}) == "deny"
    assert outcome(found, context={"kms:EncryptionContext:app": "y", "kms:encryptioncontext:app": "x"}) == "allow"


def test_f7_under_each_name_any_pair_is_tried() -> None:
    # Which pair is read under one name says nothing of another.
    both = {"kms:EncryptionContext:app": "x", "kms:EncryptionContext:tenant": "red"}
    found = estate(allow("*"), deny("*", Condition={"StringEquals": both}))
    context = {
        "kms:EncryptionContext:App": "x",
        "kms:EncryptionContext:app": "y",
        "kms:EncryptionContext:Tenant": "blue",
    }
    assert outcome(found, context={**context, "kms:EncryptionContext:tenant": "red"}) == "depends F7"
    assert outcome(found, context=context) == "allow"


def test_f7_of_too_many_pairs_it_is_open_which_are_read() -> None:
    context = {f"kms:EncryptionContext:{name}": name for at in range(9) for name in (f"a{at}", f"A{at}")}
    assert outcome(estate(allow("*")), context=context) == "depends F7"
    assert outcome(estate(allow("*")), context=context, readings={"F7": True}) == "allow"


def test_f8_tags_and_aliases_in_key_policies_are_open() -> None:
    # conditions-kms: aws:ResourceTag and kms:ResourceAliases are for IAM policies.
    assert outcome(guarded("aws:ResourceTag/team", "red")) == "depends F8"
    assert outcome(guarded("kms:ResourceAliases", "alias/payments", "ForAnyValue:StringEquals")) == "depends F8-aliases"
    mine = own(Condition={"StringEquals": {"aws:ResourceTag/TEAM": "red"}})
    assert outcome(estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, mine)),))) == "allow"


def test_f8_an_alias_in_the_context_of_its_key() -> None:
    # kms:RequestAlias is one of the key's aliases.
    assert labels(estate(allow("*")), context={"kms:RequestAlias": "alias/payments"}) == []
    assert labels(estate(allow("*")), resource=KEY.rsplit(":", 1)[0] + ":alias/payments") == []


def test_r6_a_plain_request_has_no_warnings() -> None:
    # A warning means that the request could not be sent.
    assert labels(estate(allow("*"))) == []


def test_f4_roles_that_trust_alike_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account whose roles all trust it would take time with the square of their number."""
    asked, makers = list[str](), session._makers

    def counted(of: Estate, role: Identity) -> tuple[Assumer, ...]:
        asked.append(role.arn)
        return makers(of, role)

    monkeypatch.setattr(session, "_makers", counted)
    roles = [trusting(admits(aws(ROOT)), arn=f"{ROOT.removesuffix('root')}role/r{number}") for number in range(20)]
    condition = {"NotIpAddressIfExists": {"aws:SourceIp": "10.0.0.0/8"}}
    found = estate(allow("*", Condition=condition), accounts=(replace(home(*roles), complete=True),))
    assert labels(found, f"arn:aws:sts::{HOME}:assumed-role/r0/any") == ["F4"]
    assert len(asked) <= 2, "the role itself, and one for all that it trusts"


def test_names_of_sessions_are_not_followed_anew_in_every_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """A role that only its own sessions assume, by names that its trust policy lists."""
    asked = count()

    def counted(*given: Any) -> Any:
        next(asked)
        return assumers(*given)

    monkeypatch.setattr(passing, "assumers", counted)
    listed = {"aws:userid": [f"*:name{number}" for number in range(300)]}
    named = {"StringLike": listed, "StringEquals": {"aws:RequestTag/team": "blue"}}
    statement = allow(aws(REPORTS), ["sts:AssumeRole", "sts:TagSession"], Condition=named)
    trust = policy({name: value for name, value in statement.items() if name != "Resource"}, kind=PolicyKind.TRUST)
    red = {"aws:PrincipalTag/team": "red"}
    found = estate(
        allow(aws(REPORTS), "kms:Decrypt", Condition={"StringEquals": red}),
        accounts=(home(identity(REPORTS, own("sts:*"), trust=trust)),),
    )
    assert outcome(found, REPORTS_SESSION, context=red) == "allow"
    assert next(asked) < 8_000


@pytest.mark.parametrize("more", [0, 1, 2])
def test_no_name_of_a_session_is_left_out(more: int) -> None:
    """F3: the last of the names that `aws:userid` lists is the only one that a session can have, since the pattern of
    RoleSessionName has no blank. [API: AssumeRole]"""
    names = [*(f"no name {number}" for number in range(14 + more)), "nightly"]
    condition = {"StringLike": {"aws:userid": [f"*:{name}" for name in names]}}
    statement = allow(aws(REPORTS), ["sts:AssumeRole", "sts:TagSession"], Condition=condition)
    trust = policy({name: value for name, value in statement.items() if name != "Resource"}, kind=PolicyKind.TRUST)
    target, red = f"arn:aws:iam::{HOME}:role/target", {"aws:PrincipalTag/team": "red"}
    found = estate(
        allow(aws(target), "kms:Decrypt", Condition={"StringEquals": red}),
        accounts=(
            home(trusting(admits(aws(ROOT)), arn=REPORTS, unique_id="AROAEXAMPLE"), identity(target, trust=trust)),
        ),
    )
    assert labels(found, f"arn:aws:sts::{HOME}:assumed-role/target/any", context=red) == []
