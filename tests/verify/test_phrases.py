"""Phrases say exactly the set that they are made from: read back by `phrases_reader`, which knows the sentences
alone."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from benchmarks.families import speed_problem
from tests.agreement.scenarios import scenario
from tests.agreement.world import TAPE
from tests.evaluate.estates import allow, deny, estate
from tests.verify.callers_reader import about
from tests.verify.phrases_reader import holds, number_holds
from verifier.model.estate import Estate
from verifier.model.results.access import Limit
from verifier.problem.asking import ask
from verifier.problem.classes.domains import is_date, is_written
from verifier.problem.classes.tables import LineTable, instant_text
from verifier.problem.question import Question
from verifier.problem.semantics.targets import Target, consistent, key_target
from verifier.verify.phrases import caller_text as phrases_caller_text
from verifier.verify.phrases.regions import Phrases

MEMBERS = 3
"""Values of each class that a sentence is read for."""


_APP, _TENANT, _PAIR = "kms:EncryptionContext:app", "kms:EncryptionContext:tenant", "kms:EncryptionContext:pair"
CONDITIONS: tuple[dict[str, dict[str, str | list[str]]], ...] = (
    {"StringLike": {_APP: ["pay*", "*x?", "arn:aws:*:::a*", "*${?}z*", "${*}y"]}},
    {"StringEqualsIgnoreCase": {_APP: ["Blue", "red"]}},
    {"ArnLike": {_APP: ["arn:aws:*:::a*", "*:*:*:*:*:b"]}},
    {"StringEquals": {_APP: ["a b", "blue"]}},
    {"NumericLessThan": {_TENANT: ["5", "7"]}},
    {"NumericGreaterThan": {_TENANT: "50"}},
    {"DateLessThan": {_TENANT: "2026-01-01T00:00:00Z"}},
    {"IpAddress": {_TENANT: "10.0.0.0/8"}},
    {"StringLike": {_PAIR: "a*"}},
    {"StringLike": {"aws:MultiFactorAuthAge": f"${{{_PAIR}}}"}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"]}},
    {"NumericEquals": {"kms:RotationPeriodInDays": ["90", "120"]}},
    {"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}},
)
KINDS = (
    *(
        "is one of ",
        "is none of ",
        "is not [^ibn]",
        "matches [^n]",
        "matches none of ",
        "does not match ",
        "is .* in any case",
    ),
    *(
        "is in ",
        "is in none of ",
        "is not in ",
        "is between ",
        "is between none of ",
        "is not between ",
        "is an IPv4 address",
    ),
    *(
        "is neither ",
        "is a number ",
        "a date before ",
        "an address in ",
        "is at .* or later",
        '"a b"',
        "is absent, or ",
        "is present, and ",
    ),
    *(r"\S+ \(as an ARN\)", r"\S+ \(as text\)", r".*\${\?}", r"\[\d+\]\[\d+\]\*", ".+; or ", ".+, but "),
)
"""What sentences are made of. `CONDITIONS` lead to all of them, random policies to most."""


def asked(found: Estate, target: Target | None = None) -> tuple[Question, Phrases]:
    question = ask(found, target or key_target(found.keys[0]), [])
    return question, Phrases(question.space, question.finite)


def random_estates(part: int, count: int) -> Iterator[tuple[Estate, Target]]:
    """Keys of generated estates, the same ones every time: hypothesis would draw constants of the modules that earlier
    tests loaded."""
    dice = random.Random(part)
    found = [scenario(dice.randbytes(TAPE)).setting.estate for _ in range(count)]
    for one in (*found, *(speed_problem(number, 8).estate for number in range(2 * part, 2 * part + 2))):
        yield from ((one, key_target(key)) for key in one.keys if key.policies is not None and consistent(key))


def random_questions(part: int, count: int) -> Iterator[tuple[Question, Phrases]]:
    """Questions about them."""
    yield from (asked(*found) for found in random_estates(part, count))


def masks(dice: random.Random, question: Question, name: str) -> Iterator[int]:
    """Some masks of an attribute: sets that predicates make, and any at all."""
    finite = question.finite
    table, full = finite.tables[name], (1 << finite.width(name)) - 1
    known = [1 << table.size if finite.optional[name] else 0]
    known += [table.mask(predicate) for predicate in question.space.questions.get(name, {})]
    for _ in range(4):
        mask = 0
        for chosen in dice.sample(known, min(len(known), dice.randint(1, 3))):
            mask |= chosen
        yield mask if dice.random() < 0.5 else full & ~mask
    yield dice.getrandbits(full.bit_length()) & full


@pytest.mark.parametrize("part", range(3))
def test_a_condition_says_exactly_its_mask(part: int) -> None:
    dice = random.Random(part)
    assert sum(len(list(sentences(dice, *found))) for found in random_questions(part, 12)) > 300


def test_a_condition_of_every_kind_says_exactly_its_mask() -> None:
    dice, found = random.Random(0), asked(estate(allow(), *(deny(Condition=condition) for condition in CONDITIONS)))
    texts = [text for _ in range(80) for text in sentences(dice, *found)]
    assert [kind for kind in KINDS if not any(re.search(rf"(^| ){kind}", text) for text in texts)] == []


def sentences(dice: random.Random, question: Question, phrases: Phrases) -> Iterator[str]:
    """The conditions for masks of every attribute, each read back for a few values of each class."""
    for name, table in question.finite.tables.items():
        if name in ("principal", "action", "facts", *question.finite.held):
            continue
        for mask in filter(None, masks(dice, question, name)):
            limit = condition(phrases, name, mask)
            for value, inside in members(question, name, mask):
                assert says(limit.text if limit else None, name, table, value) == inside, (name, limit, value)
            if limit is not None:
                assert not question.finite.optional[name] or limit.absent == says(limit.text, name, table, None)
                yield limit.text


def condition(phrases: Phrases, name: str, mask: int, possible: int = -1) -> Limit | None:
    """What a mask of an attribute says of one that is in `possible`; `None` where it is everything."""
    (limits,) = phrases.alternatives([({name: mask}, {})], {name: possible})
    return next(iter(limits), None)


def members(question: Question, name: str, mask: int) -> Iterator[tuple[str | None, bool]]:
    table = question.finite.tables[name]
    for index in range(table.size):
        for value in table.members(index, MEMBERS):
            yield value, bool(mask >> index & 1)
    if question.finite.optional[name]:
        yield None, bool(mask >> table.size & 1)


def says(text: str | None, name: str, table: object, value: str | None) -> bool:
    if text is None:
        return True
    if not isinstance(table, LineTable) or text in ("is absent", "is present"):
        written = not isinstance(table, LineTable) and (name == "time" or is_written(name))
        return holds(text, instant_text(value) if value is not None and written else value)
    if value is None:
        return text.startswith("is absent, or ")
    text = text.removeprefix("is absent, or ").removeprefix("is present, and ")
    return number_holds(text, Decimal(value), name == "time" or is_date(name))


@pytest.mark.parametrize("part", range(3))
def test_possible_values_alone_are_told_apart(part: int) -> None:
    """What a condition says of values that are not possible is its own affair."""
    dice = random.Random(part)
    for question, phrases in random_questions(part, 6):
        for name, table in question.finite.tables.items():
            if name in ("principal", "action", "facts", *question.finite.held):
                continue
            for mask, possible in zip(masks(dice, question, name), masks(dice, question, name), strict=True):
                if mask & possible:
                    limit = condition(phrases, name, mask, possible)
                    for value, inside in members(question, name, mask):
                        if says(None, name, table, value) and (value, True) in members(question, name, possible):
                            assert says(limit.text if limit else None, name, table, value) == inside, (
                                name,
                                limit,
                                value,
                            )


@pytest.mark.parametrize("part", range(3))
def test_callers_are_exactly_their_mask(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases_caller_text, "_FEW", 10_000)
    dice, read = random.Random(part), 0
    for question, phrases in random_questions(part, 12):
        table = question.finite.tables["principal"]
        for mask in masks(dice, question, "principal"):
            if not mask:
                continue
            found = phrases.callers(mask)
            for value, inside in members(question, "principal", mask):
                assert value is not None
                read += 1
                assert about(found.text, value, question.space.target.account) == inside, (found.text, value)
                if found.names:
                    assert (value in found.names) == inside
                if inside and found.accounts and value.startswith("arn:"):
                    assert value.split(":")[4] in found.accounts
            assert table.size == 1 or found.text
    assert read > 1000
