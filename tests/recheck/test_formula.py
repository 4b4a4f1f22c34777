"""The clauses of a formula have a solution iff some values meet it, by trying all values of small attributes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain, combinations, product
from typing import Any

import pytest

from tests.encode.test_clauses import satisfiable
from verifier.model.symbols import RequestFact
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.predicates import Compares, OneOf, exactly, like
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Present, Some, Symbol
from verifier.problem.expression import Test as Asks
from verifier.recheck.formula import Clauses, Described
from verifier.recheck.tables import signatures

Values = Mapping[str, Any]

ATTRIBUTES = {
    "must": Attribute("must", values=("a", "ab", "b"), optional=False),
    "may": Attribute("may", values=("a", "ab", "b", "c")),
    "set": Attribute("set", values=("a", "ab", "b"), multivalued=True),
    "free": Attribute("free", values=("a", "b")),
}
TABLED = ("must", "may", "set")
TESTS = (exactly("a"), like("a*"), like("*b"), OneOf(frozenset({"b", "c"})), like("x"))
UNSUITED = Compares("<", Decimal(3))


def some_formula(dice: random.Random, depth: int = 3) -> Expression:
    kind = dice.choice("tttpsyc" if depth == 0 else "aaoonP")
    if kind in "ao":
        operands = tuple(some_formula(dice, depth - 1) for _ in range(dice.randint(0, 3)))
        return And(operands) if kind == "a" else Or(operands)
    if kind in "nP":
        operand = some_formula(dice, depth - 1)
        return Not(operand) if kind == "n" else Part(dice.randint(0, 2), operand)
    if kind == "s":
        return Some("set", frozenset(dice.sample(TESTS, dice.randint(0, 2))), dice.random() < 0.5)
    if kind == "p":
        return Present(dice.choice((*TABLED, "may")))
    if kind == "y":
        return Symbol(RequestFact(dice.choice("pq")))
    return Constant(dice.random() < 0.5) if kind == "c" else Asks(dice.choice(("must", "may")), dice.choice(TESTS))


def holds(expression: Expression, values: Values) -> bool:
    match expression:
        case And(operands):
            return all(holds(operand, values) for operand in operands)
        case Or(operands):
            return any(holds(operand, values) for operand in operands)
        case Not(operand):
            return not holds(operand, values)
        case Part(_, operand):
            return holds(operand, values)
        case Asks(attribute, predicate):
            return values[attribute] is not None and predicate.matches(values[attribute])
        case Some(attribute, predicates, inside):
            return any(any(p.matches(value) for p in predicates) == inside for value in values[attribute])
        case Present(attribute):
            return values[attribute] not in (None, ())
        case Symbol(name):
            return bool(values[name])
        case Constant(value):
            return value
    raise TypeError(expression)


def all_values() -> Iterator[Values]:
    listed = ATTRIBUTES["set"].values or ()
    sets = chain.from_iterable(combinations(listed, size) for size in range(len(listed) + 1))
    for must, may, held, p, q in product(
        ATTRIBUTES["must"].values or (),
        (None, *(ATTRIBUTES["may"].values or ())),
        list(sets),
        (True, False),
        (True, False),
    ):
        yield {"must": must, "may": may, "set": held, "p": p, "q": q}


EVERY = list(all_values())


def clauses_of(formulas: list[Expression], lemmas: Any = (), tabled: tuple[str, ...] = TABLED) -> Clauses:
    question = Described(formulas)
    classes = {
        name: sorted(map(sorted, signatures(ATTRIBUTES[name], question.suited(ATTRIBUTES[name])))) for name in tabled
    }
    return Clauses(question, ATTRIBUTES, classes, lemmas)


@pytest.mark.parametrize("seed", range(250))
def test_clauses_have_a_solution_iff_some_values_meet_the_formula(seed: int) -> None:
    dice = random.Random(seed)
    formulas = [some_formula(dice) for _ in range(dice.randint(1, 3))]
    expected = any(all(holds(formula, values) for formula in formulas) for values in EVERY)
    assert satisfiable(clauses_of(formulas).clauses, []) == expected


@pytest.mark.parametrize("values", random.Random(1).sample(EVERY, 40), ids=str)
def test_values_that_are_pinned_down_are_a_solution(values: Values) -> None:
    """Every combination of values is possible, so a formula that says all of it has a solution, and with anything else
    besides none."""
    said: list[Expression] = [
        Symbol(RequestFact(name)) if values[name] else Not(Symbol(RequestFact(name))) for name in "pq"
    ]
    for name in ("must", "may"):
        tests = [Asks(name, test) for test in TESTS]
        said += [test if holds(test, values) else Not(test) for test in (*tests, Present(name))]
    for test in TESTS:
        some = Some("set", frozenset({test}), True)
        said.append(some if holds(some, values) else Not(some))
    assert satisfiable(clauses_of(said).clauses, [])
    other = Or(tuple(Not(expression) for expression in said))
    assert not satisfiable(clauses_of([*said, other]).clauses, [])


def test_a_test_that_does_not_suit_may_be_true_or_false() -> None:
    for attribute in ("must", "may"):
        test = Asks(attribute, UNSUITED)
        assert all(satisfiable(clauses_of([one]).clauses, []) for one in (test, Not(test)))
        assert not satisfiable(clauses_of([test, Not(test)]).clauses, [])
    for inside in (True, False):
        some = Some("set", frozenset({UNSUITED}), inside)
        assert all(satisfiable(clauses_of([one]).clauses, []) for one in (some, Not(some)))


def test_an_attribute_without_a_table_is_bound_by_lemmas_alone() -> None:
    first, second = (Asks("free", exactly(value)) for value in "ab")
    both: list[Expression] = [first, second]
    assert satisfiable(clauses_of(both).clauses, [])
    lemma = {"attribute": "free", "meets": [0, 1], "fails": []}
    assert not satisfiable(clauses_of(both, [lemma]).clauses, [])
    neither: list[Expression] = [Not(first), Not(second)]
    some = {"attribute": "free", "meets": [], "fails": [0, 1]}
    assert satisfiable(clauses_of(neither, [some]).clauses, [])  # it may be absent
    assert not satisfiable(clauses_of([*neither, Present("free")], [some]).clauses, [])
    assert not satisfiable(clauses_of([first, Not(Present("free"))]).clauses, [])


def test_the_same_formula_is_the_same_data() -> None:
    formulas = [some_formula(random.Random(5)) for _ in range(2)]
    assert Described(formulas[:1]).as_json() == Described(formulas[1:]).as_json()
    shared = And((formulas[0], Symbol(RequestFact("p"))))
    assert len(Described([shared, formulas[1]]).nodes) == len(Described([shared]).nodes)
