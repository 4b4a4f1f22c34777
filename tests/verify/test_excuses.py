"""Waivers and baselines: exactly what they cover is excused, by meaning."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, PARTNER, REPORTS, ROOT, allow, aws, deny, estate, home, identity
from tests.verify.proving import always, nobody, verdict
from tests.verify.test_random_estates import some_claim, some_estate
from verifier.language.invariants.files import read_invariants
from verifier.model.caller_sets import both
from verifier.model.estate import Estate
from verifier.model.grant import Grant
from verifier.model.invariant import AnyCaller, CallersNot, CallersOr, InAccount, Invariant, IssuedBy, PrincipalLike
from verifier.model.invariant_file import Allowance, GrantInvariant, GrantRole
from verifier.model.policy import Principal, PrincipalType, Text
from verifier.model.results.verdict import Status
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.excuses import Beyond, beyond, grants_beyond

DECRYPT = nobody("kms:Decrypt")


def waiver(text: str) -> Allowance:
    (found,) = read_invariants(Source("waiver", f'allow "waiver": {text}')).allowances
    return found


def left(found: Estate, *waived: str, invariant: Invariant = DECRYPT, earlier: Estate | None = None) -> Beyond:
    before = (earlier, earlier.keys[0]) if earlier is not None else None
    return beyond(found, found.keys[0], invariant, [waiver(text) for text in waived], before)


READS = estate(allow(aws(REPORTS), "kms:Decrypt"))


def test_a_waiver_covers_what_it_says() -> None:
    found = left(READS, f"role/app/reports in {HOME} can kms:Decrypt")
    assert found.nothing and found.used == (True,)


@pytest.mark.parametrize(
    "text",
    [
        f"role/app/other in {HOME} can kms:Decrypt",
        f"role/app/reports in {HOME} can kms:Encrypt",
        f"role/app/reports in {HOME} can kms:Decrypt when kms:ViaService is present",
    ],
)
def test_a_waiver_covers_nothing_else(text: str) -> None:
    found = left(READS, text)
    assert not found.nothing
    assert found.counterexample is not None and found.counterexample.request.caller.principal_arn == REPORTS


def test_a_change_that_allows_more_reopens_it() -> None:
    text = f"role/app/reports in {HOME} can kms:Decrypt when kms:ViaService = s3.us-west-2.amazonaws.com"
    through = allow(
        aws(REPORTS), "kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
    )
    assert left(estate(through), text).nothing
    wider = left(estate(allow(aws(REPORTS), "kms:Decrypt")), text)
    assert not wider.nothing and wider.used == (True,)
    another = left(estate(through, allow(aws(ALICE), "kms:Decrypt")), text)
    assert another.counterexample is not None and another.counterexample.request.caller.principal_arn == ALICE


def test_several_waivers_cover_together() -> None:
    both_read = estate(allow(aws(REPORTS, ALICE), "kms:Decrypt"))
    texts = (f"role/app/reports in {HOME} can kms:Decrypt", f"user/Alice in {HOME} can kms:Decrypt")
    assert left(both_read, *texts).nothing
    assert not left(both_read, texts[0]).nothing


def test_a_waiver_that_nothing_needs_says_so() -> None:
    found = left(READS, f"role/app/reports in {HOME} can kms:Decrypt", f"callers in {PARTNER} can kms:Decrypt")
    assert found.nothing and found.used == (True, False)


def test_what_must_be_allowed_can_be_waived_as_well() -> None:
    guarantee = always("kms:Decrypt", callers=PrincipalLike(Text(REPORTS)))
    refuses = estate(allow(aws(REPORTS), "kms:Decrypt", Condition={"Null": {"kms:ViaService": "true"}}))
    assert not left(refuses, invariant=guarantee).nothing
    text = f"role/app/reports in {HOME} can kms:Decrypt when kms:ViaService is present"
    assert left(refuses, text, invariant=guarantee).nothing
    assert not left(refuses, text.replace("is present", "= s3.us-west-2.amazonaws.com"), invariant=guarantee).nothing


def test_s1_what_is_not_known_is_not_excused() -> None:
    thing = Unmodelled("x", "U3", Influence.MAY_ALLOW, "a policy of Alice is not in the input", principal=ALICE)
    inventory = home(identity(ALICE), identity(REPORTS))
    sure = estate(allow(aws(REPORTS), "kms:Decrypt"), allow(aws(ROOT), "kms:Decrypt"), accounts=(inventory,))
    texts = (f"role/app/reports in {HOME} can kms:Decrypt", f"root of {HOME} can kms:Decrypt")
    assert left(sure, *texts).nothing
    found = left(replace(sure, unmodelled=(thing,)), *texts)
    assert not found.nothing and found.reasons and not found.regions


def test_u4_an_action_that_is_not_known_is_not_excused() -> None:
    every = nobody("kms:*")
    known = estate(allow(aws(REPORTS), "*"))
    letters = ", ".join(f"kms:{letter}*" for letter in "CDEGILPRSTUV")
    found = left(known, f"callers in {HOME} can {letters}", invariant=every)
    assert not found.nothing and [reason.rule for reason in found.reasons] == ["U4"]
    assert left(known, f"callers in {HOME} can kms:*", invariant=every).nothing


@pytest.mark.parametrize(
    ("grantee", "covered"),
    [
        (ALICE, True),
        (ROOT, False),  # names every caller of the account: users, and others
        # a session of a role called `reports`, whatever its path
        (f"arn:aws:sts::{HOME}:assumed-role/reports/x", False),
        (REPORTS, True),
    ],
)
def test_s1_a_grantee_that_is_perhaps_among_those_waived_is_not_covered(grantee: str, covered: bool) -> None:
    """G2: a waiver covers a grantee only if every caller that its ARN names is one of those waived."""
    condition = {"StringEquals": {"kms:GranteePrincipal": grantee}}
    found = estate(allow(aws(REPORTS), "kms:CreateGrant", Condition=condition))
    text = f"role/app/reports in {HOME} can create a grant to users in {HOME} or role/app/reports in {HOME}"
    answer = left(found, text, invariant=nobody("kms:CreateGrant"))
    assert answer.nothing == covered and answer.used == (covered,)


# -- baselines --


def test_a_baseline_covers_what_was_so() -> None:
    found = left(READS, earlier=READS)
    assert found.nothing and not found.better


def test_a_baseline_survives_another_wording() -> None:
    reworded = estate(allow(aws(REPORTS), "kms:Dec*", Sid="Other"), allow(aws(REPORTS), "kms:Decrypt"))
    assert left(reworded, earlier=READS).nothing


def test_more_than_the_baseline_is_new() -> None:
    found = left(estate(allow(aws(REPORTS, ALICE), "kms:Decrypt")), earlier=READS)
    assert found.counterexample is not None and found.counterexample.request.caller.principal_arn == ALICE
    wider = left(
        READS, earlier=estate(allow(aws(REPORTS), "kms:Decrypt", Condition={"Null": {"kms:ViaService": "true"}}))
    )
    assert not wider.nothing and not wider.better


def test_less_than_the_baseline_is_told() -> None:
    found = left(READS, earlier=estate(allow(aws(REPORTS, ALICE), "kms:Decrypt")))
    assert found.nothing and found.better


def test_a_trade_is_new() -> None:
    found = left(estate(allow(aws(ALICE), "kms:Decrypt")), earlier=READS)
    assert not found.nothing and found.better


def test_waiver_and_baseline_cover_together() -> None:
    now = estate(allow(aws(REPORTS, ALICE), "kms:Decrypt"))
    assert left(now, f"user/Alice in {HOME} can kms:Decrypt", earlier=READS).nothing


def test_a_baseline_without_a_policy_covers_nothing() -> None:
    unread = replace(READS, keys=(replace(READS.keys[0], policies=None),))
    assert not left(READS, earlier=unread).nothing


def test_a_guarantee_in_a_baseline() -> None:
    guarantee = always("kms:Decrypt", callers=PrincipalLike(Text(REPORTS)))
    block = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}
    base = estate(allow(aws(REPORTS), "kms:Decrypt"), deny("*", "kms:Decrypt", Condition=block))
    assert left(base, invariant=guarantee, earlier=base).nothing
    more = estate(allow(aws(REPORTS), "kms:Decrypt"), deny("*", "kms:Decrypt"))
    assert not left(more, invariant=guarantee, earlier=base).nothing


# -- laws --


def without(invariant: Invariant, callers: PrincipalLike) -> Invariant:
    """The invariant about all others, said without a waiver."""
    others = CallersNot(CallersOr((callers, IssuedBy(callers))))
    return replace(invariant, callers=both((invariant.callers, others)))


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_a_waiver_is_the_invariant_with_an_exception(start: int) -> None:
    """On random estates: nothing is left exactly where the invariant about everybody else is proved."""
    seen: Counter[str] = Counter()
    for seed in range(start, start + 20):
        dice = random.Random(seed)
        found, claim = some_estate(dice), some_claim(dice)
        excepted = PrincipalLike(Text(dice.choice((ALICE, REPORTS, ROOT))))
        scope = replace(claim, name="waiver", callers=CallersOr((excepted, IssuedBy(excepted))))
        answer = beyond(found, found.keys[0], claim, [Allowance(scope)])
        try:
            expected = verdict(found, without(claim, excepted)).status
        except InputError as error:
            assert "no request in its scope" in str(error)
            expected = Status.PROVED
        seen[expected.value] += 1
        assert answer.nothing == (expected is Status.PROVED), (seed, answer.reasons)
        assert bool(answer.regions) == (expected is Status.REFUTED), seed
    assert seen["proved"] and seen["refuted"]


@pytest.mark.parametrize("start", range(0, 40, 20))
def test_what_is_beyond_a_baseline_is_what_was_gained(start: int) -> None:
    """On random estates: each is its own baseline; a baseline that is refuted nowhere excuses nothing; more is new and
    less is better."""
    for seed in range(start, start + 20):
        dice = random.Random(seed)
        found, other, claim = some_estate(dice), some_estate(dice), some_claim(dice)
        same = left(found, invariant=claim, earlier=found)
        assert same.nothing and not same.better, seed
        ahead, back = left(found, invariant=claim, earlier=other), left(other, invariant=claim, earlier=found)
        alone = left(found, invariant=claim)
        assert not alone.nothing or ahead.nothing, seed
        assert bool(ahead.regions) == back.better, seed


# -- listed grants --

ROLE = Principal(PrincipalType.ROLE, f"arn:aws:iam::{PARTNER}:role/batch", PARTNER, "aws")
NAMES = GrantInvariant("no grant names the partner", InAccount(PARTNER), None, roles=(GrantRole.GRANTEE,))


def granted(*ids: str) -> Estate:
    found = estate(allow(aws(ROOT)))
    grants = tuple(Grant(name, ROLE, ("kms:Decrypt",)) for name in ids)
    return replace(found, keys=(replace(found.keys[0], grants=grants),))


def test_a_grant_of_the_baseline_is_excused_and_a_new_one_is_not() -> None:
    old = granted("a")
    same = grants_beyond(old, old.keys[0], NAMES, (old, old.keys[0]))
    assert same.nothing and not same.better
    new = granted("a", "b")
    found = grants_beyond(new, new.keys[0], NAMES, (old, old.keys[0]))
    assert [named.grant.id for named in found.grants] == ["b"]
    assert grants_beyond(old, old.keys[0], NAMES, (new, new.keys[0])).better


def with_hidden(found: Estate) -> Estate:
    """The estate with one more grant, which may be for somebody whom the listing does not show (G2)."""
    (key,) = found.keys
    service = Principal(PrincipalType.SERVICE, "s3.amazonaws.com")
    hidden = Grant("hidden", service, ("kms:Decrypt",), grantee_hidden=True)
    return replace(found, keys=(replace(key, grants=(*(key.grants or ()), hidden)),))


UNREAD = Unmodelled("a grant", "G1", Influence.MAY_ALLOW, "a grant that is not read")


@pytest.mark.parametrize(
    ("now", "rule"), [(with_hidden(granted("a")), "G2"), (replace(granted("a"), unmodelled=(UNREAD,)), "G1")]
)
def test_s1_a_grant_that_may_break_it_and_is_new_is_not_excused_beside_one_of_the_baseline(
    now: Estate, rule: str
) -> None:
    old = granted("a")
    found = grants_beyond(now, now.keys[0], NAMES, (old, old.keys[0]))
    assert not found.grants and [reason.rule for reason in found.reasons] == [rule] and not found.nothing
    assert grants_beyond(now, now.keys[0], NAMES, (now, now.keys[0])).nothing


def test_s1_a_grant_that_may_have_broken_it_does_not_excuse_one_that_does() -> None:
    old, new = with_hidden(granted("a")), granted("a", "b")
    assert [named.grant.id for named in grants_beyond(new, new.keys[0], NAMES, (old, old.keys[0])).grants] == ["b"]


def test_the_samples_are_about_one_key() -> None:
    assert READS.keys[0].arn == KEY and isinstance(DECRYPT.callers, AnyCaller)
