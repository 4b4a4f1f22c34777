"""What a person takes for granted (W3): a supposition takes steps away, and the verdict that rests on it says so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, aws, identity, own
from tests.evaluate.reaching import LAMBDA, TARGET, admits, trusting
from tests.evaluate.steps.worlds import BOB, state, with_account
from tests.reach.telling import verdict
from tests.report.rendered import render_reach, render_reach_markdown
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Workload
from verifier.model.results.verdict import Status
from verifier.model.steps.chains import State
from verifier.report.wire.answers import reach_to_json
from verifier.syntax.source import Source
from verifier.verify.reach.reach import reach_to

USES = own("kms:Decrypt", KEY)
FREE: dict[str, Any] = {"facts": {"grants": ()}}
ASSUMES = state(
    own("sts:AssumeRole", TARGET), others=(identity(BOB), trusting(admits(aws(ALICE)), own=(USES,))), **FREE
)
WRITES = state(own("kms:PutKeyPolicy", KEY), others=(identity(BOB),), **FREE)
SHARES = state(own("ram:CreateResourceShare"), others=(identity(BOB),), **FREE)
RE_ENCRYPTS = state(own("kms:ReEncryptFrom", KEY), own("kms:ReEncryptTo"), others=(identity(BOB),), **FREE)


CHANGES = with_account(
    state(own("lambda:UpdateFunctionCode"), others=(trusting(admits({"Service": LAMBDA}), own=(USES,)),), **FREE),
    workloads=(Workload("functions", f"arn:aws:lambda:us-west-2:{HOME}:function:intake", (TARGET,)),),
    all_workloads=("functions",),
)


def supposing(before: State, *sentences: str) -> State:
    text = "".join(f'suppose "s{number}": {sentence}\n' for number, sentence in enumerate(sentences))
    return replace(
        before, estate=replace(before.estate, suppositions=read_invariants(Source("a.inv", text)).suppositions)
    )


@pytest.mark.parametrize(
    "before, open_, sentence",
    [
        (ASSUMES, Status.REFUTED, "nobody calls sts:AssumeRole"),
        (ASSUMES, Status.REFUTED, "no users call sts:Assume*"),
        (ASSUMES, Status.REFUTED, f'no "{ALICE}" calls STS:assumerole, s3:*'),
        (WRITES, Status.REFUTED, "nobody calls kms:Put*"),
        (RE_ENCRYPTS, Status.REFUTED, "nobody calls kms:ReEncryptFrom"),
        (SHARES, Status.UNKNOWN, "no key is shared through RAM"),
        (SHARES, Status.UNKNOWN, "nobody calls ram:*"),
        (CHANGES, Status.REFUTED, f'nobody changes what runs as "{TARGET}"'),
        (CHANGES, Status.REFUTED, "nobody calls lambda:*"),
    ],
)  # fmt: skip
def test_w3_a_supposition_takes_steps_away(before: State, open_: Status, sentence: str) -> None:
    assert verdict(before).status is open_
    found = verdict(supposing(before, sentence))
    assert found.status is Status.PROVED
    assert [one.text for one in found.assumptions if one.rule == "W3"] == [f"s0: {sentence}"]


@pytest.mark.parametrize(
    "before, sentence",
    [
        (ASSUMES, "no roles call sts:AssumeRole"),
        (ASSUMES, f'no "{BOB}" calls sts:AssumeRole'),
        (ASSUMES, "nobody calls sts:AssumeRoleWithSAML"),
        (ASSUMES, "no key is shared through RAM"),
        (SHARES, "nobody calls sts:AssumeRole"),
    ],
)
def test_w3_a_supposition_about_others_changes_nothing(before: State, sentence: str) -> None:
    found = verdict(supposing(before, sentence))
    assert found.status is verdict(before).status is not Status.PROVED
    assert not [one for one in found.assumptions if one.rule == "W3"]


def test_w3_the_last_request_is_never_supposed_away() -> None:
    before = state(USES, others=(identity(BOB),), **FREE)
    assert verdict(supposing(before, "nobody calls kms:*")).status is Status.REFUTED


def test_w3_a_proof_tells_only_of_what_was_taken_away() -> None:
    before = state(others=(identity(BOB),), **FREE)
    found = verdict(supposing(before, "nobody calls sts:AssumeRole", "no key is shared through RAM"))
    assert found.status is Status.PROVED
    assert not [one for one in found.assumptions if one.rule == "W3"]


def test_w3_what_is_out_of_reach_only_as_supposed_is_set_apart() -> None:
    worlds = (ASSUMES, supposing(ASSUMES, "nobody calls sts:AssumeRole"))
    without, supposed = (reach_to(one.estate, ["kms:Decrypt"], [KEY]) for one in worlds)
    (key,) = supposed.keys
    assert [one.supposed for one in without.keys] == [()]
    assert (ALICE in key.supposed, BOB in key.supposed, BOB in key.beyond) == (True, False, True)
    assert "as supposed user/Alice: out of reach only" in " ".join(render_reach(supposed, in_full=True).split())
    assert "- **as supposed** user/Alice" in render_reach_markdown(supposed, in_full=True)
    assert reach_to_json(supposed)["keys"][0]["supposed"] == list(key.supposed)


def test_w1_a_proof_says_how_many_actions_the_callers_policies_name() -> None:
    found = verdict(supposing(WRITES, "nobody calls kms:Put*"))
    told = next(one.text for one in found.assumptions if one.rule == "W1")
    assert "their policies name 1 step, and 0 actions called harmless there" in told


def test_e4_tags_of_a_role_do_not_limit_who_may_pass_it_whatever_is_supposed() -> None:
    passes = own("iam:PassRole", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
    red = replace(trusting(admits({"Service": LAMBDA}), own=(USES,)), tags=(("team", "red"),))
    before = state(passes, own("lambda:CreateFunction"), others=(red,), **FREE)
    for found in (before, supposing(before, "no key is shared through RAM")):
        assert verdict(found).status is Status.UNKNOWN


def test_a_proof_says_that_grants_which_other_services_make_are_not_followed() -> None:
    through_lambda = {"StringEquals": {"kms:ViaService": "lambda.us-west-2.amazonaws.com"}}
    before = state(own("kms:CreateGrant", KEY, Condition=through_lambda), others=(identity(BOB),), **FREE)
    proved = verdict(before)
    assert proved.status is Status.PROVED
    assert any(
        "grants that services other than Amazon EKS and AWS Lambda make for these" in one.text
        for one in proved.assumptions
    )
