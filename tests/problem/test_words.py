"""The partition of strings against brute force over all short words."""

from __future__ import annotations

import random
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.problem.slowly import slow_match
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
    one,
)
from verifier.problem.classes.words import Domain, Partition, PredicateNotInPartition, partition

LETTERS = "aAb"
ALPHABET = Characters(frozenset(LETTERS))
LONGEST = 4


def some_domain(dice: random.Random) -> tuple[Domain, int | None]:
    """A domain over three letters, and the length of its longest word, if there is one."""
    short = tuple(Tokens(((False, ALPHABET),) * n) for n in range(dice.randint(0, 1), 3))
    if dice.random() < 0.5:
        return Domain("short", short, ("a", "zzz")), 2
    return Domain("long", (Tokens(((True, ALPHABET),)),), ("ab",)), None


def some_predicate(dice: random.Random) -> Predicate:
    text = "".join(dice.choice("aAb*?") for _ in range(dice.randint(0, 4)))
    kind = dice.randint(0, 5)
    if kind == 0:
        return exactly(text.replace("*", "a").replace("?", "b"))
    if kind == 1:
        return OneOf(frozenset({"a", "bb", text.replace("*", "").replace("?", "")}))
    if kind == 2:
        return Tokens(literal_tokens(text.replace("*", "").replace("?", ""), fold=True))
    if kind == 3:
        return Less(
            Tokens(literal_tokens("ab", fold=True)), tuple(exactly(w) for w in ("ab", "Ab") if dice.random() < 0.7)
        )
    return like(text)


def universe(domain: Domain) -> list[str]:
    words = ("".join(letters) for length in range(LONGEST + 1) for letters in product(LETTERS, repeat=length))
    return [word for word in words if any(base.matches(word) for base in domain.base)]


def literals(predicates: list[Predicate]) -> set[str]:
    found: set[str] = set()
    for p in predicates:
        if isinstance(p, OneOf):
            found |= p.values
        elif isinstance(p, Less):
            found |= {o.literal for o in p.without if o.literal is not None}
        elif isinstance(p, Tokens) and p.literal is not None:
            found.add(p.literal)
    return found


def answers(word: str, predicates: list[Predicate], listed: set[str]) -> tuple[object, ...]:
    """What tells words apart: every predicate, and which listed value it is."""
    return (*(p.matches(word) for p in predicates), word if word in listed else None)


def case(seed: int) -> tuple[Domain, int | None, list[Predicate], Partition]:
    dice = random.Random(seed)
    domain, longest = some_domain(dice)
    predicates = [some_predicate(dice) for _ in range(dice.randint(0, 5))]
    found = partition(domain, predicates, 4000)
    assert found is not None
    return domain, longest, predicates, found


@pytest.mark.parametrize("seed", range(150))
def test_every_word_is_in_exactly_the_class_of_its_answers(seed: int) -> None:
    domain, _, predicates, found = case(seed)
    listed = literals(predicates)
    by_class: dict[int, set[tuple[object, ...]]] = {}
    by_answers: dict[tuple[object, ...], set[int]] = {}
    for word in universe(domain):
        index = found.class_of(word)
        assert index is not None and 0 <= index < len(found.classes), word
        given = answers(word, predicates, listed)
        by_class.setdefault(index, set()).add(given)
        by_answers.setdefault(given, set()).add(index)
        for predicate in predicates:
            assert bool(found.mask(predicate) >> index & 1) == predicate.matches(word), (word, predicate)
    assert all(len(given) == 1 for given in by_class.values())
    assert all(len(classes) == 1 for classes in by_answers.values())


@pytest.mark.parametrize("seed", range(150))
def test_no_class_is_empty_and_its_words_are_members(seed: int) -> None:
    domain, longest, _, found = case(seed)
    whole = universe(domain)
    for index in range(len(found.classes)):
        words = found.words(index, 5)
        assert words and len(set(words)) == len(words)
        assert all(found.class_of(word) == index for word in words)
        assert all(any(base.matches(word) for base in domain.base) for word in words)
        assert found.class_of(found.classes[index].sample) == index
        members = {word for word in whole if found.class_of(word) == index}
        assert len(words) == 5 or longest is None or set(words) == members
        assert len(words) == 5 or members <= set(words)


@pytest.mark.parametrize("seed", range(60))
def test_pick_is_a_class_of_the_mask_and_a_member_of_it(seed: int) -> None:
    _, _, _, found = case(seed)
    for mask in range(1, 1 << min(len(found.classes), 5)):
        index, word = found.pick(mask)
        assert mask >> index & 1
        assert found.class_of(word) == index


def test_words_outside_the_domain_have_no_class() -> None:
    found = partition(Domain("letters", (Tokens(((False, ALPHABET), (True, ALPHABET))),)), [like("a*")], 100)
    assert found is not None
    assert [found.class_of(word) for word in ("", "c", "a-", "é")] == [None] * 4


def test_a_rest_class_whose_only_words_are_literals_vanishes() -> None:
    domain = Domain("two", (Tokens(((False, Characters(frozenset("ab"))),)),))
    found = partition(domain, [OneOf(frozenset("ab")), like("*")], 100)
    assert found is not None
    assert sorted(str(c.literal) for c in found.classes) == ["a", "b"]


def test_a_literal_outside_the_domain_is_nowhere() -> None:
    found = partition(Domain("a", (Tokens(((True, one("a")),)),)), [exactly("b"), OneOf(frozenset({"c"}))], 100)
    assert found is not None
    assert found.mask(exactly("b")) == 0 == found.mask(OneOf(frozenset({"c"})))


@pytest.mark.parametrize("text", ["é", "naïve", "日本", "~", "a~é"])
def test_characters_beyond_ascii_have_classes_of_their_own(text: str) -> None:
    found = partition(Domain("any", (Tokens(((True, ANY),)),)), [exactly(text), like("*~*")], 100)
    assert found is not None
    index = found.class_of(text)
    assert index is not None and found.classes[index].literal == text
    assert found.mask(exactly(text)) == 1 << index


def test_a_character_that_nothing_mentions_is_not_taken_for_one_that_is_mentioned() -> None:
    found = partition(Domain("any", (Tokens(((True, ANY),)),)), [like("*~*"), like("*}*")], 100)
    assert found is not None
    index = found.class_of("é")
    assert index is not None
    assert not found.mask(like("*~*")) >> index & 1
    assert not found.mask(like("*}*")) >> index & 1


def test_a_word_of_other_characters_exists_where_patterns_mention_all_of_ascii() -> None:
    patterns = [
        like(f"*{chr(code)}*") if chr(code) not in "*?" else Tokens(((True, ANY), (False, one(chr(code))), (True, ANY)))
        for code in range(32, 127)
    ]
    found = partition(Domain("one", (Tokens(((False, ANY),)),)), patterns, 4000)
    assert found is not None
    everything = 0
    for pattern in patterns:
        everything |= found.mask(pattern)
    assert everything != (1 << len(found.classes)) - 1


def test_past_the_budget_there_is_no_partition() -> None:
    domain, patterns = Domain("any", (Tokens(((True, ANY),)),)), [like(f"*{c}*") for c in "abcdef"]
    assert partition(domain, patterns, 63) is None
    enough = partition(domain, patterns, 64)
    assert enough is not None and len(enough.classes) == 64


@given(st.lists(st.text("ab*?", max_size=4), max_size=8), st.sets(st.text("abc", max_size=2), max_size=3))
def test_the_classes_of_a_pattern_are_those_whose_words_match_it(texts: list[str], listed: set[str]) -> None:
    """However many patterns a class matches, and however many classes share what they match."""
    patterns = [like(text) for text in texts]
    found = partition(Domain("any", (Tokens(((True, ANY),)),)), [*patterns, *map(exactly, listed)], 4000)
    assert found is not None
    words = [(index, word) for index in range(len(found.classes)) for word in found.words(index, 3)]
    for pattern in patterns:
        mask = found.mask(pattern)
        assert mask >> len(found.classes) == 0
        if pattern.literal is None:
            assert [word for index, word in words if (mask >> index & 1 == 1) != slow_match(pattern.tokens, word)] == []
        else:
            assert [word for index, word in words if mask >> index & 1] == [pattern.literal]


@pytest.mark.parametrize("predicate", [like("b*"), exactly("b"), OneOf(frozenset({"a", "b"}))])
def test_what_was_not_asked_has_no_answer(predicate: Predicate) -> None:
    found = partition(Domain("x", (Tokens(((True, ALPHABET),)),)), [like("a*"), exactly("a")], 100)
    assert found is not None
    with pytest.raises(PredicateNotInPartition):
        found.mask(predicate)
    assert found.mask(like("a*")) != found.mask(exactly("a")) != 0
