"""E0, W4: chains are replayed on the states that their steps make, and all steps share the symbols (S2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, PARTNER, allow, aws, grant, identity, own, policy
from tests.evaluate.reaching import TARGET, admits, caller, trusting
from tests.evaluate.steps.replay import Chain, story
from tests.evaluate.steps.test_steps_on_keys import MULTI, OTHER_KEY
from tests.evaluate.steps.worlds import BOB, BY, DELEGATES, document, one_key, state
from tests.reach import moves
from tests.reach.estates import own_key
from verifier.model.estate import Account
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, Outcome
from verifier.model.steps.chains import KeyReplicated, Move, State
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import OUTSIDE_ALLOW, OUTSIDE_DENY, ThingEffect
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.diagnostic import InputError

USES = own("kms:Decrypt", KEY)
TRUSTING = trusting(admits(aws(ALICE)), own=(own("iam:PutUserPolicy", BOB),))
LONG = state(others=(TRUSTING, identity(BOB, own("iam:CreateAccessKey"))))


def chain(*steps: Move, by: Caller = BY, at_last: Caller | None = BY, key: str = KEY) -> Chain:
    """A chain of the caller, whose last request is to decrypt."""
    return Chain(by, steps, moves.request(at_last, "kms:Decrypt", key) if at_last else None)


def test_a_chain_of_three_steps() -> None:
    target = moves.session(TARGET)
    first = moves.assume(BY, TARGET)
    second = moves.put_policy(target, BOB, document(USES, arn=f"{BOB}#new"))
    before = replace(LONG, held=(BY,))
    mine = state(own("iam:CreateAccessKey", BOB), others=(TRUSTING, identity(BOB)))
    replay = story(mine, chain(first, second, moves.become(BY, BOB), at_last=caller(BOB)))
    assert replay.outcome is Outcome.ALLOW
    assert [len(step) for step in replay.steps] == [1, 1, 1]
    assert replay.access is not None
    assert [len(one.held) for one in replay.states] == [1, 2, 2, 3]
    assert story(mine, chain(first, moves.become(BY, BOB), at_last=caller(BOB))).outcome is Outcome.DENY
    assert story(before, chain(first, second, moves.become(BY, BOB), at_last=caller(BOB))).outcome is Outcome.DENY
    with pytest.raises(InputError, match="is not held"):
        story(mine, chain(second))
    with pytest.raises(InputError, match="not held at the end"):
        story(mine, chain(first, at_last=caller(BOB)))


def test_an_ill_formed_step_of_a_chain_is_an_error() -> None:
    with pytest.raises(InputError, match="in no inventory"):
        story(state(own("*")), chain(moves.join(BY, ALICE, f"arn:aws:iam::{HOME}:group/none")))


def test_material_that_is_known_needs_no_request() -> None:
    before = state(own("kms:*"), facts={"origin": "EXTERNAL"})
    assert story(before, chain(moves.import_material(BY, KEY), at_last=None)).outcome is Outcome.ALLOW
    with pytest.raises(InputError, match="no key's material is known"):
        story(before, chain(at_last=None))


def test_a_key_of_which_nothing_is_given_is_of_one_spec_in_a_whole_chain() -> None:
    # conditions-kms, kms:KeySpec: a property of the key; API UpdateAlias: both keys symmetric, both asymmetric or both
    # HMAC.
    unknown: dict[str, Any] = {"spec": None, "usage": None, "origin": None}
    rsa, symmetric = ({"kms:KeySpec": spec} for spec in ("RSA_2048", "SYMMETRIC_DEFAULT"))
    before = state(own("kms:*"), facts=unknown)
    tags = moves.tag(BY, KEY, ("team", "red"))
    (asked,) = tags.requests
    tags = replace(tags, requests=(replace(asked, context=(*asked.context, *rsa.items())),))
    assert story(before, Chain(BY, (tags,), moves.request(BY, "kms:Decrypt", KEY, rsa))).outcome is Outcome.ALLOW
    for last in (moves.request(BY, "kms:Decrypt", KEY, symmetric), moves.request(BY, "kms:GenerateMac", KEY)):
        with pytest.raises(InputError, match="several specs"):
            story(before, Chain(BY, (tags,), last))
    for spec, usage in (
        ("HMAC_256", "GENERATE_VERIFY_MAC"),
        ("RSA_2048", "SIGN_VERIFY"),
        ("RSA_2048", "ENCRYPT_DECRYPT"),
    ):
        other = one_key(DELEGATES, arn=OTHER_KEY, spec=spec, usage=usage, aliases=("alias/a",))
        moved = moves.move_alias(
            StepKind.UPDATE_ALIAS, BY, ":".join([*KEY.split(":")[:5], "alias/a"]), KEY, KEY, OTHER_KEY
        )
        if usage == "ENCRYPT_DECRYPT":
            assert story(state(own("kms:*"), facts=unknown, keys=(other,)), chain(moved)).outcome is Outcome.ALLOW
        else:
            with pytest.raises(InputError, match="several specs"):
                story(state(own("kms:*"), facts=unknown, keys=(other,)), chain(moved))


def test_a_replica_is_of_the_spec_of_its_primary_key() -> None:
    # multi-region-keys-overview: the key spec is a shared property.
    unknown: dict[str, Any] = {"spec": None, "usage": None, "origin": None}
    primary = one_key(DELEGATES, arn=MULTI, multi_region=True, multi_region_type="PRIMARY", **unknown)
    before = state(own("kms:*"), keys=(primary,))
    made = moves.replicate(BY, primary, "us-east-2", document(DELEGATES, arn=f"{MULTI}#default", kind=PolicyKind.KEY))
    assert isinstance(made.change, KeyReplicated)
    replica = made.change.replica.arn
    for there, fits in (("RSA_2048", True), ("RSA_4096", False), ("SYMMETRIC_DEFAULT", False)):
        tags = moves.tag(BY, MULTI, ("team", "red"))
        (asked,) = tags.requests
        tags = replace(tags, requests=(replace(asked, context=(*asked.context, ("kms:KeySpec", "RSA_2048"))),))
        told = Chain(BY, (tags, made), moves.request(BY, "kms:Decrypt", replica, {"kms:KeySpec": there}))
        if fits:
            assert story(before, told).outcome is Outcome.ALLOW
        else:
            with pytest.raises(InputError, match="several specs"):
                story(before, told)


def test_keys_between_which_aliases_go_are_of_one_type_by_way_of_others_too() -> None:
    unknown: dict[str, Any] = {"spec": None, "usage": None, "origin": None}
    second, third, last = (OTHER_KEY.replace("5678", digits) for digits in ("2222", "3333", "4444"))
    keys = (
        one_key(DELEGATES, arn=second, aliases=("alias/2",), **unknown),
        one_key(DELEGATES, arn=third, aliases=("alias/3",), **unknown),
        one_key(DELEGATES, arn=last, aliases=("alias/4",), spec="HMAC_256", usage="GENERATE_VERIFY_MAC"),
    )
    start = ":".join(KEY.split(":")[:5])
    pairs = (("alias/3", second, third), ("alias/2", KEY, second), ("alias/4", third, last))
    moved = [
        moves.move_alias(StepKind.UPDATE_ALIAS, BY, f"{start}:{name}", onto, onto, held) for name, onto, held in pairs
    ]
    before = state(own("kms:*"), facts=unknown, keys=keys)
    assert story(before, chain(*moved[:2])).outcome is Outcome.ALLOW
    with pytest.raises(InputError, match="several specs"):
        story(before, chain(*moved))


def test_what_a_key_of_ones_own_decrypts_needs_no_request() -> None:
    # W2: kms:ReEncryptFrom here with ReEncryptTo on a key that the caller controls equals decrypting.
    mine = own_key()
    before = state(own("kms:ReEncrypt*"), keys=(mine, one_key(allow("*"), arn=OTHER_KEY)))
    assert story(before, chain(moves.re_encrypt(BY, KEY, mine.arn), at_last=None)).outcome is Outcome.ALLOW
    assert story(
        state(own("kms:ReEncrypt*", KEY), keys=(mine,)), chain(moves.re_encrypt(BY, KEY, mine.arn), at_last=None)
    ).outcome is (Outcome.DENY)
    with pytest.raises(InputError, match="no key of one's own decrypts"):
        story(before, chain(moves.re_encrypt(BY, KEY, OTHER_KEY), at_last=None))


def outside(*statements: dict[str, object]) -> State:
    """A user of an account that has no inventory, and a key with these statements."""
    eve = caller(f"arn:aws:iam::{PARTNER}:user/Eve")
    before = state(own("kms:*"))
    estate = replace(before.estate, keys=(one_key(*statements),), accounts=(Account(HOME),))
    return State(estate, (eve,))


def test_one_symbol_is_shared_by_all_steps() -> None:
    before = outside(allow(aws(f"arn:aws:iam::{PARTNER}:root")))
    (eve,) = before.held
    grants = moves.create_grant(eve, KEY, grant(f"arn:aws:iam::{PARTNER}:user/Eve", "Decrypt"))
    found = chain(grants, by=eve, at_last=eve)
    replay = story(before, found)
    assert (replay.outcome, replay.depends_on) == (Outcome.DEPENDS, (OUTSIDE_ALLOW, OUTSIDE_DENY))
    assert story(before, found, {OUTSIDE_ALLOW: True, OUTSIDE_DENY: False}).outcome is Outcome.ALLOW
    assert story(before, found, {OUTSIDE_ALLOW: False}).outcome is Outcome.DENY


def test_a_chain_that_needs_one_symbol_both_ways_fails() -> None:
    # Alice may become Bob only if the thing allows; Bob may decrypt only if the thing of the same name does not refuse.
    allows = Unmodelled("P", "U3", Influence.EITHER, "a policy of Alice", principal=ALICE)
    refuses = Unmodelled("P", "D4", Influence.MAY_REFUSE, "a boundary of Bob", principal=BOB)
    found = chain(moves.become(BY, BOB), at_last=caller(BOB))
    before = state(others=(identity(BOB, USES),), unmodelled=(allows, refuses))
    replay = story(before, found)
    assert (replay.outcome, replay.depends_on) == (
        Outcome.DEPENDS,
        (ThingEffect("P", "allow"), ThingEffect("P", "refuse")),
    )
    assert (
        story(before, found, {ThingEffect("P", "allow"): True, ThingEffect("P", "refuse"): False}).outcome
        is Outcome.ALLOW
    )
    # A test of a key that is not modelled and its negation are one symbol.
    both = {"StringEquals": {"iam:SomethingNew": "x"}}
    never = state(own("iam:Create*", Condition=both), others=(identity(BOB, USES),))
    unlike = state(
        own("iam:Create*", Condition={"StringNotEquals": {"iam:SomethingNew": "x"}}), others=(identity(BOB, USES),)
    )
    symbols = read_values({"U3:iam:somethingnew": True, "U3:iam:somethingnew:StringEquals:['x']": True})
    assert (story(never, found, symbols).outcome, story(unlike, found, symbols).outcome) == (
        Outcome.ALLOW,
        Outcome.DENY,
    )


def test_the_lockout_check_is_a_decision_of_the_story() -> None:
    out = policy(allow(aws(ALICE), "kms:Decrypt"), identity=f"{KEY}#default")
    replay = story(state(own("kms:PutKeyPolicy")), chain(moves.put_key_policy(BY, KEY, out)))
    assert replay.outcome is Outcome.DENY
    assert [one.outcome for one in replay.steps[0]] == [Outcome.ALLOW, Outcome.DENY]
    assert replay.steps[0][1].trace[-1].text == "the new key policy locks its author out"


def test_a_trust_policy_is_what_the_step_before_made_it() -> None:
    opened = policy(admits(aws(ALICE)), kind=PolicyKind.TRUST, identity=f"{TARGET}#trust")
    before = state(own("iam:UpdateAssumeRolePolicy"), others=(identity(TARGET, USES),))
    steps = (moves.put_trust(BY, TARGET, opened), moves.assume(BY, TARGET))
    assert story(before, chain(*steps, at_last=moves.session(TARGET))).outcome is Outcome.ALLOW
    assert story(before, chain(steps[1], at_last=moves.session(TARGET))).depends_on == (f"U3:trust:{TARGET}",)


def test_time_goes_forward() -> None:
    def told(first: str, then: str, issued: str) -> Outcome:
        at = {"aws:CurrentTime": then, "aws:TokenIssueTime": issued}
        last = replace(moves.request(moves.session(TARGET), "kms:Decrypt", KEY, at), context=tuple(at.items()))
        mine = state(others=(trusting(admits(aws(ALICE)), own=(USES,)),))
        return story(mine, Chain(BY, (moves.assume(BY, TARGET, context={"aws:EpochTime": first}),), last)).outcome

    assert told("1767225600", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z") is Outcome.ALLOW
    with pytest.raises(InputError, match="before what comes earlier"):
        told("1767225600", "2025-12-31T23:59:59Z", "2025-12-31T23:59:59Z")
    with pytest.raises(InputError, match="not issued in the step"):
        told("1767225600", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z")
