"""The search for a word against brute force, and against the partition."""

from __future__ import annotations

import random
from itertools import product

import pytest

from verifier.problem.classes import search
from verifier.problem.classes.predicates import (
    ANY,
    Characters,
    Less,
    OneOf,
    Predicate,
    Tokens,
    exactly,
    like,
    literal_tokens,
)
from verifier.problem.classes.search import disjoint_pair, find_word
from verifier.problem.classes.tables import OverBudget
from verifier.problem.classes.words import Domain

LETTERS = Characters(frozenset("abA"))
SHORT = Domain("short", tuple(Tokens(((False, LETTERS),) * n) for n in range(4)))
WORDS = ["".join(letters) for length in range(4) for letters in product("abA", repeat=length)]
ANYTHING = Domain("any", (Tokens(((True, ANY),)),))


def some_predicate(dice: random.Random) -> Predicate:
    text = "".join(dice.choice("ab*?") for _ in range(dice.randint(0, 4)))
    plain = text.replace("*", "").replace("?", "")
    folded = Tokens(literal_tokens("ab", fold=True))
    return dice.choice(
        (
            like(text),
            like(f"*{plain}*"),
            exactly(plain),
            OneOf(frozenset({plain, "ab"})),
            Less(folded, (exactly("ab"), like("A*"))),
        )
    )


@pytest.mark.parametrize("seed", range(300))
def test_a_word_is_found_iff_there_is_one(seed: int) -> None:
    dice = random.Random(seed)
    meet = [some_predicate(dice) for _ in range(dice.randint(0, 2))]
    avoid = [some_predicate(dice) for _ in range(dice.randint(0, 3))]
    fitting = [w for w in WORDS if all(p.matches(w) for p in meet) and not any(p.matches(w) for p in avoid)]
    word = find_word(SHORT, meet, avoid)
    assert (word in fitting) if fitting else word is None, (word, meet, avoid)


@pytest.mark.parametrize("needed", [0, 10, 20])
def test_twenty_patterns_are_met_or_avoided(needed: int) -> None:
    patterns = [like(f"*{c}*") for c in "abcdefghijklmnopqrst"]
    word = find_word(ANYTHING, patterns[:needed], patterns[needed:])
    assert word is not None
    assert [p.matches(word) for p in patterns] == [True] * needed + [False] * (20 - needed)


@pytest.mark.parametrize("seed", range(60))
def test_a_pair_that_is_disjoint_has_no_common_word(seed: int) -> None:
    dice = random.Random(seed)
    meet = [some_predicate(dice) for _ in range(3)]
    pair = disjoint_pair(SHORT, meet)
    common = [all(p.matches(w) for p in (a, b)) for at, a in enumerate(meet) for b in meet[:at] for w in WORDS]
    if pair is not None:
        assert not any(all(p.matches(w) for p in pair) for w in WORDS)
    elif all(isinstance(p, Tokens) for p in meet):
        assert any(common)


def test_past_the_budget_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "SEARCH_BUDGET", 3)
    with pytest.raises(OverBudget):
        find_word(ANYTHING, [like("*abcdef*"), like("*fedcba*")], [])
