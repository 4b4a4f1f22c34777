"""The closure and the exhaustive search agree: what one proves the other does not bring about, and what one refutes the
other does."""

from __future__ import annotations

import pytest

from tests.evaluate.estates import ALICE, own
from tests.evaluate.reaching import admits, trusting
from tests.evaluate.steps.worlds import ADMINS, BASE, document, state
from tests.examples import RANDOM
from tests.reach.agreement import FOUND, ReachCounts, check_reach, verdict
from tests.reach.estates import Question
from tests.reach.exhaustive import can_eventually
from tests.reach.telling import STEPS
from tests.reach.test_open_and_shut_identities import CASES, home
from verifier.language.invariants.files import suppose
from verifier.model.estate import Group, ManagedPolicy
from verifier.model.results.verdict import Status
from verifier.model.steps.chains import State
from verifier.verify.reach.offers.doubts import Doubts
from verifier.verify.reach.offers.step_offers import StepOffers


@pytest.mark.parametrize(
    "seed", [10, 42, 54, 83, 118, 258, 327, 60057, 640225, 720982, 740969, 770180, 802148, 870733, *range(300, 305)]
)
def test_on_random_estates(seed: int) -> None:
    check_reach(seed, ReachCounts())


# Each once was proved, though the search finds a chain: replicas, the caller's own keys, unlisted keys, names after
# IAM's Region, accounts compared as numbers.
@pytest.mark.parametrize("seed", [20000110, 20000063, 20005182, 20000158, 20000013])
def test_on_random_estates_in_other_places_and_with_keys_of_other_kinds(seed: int) -> None:
    check_reach(seed, ReachCounts(), unknown=False)


NOTHING = document(own("s3:*"), arn=BASE)
MANAGED = ManagedPolicy(BASE, (("v1", NOTHING),), "v1")
JOIN, VERSION = own("iam:AddUserToGroup"), own("iam:CreatePolicyVersion")
ONLY_BASE = {"ArnEquals": {"iam:PolicyARN": BASE}}


def in_group(*statements: object, attached: bool = False) -> State:
    """Alice, and a group that has a managed policy or nothing."""
    group = Group(ADMINS, (NOTHING,) if attached else ())
    return state(*statements, groups=(group,), managed=(MANAGED,), facts={"grants": ()})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (in_group(JOIN), Status.PROVED),
        (in_group(own("iam:PutGroupPolicy")), Status.PROVED),
        (in_group(JOIN, own("iam:PutGroupPolicy")), Status.REFUTED),
        (in_group(JOIN, own("iam:AttachGroupPolicy")), Status.REFUTED),
        (in_group(JOIN, own("iam:AttachGroupPolicy", Condition=ONLY_BASE)), Status.PROVED),
        (in_group(JOIN, VERSION), Status.PROVED),
        (in_group(JOIN, VERSION, attached=True), Status.REFUTED),
        (in_group(JOIN, VERSION, own("iam:AttachGroupPolicy", Condition=ONLY_BASE)), Status.REFUTED),
        (in_group(VERSION, own("iam:AttachUserPolicy", Condition=ONLY_BASE)), Status.REFUTED),
        (in_group(own("iam:AttachUserPolicy", Condition=ONLY_BASE)), Status.PROVED),
    ],
)
def test_what_is_written_to_a_group_or_a_managed_policy_counts_for_who_has_it_afterwards(
    before: State, expected: Status
) -> None:
    (caller,) = before.held
    question = Question(before.estate, caller)
    assert caller.principal_arn == ALICE
    assert verdict(question).status is expected
    assert can_eventually(before.estate, caller, "kms:Decrypt", before.estate.keys[0].arn, STEPS) in FOUND[expected]


BY_TAGS = own("iam:PassRole", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
RED = trusting(admits({"Service": "lambda.amazonaws.com"}), own=(own("kms:Decrypt"),), tags=(("team", "red"),))
STATES = {name: home(*mine, **world) for name, (_, mine, world, _) in CASES.items()}
STATES["what a role's tags do not limit"] = home(
    BY_TAGS, own("lambda:CreateFunction"), own("lambda:InvokeFunction"), role=RED
)


@pytest.mark.parametrize("name", [name for number, name in enumerate(STATES) if RANDOM or number % 8 == len(CASES) % 8])
def test_what_needs_no_change_comes_first_and_decides_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All offers at once lead to the same; also where no key can be shared, so that nothing else brings in those that
    need changes."""
    (caller,), estate = STATES[name].held, STATES[name].estate
    questions = [Question(one, caller) for one in (estate, suppose(estate, "no key is shared through RAM"))]
    before = [verdict(one).status for one in questions]
    for offers in (StepOffers, Doubts):
        monkeypatch.setattr(offers, "plain", property(lambda found: found))
    assert [verdict(one).status for one in questions] == before
