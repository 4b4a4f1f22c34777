"""Sessions that services make for the code that a caller has them run: what only a user's session, or that of another
service, could do, no chain is told to do (F3)."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, Statement, allow, aws, own
from tests.evaluate.reaching import LAMBDA, OTHER, TARGET, admits, trusting
from tests.evaluate.steps.replay import Chain, story
from tests.evaluate.steps.worlds import state, with_account
from tests.reach.telling import told, verdict
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Identity, Workload
from verifier.model.results.verdict import Status
from verifier.model.steps.chains import State
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.proving import prove

MAKES = own(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
OF_INSTANCE = {"ArnLike": {"ec2:SourceInstanceArn": f"arn:aws:ec2:*:{HOME}:instance/*"}}
OF_FUNCTION = {"ArnLike": {"lambda:SourceFunctionArn": f"arn:aws:lambda:*:{HOME}:function:*"}}
NOT_TOLD = ("unknown", "E0")


def role(*services: str, then: tuple[Statement, ...] = ()) -> Identity:
    """A role that services may assume."""
    return trusting(admits({"Service": list(services)}), own=then)


def world(condition: dict[str, Any], *others: Identity, mine: Statement = MAKES, whom: str = TARGET) -> State:
    """Alice, roles, and a key that one of them may decrypt with under a condition."""
    under = {"Condition": condition} if condition else {}
    return state(mine, key=allow(aws(whom), "kms:Decrypt", **under), others=others, facts={"grants": ()})


@pytest.mark.parametrize("condition", [WITH_MFA, OF_INSTANCE])
def test_f3_a_function_is_no_users_session_and_no_instance(condition: dict[str, Any]) -> None:
    assert told(world(condition, role(LAMBDA))) == NOT_TOLD


def test_f3_a_function_is_one_and_a_users_session_may_have_mfa() -> None:
    assert told(world(OF_FUNCTION, role(LAMBDA))) == ("pass role",)
    assumes = own("sts:AssumeRole")
    assert told(world(WITH_MFA, trusting(admits(aws(ALICE))), mine=assumes)) == ("assume role",)


def test_f3_a_session_that_a_function_assumes_has_no_mfa_either() -> None:
    middle = role(LAMBDA, then=(own("sts:AssumeRole"),))
    further = trusting(admits(aws(TARGET), Condition=WITH_MFA), arn=OTHER)
    assert told(world({}, middle, further, whom=OTHER)) == NOT_TOLD
    assert told(world({}, middle, trusting(admits(aws(TARGET)), arn=OTHER), whom=OTHER)) == (
        "pass role",
        "assume role",
    )
    assert told(world(WITH_MFA, middle, trusting(admits(aws(TARGET)), arn=OTHER), whom=OTHER)) == NOT_TOLD


@pytest.mark.parametrize("key", ["aws:FederatedProvider", "idp.example.com:sub"])
def test_f3_a_session_that_a_user_assumes_comes_from_no_provider(key: str) -> None:
    """Whoever else may assume the role. [IAM: reference_policies_condition-keys, aws:FederatedProvider: the session was
    issued using a provider]"""
    provider = {"Federated": f"arn:aws:iam::{HOME}:oidc-provider/idp.example.com"}
    both = trusting(admits(aws(ALICE)), admits(provider, "sts:AssumeRoleWithWebIdentity"))
    status, label = told(world({"Null": {key: "false"}}, both, mine=own("sts:AssumeRole")))
    assert status == "unknown" and label in ("E0", "F3")
    assert told(world({"Null": {key: "true"}}, both, mine=own("sts:AssumeRole"))) == ("assume role",)


def test_f3_a_trust_policy_that_the_caller_writes_admits_users() -> None:
    writes = own(["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"])
    assert told(world(WITH_MFA, role(LAMBDA), mine=writes)) == ("update trust policy", "assume role")


@pytest.mark.parametrize("key", ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"])
def test_f5_a_session_that_a_user_assumes_is_for_no_resource_of_a_service(key: str) -> None:
    """A service may assume the role, too, or come to. [CloudTrail User Guide: cloudtrail-copy-trail-to-lake-eds]"""
    given, absent = {"Null": {key: "false"}}, {"Null": {key: "true"}}
    writes = own(["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"])
    both = trusting(admits({"Service": LAMBDA, "AWS": ALICE}))
    assert told(world(given, both, mine=own("sts:AssumeRole"))) == NOT_TOLD
    assert told(world(absent, both, mine=own("sts:AssumeRole"))) == ("assume role",)
    assert told(world(given, role(LAMBDA))) == ("pass role",)
    assert told(world(given, role(LAMBDA), mine=writes)) == NOT_TOLD


BOB = f"arn:aws:iam::{HOME}:user/Bob"
EC2 = "ec2.amazonaws.com"
RUNS = own(["iam:PassRole", "ec2:RunInstances"])
BY_TWO = role(LAMBDA, EC2)


def test_f3_code_runs_in_a_session_of_its_own_service_whoever_else_may_assume_the_role() -> None:
    of_bob_too = trusting(admits({"Service": LAMBDA, "AWS": BOB}))
    assert told(world(WITH_MFA, of_bob_too)) == NOT_TOLD
    assert told(world({"Null": {"aws:MultiFactorAuthAge": "false"}}, of_bob_too)) == NOT_TOLD
    assert told(world(OF_INSTANCE, BY_TWO)) == NOT_TOLD
    assert told(world(OF_INSTANCE, BY_TWO, mine=RUNS)) == ("pass role",)
    assert told(world(OF_FUNCTION, BY_TWO)) == ("pass role",)


def test_f3_a_session_that_another_one_assumes_has_what_no_service_gave_it() -> None:
    middle = role(LAMBDA, then=(own("sts:AssumeRole"),))
    further = trusting(admits({"Service": LAMBDA, "AWS": [TARGET, BOB]}), arn=OTHER)
    assert told(world(WITH_MFA, middle, further, whom=OTHER)) == NOT_TOLD
    assert told(world({}, middle, further, whom=OTHER)) == ("pass role",)


def test_f3_a_chain_whose_session_says_what_it_was_not_given_is_none() -> None:
    before = world({}, BY_TWO)
    found = verdict(before).story
    assert found is not None and found.access is not None
    moves, access = tuple(step.move for step in found.steps), found.access.request
    before = replace(before, held=(found.caller,))

    def replays(key: str, value: str) -> None:
        said = (*access.context, (key, value))
        story(before, Chain(found.caller, moves, replace(access, context=said)), dict(found.readings))

    replays("aws:MultiFactorAuthPresent", "false")
    replays("lambda:SourceFunctionArn", f"arn:aws:lambda:us-west-2:{HOME}:function:f")
    for key, value in (
        ("aws:MultiFactorAuthPresent", "true"),
        ("aws:MultiFactorAuthAge", "60"),
        ("ec2:SourceInstanceArn", f"arn:aws:ec2:us-west-2:{HOME}:instance/i-1"),
    ):
        with pytest.raises(InputError, match="which it was not given"):
            replays(key, value)


@pytest.mark.parametrize("key", ["aws:SourceAccount", "aws:sourceaccount"])
def test_f5_only_a_session_that_a_service_made_says_for_which_account(key: str) -> None:
    by_alice = world({}, trusting(admits({"Service": LAMBDA, "AWS": ALICE})), mine=own("sts:AssumeRole"))
    changing = world({}, role(LAMBDA), mine=own("lambda:UpdateFunctionCode"))
    changed = with_account(
        changing, workloads=(Workload("functions", f"arn:aws:lambda:us-west-2:{HOME}:function:intake", (TARGET,)),)
    )
    for before, by_service in (by_alice, False), (world({}, role(LAMBDA)), True), (changed, True):
        found = verdict(before).story
        assert found is not None and found.access is not None
        moves, access = tuple(step.move for step in found.steps), found.access.request
        chain = Chain(found.caller, moves, replace(access, context=(*access.context, (key, HOME))))
        with nullcontext() if by_service else pytest.raises(InputError, match="which it was not given"):
            story(replace(before, held=(found.caller,)), chain, dict(found.readings))


@pytest.mark.parametrize("first", [0, 1])
def test_f3_roles_with_the_same_policies_are_not_alike_if_others_make_their_sessions(first: int) -> None:
    uses = (own("kms:Decrypt"),)
    by_trust = [trusting(admits({"Service": LAMBDA}), own=uses), trusting(admits(aws(ALICE)), own=uses)]
    roles = [replace(by_trust[first], arn=TARGET), replace(by_trust[1 - first], arn=OTHER)]
    before = state(key=allow(aws(HOME), "kms:Decrypt", Condition=WITH_MFA), others=tuple(roles), facts={"grants": ()})
    for callers, status in (("role/*", Status.REFUTED), (f"role/{'other' if first else 'app/target'}", Status.PROVED)):
        text = f'invariant "x": no {callers} in {HOME} can eventually kms:Decrypt'
        asked = read_invariants(Source("x.inv", text)).invariants
        assert [one.status for one in prove(before.estate, asked).verdicts] == [status]
