"""The finite form of an expression against the expression itself, on random concrete values."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from verifier.problem.domains import Attribute
from verifier.problem.expression import (
    And,
    Constant,
    Expression,
    Not,
    Or,
    Part,
    Present,
    Some,
    Symbol,
    Test,
    conjunction,
    disjunction,
    negation,
)
from verifier.problem.finite import Finite, In, Reduction, questions
from verifier.problem.predicates import ANY, Compares, InNetwork, Less, OneOf, Predicate, Tokens, exactly, like, literal_tokens
from verifier.problem.tables import Line
from verifier.problem.values import parse_network
from verifier.problem.words import Domain

ANYTHING = Domain("any", (Tokens(((True, ANY),)),))
ATTRIBUTES = {
    "text": Attribute("text", ANYTHING),
    "always": Attribute("always", ANYTHING, optional=False),
    "flag": Attribute("flag", values=("true", "false")),
    "age": Attribute("age", line=Line(0, (7, 30))),
    "address": Attribute("address", address=True),
    "names": Attribute("names", ANYTHING, multivalued=True),
}
Values = dict[str, str | tuple[str, ...] | None]
WORDS = ("", "a", "ab", "A", "b", "ba", "xyz", "aab")


def block(text: str) -> InNetwork:
    found = parse_network(text)
    assert found is not None
    return found


PREDICATES: dict[str, tuple[Predicate, ...]] = {
    "text": (like("a*"), exactly("ab"), like("?"), OneOf(frozenset({"b", "ba"})), Tokens(literal_tokens("a", fold=True))),
    "always": (like("*a"), exactly(""), like("*b*")),
    "flag": (like("t*"), exactly("false"), like("*")),
    "age": (Compares("<", Decimal(7)), Compares("=", Decimal(30)), Compares(">=", Decimal("7.5"))),
    "address": (block("10.0.0.0/8"), block("10.1.0.0/16"), block("::/0")),
    "names": (like("a*"), exactly("ab"), Less(Tokens(literal_tokens("a", fold=True)), (exactly("a"),))),
}
SAMPLES: dict[str, tuple[str, ...]] = {
    "text": WORDS,
    "always": WORDS,
    "flag": ("true", "false"),
    "age": ("0", "6", "7", "7.5", "8", "29", "30", "31"),
    "address": ("10.1.2.3", "10.0.0.1", "11.0.0.1", "9.9.9.9", "::1"),
    "names": WORDS,
}


def some_expression(dice: random.Random, depth: int = 3) -> Expression:
    kind = dice.randint(0, 9) if depth else dice.randint(4, 9)
    if kind < 2:
        build = conjunction if kind else disjunction
        return build(some_expression(dice, depth - 1) for _ in range(dice.randint(0, 4)))
    if kind == 2:
        return negation(some_expression(dice, depth - 1))
    if kind == 3:
        return Part(dice.randint(0, 2), some_expression(dice, depth - 1))
    if kind == 4:
        return Symbol(dice.choice("pq"))
    name = dice.choice(list(ATTRIBUTES))
    if name == "names":
        chosen = frozenset(dice.sample(PREDICATES[name], dice.randint(0, 2)))
        return dice.choice((Present(name), Some(name, chosen, dice.random() < 0.5)))
    if kind == 5 and ATTRIBUTES[name].optional:
        return Present(name)
    return Test(name, dice.choice(PREDICATES[name]))


def some_values(dice: random.Random) -> Values:
    values: Values = {}
    for name, attribute in ATTRIBUTES.items():
        if attribute.multivalued:
            values[name] = tuple(dice.sample(SAMPLES[name], dice.randint(0, 3))) or None
        else:
            values[name] = None if attribute.optional and dice.random() < 0.25 else dice.choice(SAMPLES[name])
    return values


def direct(expression: Expression, values: Values, symbols: dict[str, bool]) -> bool:
    """What an expression says, by its own definition."""
    match expression:
        case Constant(value):
            return value
        case Symbol(name):
            return symbols[name]
        case And(operands):
            return all(direct(o, values, symbols) for o in operands)
        case Or(operands):
            return any(direct(o, values, symbols) for o in operands)
        case Not(operand):
            return not direct(operand, values, symbols)
        case Part(_, operand):
            return direct(operand, values, symbols)
        case Present(attribute):
            return bool(values[attribute]) or values[attribute] == ""
        case Test(attribute, predicate):
            found = values[attribute]
            return isinstance(found, str) and predicate.matches(found)
        case Some(attribute, predicates, inside):
            return any(any(p.matches(v) for p in predicates) == inside for v in values[attribute] or ())
    raise TypeError(expression)


def by_class(finite: Finite, expression: Expression, classes: dict[str, int], symbols: dict[str, bool]) -> bool:
    """What a finite expression says of chosen classes."""
    match expression:
        case In(attribute, mask):
            return bool(mask >> classes[attribute] & 1)
        case And(operands):
            return all(by_class(finite, o, classes, symbols) for o in operands)
        case Or(operands):
            return any(by_class(finite, o, classes, symbols) for o in operands)
        case Not(operand) | Part(_, operand):
            return by_class(finite, operand, classes, symbols) != isinstance(expression, Not)
        case _:
            return direct(expression, {}, symbols)


def classified(finite: Finite, values: Values, symbols: dict[str, bool]) -> tuple[dict[str, int], dict[str, bool]]:
    classes, all_symbols = {}, dict(symbols)
    for name, table in finite.tables.items():
        value = values[name]
        if name in finite.held:
            held = {table.class_of(v) for v in value or ()}
            all_symbols |= {symbol: i in held for i, symbol in enumerate(finite.held[name])}
            continue
        index = table.size if value is None else table.class_of(str(value))
        assert index is not None
        classes[name] = index
    return classes, all_symbols


def reduction(expressions: list[Expression]) -> Reduction:
    asked: dict[str, dict[Predicate, None]] = {}
    questions(expressions, asked)
    return Reduction(dict(ATTRIBUTES), asked)


@pytest.mark.parametrize("seed", range(120))
def test_the_finite_form_says_the_same_of_every_request(seed: int) -> None:
    dice = random.Random(seed)
    expressions = [some_expression(dice) for _ in range(3)]
    reduced = reduction(expressions)
    finite_forms = [reduced.reduce(e) for e in expressions]
    for _ in range(25):
        values, symbols = some_values(dice), {"p": dice.random() < 0.5, "q": dice.random() < 0.5}
        classes, held = classified(reduced.finite, values, symbols)
        for expression, form in zip(expressions, finite_forms, strict=True):
            assert by_class(reduced.finite, form, classes, held) == direct(expression, values, symbols), (expression, values)


def test_masks_of_one_attribute_are_put_together() -> None:
    tests = [Test("text", like("a*")), Test("text", exactly("ab"))]
    reduced = reduction([*tests, Test("text", like("?"))])
    assert isinstance(reduced.reduce(And(tuple(tests))), In)
    assert reduced.reduce(And((tests[0], Not(tests[0])))) == Constant(False)
    assert reduced.reduce(Or((tests[0], Not(tests[0])))) == Constant(True)
    assert reduced.reduce(Or((Present("text"), Not(Present("text"))))) == Constant(True)
    assert reduced.reduce(Present("always")) == Constant(True)
    assert reduced.reduce(Part(1, Constant(True))) == Part(1, Constant(True))  # a proof may rest on it


def test_a_predicate_of_another_kind_is_a_symbol_that_is_reported() -> None:
    mixed: list[Expression] = [Test("age", Compares("<", Decimal(7))), Test("age", like("1*")), Test("flag", block("10.0.0.0/8"))]
    reduced = reduction(mixed)
    forms = [reduced.reduce(e) for e in mixed]
    assert isinstance(forms[0], In)
    assert all(isinstance(form, Symbol) and form.name in reduced.finite.unsupported for form in forms[1:])
    assert forms[1] != forms[2]


def test_past_the_budget_tests_are_symbols() -> None:
    many: list[Expression] = [Test("text", like(f"*{c}*")) for c in "abcdefghijklmnop"]
    sets: list[Expression] = [Some("names", frozenset({like(f"*{c}*")}), True) for c in "abcdefghijklmnop"]
    reduced = reduction([*many, *sets])
    assert set(reduced.finite.lazy) == {"text", "names"}
    forms = [reduced.reduce(e) for e in (*many, *sets, Present("text"), Present("names"))]
    assert all(isinstance(form, Symbol) for form in forms) and len(set(forms)) == len(forms)
