"""The checker's class tables, against all words of small domains and against the partitions of `problem`, which they
are independent of."""

from __future__ import annotations

import random
from collections.abc import Iterable
from decimal import Decimal
from itertools import product

import pytest

from verifier.problem.classes.attributes import Attribute, principals
from verifier.problem.classes.domains import action_names, context_attribute
from verifier.problem.classes.predicates import (
    Compares,
    Field,
    InNetwork,
    Less,
    OneOf,
    Predicate,
    Tokens,
    exactly,
    like,
    one,
)
from verifier.problem.classes.tables import AddressTable, Line, LineTable, ListTable, Table, WordTable
from verifier.problem.classes.words import Domain
from verifier.recheck import tables
from verifier.recheck.tables import Rejected, signatures


def met(values: Iterable[str], tests: dict[int, Predicate]) -> set[frozenset[int]]:
    return {frozenset(n for n, test in tests.items() if test.matches(value)) for value in values}


def of_table(table: Table, tests: dict[int, Predicate]) -> set[frozenset[int]]:
    return {frozenset(n for n, test in tests.items() if table.mask(test) >> index & 1) for index in range(table.size)}


def some_pattern(dice: random.Random) -> Tokens:
    return like("".join(dice.choice("aabb*?") for _ in range(dice.randint(1, 4))))


def some_tests(dice: random.Random) -> dict[int, Predicate]:
    tests: list[Predicate] = []
    for _ in range(dice.randint(0, 5)):
        kind = dice.randrange(4)
        word = "".join(dice.choice("ab") for _ in range(dice.randint(0, 3)))
        if kind == 0:
            tests.append(OneOf(frozenset({word, word[:1], "b" * dice.randint(0, 2)})))
        elif kind == 1:
            tests.append(exactly(word))
        elif kind == 2:
            tests.append(Less(some_pattern(dice), (some_pattern(dice), exactly(word))))
        else:
            tests.append(some_pattern(dice))
    return dict(enumerate(dict.fromkeys(tests)))


@pytest.mark.parametrize("seed", range(150))
def test_words_are_those_of_the_domain(seed: int) -> None:
    dice = random.Random(seed)
    base = tuple(some_pattern(dice) for _ in range(dice.randint(1, 2)))
    tests = some_tests(dice)
    words = [
        "".join(letters) for length in range(9) for letters in product("abc" if length < 6 else "ab", repeat=length)
    ]
    inside = [word for word in words if any(pattern.matches(word) for pattern in base)]
    assert signatures(Attribute("x", Domain("x", base)), tests) == met(inside, tests)


@pytest.mark.parametrize("seed", range(100))
@pytest.mark.parametrize(
    "attribute",
    [principals("aws"), action_names(("kms:decrypt",)), context_attribute("aws:sourceaccount", "aws", "us-east-1")],
    ids=lambda attribute: attribute.name,
)
def test_words_are_partitioned_as_by_problem(seed: int, attribute: Attribute) -> None:
    dice = random.Random(seed)
    texts = [
        "111122223333",
        "11112222333?",
        "1*",
        "*3",
        "arn:aws:iam::111122223333:role/a*",
        "arn:aws:iam::*:role/ab",
        "kms:d*",
        "kms:*t",
    ]
    texts += ["kms:decrypt", "arn:aws:iam::111122223333:root", "s3.amazonaws.com", "*.amazonaws.com", "*", "kms:??"]
    tests: dict[int, Predicate] = dict(enumerate(map(like, dice.sample(texts, dice.randint(0, 6)))))
    tests[6] = OneOf(frozenset(dice.sample([text for text in texts if "*" not in text and "?" not in text], 2)))
    assert attribute.domain is not None
    assert signatures(attribute, tests) == of_table(WordTable(attribute.domain, list(tests.values())), tests)


def test_a_pattern_whose_words_are_all_listed_is_no_further_class() -> None:
    attribute = Attribute("x", Domain("x", (like("a"), like("b"), like("cd"))))
    tests: dict[int, Predicate] = {0: OneOf(frozenset("ab")), 1: like("?"), 2: like("c*")}
    assert signatures(attribute, tests) == {frozenset({0, 1}), frozenset({2})}
    tests[0] = OneOf(frozenset("a"))
    assert signatures(attribute, tests) == {frozenset({0, 1}), frozenset({1}), frozenset({2})}


@pytest.mark.parametrize("seed", range(60))
def test_numbers(seed: int) -> None:
    dice = random.Random(seed)
    line = Line(dice.randint(0, 3), (7,), dice.choice((None, 9)), whole=dice.random() < 0.5)
    bounds = [Decimal(dice.choice(("-1", "0", "3", "3.5", "4", "9", "9.5", "1e30"))) for _ in range(dice.randint(0, 4))]
    tests: dict[int, Predicate] = dict(
        enumerate(dict.fromkeys(Compares(dice.choice(("<", "<=", "=", ">=", ">")), b) for b in bounds))
    )
    assert signatures(Attribute("x", line=line), tests) == of_table(LineTable(line, list(tests.values())), tests)


@pytest.mark.parametrize("seed", range(60))
def test_addresses(seed: int) -> None:
    dice = random.Random(seed)
    tests: dict[int, Predicate] = {}
    for number in range(dice.randint(0, 5)):
        version, bits = dice.choice(((4, 32), (6, 128)))
        host = dice.choice((0, 1, 8, bits))
        first = dice.getrandbits(bits) >> host << host if host < bits else 0
        tests[number] = InNetwork(version, first, first + (1 << host) - 1)
    assert signatures(Attribute("x", address=True), tests) == of_table(AddressTable(list(tests.values())), tests)


LAST = (1 << 32) - 1


BLOCKS = [
    [(0, 0)],
    [(0, 7)],
    [(0, 7), (8, 15)],
    [(0, 15), (0, 7)],
    [(0, 15), (8, 15)],
    [(0, LAST)],
    [(LAST, LAST)],
    [(1, 1), (2, 2)],
]


@pytest.mark.parametrize("blocks", BLOCKS)
def test_addresses_at_the_ends(blocks: list[tuple[int, int]]) -> None:
    tests: dict[int, Predicate] = {n: InNetwork(4, first, last) for n, (first, last) in enumerate(blocks)}
    edges = {0, LAST, *(end + step for block in blocks for end in block for step in (-1, 0, 1))}
    expected = {frozenset(n for n, (a, b) in enumerate(blocks) if a <= at <= b) for at in edges if 0 <= at <= LAST}
    assert signatures(Attribute("x", address=True), tests) == expected | {frozenset()}


def test_repeated_tokens_in_a_row_may_all_be_left_out() -> None:
    runs = Tokens(tuple((True, one(letter)) for letter in "abcd"))
    tests: dict[int, Predicate] = {0: exactly(""), 1: exactly("d"), 2: exactly("ad"), 3: exactly("da"), 4: runs}
    assert signatures(Attribute("x", Domain("x", (like("*"),))), tests) == {
        *(frozenset({n, 4}) for n in range(3)),
        *map(frozenset, ([3], [4], [])),
    }


def test_lists() -> None:
    values = ("a|x", "b|", "c|y")
    tests: dict[int, Predicate] = {0: Field(1, like("*")), 1: Field(0, OneOf(frozenset("ab"))), 2: exactly("c|y")}
    assert signatures(Attribute("x", values=values), tests) == of_table(ListTable(values), tests) == met(values, tests)


def test_what_is_too_large_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_STATES", 50)
    with pytest.raises(Rejected, match="too large"):
        signatures(
            Attribute("x", Domain("x", (like("*"),))), {n: like(f"*{letter}*") for n, letter in enumerate("abcdefgh")}
        )
