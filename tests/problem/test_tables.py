"""Numbers and addresses against brute force at and around the bounds (C3)."""

from __future__ import annotations

import random
from decimal import Decimal
from ipaddress import ip_address, ip_network

import pytest

from verifier.problem.classes.predicates import ANY, Compares, InNetwork, Tokens, exactly, like
from verifier.problem.classes.readable import parse_network
from verifier.problem.classes.tables import (
    AddressTable,
    Line,
    LineTable,
    ListTable,
    OverBudget,
    Unsuitable,
    WordTable,
    instant_text,
    number_text,
)
from verifier.problem.classes.words import Domain

SIGNS = ("<", "<=", "=", ">=", ">")


def around(bound: Decimal) -> list[Decimal]:
    return [bound, bound - 1, bound + 1, bound - Decimal("0.25"), bound + Decimal("0.25")]


@pytest.mark.parametrize("seed", range(80))
def test_c3_numbers_fall_into_the_class_of_their_answers(seed: int) -> None:
    dice = random.Random(seed)
    line = Line(0, (30, 7, 90), dice.choice((None, 120)))
    bounds = [
        Decimal(dice.choice(("0", "1", "2.5", "7", "29", "30", "99", "120", "-3", "250")))
        for _ in range(dice.randint(0, 4))
    ]
    predicates = [Compares(dice.choice(SIGNS), bound) for bound in bounds]
    table = LineTable(line, predicates)
    seen = set()
    for number in {n for bound in (*bounds, Decimal(0), Decimal(50), Decimal(119)) for n in around(bound)}:
        index = table.class_of(str(number))
        if number < 0 or (line.most is not None and number > line.most):
            assert index is None
            continue
        assert index is not None
        seen.add(index)
        assert all(bool(table.mask(p) >> index & 1) == p.matches(str(number)) for p in predicates), number
    for index in range(table.size):
        members = table.members(index, 20)
        assert members and len(set(members)) == len(members)
        assert all(table.class_of(member) == index for member in members)
        assert all(0 <= Decimal(member) <= (line.most or 10**9) for member in members)


def test_c3_bounds_that_differ_in_the_fortieth_digit_have_numbers_between_them() -> None:
    low, high = Decimal(10**40), Decimal(10**40 + 2)
    table = LineTable(Line(0, ()), [Compares(">", low), Compares("<", high)])
    between = table.mask(Compares(">", low)) & table.mask(Compares("<", high))
    assert between
    number = Decimal(table.pick(between)[1])
    assert low < number < high


def test_c3_a_class_between_two_fractions_has_several_members() -> None:
    table = LineTable(Line(0, ()), [Compares(">", Decimal("0.5")), Compares("<", Decimal("0.6"))])
    mask = table.mask(Compares(">", Decimal("0.5"))) & table.mask(Compares("<", Decimal("0.6")))
    assert len(table.members(mask.bit_length() - 1, 8)) == 8


def test_a_line_takes_comparisons_only() -> None:
    with pytest.raises(Unsuitable):
        LineTable(Line(0, ()), [exactly("7")])
    with pytest.raises(Unsuitable):
        LineTable(Line(0, ()), []).mask(exactly("7"))


def test_number_and_instant_texts_are_exact() -> None:
    assert [number_text(Decimal(n)) for n in ("7", "7.0", "0.250", "1E+3")] == ["7", "7", "0.25", "1000"]
    assert number_text(Decimal("0." + "1" * 40)) == "0." + "1" * 40
    assert number_text(Decimal("9" * 6000)) == "9" * 6000
    assert [number_text(Decimal(n)) for n in ("-0", "-0.0", "-7.50", "100", "0.0")] == ["0", "0", "-7.5", "100", "0"]
    assert instant_text("0") == "1970-01-01T00:00:00Z"
    assert instant_text("1767225600.25") == "2026-01-01T00:00:00.25Z"


BLOCKS = (
    "10.0.0.0/8",
    "10.1.0.0/16",
    "0.0.0.0/0",
    "203.0.113.10/32",
    "203.0.113.10/31",
    "255.255.255.255",
    "::/0",
    "2001:db8::/32",
    "2001:db8::1/128",
)


@pytest.mark.parametrize("seed", range(60))
def test_c3_addresses_fall_into_the_class_of_their_answers(seed: int) -> None:
    dice = random.Random(seed)
    chosen = dice.sample(BLOCKS, dice.randint(0, 5))
    predicates = [p for p in map(parse_network, chosen) if p is not None]
    table = AddressTable(predicates)
    texts = {"0.0.0.0", "255.255.255.255", "::", "9.255.255.255", "2001:db8::2"}
    for block in map(ip_network, chosen):
        for number in (int(block[0]) - 1, int(block[0]), int(block[-1]), int(block[-1]) + 1):
            if 0 <= number < 1 << block.max_prefixlen:
                texts.add(str(ip_address(number.to_bytes(block.max_prefixlen // 8, "big"))))
    for text in texts:
        index = table.class_of(text)
        assert index is not None
        for predicate, listed in zip(predicates, chosen, strict=True):
            inside = ip_address(text).version == ip_network(listed).version and ip_address(text) in ip_network(listed)
            assert bool(table.mask(predicate) >> index & 1) == inside == predicate.matches(text), (text, listed)
    for index in range(table.size):
        members = table.members(index, 4)
        assert members and len(set(members)) == len(members)
        assert all(table.class_of(member) == index for member in members)


@pytest.mark.parametrize(
    ("block", "count"), [("192.0.2.0/32", 1), ("192.0.2.0/31", 2), ("192.0.2.0/30", 4), ("192.0.2.0/29", 8)]
)
def test_c3_a_small_block_lists_all_of_its_addresses(block: str, count: int) -> None:
    predicate = parse_network(block)
    assert isinstance(predicate, InNetwork)
    table = AddressTable([predicate])
    index = table.mask(predicate).bit_length() - 1
    assert sorted(table.members(index, 9)) == sorted(str(a) for a in ip_network(block))
    assert len(table.members(index, 9)) == count


def test_a_list_has_a_class_for_each_value() -> None:
    table = ListTable(("true", "false"))
    assert table.mask(like("t*")) == 0b01 and table.mask(like("*e")) == 0b11
    assert [table.class_of(v) for v in ("true", "false", "maybe")] == [0, 1, None]
    assert table.members(1) == ("false",)
    with pytest.raises(Unsuitable):
        table.mask(Compares("<", Decimal(3)))


def test_too_many_classes_and_unsuitable_predicates_are_told_apart() -> None:
    domain = Domain("any", (Tokens(((True, ANY),)),))
    with pytest.raises(OverBudget):
        WordTable(domain, [like(f"*{c}*") for c in "abcdefghijklmnop"])
    with pytest.raises(Unsuitable):
        WordTable(domain, [Compares("<", Decimal(3))])
