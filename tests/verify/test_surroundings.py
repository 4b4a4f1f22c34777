"""Verdicts about keys with grants, control policies, boundaries and endpoints: what is proved, what refutes, and on
what it rests."""

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
    ROOT,
    allow,
    aws,
    estate,
    home,
    identity,
    own,
    policy,
)
from tests.problem.deciding import FULL, LIMIT, NO_DECRYPT, SERVICE, bounded, control, grant, organization
from tests.verify.conditions import string_equals
from tests.verify.proving import always, nobody, status, verdict
from verifier.model.estate import Endpoint, Estate
from verifier.model.grant import Grant
from verifier.model.invariant import CallersNot, ConditionNot, Holds, InAccount, OfKind, PrincipalLike
from verifier.model.policy import Condition, Operator, PolicyKind, Text
from verifier.model.request import CallerKind
from verifier.model.results.verdict import Counterexample
from verifier.model.unmodelled import Influence, Unmodelled

NOTHING = allow(aws(ALICE), "kms:ListGrants")
OUTSIDE = CallersNot(InAccount(HOME))
ALICE_ONLY = PrincipalLike(Text(ALICE))


def with_grants(*grants: Grant, **rest: Any) -> Estate:
    return estate(NOTHING, grants=grants, **rest)


def refuted(found: Estate, *arguments: Any) -> Counterexample:
    answer = verdict(found, *arguments)
    assert answer.counterexample is not None, answer.reason or answer.status
    return answer.counterexample


def context(found: Counterexample) -> dict[str, Any]:
    return dict(found.request.context)


# -- grants --


def test_g1_a_grant_refutes_and_is_named() -> None:
    found = refuted(with_grants(grant(PARTNER_ROLE, id="g7")), nobody(callers=OUTSIDE))
    assert found.request.caller.principal_arn == PARTNER_ROLE
    assert [ref.policy_name for ref in found.statements] == ["grant g7"]


def test_g1_a_proof_names_the_grants_that_it_rests_on() -> None:
    grants = grant(ALICE, "Decrypt", id="g1", context_equals=(("Dept", "IT"),)), grant(PARTNER_ROLE, "Encrypt", id="g2")
    claim = nobody(when=ConditionNot(string_equals("kms:EncryptionContext:Dept", "IT")))
    answer = verdict(with_grants(*grants), claim, readings={"G3-names": False})
    assert answer.status.value == "proved"
    assert [ref.policy_name for ref in answer.rests_on] == ["grant g1"], "the other grant is about another operation"


def test_g3_a_witness_shows_the_encryption_context_that_a_grant_demands() -> None:
    found = refuted(with_grants(grant(ALICE, context_equals=(("Dept", "IT"), ("Purpose", "Test")))))
    shown = context(found)
    assert shown["kms:EncryptionContext:Dept"] == "IT" and shown["kms:EncryptionContext:Purpose"] == "Test"
    assert set(shown.get("kms:EncryptionContextKeys", ("Dept", "Purpose"))) == {"Dept", "Purpose"}
    assert found.command is not None and "--encryption-context Dept=IT,Purpose=Test" in found.command


def test_g3_names_in_another_case_need_the_reading() -> None:
    found = with_grants(grant(ALICE, context_subset=(("Dept", "IT"),)))
    only = Condition(
        Operator("StringEquals", "ForAllValues", False), Text("kms:EncryptionContextKeys"), (Text("dept"),)
    )
    claim = nobody(when=Holds(only))
    assert ("G3-names", True) in refuted(found, claim).readings
    assert verdict(found, claim, readings={"G3-names": False}).status.value == "proved"


def test_f7_what_is_read_beside_the_pair_that_a_grant_wants_needs_the_reading() -> None:
    found = with_grants(grant(ALICE, context_subset=(("Dept", "IT"),)))
    claim = nobody(when=ConditionNot(string_equals("kms:EncryptionContext:Dept", "IT")))
    for held in (False, True):
        answer = verdict(found, claim, readings={"F7": held, "G3-names": False})
        assert answer.counterexample is not None and ("F7", held) in answer.counterexample.readings


def test_g3_an_open_ended_context_may_hold_other_pairs() -> None:
    other = nobody(when=string_equals("kms:EncryptionContext:Purpose", "Test"))
    assert status(with_grants(grant(ALICE, context_subset=(("Dept", "IT"),))), other) == "refuted"
    assert status(with_grants(grant(ALICE, context_equals=(("Dept", "IT"),))), other) == "proved"


def test_g2_a_service_with_its_source() -> None:
    found = refuted(with_grants(grant(SERVICE, source_arn="arn:aws:s3:::example")))
    assert found.request.caller.kind is CallerKind.SERVICE and context(found)["aws:SourceArn"] == "arn:aws:s3:::example"
    unsourced = nobody(
        callers=OfKind(CallerKind.SERVICE), when=ConditionNot(string_equals("aws:SourceArn", "arn:aws:s3:::example"))
    )
    assert status(with_grants(grant(SERVICE, source_arn="arn:aws:s3:::example")), unsourced) == "proved"


def test_g2_a_hidden_grantee_may_be_anybody_under_the_reading() -> None:
    found = with_grants(grant(SERVICE, grantee_hidden=True))
    assert ("G2", True) in refuted(found, nobody(callers=InAccount(PARTNER))).readings
    assert verdict(found, nobody(callers=InAccount(PARTNER)), readings={"G2": False}).status.value == "proved"


def test_g2_sessions_of_the_roles_that_aws_owns_are_in_the_question() -> None:
    instance = f"arn:aws:sts::{HOME}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0"
    found = refuted(with_grants(grant(instance)))
    assert found.request.caller.arn == instance


def test_g6_a_grant_that_may_be_passed_on() -> None:
    found = with_grants(grant(ALICE, "CreateGrant", "Encrypt"))
    decrypts = nobody("kms:CreateGrant", when=string_equals("kms:GrantOperations", "Decrypt"))
    assert status(found, decrypts) == "proved"
    shown = context(refuted(found, nobody("kms:CreateGrant")))
    assert set(shown["kms:GrantOperations"]) <= {"CreateGrant", "Encrypt"}


def test_g6_the_command_asks_for_a_constraint_as_strict() -> None:
    found = refuted(
        with_grants(grant(ALICE, "CreateGrant", "Decrypt", context_equals=(("Dept", "IT"),))), nobody("kms:CreateGrant")
    )
    assert context(found)["kms:GrantConstraintType"] == "EncryptionContextEquals"
    assert found.command is not None and "'EncryptionContextEquals={Dept=IT}'" in found.command


def test_g6_the_witness_asks_for_the_source_of_the_parent() -> None:
    source = f"arn:aws:rds:us-west-2:{HOME}:db:example"
    found = refuted(with_grants(grant(ALICE, "CreateGrant", "Decrypt", source_arn=source)), nobody("kms:CreateGrant"))
    assert context(found)["kms:GrantConstraintSourceArn"] == source
    assert found.command is not None and f"--constraints SourceArn={source}" in found.command


def test_f6_the_source_of_a_grant_for_a_service_can_be_sent() -> None:
    """A bucket's ARN has no account, which the constraint must have."""
    for_services = allow(aws(ALICE), "kms:CreateGrant", Condition={"Null": {"kms:GranteeServicePrincipal": "false"}})
    found = refuted(estate(for_services), nobody("kms:CreateGrant"))
    source = context(found)["kms:GrantConstraintSourceArn"]
    assert source.split(":")[4] == "444455556666"
    assert found.command is not None and f"--constraints SourceArn={source}" in found.command


def test_g5_who_retires() -> None:
    found = with_grants(grant(ALICE, retiring=PARTNER_ROLE))
    assert refuted(found, nobody("kms:RetireGrant", callers=OUTSIDE)).request.caller.principal_arn == PARTNER_ROLE
    assert status(with_grants(grant(ALICE)), nobody("kms:RetireGrant", callers=OUTSIDE)) == "proved"


def test_g1_grants_that_are_not_listed_leave_the_unmodelled_to_say_so() -> None:
    missing = Unmodelled("grants", "G1", Influence.MAY_ALLOW, "grants of the key", key=KEY)
    assert status(estate(NOTHING, unmodelled=(missing,))) == "unknown"


@pytest.mark.parametrize("count", [3, 300])
def test_g1_few_and_many_grants_are_proved_and_refuted_alike(count: int) -> None:
    roles = [f"arn:aws:iam::{HOME}:role/worker-{n}" for n in range(count)]
    grants = [grant(role, id=f"g{n}", context_subset=(("volume", f"vol-{n}"),)) for n, role in enumerate(roles)]
    assert status(with_grants(*grants), nobody(callers=OUTSIDE)) == "proved"
    found = refuted(
        with_grants(*grants, accounts=(home(*map(identity, roles)),)), nobody(callers=PrincipalLike(Text(roles[-1])))
    )
    assert context(found)["kms:EncryptionContext:volume"] == f"vol-{count - 1}"


# -- control policies, boundaries --


def test_d7_an_scp_proves_and_is_named() -> None:
    found = replace(
        estate(allow(aws(ROOT, ALICE))), organization=organization([[control(FULL), control(NO_DECRYPT, name="guard")]])
    )
    answer = verdict(found, nobody(callers=ALICE_ONLY))
    assert answer.status.value == "proved" and [ref.policy_name for ref in answer.rests_on] == ["guard"]
    assert status(found, nobody()) == "proved"
    assert status(replace(found, organization=None), nobody()) == "refuted"


def test_d7_an_scp_that_denies_decides_what_can_always_be_done() -> None:
    claim = always(callers=ALICE_ONLY)
    base = estate(allow(aws(ALICE)))
    assert status(replace(base, organization=organization([[control(FULL)]])), claim) == "proved"
    assert (
        status(replace(base, organization=organization([[control(FULL), control(NO_DECRYPT, name="guard")]])), claim)
        == "refuted"
    )


def test_d7_an_rcp_keeps_services_out() -> None:
    guard = control(
        {**NO_DECRYPT, "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}}}, kind=PolicyKind.RCP, name="guard"
    )
    services = nobody(callers=OfKind(CallerKind.SERVICE))
    found = estate(allow("*"))
    assert status(found, services) == "refuted"
    assert status(replace(found, organization=organization(None, [[guard]])), services) == "proved"


def test_d4_a_boundary_limits_a_role_and_not_a_user_that_is_named() -> None:
    found = estate(
        allow(aws(ALICE, REPORTS)), accounts=(home(bounded(ALICE, own(), LIMIT), bounded(REPORTS, own(), LIMIT)),)
    )
    assert status(found, nobody(callers=PrincipalLike(Text(REPORTS)))) == "proved"
    assert status(found, nobody(callers=ALICE_ONLY)) == "refuted"


def test_p5_a_bounded_role_is_never_spared() -> None:
    listed = {"Effect": "Deny", "NotPrincipal": aws(REPORTS, ROOT), "Action": "kms:*", "Resource": "*"}
    found = estate(allow(aws(REPORTS)), listed, accounts=(home(replace(identity(REPORTS, own()), bounded=True)),))
    assert status(found, nobody(callers=PrincipalLike(Text(REPORTS)))) == "proved"


# -- VPC endpoints --


def test_v_a_witness_goes_around_an_endpoint_that_refuses() -> None:
    refusing = policy(allow("*", "kms:Encrypt"), kind=PolicyKind.ENDPOINT, identity="vpce-0a1b2c3d")
    found = replace(
        estate(allow(aws(ALICE))), endpoints=(Endpoint("vpce-0a1b2c3d", "us-west-2", "vpc-0123abcd", HOME, refusing),)
    )
    assert "aws:SourceVpce" not in context(refuted(found, nobody(callers=ALICE_ONLY)))
    through = string_equals("aws:SourceVpce", "vpce-0a1b2c3d")
    assert status(found, nobody(callers=ALICE_ONLY, when=through)) == "proved"
    shown = context(refuted(found, nobody("kms:Encrypt", callers=ALICE_ONLY, when=through)))
    assert shown["aws:SourceVpce"] == "vpce-0a1b2c3d" and shown["aws:SourceVpc"] == "vpc-0123abcd"


def test_v_a_key_that_only_an_endpoint_reaches() -> None:
    """The key policy demands a listed endpoint, whose policy admits one user: nobody else gets through."""
    only = {"StringEquals": {"aws:SourceVpce": "vpce-0a1b2c3d"}}
    admitted = policy(allow(aws(ALICE)), kind=PolicyKind.ENDPOINT, identity="vpce-0a1b2c3d")
    listed = (Endpoint("vpce-0a1b2c3d", "us-west-2", policy=admitted),)
    users = (home(identity(ALICE), identity(f"arn:aws:iam::{HOME}:user/Bob")),)
    found = replace(estate(allow("*", Condition=only), accounts=users), endpoints=listed)
    assert (
        status(
            found,
            nobody(callers=CallersNot(ALICE_ONLY)),
        )
        == "refuted"
    )  # a service principal, by the reading D6
    persons = nobody(callers=PrincipalLike(Text(f"arn:aws:iam::{HOME}:user/Bob")))
    assert status(found, persons) == "proved"
    assert status(found, nobody(callers=ALICE_ONLY)) == "refuted"
    assert status(replace(found, endpoints=None), persons) == "refuted"
