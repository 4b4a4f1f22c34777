"""Where an alias can go, held against a search of all its ways: four keys, and two callers who may do what some ways
take, or almost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random
from typing import Any

import pytest

from tests.evaluate.estates import ALICE, KEY, allow, aws, own, policy
from tests.evaluate.reaching import admits, trusting
from tests.evaluate.steps.worlds import DELEGATES, one_key, state
from tests.examples import many
from tests.reach.telling import PROVED, told, verdict
from tests.reach.test_open_and_shut_keys import BY_ALIAS, NO_ALIAS, OTHER_KEY
from verifier.model.estate import Key
from verifier.model.results.verdict import Status
from verifier.verify.reach import alias_rules

KEYS = (KEY, OTHER_KEY, *(OTHER_KEY.replace("5678", digits) for digits in ("9999", "7777")))
CREATE, UPDATE, DELETE = "kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"
NAME, OPEN = "alias/open", "arn:aws:kms:*:*:alias/open"
IN_KEY_POLICY = allow(aws(ALICE), "kms:Decrypt", Condition={"StringEquals": {"kms:RequestAlias": NAME}})
"""Of the other keys nobody is asked for aliases."""
Allowed = Mapping[str, set[str]]
"""On what of the keys and the alias a caller may do what."""


def let_go(
    dice: Random, holder: str | None, callers: Collection[dict[str, set[str]]], specs: Mapping[str, str]
) -> None:
    """Lets callers take some steps of an alias, one after another, if it is not dropped on the way, to the first
    key."""
    for number in range(5):
        ways = [
            key
            for key in (*KEYS[number > 2 :], None)
            if key != holder and not (holder and key and specs[key] != specs[holder])
        ]
        onto = KEY if number == 4 and KEY in ways else dice.choice(ways or [None])
        action = DELETE if onto is None else CREATE if holder is None else UPDATE
        dice.choice([*callers])[action] |= {OPEN, *filter(None, (holder, onto))}
        holder = onto


def further(holder: str | None, allowed: Allowed, specs: Mapping[str, str]) -> set[str | None]:
    """The keys that an alias may be of after one step by a caller; `None`: of none."""
    on = {action: found - {OPEN} if OPEN in found else set[str]() for action, found in allowed.items()}
    if holder is None:
        return {*on[CREATE]}
    moved = (key for key in on[UPDATE] if holder in on[UPDATE] and specs[key] == specs[holder])
    return {*moved, *([None] if holder in on[DELETE] else [])}


def ways(start: str | None, callers: Collection[Allowed], specs: Mapping[str, str]) -> set[str | None]:
    """All keys that an alias may come to be of, by whatever many steps."""
    found = [start]
    for holder in found:
        found += {one for allowed in callers for one in further(holder, allowed, specs)}.difference(found)
    return {*found}


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("seed", range(many(20)))
def test_r4_an_alias_goes_where_a_search_of_all_ways_takes_it(
    seed: int, apart: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not apart:
        monkeypatch.setattr(alias_rules, "MOST_APART", 1)
    dice = Random(seed)
    holder, given = dice.choice([(None, True), (KEY, True), (OTHER_KEY, True), (OTHER_KEY, True), (OTHER_KEY, False)])
    specs = {key: dice.choice(["RSA_2048", *["SYMMETRIC_DEFAULT"] * 2]) for key in KEYS} | {KEY: "SYMMETRIC_DEFAULT"}
    callers = tuple({action: set[str]() for action in (CREATE, UPDATE, DELETE)} for _ in range(2))
    let_go(dice, holder, callers, specs)
    if seed % 3:
        dropped = dice.choice([(caller, action) for caller in callers for action in caller if caller[action]])
        dropped[0][dropped[1]].discard(dice.choice((*KEYS, OPEN)))
    held: dict[str, tuple[str, ...] | None] = {key: (NAME,) if key == holder else () for key in KEYS}
    held |= {} if given else {OTHER_KEY: None}
    others = tuple(one_key(DELEGATES, arn=key, aliases=held[key], grants=(), spec=specs[key]) for key in KEYS[1:])
    mine, its = ([own(action, sorted(found)) for action, found in caller.items() if found] for caller in callers)
    worker = trusting(admits(aws(ALICE)), own=tuple(its))
    mine += [NO_ALIAS] if holder == KEY else [BY_ALIAS] if seed % 2 else []
    policies = (policy(DELEGATES, *([] if holder == KEY or seed % 2 else [IN_KEY_POLICY]), identity=f"{KEY}#default"),)
    facts = {"grants": (), "aliases": held[KEY], "policies": policies}
    found = verdict(state(*mine, keys=others, others=(worker,), facts=facts), steps=None)
    gone = ways(holder, callers, specs)
    can = bool(gone - {KEY}) if holder == KEY else KEY in gone
    assert not (can and found.status is Status.PROVED)
    assert not given or (found.story is not None) is can


THIRD, FOURTH = KEYS[2:]
RSA = {"spec": "RSA_2048", "usage": "ENCRYPT_DECRYPT"}


def keys(**first: Any) -> tuple[Key, ...]:
    """The other keys, the first of them with these facts; the others have no aliases."""
    pairs = zip(KEYS[1:], (first, {}, {}), strict=True)
    return tuple(one_key(DELEGATES, arn=arn, **{"aliases": (), "grants": (), **facts}) for arn, facts in pairs)


def test_r4_an_alias_of_a_key_of_another_type_is_made_for_a_further_key_and_goes_on() -> None:
    """[KMS Developer Guide: alias-manage, Updating an alias: it can be deleted and created again for a key of another
    type]"""
    frees = trusting(admits(aws(ALICE)), own=(own(DELETE, [OTHER_KEY, OPEN]),))
    mine = (own(CREATE, [THIRD, OPEN]), own(UPDATE, [THIRD, KEY, OPEN]), BY_ALIAS)
    world: dict[str, Any] = {"keys": keys(aliases=(NAME,), **RSA), "facts": {"grants": (), "aliases": ()}}
    assert told(state(*mine, others=(frees,), **world), steps=None) == (
        "assume role",
        "delete alias",
        "create alias",
        "update alias",
    )
    assert told(state(*mine, **world), steps=None) == PROVED
    assert told(state(*mine, own(DELETE, [FOURTH, OPEN]), **world), steps=None) == PROVED


def test_r4_an_alias_goes_by_way_of_keys_on_which_nobody_is_asked_for_aliases() -> None:
    policies = (policy(DELEGATES, IN_KEY_POLICY, identity=f"{KEY}#default"),)
    moves = trusting(admits(aws(ALICE)), own=(own(UPDATE, [THIRD, FOURTH, OPEN]),))
    mine = (own(CREATE, [THIRD, OPEN]), own(UPDATE, [FOURTH, KEY, OPEN]))
    world: dict[str, Any] = {"keys": keys(), "facts": {"grants": (), "aliases": (), "policies": policies}}
    assert told(state(*mine, others=(moves,), **world), steps=4) == (
        "assume role",
        "create alias",
        "update alias",
        "update alias",
    )
    assert told(state(*mine, others=(moves,), **world), steps=2) == PROVED
    assert told(state(*mine, **world), steps=None) == PROVED


@pytest.mark.parametrize("apart", [1, 4])
def test_r4_an_alias_leaves_the_key_only_for_one_on_which_it_may(apart: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where it comes out what another key could do with it: one by way of others, one of another type."""
    monkeypatch.setattr(alias_rules, "MOST_APART", apart)
    world: dict[str, Any] = {"keys": keys(**(RSA if apart == 4 else {})), "facts": {"grants": (), "aliases": (NAME,)}}
    leaves = (own("kms:ReEncryptFrom", KEY), own("kms:ReEncryptTo", "*", effect="Deny"))
    mine = (own(UPDATE, [KEY, OPEN]), NO_ALIAS, *leaves)
    assert told(state(*mine, **world), steps=None) == PROVED
    assert told(state(*mine, own(UPDATE, THIRD), **world), steps=None) == ("update alias",)
