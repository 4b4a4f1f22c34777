"""The exhaustive search itself: chains that are known, what its sample holds, and that what it leaves out is not worth
making."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, allow, aws, identity, own
from tests.evaluate.reaching import OTHER, TARGET, admits, trusting
from tests.evaluate.steps.replay import story
from tests.evaluate.steps.worlds import BY, state
from tests.reach.estates import random_question
from tests.reach.exhaustive import can_eventually, search
from tests.reach.sample import Sampler
from verifier.evaluate.steps import permitted, state_after
from verifier.model.estate import Estate
from verifier.model.request import Outcome
from verifier.model.steps.chains import State
from verifier.model.steps.descriptions import StepKind

BLUE = own("kms:Decrypt", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})


def asked(estate: Estate, steps: int, action: str = "kms:Decrypt") -> str:
    """What Alice can eventually do."""
    return can_eventually(estate, BY, action, KEY, steps).value


def test_a_chain_of_three_steps_is_found_and_not_a_step_before() -> None:
    # Alice assumes one role, which opens the trust of another, which tags the key into a rule of Alice's.
    first = trusting(admits(aws(ALICE)), own=(own("iam:UpdateAssumeRolePolicy", OTHER),))
    second = trusting(admits({"Service": "ec2.amazonaws.com"}), arn=OTHER, own=(BLUE, own("sts:*")))
    estate = state(others=(first, second), facts={"tags": (("team", "blue"),), "grants": ()}).estate
    assert [asked(estate, steps) for steps in range(4)] == ["deny", "deny", "deny", "allow"]
    outcome, chain = search(estate, BY, "kms:Decrypt", KEY, 3)
    assert chain is not None
    assert [move.kind for move in chain.moves] == [StepKind.ASSUME_ROLE, StepKind.PUT_TRUST, StepKind.ASSUME_ROLE]
    assert outcome is Outcome.ALLOW


def test_each_step_may_be_the_one_that_is_needed() -> None:
    tags = {"tags": (("team", "red"),), "grants": ()}
    role = trusting(admits({"Service": "lambda.amazonaws.com"}), own=(own("kms:*"),))
    for before, kind in (
        (state(own("kms:PutKeyPolicy"), facts=tags), StepKind.PUT_KEY_POLICY),
        (state(own("kms:CreateGrant"), facts=tags), StepKind.CREATE_GRANT),
        (state(own("kms:TagResource"), BLUE, facts=tags), StepKind.TAG),
        (state(own("iam:PutUserPolicy"), facts=tags), StepKind.PUT_POLICY),
        (state(own("iam:AttachUserPolicy"), facts=tags), StepKind.ATTACH_POLICY),
        (state(own(["iam:PassRole", "lambda:*"]), others=(role,), facts=tags), StepKind.PASS_ROLE),
        (state(own("iam:*", TARGET, "Deny"), facts=tags), None),
    ):
        outcome, chain = search(before.estate, BY, "kms:Decrypt", KEY, 1)
        found = chain.moves[0].kind if chain is not None and chain.moves else None
        assert (found, outcome is Outcome.ALLOW) == (kind, kind is not None)


def test_two_who_are_held_import_material_together() -> None:
    role = trusting(admits(aws(ALICE)), own=(own("kms:GetParametersForImport"),))
    estate = state(own("kms:ImportKeyMaterial"), others=(role,), facts={"origin": "EXTERNAL", "grants": ()}).estate
    outcome, chain = search(estate, BY, "kms:Decrypt", KEY, 2)
    assert chain is not None
    assert (outcome, [move.kind for move in chain.moves]) == (
        Outcome.ALLOW,
        [StepKind.ASSUME_ROLE, StepKind.IMPORT_MATERIAL],
    )


def test_readings_are_told_and_none_is_taken_for_certain() -> None:
    # D4: whether a boundary without an Allow limits what a key policy gives to everyone is open.
    bounded = identity(
        ALICE, bounded=True, boundary=replace(identity(ALICE, own("s3:*")).policies[0], identity="e#boundary")
    )
    before = state(key=allow("*", "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalAccount": HOME}}))
    (account,) = before.estate.accounts
    estate = replace(before.estate, accounts=(replace(account, users=(bounded,)),))
    assert [asked(estate, steps) for steps in (0, 1)] == ["depends", "depends"]


@pytest.mark.parametrize("seed", range(12))
def test_every_move_of_the_sample_is_well_formed_and_every_chain_replays(seed: int) -> None:
    question = random_question(seed)
    key = question.estate.keys[0].arn
    start = State(question.estate, (question.caller,))
    for move in Sampler.of(question.estate, "kms:Decrypt").moves(start):
        permitted(start, move)
        assert set(start.held) <= set(state_after(start, move).held)
    outcome, chain = search(question.estate, question.caller, "kms:Decrypt", key, 2)
    if chain is not None:
        assert story(start, chain).outcome is outcome


@pytest.mark.parametrize(
    ("seed", "action"),
    [(seed, "kms:Decrypt") for seed in range(20, 34)] + [(seed, "kms:PutKeyPolicy") for seed in (2, 5)],
)
def test_what_is_left_out_is_not_worth_making(seed: int, action: str) -> None:
    question = random_question(seed)
    key = question.estate.keys[0].arn
    told = [search(question.estate, question.caller, action, key, 2, pruned) for pruned in (True, False)]
    assert told[0][0] is told[1][0]
    assert [len(chain.moves) if chain else None for _, chain in told][0] == [
        len(chain.moves) if chain else None for _, chain in told
    ][1]


def test_a_seed_is_an_estate() -> None:
    assert random_question(7) == random_question(7)
    assert random_question(7) != random_question(8)


def test_the_sample_has_every_kind_of_step_that_it_tells() -> None:
    kinds = set()
    for seed in range(60):
        question = random_question(seed)
        kinds |= {
            move.kind
            for move in Sampler.of(question.estate, "kms:Decrypt").moves(State(question.estate, (question.caller,)))
        }
    assert set(StepKind) - kinds == {StepKind.SHARE}
