"""Every request is decided alike in an estate and in what `narrowed` leaves of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import Phase, given, settings

from tests.agreement.scenarios import Scenario, scenarios
from tests.agreement.steps import StepScenario, step_scenarios
from tests.evaluate.estates import ALICE, KEY, own
from tests.evaluate.reaching import TARGET, caller, trusting
from tests.evaluate.steps.worlds import BY, state, with_account
from tests.examples import many
from tests.reach import moves
from tests.reach.estates import ROLES, USER, random_question
from tests.reach.sample import Sampler
from verifier.evaluate import evaluate
from verifier.model.estate import Account, Estate, Identity
from verifier.model.request import Decision, Request
from verifier.model.steps.actions import step_action
from verifier.model.steps.chains import State
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.verify.reach.narrowed import for_keys, for_steps

SETTINGS = settings(max_examples=many(40), phases=[Phase.generate])


def members(estate: Estate) -> int:
    """How much there is in the inventories."""
    inventories = [(*account.users, *account.roles) for account in estate.accounts]
    return sum(1 + sum(1 + len(policy.statements) for policy in one.policies) for found in inventories for one in found)


def said(decision: Decision) -> object:
    """What a decision comes to, and on which symbols it turns."""
    return decision.outcome, decision.depends_on


def alike(estate: Estate, small: Estate, requests: Iterable[Request], seen: Counter[str]) -> None:
    """Requests are decided alike; counts."""
    for request in requests:
        before = evaluate(estate, request)
        assert said(evaluate(with_target(small, estate, request), request)) == said(before), request
        seen[before.outcome.value] += 1
    seen["narrowed"] += members(small) < members(estate)


def test_for_keys() -> None:
    seen: Counter[str] = Counter()

    @SETTINGS
    @given(scenarios())
    def run(scenario: Scenario) -> None:
        alike(scenario.setting.estate, for_keys(scenario.setting.estate), scenario.requests, seen)

    run()
    assert min(seen["allow"], seen["deny"], seen["depends"]) >= 40, seen


@pytest.mark.parametrize("of_keys", [True, False])
def test_on_estates_with_policies_about_other_things(of_keys: bool) -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        question = random_question(seed)
        held = State(question.estate, tuple(map(caller, (USER, *ROLES))))
        asked = [one for move in Sampler.of(question.estate, "kms:Decrypt").moves(held) for one in move.requests]
        mine = list(dict.fromkeys(one for one in asked if one.action.startswith("kms:") == of_keys))
        small = for_keys(question.estate) if of_keys else for_steps(question.estate)
        alike(question.estate, small, Random(seed).sample(mine, min(40, len(mine))), seen)
    assert min(seen["narrowed"], seen["allow"], seen["deny"]) >= 15, seen


def test_for_steps() -> None:
    seen: Counter[str] = Counter()

    @SETTINGS
    @given(step_scenarios())
    def run(scenario: StepScenario) -> None:
        assert all(step_action(request.action) for request in scenario.requests)
        alike(scenario.estate, for_steps(scenario.estate), scenario.requests, seen)

    run()
    assert min(seen["narrowed"], seen["allow"], seen["deny"]) >= 5, seen


def with_target(small: Estate, estate: Estate, request: Request) -> Estate:
    """The narrowed estate with the role or user that a request is on, which `StepOffers` gives with the target."""
    found = [
        one for account in estate.accounts for one in (*account.users, *account.roles) if one.arn == request.resource
    ]
    return (
        replace(small, accounts=tuple(_with(account, one) for account in small.accounts for one in found))
        if found
        else small
    )


def _with(account: Account, target: Identity) -> Account:
    if account.id != target.arn.split(":")[4]:
        return account
    policies = next((one.policies for one in (*account.users, *account.roles) if one.arn == target.arn), ())
    users, roles = (tuple(one for one in found if one.arn != target.arn) for found in (account.users, account.roles))
    own = (replace(target, policies=policies),)
    return (
        replace(account, users=users, roles=(*roles, *own))
        if ":role/" in target.arn
        else replace(account, users=(*users, *own), roles=roles)
    )


def test_a_tag_that_only_a_policy_variable_asks_for_keeps_those_without_policies() -> None:
    # F3, L7: that Alice has no tag `team` is what her entry in the inventory says, and no condition key names that tag.
    mine = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    before = state(
        own("s3:*"),
        key={"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": mine},
    )
    asked = moves.request(BY, "kms:Decrypt", KEY)
    for estate in (before.estate, for_keys(before.estate)):
        assert evaluate(estate, asked).outcome.value == "deny"
        assert [user.arn for user in estate.accounts[0].users] == [ALICE]
    writes = own("iam:PutUserPolicy", Condition={"StringEquals": {"iam:ResourceTag/team": "${aws:PrincipalTag/team}"}})
    roles = state(
        own("s3:*"), others=(trusting(*({"Effect": "Allow", "Principal": "*", "Action": "sts:*"},), own=(writes,)),)
    )
    assert {
        one.arn for one in (*for_steps(roles.estate).accounts[0].users, *for_steps(roles.estate).accounts[0].roles)
    } == {ALICE, TARGET}


def test_what_is_left_out() -> None:
    before = state(
        own("s3:*"), others=(trusting({"Effect": "Allow", "Principal": "*", "Action": "sts:*"}, own=(own("iam:*"),)),)
    )
    assert members(for_keys(before.estate)) == 0
    assert [role.arn for role in for_steps(before.estate).accounts[0].roles] == [TARGET]
    several = for_keys(state(own("s3:*"), own("kms:Encrypt"), own("iam:*")).estate)
    assert [statement.index for policy in several.accounts[0].users[0].policies for statement in policy.statements] == [
        1
    ]
    unknown = state(own("k?s:NewAction"), own("*:*"))
    assert members(for_keys(unknown.estate)) == members(unknown.estate)


def test_who_is_in_an_inventory_matters_where_it_leaves_some_out_or_something_of_one_is_not_known() -> None:
    # U1: whoever an incomplete inventory does not list has free policies; U3: what is not known of Alice may allow.
    asked = moves.request(BY, "kms:Decrypt", KEY)
    before = with_account(state(own("s3:*")), complete=False)
    unknown = state(
        own("s3:*"), unmodelled=(Unmodelled("p", "U3", Influence.MAY_ALLOW, "a policy of Alice", principal=ALICE),)
    )
    for estate, expected in ((before.estate, "deny"), (unknown.estate, "depends")):
        assert evaluate(estate, asked).outcome.value == expected
        assert said(evaluate(for_keys(estate), asked)) == said(evaluate(estate, asked))
        assert [user.arn for user in for_keys(estate).accounts[0].users] == [ALICE]
