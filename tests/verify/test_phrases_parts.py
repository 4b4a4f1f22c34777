"""Parts of phrases: what sets of values hold, unions of cubes, facts of keys. Each is compared with its meaning, case
by case."""

from __future__ import annotations

import random
import re
from itertools import combinations, product

import pytest

from tests.evaluate.estates import allow, estate
from tests.verify.phrases_reader import _objects, holds, set_holds
from tests.verify.test_phrases import asked
from verifier.model.results.access import Limit
from verifier.model.symbols import LazyTest, RequestFact, SymbolName
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.predicates import Less, OneOf, Predicate, exactly, like
from verifier.problem.classes.tables import WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.diagrams.finite import Finite, Lazy
from verifier.verify.phrases.cubes import AttributeCube, shorter
from verifier.verify.phrases.forms import Vocabulary, Word, WordSort, form_classes
from verifier.verify.phrases.lazy import LazyPhrases
from verifier.verify.phrases.regions import Held
from verifier.verify.phrases.values import ValueWords

# -- forms --


@pytest.mark.parametrize("number", range(20))
def test_a_form_is_between_what_it_must_and_may_cover(number: int) -> None:
    dice = random.Random(number)
    size = dice.randint(2, 9)
    full = (1 << size) - 1
    words = [Word(WordSort.IS, str(at), 1 << at) for at in range(size) if dice.random() < 0.5]
    words += [Word(WordSort.MATCHES, f"*{at}", dice.getrandbits(size), 1.5) for at in range(8)]
    words += [
        Word(WordSort.MATCHES, f"{at}*", sum(1 << index for index in range(size) if index >> at & 1), 1.5)
        for at in range(4)
    ]
    found = Vocabulary(full, words)
    for _ in range(60):
        least = dice.getrandbits(size)
        most = least | dice.getrandbits(size)
        for wanted in (least, most):
            form = found.express(least, wanted)
            assert not least & ~form_classes(form, full) and not form_classes(form, full) & ~wanted


# -- multi-valued keys --


@pytest.mark.parametrize("number", range(6))
def test_a_sentence_about_many_values_is_exact(number: int) -> None:
    dice, read = random.Random(number), 0
    asked = [exactly("tenant"), exactly("or"), like("t*"), like("*e*")]
    base = (like("?*"),)
    table = WordTable(Domain("key", base, ()), asked)
    values = ValueWords(table, asked)
    pool = [table.members(index, 2) for index in range(table.size)]
    for _ in range(80):
        somes = [dice.getrandbits(table.size) or 1 for _ in range(dice.choice((0, 0, 1, 1, 2)))]
        none, possible = (
            dice.getrandbits(table.size) & dice.getrandbits(table.size),
            dice.choice((values.full, dice.getrandbits(table.size))),
        )
        optional = dice.random() < 0.7
        if any(not some & possible & ~none for some in somes) or not possible:
            continue  # nothing is so
        text = Held(somes, none, possible, optional).text(values)
        for classes in _subsets(possible):
            if classes or optional:
                held = frozenset(
                    value for index, members in enumerate(pool) if classes >> index & 1 for value in members
                )
                wanted = not classes & none and all(classes & some for some in somes)
                read += 1
                assert (text is None or set_holds(text, held)) == wanted, (text, held)
    assert read > 500


def _subsets(mask: int) -> list[int]:
    single = [1 << at for at in range(mask.bit_length()) if mask >> at & 1]
    return [sum(chosen) for count in range(len(single) + 1) for chosen in combinations(single, count)]


# -- unions of cubes --

FULL = {"a": 0b111, "b": 0b11}


@pytest.mark.parametrize("number", range(40))
def test_shorter_cubes_have_the_same_union(number: int) -> None:
    dice = random.Random(number)
    cubes = [_cube(dice) for _ in range(dice.randint(1, 7))]
    found = shorter(cubes, FULL)
    assert len(found) <= len(cubes)
    for a, b, p, q, held in product(range(3), range(2), (False, True), (False, True), range(8)):
        point = ({"a": 1 << a, "b": 1 << b}, {"p": p, "q": q}, held)
        assert any(_has(cube, *point) for cube in cubes) == any(_has(cube, *point) for cube in found)


def _cube(dice: random.Random) -> AttributeCube:
    masks = {
        name: mask
        for name, full in FULL.items()
        if 0 < (mask := dice.getrandbits(4) & full) < full and dice.random() < 0.6
    }
    symbols: dict[SymbolName, bool] = {RequestFact(name): dice.random() < 0.5 for name in "pq" if dice.random() < 0.5}
    none = dice.getrandbits(3) & dice.getrandbits(3)
    somes = frozenset(("s", 1 << at) for at in range(3) if not none >> at & 1 and dice.random() < 0.3)
    return AttributeCube(masks, symbols, somes, {"s": none} if none else {})


def _has(cube: AttributeCube, values: dict[str, int], symbols: dict[str, bool], held: int) -> bool:
    return (
        all(values[name] & mask for name, mask in cube.masks.items())
        and all(symbols[name] is value for name, value in cube.symbols.items())
        and all(held & mask for _, mask in cube.somes)
        and not any(held & mask for mask in cube.nones.values())
    )


def test_what_another_cube_covers_is_not_required() -> None:
    first, second = (
        AttributeCube(symbols={RequestFact("p"): True}),
        AttributeCube({"a": 0b001}, {RequestFact("p"): False}),
    )
    assert shorter([first, second], FULL) == [first, AttributeCube({"a": 0b001})]


def test_values_that_do_the_same_are_one_alternative() -> None:
    cubes = [
        AttributeCube(somes=frozenset({("s", 1 << at)}), nones={"s": (1 << at) - 1} if at else {}) for at in range(3)
    ]
    assert shorter(cubes, FULL) == [AttributeCube(somes=frozenset({("s", 0b111)}))]


# -- facts --


@pytest.mark.parametrize("number", range(8))
def test_facts_are_exactly_their_mask(number: int) -> None:
    dice = random.Random(number)
    question, phrases = asked(estate(allow(), spec=None, usage=None, origin=None, multi_region=None))
    values = question.space.attributes["facts"].values
    assert values is not None
    rows = [value.split("|") for value in values]
    for _ in range(6):
        wanted = _some_rows(dice, rows)
        mask = sum(1 << at for at, row in enumerate(rows) if row in wanted)
        if mask:
            (limits,) = phrases.alternatives([({"facts": mask}, {})])
            for row in rows:
                assert all(fact_holds(limit, row) for limit in limits) == (row in wanted), (limits, row)


def _some_rows(dice: random.Random, rows: list[list[str]]) -> list[list[str]]:
    field = dice.randrange(3)
    chosen = dice.sample(sorted({row[field] for row in rows}), 2)
    found = [row for row in rows if row[field] in chosen]
    return [row for row in found if row[1] != "SIGN_VERIFY" or dice.random() < 0.5] if dice.random() < 0.4 else found


def fact_holds(limit: Limit, row: list[str]) -> bool:
    places = {
        "kms:KeySpec": 0,
        "kms:KeyUsage": 1,
        "kms:KeyOrigin": 2,
        "kms:MultiRegionKeyType": 3,
        "kms:MultiRegion": 4,
    }
    if limit.subject == "the key":
        blocks = (block.partition(", but ") for block in limit.text.split("; or "))
        return any(
            _has_facts(inside, row, places) and (not but or _has_facts(outside, row, places))
            for inside, but, outside in blocks
        )
    return holds(limit.text, row[places[limit.subject]] or None)


def _has_facts(text: str, row: list[str], places: dict[str, int]) -> bool:
    """`has A, and has B`, `has A, B or C`, `has none of A, B`, `does not have A`."""
    found = []
    for clause in re.split(r", (?:and )?(?=has |does )", text):
        verb = next(verb for verb in ("has none of ", "does not have ", "has ") if clause.startswith(verb))
        facts = (fact.split("=") for fact, _ in _objects(clause.removeprefix(verb)))
        found.append(any(row[places[name]] == value for name, value in facts) == (verb == "has "))
    return all(found)


# -- attributes without a table --


@pytest.mark.parametrize("number", range(6))
def test_a_lazy_attribute_is_said_test_by_test(number: int) -> None:
    dice = random.Random(number)
    predicates = (
        exactly("a"),
        OneOf(frozenset({"b", "or"})),
        like("a*"),
        Less(like("*b", fold=True), (exactly("b"),)),
        like("*a*"),
    )
    symbols = dict[Predicate, LazyTest](zip(predicates, (LazyTest("x", str(at)) for at in range(5)), strict=True))
    optional = dice.random() < 0.7
    finite = Finite(lazy={"x": Lazy(Attribute("x"), symbols, LazyTest("x") if optional else None)})
    phrases = LazyPhrases(finite, "x")
    for _ in range(60):
        wanted = {symbol: dice.random() < 0.5 for symbol in symbols.values() if dice.random() < 0.4}
        present = {LazyTest("x"): dice.random() < 0.6} if optional and dice.random() < 0.5 else {}
        if (not wanted and not present) or (present == {LazyTest("x"): False} and any(wanted.values())):
            continue
        text, absent = phrases.text({**present, **wanted})
        for value in (None, "a", "b", "or", "ab", "aB", "B", "xb", "xa", ""):
            if value is None and not optional:
                continue
            meets = all(
                (value is not None and p.matches(value)) == wanted[s] for p, s in symbols.items() if s in wanted
            )
            meets &= present.get(LazyTest("x"), value is not None) == (value is not None)
            assert _lazily_holds(text, value) == meets, (text, value)
            if value is None:
                assert absent == meets


def _lazily_holds(text: str, value: str | None) -> bool:
    """Conjunctions of what `holds` reads: every test is a part of its own."""
    if text in ("is absent", "is present") or text.startswith("is absent, or "):
        rest = text.removeprefix("is absent, or ")
        return holds(text, value) if rest == text else value is None or _lazily_holds(rest, value)
    parts = (part.split(" unless it ") for part in text.removeprefix("is present, and ").split("; and "))
    return value is not None and all(any(holds(case, value) for case in cases) for cases in parts)
