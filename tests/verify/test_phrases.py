"""Phrases say exactly the set that they are made from: read back by `phrases_reader`, which knows the sentences alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from benchmarks.families import speed_problem
from tests.agreement.scenarios import Scenario, scenarios
from tests.verify.callers_reader import about
from tests.verify.phrases_reader import holds, number_holds
from verifier.model.estate import Estate
from verifier.problem.domains import is_date, is_written
from verifier.problem.question import Question, ask
from verifier.problem.tables import LineTable, instant_text
from verifier.problem.targets import Target, consistent, key_target
from verifier.verify.phrases import caller_text as phrases_caller_text
from verifier.verify.phrases.regions import Phrases

MEMBERS = 3
"""Values of each class that a sentence is read for."""


def asked(estate: Estate, target: Target | None = None) -> tuple[Question, Phrases]:
    question = ask(estate, target or key_target(estate.keys[0]), [])
    return question, Phrases(question.space, question.finite)


def random_estates(part: int, count: int) -> Iterator[tuple[Estate, Target]]:
    """Keys of generated estates, the same ones every time."""
    found: list[Estate] = []

    @seed(part)
    @settings(
        derandomize=True, database=None, deadline=None, max_examples=count, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(scenarios())
    def run(scenario: Scenario) -> None:
        found.append(scenario.setting.estate)

    run()
    for estate in found:
        yield from ((estate, key_target(key)) for key in estate.keys if key.policies is not None and consistent(key))
    for number in range(2 * part, 2 * part + 2):
        estate = speed_problem(number, 8).estate
        yield estate, key_target(estate.keys[0])


def random_questions(part: int, count: int) -> Iterator[tuple[Question, Phrases]]:
    """Questions about them."""
    yield from (asked(estate, target) for estate, target in random_estates(part, count))


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
    dice, read = random.Random(part), 0
    for question, phrases in random_questions(part, 12):
        for name, table in question.finite.tables.items():
            if name in ("principal", "action", "facts"):
                continue
            for mask in masks(dice, question, name):
                if name in question.finite.held:
                    continue
                limit = phrases.condition(name, mask)
                if not mask:
                    continue
                for value, inside in members(question, name, mask):
                    read += 1
                    assert says(limit.text if limit else None, name, table, value) == inside, (name, limit, value)
                if limit is not None and question.finite.optional[name]:
                    assert limit.absent == says(limit.text, name, table, None)
    assert read > 2000


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
                    limit = phrases.condition(name, mask, possible)
                    for value, inside in members(question, name, mask):
                        if says(None, name, table, value) and (value, True) in members(question, name, possible):
                            assert says(limit.text if limit else None, name, table, value) == inside, (name, limit, value)


@pytest.mark.parametrize("part", range(3))
def test_callers_are_exactly_their_mask(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases_caller_text, "FEW", 10_000)
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
