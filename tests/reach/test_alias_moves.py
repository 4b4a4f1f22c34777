"""Where an alias can go, held against a search of all its ways: three keys, and two callers who may do what some ways take, or almost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from random import Random

import pytest

from tests.evaluate.estates import ALICE, KEY, aws, own
from tests.evaluate.reaching import admits, trusting
from tests.evaluate.steps.worlds import DELEGATES, one_key, state
from tests.reach.telling import verdict
from tests.reach.test_open_and_shut_keys import BY_ALIAS, NO_ALIAS, OTHER_KEY
from verifier.model.results.verdict import Status

KEYS = (KEY, OTHER_KEY, OTHER_KEY.replace("5678", "9999"))
CREATE, UPDATE, DELETE = "kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"
NAME, OPEN = "alias/open", "arn:aws:kms:*:*:alias/open"
Allowed = Mapping[str, set[str]]
"""On what of the keys and the alias a caller may do what."""


def let_go(dice: Random, holder: str | None, callers: Collection[dict[str, set[str]]]) -> None:
    """Lets callers take some steps of an alias, one after another."""
    for _ in range(4):
        onto = dice.choice([key for key in (*KEYS, None) if key != holder])
        action = DELETE if onto is None else CREATE if holder is None else UPDATE
        dice.choice([*callers])[action] |= {OPEN, *filter(None, (holder, onto))}
        holder = onto


def further(holder: str | None, allowed: Allowed) -> set[str | None]:
    """The keys that an alias may be of after one step by a caller; `None`: of none."""
    on = {action: found - {OPEN} if OPEN in found else set[str]() for action, found in allowed.items()}
    if holder is None:
        return {*on[CREATE]}
    return {*(on[UPDATE] if holder in on[UPDATE] else ()), *([None] if holder in on[DELETE] else [])}


def ways(start: str | None, callers: Collection[Allowed]) -> set[str | None]:
    """All keys that an alias may come to be of, by whatever many steps."""
    found = [start]
    for holder in found:
        found += {one for allowed in callers for one in further(holder, allowed)}.difference(found)
    return {*found}


@pytest.mark.parametrize("seed", range(30))
def test_r4_an_alias_goes_where_a_search_of_all_ways_takes_it(seed: int) -> None:
    dice = Random(seed)
    holder, told = dice.choice([(None, True), (KEY, True), (OTHER_KEY, True), (OTHER_KEY, True), (OTHER_KEY, False)])
    callers = tuple({action: set[str]() for action in (CREATE, UPDATE, DELETE)} for _ in range(2))
    let_go(dice, holder, callers)
    dropped = dice.choice([(caller, action) for caller in callers for action in caller if caller[action]])
    dropped[0][dropped[1]].discard(dice.choice((*KEYS, OPEN)))
    held: dict[str, tuple[str, ...] | None] = {key: (NAME,) if key == holder else () for key in KEYS}
    held |= {} if told else {OTHER_KEY: None}
    others = tuple(one_key(DELEGATES, arn=key, aliases=held[key], grants=()) for key in KEYS[1:])
    mine, its = ([own(action, sorted(found)) for action, found in caller.items() if found] for caller in callers)
    worker = trusting(admits(aws(ALICE)), own=tuple(its))
    uses = NO_ALIAS if holder == KEY else BY_ALIAS
    found = verdict(state(*mine, uses, keys=others, others=(worker,), facts={"grants": (), "aliases": held[KEY]}), steps=None)
    can = bool(ways(holder, callers) - {KEY}) if holder == KEY else KEY in ways(holder, callers)
    assert not (can and found.status is Status.PROVED)
    assert not told or (found.story is not None) is can
