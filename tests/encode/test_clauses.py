"""Clauses against the finite expressions that they stand for, by unit propagation and by all assignments; no solver is
involved."""

from __future__ import annotations

import random
from itertools import product

import pytest

from tests.encode.test_groups import finite
from tests.problem.test_finite import by_class, reduction, some_expression
from verifier.encode.clauses import PAIRWISE, ClauseEncoder, Groups, group_classes
from verifier.model.symbols import RequestFact
from verifier.problem.diagrams.finite import In
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Symbol
from verifier.problem.expression import Present as Before


def satisfiable(clauses: list[list[int]], assumed: list[int]) -> bool:
    """Davis–Putnam–Logemann–Loveland, without anything clever."""
    if any(-literal in assumed for literal in assumed):
        return False
    left = clauses
    for literal in assumed:
        left = [[other for other in clause if other != -literal] for clause in left if literal not in clause]
    if any(not clause for clause in left):
        return False
    if not left:
        return True
    choice = min(left, key=len)[0]
    return any(satisfiable(left, [literal]) for literal in (choice, -choice))


def fixed(encoder: ClauseEncoder, classes: dict[str, int], symbols: dict[str, bool]) -> list[int]:
    """The literals that choose these classes and these values of symbols."""
    found = [variable if symbols[name] else -variable for name, variable in encoder.symbols.items()]
    for name, bits in encoder.bits.items():
        found += [bits[number] for number, mask in enumerate(encoder.groups[name].masks) if mask >> classes[name] & 1]
    return found


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("value", [True, False])
def test_a_literal_can_be_true_iff_the_expression_has_the_value(seed: int, value: bool) -> None:
    dice = random.Random(seed)
    expression = some_expression(dice)
    reduced = reduction([expression])
    form = reduced.reduce(expression)
    encoder = ClauseEncoder(group_classes(reduced.finite, [form]))
    wanted = encoder.literal(form, value)
    names = ["p", "q", *(symbol for held in reduced.finite.held.values() for symbol in held)]
    for _ in range(6):
        symbols = {name: dice.random() < 0.5 for name in names}
        classes = {name: dice.randrange(reduced.finite.width(name)) for name in reduced.finite.tables}
        assumed = [*encoder.assumptions.values(), *fixed(encoder, classes, symbols)]
        assert satisfiable(encoder.clauses, [wanted, *assumed]) == (
            by_class(reduced.finite, form, classes, symbols) == value
        )


@pytest.mark.parametrize("size", [1, 2, 3, PAIRWISE, PAIRWISE + 1, 11])
def test_an_attribute_has_exactly_one_group(size: int) -> None:
    singles = [In("a", 1 << i) for i in range(size)]
    encoder = ClauseEncoder({"a": Groups([1 << i for i in range(size)])})
    literals = [encoder.literal(single) for single in singles]
    assert all(satisfiable(encoder.clauses, [literal]) for literal in literals)
    assert not satisfiable(encoder.clauses, [-literal for literal in literals])
    for first, second in product(range(size), repeat=2):
        assert satisfiable(encoder.clauses, [literals[first], literals[second]]) == (first == second)


def test_what_is_required_holds() -> None:
    p, q = Symbol(RequestFact("p")), Symbol(RequestFact("q"))
    for expression, value in product(
        (And((p, q)), Or((p, q)), Not(And((p, q))), Not(Or((p, Not(q)))), Constant(True)), (True, False)
    ):
        encoder = ClauseEncoder({})
        symbols = encoder.symbol(RequestFact("p")), encoder.symbol(RequestFact("q"))
        encoder.require(expression, value)
        for chosen in product((True, False), repeat=2):
            assumed = [variable if truth else -variable for variable, truth in zip(symbols, chosen, strict=True)]
            expected = truth_of(expression, dict(zip("pq", chosen, strict=True))) == value
            assert satisfiable(encoder.clauses, assumed) == expected


def truth_of(expression: Expression, values: dict[str, bool]) -> bool:
    match expression:
        case And(operands):
            return all(truth_of(operand, values) for operand in operands)
        case Or(operands):
            return any(truth_of(operand, values) for operand in operands)
        case Not(operand):
            return not truth_of(operand, values)
        case Symbol(name):
            return values[name]
        case Constant(value):
            return value
    raise TypeError(expression)


def test_parts_bind_only_under_the_assumption_of_their_statement() -> None:
    encoder = ClauseEncoder({})
    encoder.require(
        And(
            (
                Part(1, Symbol(RequestFact("p"))),
                Part(1, Symbol(RequestFact("q"))),
                Part(2, Not(Symbol(RequestFact("p")))),
            )
        )
    )
    first, second = encoder.assumptions[1], encoder.assumptions[2]
    assert not satisfiable(encoder.clauses, [first, second])
    assert satisfiable(encoder.clauses, [first])
    assert not satisfiable(encoder.clauses, [first, -encoder.symbol(RequestFact("q"))])
    assert satisfiable(encoder.clauses, [second, -encoder.symbol(RequestFact("q"))])


def test_a_shared_expression_is_written_once() -> None:
    shared = Or((Symbol(RequestFact("p")), And((Symbol(RequestFact("q")), In("a", 1)))))
    encoder = ClauseEncoder(group_classes(finite(a=3), [shared]))
    before = encoder.literal(And((shared, Symbol(RequestFact("r")))))
    written = len(encoder.clauses)
    assert encoder.literal(And((shared, Symbol(RequestFact("r"))))) != before and len(encoder.clauses) == written + 2


def test_only_finite_expressions_have_clauses() -> None:
    with pytest.raises(TypeError):
        ClauseEncoder({}).require(Before("a"))
