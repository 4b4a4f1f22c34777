"""Names of the encryption context that differ in case alone (F7, L3, G3): laws over small random policies and grants.

What a policy writes does not matter but for the letters; and a claim holds iff no request does otherwise, whichever
pairs it has and whichever of them is read.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest

from tests.agreement.symbolic import Decider
from tests.evaluate.estates import ALICE, KEY, ROOT, allow, aws, deny, estate, grant
from tests.examples import many
from tests.verify.proving import nobody, status
from verifier.evaluate import RequestDecider
from verifier.model.estate import Estate
from verifier.model.invariant import PrincipalLike
from verifier.model.policy import Text
from verifier.model.request import Caller, CallerKind, Outcome, Request
from verifier.model.symbol_texts import read_values

PREFIX = "kms:EncryptionContext:"
NAMES = ("DEPT", "Dept", "dept")
LISTED = NAMES[1:]
"""The names that grants list and policies ask of the set of names: requests have others as well."""
VALUES = ("a", "b", "Alice", "")
OPERATORS = (
    "StringEquals",
    "StringNotEquals",
    "StringLikeIfExists",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringEquals",
    "Null",
)
SEEDS = range(many(12))


def conditions(dice: random.Random) -> dict[str, Any]:
    """A condition block about the pairs of one name, and maybe about the set of names."""
    block: dict[str, Any] = {}
    for _ in range(dice.choice((1, 2))):
        operator = dice.choice(OPERATORS)
        value = dice.choice(("true", "false")) if operator == "Null" else dice.choice(("a", "b", ["a", "b"]))
        block.setdefault(operator, {PREFIX + dice.choice(NAMES): value})
    if dice.random() < 0.3:
        operator = dice.choice(("ForAllValues:StringEquals", "ForAnyValue:StringEquals"))
        block.setdefault(operator, {})["kms:EncryptionContextKeys"] = dice.choice(
            (["Dept"], ["dept"], ["Dept", "dept"])
        )
    if dice.random() < 0.25:
        block.setdefault("StringEquals", {})["aws:username"] = f"${{{PREFIX}{dice.choice(NAMES)}, 'Alice'}}"
    return block


def statements(dice: random.Random, listed: bool) -> list[dict[str, Any]]:
    """A key policy; where grants are listed it delegates to them."""
    found = [deny(Condition=conditions(dice)) for _ in range(dice.choice((1, 2, 3)))]
    if listed:
        return [allow(aws(ROOT)), *found]
    return [*found, *(allow(aws(ALICE), "kms:Decrypt", Condition=conditions(dice)) for _ in range(dice.choice((1, 2))))]


def constraint(dice: random.Random) -> dict[str, Any]:
    """A constraint of a grant on pairs of that name."""
    names = dice.choice((LISTED, LISTED[:1], LISTED[1:]))
    kind = dice.choice(("context_equals", "context_subset"))
    return {kind: tuple((name, dice.choice("ab")) for name in names)}


def sample(seed: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Statements, and facts of the key: with grants for Alice in every other sample."""
    dice = random.Random(seed)
    if seed % 2:
        grants = tuple(
            grant(ALICE, "Decrypt", id=f"grant-{number}", **constraint(dice)) for number in range(dice.choice((1, 2)))
        )
        return statements(dice, True), {"grants": grants}
    return statements(dice, False), {}


def requests() -> Iterator[Request]:
    """Alice's requests with pairs of that name, each of them in turn first."""
    for values in product((None, *VALUES), repeat=len(NAMES)):
        pairs = [(PREFIX + name, value) for name, value in zip(NAMES, values, strict=True) if value is not None]
        for at in range(max(1, len(pairs))):
            context = (*pairs[at:], *pairs[:at])
            yield Request(Caller(CallerKind.USER, ALICE, ALICE.split(":")[4]), "kms:Decrypt", KEY, context)


def respelled(found: list[dict[str, Any]], dice: random.Random) -> list[dict[str, Any]]:
    """The same statements with the name of the pair in other cases, wherever a condition or a variable writes it."""
    start, *parts = json.dumps(found).split(PREFIX)
    found_again = [PREFIX + dice.choice(("DEPT", "Dept", "dept", "dEPt")) + part[len("dept") :] for part in parts]
    return list(json.loads(start + "".join(found_again)))


def outcome(found: Estate, request: Request, held: Mapping[str, bool] | None = None) -> Outcome:
    """The outcome alone: a trace and warnings take as long again."""
    return RequestDecider(found, request).outcome(read_values(held or {}))


def verdicts(found: Estate) -> list[str]:
    """What is said of all Alice's requests, under each reading of F7 and with it open."""
    claim = nobody(callers=PrincipalLike(Text(ALICE)))
    return [status(found, claim, readings=held) for held in ({}, {"F7": True}, {"F7": False})]


@pytest.mark.parametrize("seed", SEEDS)
def test_f7_a_claim_is_proved_iff_no_request_is_allowed(seed: int) -> None:
    found, facts = sample(seed)
    asked = estate(*found, **facts)
    some = any(outcome(asked, request) is not Outcome.DENY for request in requests())
    # Any pair can be the one that is read, under each of the readings: a request can give it first, or last.
    assert verdicts(asked) == ["refuted" if some else "proved"] * 3, found


@pytest.mark.parametrize("seed", SEEDS)
def test_f7_the_case_in_which_a_policy_writes_a_name_changes_nothing(seed: int) -> None:
    found, facts = sample(seed)
    other = respelled(found, random.Random(seed))
    before, after = estate(*found, **facts), estate(*other, **facts)
    assert verdicts(before) == verdicts(after)
    for request in list(requests())[:: 1 + seed % 3]:
        assert outcome(before, request) is outcome(after, request), request.context


@pytest.mark.parametrize("seed", range(6))
def test_f7_both_rooms_try_each_pair(seed: int) -> None:
    found, facts = sample(seed)
    decider = Decider(asked := estate(*found, **facts))
    for request in list(requests())[seed::41]:
        for held in ({}, {"F7": True}, {"F7": False}):
            assert outcome(asked, request, held) is decider.decide(request, held), (request.context, held)


# -- several pairs that no grant lists --

SPELLINGS = ("ab", "aB", "Ab", "AB")
"""All spellings of a name, so that the requests below are all that there are, but for other values."""
PATTERNS = (*SPELLINGS, "a?", "?B", "A*")


def about_names(dice: random.Random) -> dict[str, Any]:
    """A Deny of requests by the names that they have."""
    operator = dice.choice(("ForAnyValue:StringLike", "ForAnyValue:StringNotLike"))
    return deny(Condition={operator: {"kms:EncryptionContextKeys": dice.sample(PATTERNS, dice.choice((1, 2)))}})


def about_values(dice: random.Random) -> dict[str, Any]:
    """A Deny of requests by what is read."""
    return deny(
        Condition={
            dice.choice(("StringEquals", "StringNotEquals")): {PREFIX + dice.choice(SPELLINGS): dice.choice("ab")}
        }
    )


def listing(seed: int) -> Estate:
    """A key with a grant for Alice that lists some of the spellings, and Deny statements about names and values."""
    dice = random.Random(seed)
    listed = dice.sample(SPELLINGS, dice.choice((1, 1, 2)))
    kind = dice.choice(("context_subset", "context_subset", "context_equals"))
    given: dict[str, Any] = {kind: tuple((name, dice.choice("ab")) for name in listed)}
    denied = [about_names(dice), *(about_values(dice) for _ in range(dice.choice((0, 1, 2))))]
    return estate(allow(aws(ROOT)), *denied, grants=(grant(ALICE, "Decrypt", **given),))


def all_requests() -> Iterator[Request]:
    """Alice's requests with pairs of that name, each value in turn first."""
    for values in product((None, "a", "b", "c"), repeat=len(SPELLINGS)):
        pairs = [(PREFIX + name, value) for name, value in zip(SPELLINGS, values, strict=True) if value is not None]
        firsts = {value: at for at, (_, value) in enumerate(pairs)}
        for at in firsts.values() or (0,):
            yield Request(
                Caller(CallerKind.USER, ALICE, ALICE.split(":")[4]), "kms:Decrypt", KEY, (*pairs[at:], *pairs[:at])
            )


@pytest.mark.parametrize("seed", range(16))
def test_f7_a_claim_is_proved_iff_no_pairs_in_any_spellings_are_allowed(seed: int) -> None:
    asked, claim = listing(seed), nobody(callers=PrincipalLike(Text(ALICE)))
    for any_case in (True, False):
        held = {"G3-names": any_case}
        some = any(outcome(asked, request, {**held, "F7": False}) is not Outcome.DENY for request in all_requests())
        assert status(asked, claim, readings=held) == ("refuted" if some else "proved"), any_case
