"""The law of each pass: with it and without it the verdicts are the same. Most proofs about these
estates have one minimal core, so that they rest on the same statements, too."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.case_answers import loaded
from tests.case_format import load_cases
from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER_ROLE,
    PARTNER_ROOT,
    ROOT,
    allow,
    aws,
    deny,
    estate,
    grant,
    granted,
    policy,
)
from tests.verify.conditions import string_equals
from tests.verify.grantees import ARNS
from tests.verify.proving import always, nobody, verdict
from tests.verify.test_many_statements import ROLES, with_roles
from tests.verify.test_random_estates import some_claim, some_estate
from tests.verify.tricky import tricky
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.model.grant import Grant
from verifier.model.invariant import CallersAnd, Expectation, InAccount, Invariant, OfKind
from verifier.model.invariant_file import AnyInvariant
from verifier.model.policy import Text
from verifier.model.request import CallerKind
from verifier.model.results.verdict import Status, Verdict
from verifier.problem import passes
from verifier.problem.passes import PASSES, Pass, many_statements, other_requests
from verifier.problem.semantics.statements import NAMED_ONE_BY_ONE
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.proving import prove

Asking = tuple[Estate, tuple[AnyInvariant, ...]]
SEEDS = range(40)


def some_grant(dice: random.Random, number: int) -> Grant:
    operations = dice.sample(("Decrypt", "Encrypt", "CreateGrant", "RetireGrant", "DescribeKey"), dice.randint(1, 3))
    rest: dict[str, Any] = dice.choice(({}, {"retiring": dice.choice(ARNS)}, {"context_subset": (("Tenant", "acme"),)}))
    return grant(dice.choice(ARNS), *operations, id=f"g-{number}", grantee_hidden=dice.random() < 0.1, **rest)


def with_grants(seed: int) -> Asking:
    dice = random.Random(seed)
    grants = tuple(some_grant(dice, number) for number in range(dice.randint(1, 4)))
    action = Text(dice.choice(("kms:Decrypt", "kms:CreateGrant", "kms:RetireGrant", "kms:Put*")))
    return granted(*grants), (replace(some_claim(dice), actions=(action,), expectation=Expectation.REFUSED),)


def at_random(seed: int) -> Asking:
    dice = random.Random(seed)
    return some_estate(dice), (some_claim(dice),)


def spared() -> Asking:
    """A guarantee that rests on whom a Deny is about, by the accounts of its callers alone."""
    root = CallersAnd((InAccount(HOME), OfKind(CallerKind.ROOT)))
    return estate(allow(aws(ROOT), "kms:*"), deny(aws(PARTNER_ROOT), "kms:Decrypt")), (always(callers=root),)


def hidden() -> Asking:
    """A grant whose listing does not show its grantee, who may be of any account."""
    return granted(grant(PARTNER_ROLE, "Decrypt", grantee_hidden=True)), (nobody(callers=InAccount(HOME)),)


def excepted() -> Asking:
    """A Deny to all but another account is about callers of this one."""
    others = {"Effect": "Deny", "NotPrincipal": aws(PARTNER_ROOT), "Action": "kms:Decrypt", "Resource": "*"}
    return estate(allow(aws(ROOT), "kms:*"), others), (nobody(callers=InAccount(HOME)),)


def shared() -> Asking:
    """A key with two policies, whose second one alone gives access (L5a)."""
    found = estate(allow(aws(ROOT), "kms:Encrypt"))
    second = policy(allow(aws(PARTNER_ROLE)), allow(aws(ROOT), "kms:Encrypt"), identity=f"{KEY}#AWS_RAM")
    key = replace(found.keys[0], policies=(*(found.keys[0].policies or ()), second))
    return replace(found, keys=(key,)), (nobody(),)


def passed_on() -> Asking:
    """A grant by which others can be made, and which allows nothing else of what is in question."""
    denied = {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    return granted(grant(PARTNER_ROLE, "Decrypt", "CreateGrant"), statement=denied), (
        nobody("kms:Decrypt", "kms:CreateGrant"),
    )


def cited(folder: Path) -> Iterator[Asking]:
    """The cited cases about requests as things are: of those about several accounts, grants, and policies beside the
    key's."""
    for case in load_cases():
        if case.error is None and case.name[:1] in "dgrv":
            for asked in case.invariants:
                invariants = read_invariants(Source("cited", asked.text)).invariants
                if not any(isinstance(one, Invariant) and one.eventually for one in invariants):
                    yield loaded(case, folder, asked), invariants


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Asking, ...]:
    return (
        spared(),
        hidden(),
        excepted(),
        shared(),
        passed_on(),
        *map(at_random, range(40)),
        *map(with_grants, range(30)),
        *cited(tmp_path_factory.mktemp("cases")),
    )


@pytest.fixture(scope="module")
def verdicts(questions: tuple[Asking, ...]) -> list[Verdict]:
    """With every pass."""
    found = answers(questions)
    assert {one.status for one in found} >= {Status.PROVED, Status.REFUTED}
    return found


def answers(asked: tuple[Asking, ...]) -> list[Verdict]:
    return [found for given, invariants in asked for found in prove(given, invariants).verdicts]


def leave_out(left_out: Pass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "PASSES", tuple(one for one in PASSES if one is not left_out))


@pytest.mark.parametrize("left_out", PASSES, ids=lambda one: one.__name__)
def test_the_same_verdicts_for_the_same_reasons_without_a_pass(
    left_out: Pass, questions: tuple[Asking, ...], verdicts: list[Verdict], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proof may name more with `other_requests`: statements of which it needs that they say nothing of the requests
    in question."""
    leave_out(left_out, monkeypatch)
    for one, other in zip(answers(questions), verdicts, strict=True):
        assert one.status is other.status, one.invariant.text
        fewer, more = set(one.rests_on), set(other.rests_on)
        assert fewer <= more if left_out is other_requests else fewer == more, one.invariant.text


def statuses(asked: Asking) -> list[Status] | str:
    """What is said of each invariant, or why nothing is."""
    try:
        return [one.status for one in answers((asked,))]
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("asked", (spared, hidden, excepted, shared, passed_on))
def test_the_same_verdict_by_every_pass_and_by_none(
    asked: Callable[[], Asking], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = statuses(asked())
    monkeypatch.setattr(passes, "PASSES", ())
    assert statuses(asked()) == found


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_verdicts_without_any_pass(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = statuses(tricky(seed))
    monkeypatch.setattr(passes, "PASSES", ())
    assert statuses(tricky(seed)) == found


def test_most_tricky_estates_have_an_answer_each_way() -> None:
    found = [statuses(tricky(seed)) for seed in SEEDS]
    tally = Counter(one for answer in found if not isinstance(answer, str) for one in answer)
    assert min(tally[Status.PROVED], tally[Status.REFUTED]) >= 12, tally


def test_a_counterexample_shows_what_a_silent_statement_tests() -> None:
    """Every real request has an instant (F1), and the replay sees that a policy tests it (R6)."""
    later = {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}
    found = verdict(estate(allow(aws(ROOT)), allow(aws(ALICE)), deny("*", "kms:Encrypt", Condition=later)))
    assert found.counterexample is not None
    assert [told for told in found.counterexample.decision.warnings if "aws:CurrentTime" in told] == []


def test_many_statements_are_told_one_by_one_without_the_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    found = with_roles(NAMED_ONE_BY_ONE + 1)
    claim = nobody(callers=ROLES, when=string_equals("kms:ViaService", "ec2.us-west-2.amazonaws.com"))
    together = verdict(found, claim)
    leave_out(many_statements, monkeypatch)
    apart = verdict(found, claim)
    assert together.status is apart.status is Status.PROVED
    assert (len(together.rests_on), len(apart.rests_on)) == (2, NAMED_ONE_BY_ONE + 2)
