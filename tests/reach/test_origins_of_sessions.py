"""Sessions that services make for the code that a caller has them run: what only a user's session, or that of another
service, could do, no chain is told to do (F3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, Statement, allow, aws, own
from tests.evaluate.reaching import LAMBDA, OTHER, TARGET, admits, trusting
from tests.evaluate.steps.worlds import state
from tests.reach.telling import told
from verifier.model.estate import Identity
from verifier.model.steps.chains import State

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


def test_f3_a_trust_policy_that_the_caller_writes_admits_users() -> None:
    writes = own(["iam:UpdateAssumeRolePolicy", "sts:AssumeRole"])
    assert told(world(WITH_MFA, role(LAMBDA), mine=writes)) == ("update trust policy", "assume role")
