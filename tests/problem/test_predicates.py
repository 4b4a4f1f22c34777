"""Predicates against a naive reading of the same patterns with `re` (L6)."""

from __future__ import annotations

import random
import re
from itertools import product
from string import ascii_letters

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.problem.slowly import slow_match
from verifier.evaluate.statements.values import without_case
from verifier.problem.classes.predicates import (
    ANY,
    COLON,
    SLASH,
    Characters,
    Less,
    Token,
    Tokens,
    either_case,
    exactly,
    like,
    like_tokens,
    literal_tokens,
    one,
    split_tokens,
    within,
)
from verifier.problem.semantics.values import Fixed, arn_predicate

WORDS = ["".join(letters) for length in range(5) for letters in product("ab:", repeat=length)]


def expression(characters: Characters) -> str:
    listed = "".join(sorted(characters.listed))
    return f"[^{listed}]" if characters.negated and listed else "." if characters.negated else f"[{listed}]"


def regex(tokens: tuple[Token, ...]) -> re.Pattern[str]:
    return re.compile(
        "".join(expression(characters) + ("*" if repeated else "") for repeated, characters in tokens), re.DOTALL
    )


def some_tokens(dice: random.Random) -> tuple[Token, ...]:
    sets = (one("a"), one("b"), one(":"), ANY, ANY.without(COLON), Characters(frozenset("ab")))
    return tuple((dice.random() < 0.4, dice.choice(sets)) for _ in range(dice.randint(0, 5)))


@pytest.mark.parametrize("seed", range(150))
def test_l6_tokens_match_as_a_regular_expression_does(seed: int) -> None:
    tokens = some_tokens(random.Random(seed))
    wanted = regex(tokens)
    assert [word for word in WORDS if Tokens(tokens).matches(word)] == [
        word for word in WORDS if wanted.fullmatch(word)
    ]


@pytest.mark.parametrize("seed", range(100))
def test_split_tokens_gives_exactly_the_ways_to_match_at_the_first_separator(seed: int) -> None:
    tokens = some_tokens(random.Random(seed))
    pairs = [(Tokens(left), Tokens(right)) for left, right in split_tokens(tokens, ":")]
    for word in WORDS:
        if ":" in word:
            left, right = word.split(":", 1)
            assert any(one_.matches(left) and other.matches(right) for one_, other in pairs) == Tokens(tokens).matches(
                word
            )


@pytest.mark.parametrize("seed", range(100))
def test_within_is_the_part_without_the_excluded_characters(seed: int) -> None:
    tokens = some_tokens(random.Random(seed))
    narrowed = within(tokens, COLON)
    for word in WORDS:
        if ":" not in word:
            assert (narrowed is not None and Tokens(narrowed).matches(word)) == Tokens(tokens).matches(word)
        elif narrowed is not None:
            assert not Tokens(narrowed).matches(word)


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("a*", ["a", "ab", "a:b", "a*"], ["", "ba", "A"]),
        ("?", ["a", "*", ":"], ["", "ab"]),
        ("a?c*", ["abc", "a:c:"], ["ac", "abbc"]),
        ("**", ["", "x"], []),
        ("", [""], ["a"]),
    ],
)
def test_l6_wildcards(pattern: str, matching: list[str], others: list[str]) -> None:
    assert [w for w in matching if not like(pattern).matches(w)] == []
    assert [w for w in others if like(pattern).matches(w)] == []


def arn_matches(pattern: str, value: str) -> bool:
    """L6, field by field."""
    fields, parts = pattern.split(":", 5), value.split(":", 5)
    if len(fields) < 6 or len(parts) < 6:
        return False
    translated = [re.escape(f).replace(r"\*", ".*").replace(r"\?", ".") for f in fields]
    return all(re.fullmatch(f, p, re.DOTALL) for f, p in zip(translated, parts, strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_l6_arn_patterns_match_field_by_field(seed: int) -> None:
    dice = random.Random(seed)
    piece = ("a", "b", "*", "?", "a*", "", "*:b")
    pattern = ":".join(dice.choice(piece) for _ in range(dice.randint(4, 7)))
    predicate = arn_predicate((Fixed(pattern, True),))
    for _ in range(60):
        value = ":".join(dice.choice(("a", "b", "", "ab", "*")) for _ in range(dice.randint(5, 8)))
        assert (predicate is not None and predicate.matches(value)) == arn_matches(pattern, value), (pattern, value)


def test_l3_folding_ignores_case_and_nothing_else() -> None:
    folded = Tokens(literal_tokens("aB-1", fold=True))
    assert [w for w in ("ab-1", "AB-1", "Ab-1", "aB-1") if not folded.matches(w)] == []
    assert [w for w in ("ab_1", "ab-1 ", "b-1", "") if folded.matches(w)] == []
    assert "S" not in either_case("ß")


@pytest.mark.parametrize(
    "one", ["Σ", "σ", "ς", "µ", "μ", "ǅ", "É", "ẞ", "ß", "\u212a", "k", "K", "ſ", "s", "ı", "i", "İ", "Ж", "*"]
)
def test_l3_both_rooms_take_the_same_letters_for_one(one: str) -> None:
    alike = {other for other in map(chr, range(0x20000)) if without_case(other) == without_case(one)}
    assert {other for other in map(chr, range(0x20000)) if other in either_case(one)} == alike
    assert alike.isdisjoint(ascii_letters) or all(map(str.isascii, alike))


def test_literal_is_the_only_member() -> None:
    assert exactly("a*").literal == "a*"
    assert exactly("").literal == ""
    assert Tokens(literal_tokens("5-", fold=True)).literal == "5-"
    assert Tokens(literal_tokens("a", fold=True)).literal is None
    assert like("a*").literal is None
    assert Tokens(like_tokens("ab")).literal == "ab"


def test_less_is_a_difference() -> None:
    less = Less(like("a*"), (exactly("ab"), like("*:")))
    assert [w for w in WORDS if less.matches(w)] == [
        w for w in WORDS if w.startswith("a") and w != "ab" and not w.endswith(":")
    ]


PATTERNS = st.text("abAS*?:/.[]\\ßſıK\n", max_size=10)
FOLDS = st.tuples(st.booleans(), st.sampled_from([frozenset[str](), COLON, SLASH, frozenset("ab")]))


def slow_token(character: str, fold: bool) -> Token:
    letters = ascii_letters + "ßẞſıK"
    alike = {other for other in letters if without_case(other) == without_case(character)} if fold else set[str]()
    return False, Characters(frozenset({character, *alike}))


@given(st.lists(st.tuples(PATTERNS, FOLDS), max_size=12))
def test_l6_tokens_of_a_pattern_are_those_of_its_characters(
    asked: list[tuple[str, tuple[bool, frozenset[str]]]],
) -> None:
    """One token a character, `*` any number of any, `?` one of any; `*` after `*` says nothing more. What was asked
    before has no influence."""
    for text, (fold, excluded) in [*asked, *asked]:
        wild = Characters(excluded, True)
        expected: list[Token] = []
        for character in text:
            token = {"*": (True, wild), "?": (False, wild)}.get(character) or slow_token(character, fold)
            if not token[0] or expected[-1:] != [token]:
                expected.append(token)
        assert like_tokens(text, fold=fold, excluded=excluded) == tuple(expected)
        assert literal_tokens(text, fold=fold) == tuple(slow_token(character, fold) for character in text)


@given(PATTERNS, st.booleans(), st.lists(st.text("abAsSß:/\n", max_size=8), max_size=8))
def test_a_pattern_and_a_text_match_what_their_characters_match_one_by_one(
    text: str, fold: bool, words: list[str]
) -> None:
    for found in (like(text, fold=fold), Tokens(literal_tokens(text, fold=fold))):
        for word in (*words, text, text.swapcase(), text.replace("*", "")):
            assert found.matches(word) == slow_match(found.tokens, word), word
        only = [characters.listed for repeated, characters in found.tokens if not repeated and not characters.negated]
        fixed = len(only) == len(found.tokens) and all(len(listed) == 1 for listed in only)
        assert found.literal == ("".join(character for listed in only for character in listed) if fixed else None)


@given(st.text("aB*?", max_size=8), st.booleans())
def test_equal_patterns_have_equal_hashes_and_tell_what_they_fix(text: str, fold: bool) -> None:
    found, again = (Tokens(tuple(like_tokens.__wrapped__(text, fold=fold))) for _ in range(2))
    assert found == again and hash(found) == hash(again)
    assert [character == " " for character in found.fixed] == [
        repeated or characters == ANY for repeated, characters in found.tokens
    ]
    assert (found.literal is None) == ("*" in text or "?" in text or (fold and text != ""))
