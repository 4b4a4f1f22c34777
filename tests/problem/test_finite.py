"""The finite form of an expression against the expression itself, on random concrete values."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from verifier.model.symbols import RequestFact, Unsupported
from verifier.problem.classes.attributes import Attribute
from verifier.problem.classes.domains import LAST_INSTANT
from verifier.problem.classes.predicates import (
    ANY,
    Compares,
    InNetwork,
    Less,
    OneOf,
    Predicate,
    Tokens,
    exactly,
    like,
    literal_tokens,
)
from verifier.problem.classes.readable import Kind, Moments, Read, parse_network
from verifier.problem.classes.tables import Line
from verifier.problem.classes.words import Domain
from verifier.problem.diagrams.finite import Finite, In, Reduction, questions
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
)

ANYTHING = Domain("any", (Tokens(((True, ANY),)),))
ATTRIBUTES = {
    "text": Attribute("text", ANYTHING),
    "always": Attribute("always", ANYTHING, optional=False),
    "flag": Attribute("flag", values=("true", "false")),
    "age": Attribute("age", line=Line(0, (7, 30))),
    "moment": Attribute("moment", line=Line(0, (1767225600,), LAST_INSTANT)),
    "address": Attribute("address", address=True),
    "names": Attribute("names", ANYTHING, multivalued=True),
}
Values = dict[str, str | tuple[str, ...] | None]
WORDS = ("", "a", "ab", "A", "b", "ba", "xyz", "aab")


def block(text: str) -> InNetwork:
    found = parse_network(text)
    assert found is not None
    return found


Asked = dict[str, tuple[Predicate, ...]]
PREDICATES: Asked = {
    "text": (
        like("a*"),
        exactly("ab"),
        like("?"),
        OneOf(frozenset({"b", "ba"})),
        Tokens(literal_tokens("a", fold=True)),
    ),
    "always": (like("*a"), exactly(""), like("*b*")),
    "flag": (like("t*"), exactly("false"), like("*")),
    "age": (Compares("<", Decimal(7)), Compares("=", Decimal(30)), Compares(">=", Decimal("7.5"))),
    "moment": (Compares("<", Decimal(1781526600)), Compares("=", Decimal(0))),
    "address": (block("10.0.0.0/8"), block("10.1.0.0/16"), block("::/0")),
    "names": (like("a*"), exactly("ab"), Less(Tokens(literal_tokens("a", fold=True)), (exactly("a"),))),
}
READ = (
    *(Read(Kind.NUMBER, Compares(sign, Decimal(bound))) for sign, bound in (("<", 7), (">=", 7), ("=", 5))),
    *(Read(Kind.INSTANT, Compares(sign, Decimal(bound))) for sign, bound in (("<", 1767225600), (">", 86400))),
    *(Read(Kind.ADDRESS, block(text)) for text in ("10.0.0.0/8", "10.1.2.3", "2001:db8::/32")),
)
TEXTS = (
    like("1*"),
    like("20?6*"),
    exactly("5"),
    exactly("10.1.2.3"),
    like("*:*"),
    like("*5"),
    exactly("2026-06-15T12:30:00Z"),
)
FOREIGN: Asked = {
    "text": (*READ, *TEXTS),
    "always": READ,
    "flag": READ,
    "age": TEXTS,
    "moment": (*TEXTS, *map(Moments, TEXTS)),
    "address": TEXTS,
    "names": READ,
}
"""Predicates that take an attribute as what it is not (C3)."""
NUMBERS = (
    "5",
    "05",
    "+5",
    "-5",
    "5.",
    ".5",
    "7",
    "6.9",
    "7.0",
    "1000000000000",
    "2026",
    "1e3",
    " 5",
    "0",
    "-0",
    "1781526600",
)
ZONED = ("2026-06-15T12:30:00Z", "2026-06-15T12:30:00+02:00", "1970-01-01T00:00Z")
DATES = (*ZONED, "2026-06", "2026-02-31", "2026-06-15", "1969-12-31", "2025-1")
IPV6 = ("::1", "2001:DB8::5", "2001:db8:0::5", "1:2:3:4:5:6:7:5")
ADDRESSES = (*IPV6, "10.1.2.3", "10.1.2.4", "10.1.2.3/32", "11.0.0.1", "256.1.1.1", "1.2.3.4")
SAMPLES: dict[str, tuple[str, ...]] = {
    "text": (*WORDS, *NUMBERS, *DATES, *ADDRESSES),
    "always": (*WORDS, *NUMBERS, *DATES, *ADDRESSES),
    "flag": ("true", "false"),
    "age": ("0", "5", "6", "7", "7.5", "8", "15", "29", "30", "31", "1000", "2026"),
    "moment": ("0", "5", "15", "100", "1781526600", "1781526601", "1781526600.5", "20260000", "253402300799"),
    "address": (
        "10.1.2.3",
        "10.0.0.1",
        "10.1.2.5",
        "11.0.0.1",
        "9.9.9.9",
        "::1",
        "::5",
        "2001:db8::5",
        "1.2.3.4",
        "1:2:3:4:5:6:7:5",
    ),
    "names": (*WORDS, *NUMBERS, *DATES, *ADDRESSES),
}


def some_expression(dice: random.Random, depth: int = 3, asked: Asked = PREDICATES) -> Expression:
    kind = dice.randint(0, 9) if depth else dice.randint(4, 9)
    if kind < 2:
        build = conjunction if kind else disjunction
        return build(some_expression(dice, depth - 1, asked) for _ in range(dice.randint(0, 4)))
    if kind == 2:
        return ~some_expression(dice, depth - 1, asked)
    if kind == 3:
        return Part(dice.randint(0, 2), some_expression(dice, depth - 1, asked))
    if kind == 4:
        return Symbol(RequestFact(dice.choice("pq")))
    name = dice.choice(list(ATTRIBUTES))
    if name == "names":
        chosen = frozenset(dice.sample(asked[name], dice.randint(0, 2)))
        return dice.choice((Present(name), Some(name, chosen, dice.random() < 0.5)))
    if kind == 5 and ATTRIBUTES[name].optional:
        return Present(name)
    return Test(name, dice.choice(asked[name]))


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


MIXED = {name: (*PREDICATES[name], *FOREIGN[name]) for name in PREDICATES}


@pytest.mark.parametrize("asked", [PREDICATES, MIXED], ids=["native", "mixed"])
@pytest.mark.parametrize("seed", range(120))
def test_the_finite_form_says_the_same_of_every_request(seed: int, asked: Asked) -> None:
    dice = random.Random(seed)
    expressions = [some_expression(dice, asked=asked) for _ in range(3)]
    reduced = reduction(expressions)
    assert not reduced.finite.lazy
    finite_forms = [reduced.reduce(e) for e in expressions]
    for _ in range(25):
        values, symbols = some_values(dice), {"p": dice.random() < 0.5, "q": dice.random() < 0.5}
        classes, held = classified(reduced.finite, values, symbols)
        for expression, form in zip(expressions, finite_forms, strict=True):
            assert by_class(reduced.finite, form, classes, held) == direct(expression, values, symbols), (
                expression,
                values,
            )


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
    mixed: list[Expression] = [
        Test("age", Compares("<", Decimal(7))),
        Test("age", block("::/0")),
        Test("flag", block("10.0.0.0/8")),
    ]
    reduced = reduction(mixed)
    forms = [reduced.reduce(e) for e in mixed]
    assert isinstance(forms[0], In)
    assert all(isinstance(form, Symbol) and isinstance(form.name, Unsupported) for form in forms[1:])
    assert forms[1] != forms[2]


def test_past_the_budget_tests_are_symbols() -> None:
    many: list[Expression] = [Test("text", like(f"*{c}*")) for c in "abcdefghijklmnop"]
    sets: list[Expression] = [Some("names", frozenset({like(f"*{c}*")}), True) for c in "abcdefghijklmnop"]
    reduced = reduction([*many, *sets])
    assert set(reduced.finite.lazy) == {"text", "names"}
    forms = [reduced.reduce(e) for e in (*many, *sets, Present("text"), Present("names"))]
    assert all(isinstance(form, Symbol) for form in forms) and len(set(forms)) == len(forms)
