"""Z3 terms against the finite expressions that they stand for."""

from __future__ import annotations

import random

import pytest
import z3

from tests.problem.test_finite import by_class, reduction, some_expression
from verifier.encode.groups import Groups, group_classes
from verifier.encode.z3_terms import Encoder
from verifier.problem.expression import And, Expression, Not, Or, Part, Symbol
from verifier.problem.finite import Finite, In
from verifier.problem.tables import ListTable


def finite(**sizes: int) -> Finite:
    """Attributes with so many classes, none of them optional."""
    return Finite(
        tables={name: ListTable([str(i) for i in range(size)]) for name, size in sizes.items()}, optional=dict.fromkeys(sizes, False)
    )


@pytest.mark.parametrize("seed", range(60))
def test_groups_split_the_classes_by_the_masks_in_use(seed: int) -> None:
    dice = random.Random(seed)
    masks = [dice.randint(1, 254) for _ in range(dice.randint(1, 4))]
    groups = group_classes(finite(a=8), [Or(tuple(In("a", mask) for mask in masks))])["a"]
    assert sum(groups.masks) == 255 and len(groups.masks) == len({tuple(bool(m >> i & 1) for m in masks) for i in range(8)})
    for mask in masks:
        assert sum(groups.masks[number] for number in groups.of(mask)) == mask


def test_groups_of_a_mask() -> None:
    assert Groups([0b001, 0b110]).of(0b110) == [1]


def holds(encoder: Encoder, term: z3.BoolRef, fixed: list[z3.BoolRef]) -> bool:
    solver = z3.Solver(ctx=encoder.context)
    solver.add(*encoder.definitions, *encoder.assumptions.values(), *fixed)
    allow, refuse = solver.check(term), solver.check(z3.Not(term))
    assert allow != refuse and z3.unknown not in (allow, refuse), "the classes do not determine the term"
    return bool(allow == z3.sat)


@pytest.mark.parametrize("seed", range(40))
def test_a_term_is_true_iff_the_expression_is(seed: int) -> None:
    dice = random.Random(seed)
    expressions = [some_expression(dice) for _ in range(2)]
    reduced = reduction(expressions)
    forms: list[Expression] = [reduced.reduce(e) for e in expressions]
    encoder = Encoder(group_classes(reduced.finite, forms))
    terms = [encoder.term(form) for form in forms]
    for _ in range(4):
        names = ["p", "q", *(symbol for held in reduced.finite.held.values() for symbol in held)]
        symbols = {name: dice.random() < 0.5 for name in names}
        classes = {name: dice.randrange(reduced.finite.width(name)) for name in reduced.finite.tables}
        fixed = [encoder.symbol(name) == value for name, value in symbols.items()]
        fixed += [encoder.term(In(name, mask)) for name, mask in chosen_groups(encoder, classes)]
        for form, term in zip(forms, terms, strict=True):
            assert holds(encoder, term, fixed) == by_class(reduced.finite, form, classes, symbols)


def chosen_groups(encoder: Encoder, classes: dict[str, int]) -> list[tuple[str, int]]:
    found = []
    for name, groups in encoder.groups.items():
        mask = next(group for group in groups.masks if group >> classes[name] & 1)
        if len(groups.masks) > 1:
            found.append((name, mask))
    return found


@pytest.mark.parametrize("size", [2, 3, 5])
def test_an_attribute_has_exactly_one_class(size: int) -> None:
    singles = [In("a", 1 << i) for i in range(size)]
    encoder = Encoder(group_classes(finite(a=size), singles))
    terms = [encoder.term(single) for single in singles]
    solver = z3.Solver(ctx=encoder.context)
    solver.add(*encoder.definitions)
    assert [solver.check(term) for term in terms] == [z3.sat] * size
    assert solver.check(terms[0], terms[1]) == z3.unsat
    assert solver.check(*map(z3.Not, terms)) == z3.unsat


def test_parts_are_told_apart_and_bind_only_under_their_assumption() -> None:
    parts = [Part(1, Symbol("p")), Part(1, Symbol("q")), Part(2, Not(Symbol("p")))]
    encoder = Encoder({})
    term = encoder.term(And(tuple(parts)))
    solver = z3.Solver(ctx=encoder.context)
    solver.add(*encoder.definitions)
    both = encoder.assumptions[1], encoder.assumptions[2]
    assert solver.check(term, *both) == z3.unsat
    assert solver.check(term, both[0]) == z3.sat
    assert solver.check(term, both[0], z3.Not(encoder.symbol("q"))) == z3.unsat


def test_a_part_inside_a_part_of_the_same_statement_is_another() -> None:
    encoder = Encoder({})
    term = encoder.term(Part(1, Not(Part(1, Symbol("p")))))
    solver = z3.Solver(ctx=encoder.context)
    solver.add(*encoder.definitions)
    assert solver.check(term, encoder.assumptions[1]) == z3.sat


def test_only_finite_expressions_have_terms() -> None:
    from verifier.problem.expression import Present

    with pytest.raises(TypeError):
        Encoder({}).term(Present("a"))


def test_a_mask_that_cuts_a_group_in_two_is_refused() -> None:
    groups = Groups([0b0011, 0b1100])
    assert groups.of(0b1100) == [1]
    with pytest.raises(ValueError, match="not told apart"):
        groups.of(0b0110)
