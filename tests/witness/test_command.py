"""Witnesses that people believe (F9), and the commands that send them."""

from __future__ import annotations

from tests.evaluate.estates import ALICE, HOME, KEY, allow, aws, estate
from tests.problem.deciding import grant
from tests.verify.proving import always, nobody, verdict
from verifier.model.estate import Estate
from verifier.model.invariant import CallersAnd, CallersNot, Invariant, KeyAccount, PrincipalLike
from verifier.model.policy import Text
from verifier.model.results.verdict import Counterexample

INSTANCE = f"arn:aws:sts::{HOME}:assumed-role/aws:ec2-infrastructure/i-0a1b2c3d"


def witness(found: Estate, claim: Invariant) -> Counterexample:
    """The counterexample to a claim."""
    shown = verdict(found, claim).counterexample
    assert shown is not None
    return shown


def test_r3_the_command_is_that_of_the_permissions_own_operation() -> None:
    command = witness(estate(allow(aws(ALICE), "kms:TagResource")), nobody("kms:TagResource")).command
    assert command is not None and command.startswith(f"aws kms tag-resource --key-id {KEY} --tags ")


def test_r3_a_permission_without_an_operation_of_its_name_shows_the_one_that_asks_for_it() -> None:
    command = witness(estate(allow(aws(ALICE), "kms:ReEncryptTo")), nobody("kms:ReEncryptTo")).command
    assert command is not None and command.startswith(f"aws kms re-encrypt --destination-key-id {KEY} ")


def test_f6_the_command_names_the_policy_if_it_is_not_the_default_one() -> None:
    for name, told in ("AWS_RAM", True), ("default", False):
        named = {"StringEquals": {"kms:PolicyName": name}}
        found = estate(allow(aws(ALICE), "kms:GetKeyPolicy", Condition=named))
        command = witness(found, nobody("kms:GetKeyPolicy")).command
        assert command is not None and ("--policy-name AWS_RAM" in command) == told


def test_f6_the_command_gives_the_pairs_in_the_constraint_that_has_them() -> None:
    for kind in "EncryptionContextEquals", "EncryptionContextSubset":
        named = {"StringEquals": {"kms:EncryptionContext:app": "a", "kms:GrantConstraintType": kind}}
        found = estate(allow(aws(ALICE), "kms:CreateGrant", Condition=named))
        command = witness(found, nobody("kms:CreateGrant")).command
        assert command is not None and f"{kind}={{app=a}}" in command


def test_f6_the_command_gives_a_constraint_without_pairs_where_the_request_has_one() -> None:
    for kind in "EncryptionContextEquals", "EncryptionContextSubset":
        named = {"StringEquals": {"kms:GrantConstraintType": kind}, "Null": {"kms:EncryptionContextKeys": "true"}}
        found = estate(allow(aws(ALICE), "kms:CreateGrant", Condition=named))
        command = witness(found, nobody("kms:CreateGrant")).command
        assert command is not None and f"--constraints {kind}={{}}" in command.replace("'", "")


def test_f6_the_command_of_a_constraint_on_the_source_has_pairs_where_the_request_has() -> None:
    named = {"StringEquals": {"kms:GrantConstraintType": "SourceArn"}}
    command = witness(estate(allow(aws(ALICE), "kms:CreateGrant", Condition=named)), nobody("kms:CreateGrant")).command
    assert command is not None and " SourceArn=arn:" in command and "EncryptionContext" not in command
    named["StringEquals"]["kms:EncryptionContext:app"] = "a"
    command = witness(estate(allow(aws(ALICE), "kms:CreateGrant", Condition=named)), nobody("kms:CreateGrant")).command
    assert command is not None and "EncryptionContextEquals={app=a},SourceArn=arn:" in command


def test_g5_the_command_names_the_grant_that_is_retired() -> None:
    found = estate(allow(aws(ALICE)), grants=(grant(ALICE, id="none"), grant(ALICE, id="mine", retiring=ALICE)))
    command = witness(found, nobody("kms:RetireGrant", callers=PrincipalLike(Text(ALICE)))).command
    assert command == f"aws kms retire-grant --key-id {KEY} --grant-id mine"


def test_f9_no_endpoint_where_none_is_needed() -> None:
    inside = allow(aws(ALICE), Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    shown = witness(estate(inside), always(callers=PrincipalLike(Text(ALICE))))
    assert [key for key, _ in shown.request.context] == ["aws:SourceIp"]


def test_f9_a_public_address_where_one_will_do() -> None:
    """From a private one a request comes by a reading alone (F4)."""
    either = {"IpAddress": {"aws:SourceIp": ["10.20.0.0/16", "203.0.113.0/24"]}}
    statements = allow(aws("arn:aws:iam::444455556666:root"), Condition=either), allow(aws(f"arn:aws:iam::{HOME}:root"))
    shown = witness(estate(*statements), nobody(callers=CallersNot(KeyAccount())))
    assert dict(shown.request.context) == {"aws:SourceIp": "203.0.113.10"} and not shown.readings


def test_f9_an_ordinary_role_has_an_ordinary_session() -> None:
    found = estate(allow(aws(f"arn:aws:iam::{HOME}:role/Admin")), grants=(grant(INSTANCE),))
    caller = witness(found, nobody(callers=PrincipalLike(Text("arn:aws:iam::*:role/Admin")))).request.caller
    assert caller.arn == f"arn:aws:sts::{HOME}:assumed-role/Admin/example"


def test_f9_a_pattern_is_filled_in_with_a_plausible_account() -> None:
    found = estate(allow("*", Condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}}))
    outside = CallersAnd((PrincipalLike(Text("arn:aws:iam::*:role/Admin")), CallersNot(KeyAccount())))
    assert witness(found, nobody(callers=outside)).request.caller.account == "444455556666"


def test_f5_a_service_that_comes_through_another_forwards_nobodys_credentials() -> None:
    through = {"Null": {"kms:ViaService": "false", "aws:ViaAWSService": "false"}}
    found = estate(allow({"Service": "s3.amazonaws.com"}, "kms:Decrypt", Condition=through))
    context = dict(witness(found, nobody("kms:Decrypt")).request.context)
    assert "kms:ViaService" in context and "aws:ViaAWSService" not in context


def test_f5_what_a_service_sends_for_a_caller_has_no_command() -> None:
    """The caller's own request says neither [KMS: conditions-kms-grant-is-for-aws-resource; IAM: aws:CalledVia]."""
    for operator, key, value in (
        ("Bool", "kms:GrantIsForAWSResource", "true"),
        ("Bool", "aws:ViaAWSService", "true"),
        ("StringEquals", "aws:CalledViaFirst", "s3.amazonaws.com"),
        ("StringEquals", "kms:ViaService", "s3.us-west-2.amazonaws.com"),
    ):
        found = estate(allow(aws(ALICE), "kms:CreateGrant", Condition={operator: {key: value}}))
        assert witness(found, nobody("kms:CreateGrant")).command is None, key
    found = estate(allow(aws(ALICE), "kms:CreateGrant", Condition={"Bool": {"aws:ViaAWSService": "false"}}))
    assert witness(found, nobody("kms:CreateGrant")).command is not None
