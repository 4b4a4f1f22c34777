"""Boolean expressions over tests on the attributes of a request.

In: nothing (constructors). Out: immutable expressions, simplified as far as the constructors see.
Guarantee: solver-neutral; an expression means the same for every back end. A test on an absent attribute is false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, NoReturn

from verifier.frozen import Frozen
from verifier.model.symbols import SymbolName
from verifier.problem.classes.predicates import Predicate


class Expression(Frozen):
    """A Boolean function of a request. `&`, `|` and `~` are its connectives; none is a truth for `and`, `or`, `if`."""

    def __and__(self, other: Expression) -> Expression:
        return conjunction((self, other))

    def __or__(self, other: Expression) -> Expression:
        return disjunction((self, other))

    def __invert__(self) -> Expression:
        if isinstance(self, Constant):
            return FALSE if self.value else TRUE
        return self.operand if isinstance(self, Not) else Not(self)

    def __bool__(self) -> NoReturn:
        raise TypeError("an expression is no truth: use `&`, `|` and `~`, or compare with `TRUE` and `FALSE`")


class Constant(Expression):
    value: bool


class Test(Expression):
    """True iff the attribute is present and its value satisfies the predicate."""

    __test__: ClassVar[bool] = False  # or pytest takes it for tests
    attribute: str
    predicate: Predicate


class Present(Expression):
    """True iff the attribute is present (for a multi-valued one: holds some value)."""

    attribute: str


class Some(Expression):
    """True iff some value of a multi-valued attribute satisfies (`inside`), or fails (not `inside`), all of the
    predicates listed as alternatives: `inside` means "in their union", otherwise "outside their union"."""

    attribute: str
    predicates: frozenset[Predicate]
    inside: bool


class Symbol(Expression):
    """A free Boolean: a reading (S2), a free fact (U1), something not modelled, or a relation between attributes."""

    name: SymbolName


class And(Expression):
    operands: tuple[Expression, ...]


class Or(Expression):
    operands: tuple[Expression, ...]


class Not(Expression):
    operand: Expression


class Part(Expression):
    """`operand`, known to be a part of what the statement number `owner` says: a proof that needs it rests on that
    statement."""

    owner: int
    operand: Expression


TRUE = Constant(True)
FALSE = Constant(False)


def conjunction(operands: Iterable[Expression]) -> Expression:
    """True iff every operand is, as of none; flattened."""
    return _joined(And, operands, FALSE, TRUE)


def disjunction(operands: Iterable[Expression]) -> Expression:
    """True iff some operand is, so not of none; flattened."""
    return _joined(Or, operands, TRUE, FALSE)


def _joined(
    kind: type[And | Or], operands: Iterable[Expression], deciding: Expression, neutral: Expression
) -> Expression:
    flat: list[Expression] = []
    for operand in operands:
        if operand is deciding:
            return deciding
        if isinstance(operand, kind):
            flat += operand.operands
        elif operand is not neutral:
            flat.append(operand)
    if len(flat) == 1:
        return flat[0]
    return kind(tuple(flat)) if flat else neutral


def literal(name: SymbolName, value: bool) -> Expression:
    """True iff the symbol has the value."""
    return Symbol(name) if value else Not(Symbol(name))


def constant(value: bool) -> Expression:
    """True iff the value is, of every request; a shared constant."""
    return TRUE if value else FALSE


def implies(premise: Expression, conclusion: Expression) -> Expression:
    """True iff `conclusion` is, or `premise` is not."""
    return ~premise | conclusion


def same(left: Expression, right: Expression) -> Expression:
    """True iff both are, or neither is."""
    return implies(left, right) & implies(right, left)


def choose(condition: Expression, then: Expression, otherwise: Expression) -> Expression:
    """True iff `then` is where `condition` is, and `otherwise` elsewhere."""
    return (condition & then) | (~condition & otherwise)


def nodes(expressions: Iterable[Expression]) -> Iterator[Expression]:
    """The expressions and all that they are made of, each once."""
    seen: set[int] = set()
    todo = list(expressions)
    while todo:
        expression = todo.pop()
        if id(expression) in seen:
            continue
        seen.add(id(expression))
        yield expression
        if type(expression) is And or type(expression) is Or:
            todo += expression.operands
        elif type(expression) is Not or type(expression) is Part:
            todo.append(expression.operand)


def symbols_of(*expressions: Expression) -> set[SymbolName]:
    """The symbols that expressions mention, by name."""
    return {found.name for found in nodes(expressions) if isinstance(found, Symbol)}


# -- how many are true --


def at_most(expressions: Sequence[Expression], most: int) -> Expression:
    """True iff at most so many of the expressions are."""
    if most >= len(expressions):
        return TRUE
    return ~at_least(expressions, most + 1)


def at_least(expressions: Sequence[Expression], least: int) -> Expression:
    """True iff at least so many of the expressions are."""
    # `reached[n]`: at least n of the expressions read so far are true.
    reached: list[Expression] = [TRUE, *[FALSE] * least]
    for expression in expressions:
        reached = [TRUE, *(reached[n] | (reached[n - 1] & expression) for n in range(1, least + 1))]
    return reached[least]
