"""Expressions over tests → expressions over classes (docs/decisions.md, *Classes instead of string theory*).

In: expressions, and the attributes that they speak of. Out: `Finite`: class tables, and the same expressions over `In`
and `Symbol`.
Guarantee: equivalent on every request that has values for the attributes, except for the symbols of `lazy` attributes
and of unsupported comparisons, which are free here and settled later (`verifier.witness`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from verifier.frozen import Frozen
from verifier.model.symbols import HeldClass, LazyTest, RequestFact, Unsupported
from verifier.problem.classes.attributes import Attribute, NotInVocabulary
from verifier.problem.classes.kinds import fits, is_native, plausible_accounts, table_of
from verifier.problem.classes.predicates import Predicate
from verifier.problem.classes.tables import STATE_BUDGET, OverBudget, Table
from verifier.problem.expression import (
    FALSE,
    TRUE,
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
    constant,
    disjunction,
    nodes,
)

NEVER = Symbol(RequestFact("never"))
"""False, as a symbol: what a statement says of requests that nobody asks about, so that a proof still tells that it is
said."""


class In(Expression):
    """True iff the value of an attribute is in one of the classes of the mask. The bit after the last class is
    *absent*."""

    attribute: str
    mask: int


def questions(expressions: Iterable[Expression], into: dict[str, dict[Predicate, None]]) -> None:
    """Adds the predicates that expressions put to each attribute."""
    for expression in nodes(expressions):
        if type(expression) is Test:
            into.setdefault(expression.attribute, {})[expression.predicate] = None
        elif type(expression) is Some:
            into.setdefault(expression.attribute, {}).update(dict.fromkeys(expression.predicates))


class Lazy(Frozen):
    """An attribute with too many classes to list: each predicate is a symbol, and a value is searched for when one is
    needed."""

    attribute: Attribute
    symbols: dict[Predicate, LazyTest]
    present: LazyTest | None


@dataclass
class Finite:
    """The finite form of a problem. `facts` hold of every request; `tables` give the classes of each attribute; a
    multi-valued attribute has a symbol for each class (`held`), true iff it holds some value of that class."""

    tables: dict[str, Table] = field(default_factory=dict)
    optional: dict[str, bool] = field(default_factory=dict)
    held: dict[str, tuple[HeldClass, ...]] = field(default_factory=dict)
    lazy: dict[str, Lazy] = field(default_factory=dict)
    lazy_sets: dict[str, dict[Some, LazyTest]] = field(default_factory=dict)
    facts: list[Expression] = field(default_factory=list)

    def width(self, attribute: str) -> int:
        """The number of classes, *absent* included."""
        return self.tables[attribute].size + self.optional[attribute]


class Reduction:
    """Turns expressions into their finite form. `predicates` are all that are asked about later; raises
    `NotInVocabulary` for one of another attribute. `budget` are the automaton states for the strings of one
    attribute."""

    def __init__(
        self,
        attributes: Mapping[str, Attribute],
        predicates: dict[str, dict[Predicate, None]],
        budget: Mapping[str, int] | None = None,
    ) -> None:
        if strange := predicates.keys() - attributes.keys():
            raise NotInVocabulary(min(strange))
        self.finite = Finite()
        self._attributes = attributes
        self._budget = budget or {}
        self._memo: dict[int, tuple[Expression, Expression]] = {}
        self._tests: dict[tuple[str, Predicate], Expression] = {}
        self._within: dict[tuple[str, int, int], Expression] = {}
        self._universe: dict[str, int] = {}
        self._kept: frozenset[int] = frozenset()
        self._beyond: dict[str, list[Predicate]] = {}
        for name, attribute in attributes.items():
            self._tabulate(name, attribute, list(predicates.get(name, {})))

    def _tabulate(self, name: str, attribute: Attribute, predicates: list[Predicate]) -> None:
        finite = self.finite
        attribute = plausible_accounts(attribute, predicates)
        suited = [p for p in predicates if fits(attribute, p)]
        finite.optional[name] = attribute.optional
        try:
            table = table_of(attribute, suited, self._budget.get(name, STATE_BUDGET))
        except OverBudget:
            if foreign := [p for p in suited if not is_native(attribute, p)]:
                self._beyond[name] = foreign
                self._tabulate(name, attribute, [p for p in suited if p not in foreign])
                return
            present = LazyTest(name) if attribute.optional else None
            finite.lazy[name] = Lazy(attribute, {p: LazyTest(name, str(i)) for i, p in enumerate(suited)}, present)
            if attribute.multivalued:
                finite.lazy_sets[name] = {}
            return
        finite.tables[name] = table
        if attribute.multivalued:
            finite.held[name] = tuple(HeldClass(name, str(i)) for i in range(table.size))

    def suppose(self, scopes: Sequence[Expression], kept: frozenset[int]) -> list[Expression]:
        """Only requests in one of these scopes, in finite form, are asked about: from here on every test is read within
        the classes that they admit, so that what is about other requests falls away. Returns what is supposed, to be
        asserted. A part of a statement that is `kept` says nothing then (`NEVER`), rather than vanish: a proof by other
        statements must do without it."""
        admitted = [_masks_of(scope) for scope in scopes]
        names = [name for name in admitted[0] if all(name in masks for masks in admitted)] if admitted else []
        self._universe = {name: reduce(or_, (masks[name] for masks in admitted)) for name in names}
        self._kept = kept
        for memo in (self._memo, self._tests, self._within):
            memo.clear()
        return [*(In(name, mask) for name, mask in self._universe.items()), ~NEVER]

    def reduce(self, expression: Expression) -> Expression:
        """True iff the expression is: its finite form."""
        known = self._memo.get(id(expression))
        if known is not None:
            return known[1]
        result = self._reduce(expression)
        # The expression is kept, so that its id stays its own.
        self._memo[id(expression)] = (expression, result)
        return result

    def _reduce(self, expression: Expression) -> Expression:
        # By type and not by `match`: this is where most of the time of a question goes.
        if type(expression) is Test:
            return self._test(expression)
        if type(expression) is And:
            return self._joined(expression.operands, FALSE, self.conjunction)
        if type(expression) is Or:
            return self._joined(expression.operands, TRUE, self.disjunction)
        match expression:
            case Not(operand):
                return self.complement(self.reduce(operand))
            case Part(owner, operand):
                return self._part(owner, self.reduce(operand))
            case Present(attribute):
                return self._present(attribute)
            case Some():
                return self._some(expression)
        return expression

    def _joined(
        self, operands: Sequence[Expression], deciding: Expression, join: Callable[[Sequence[Expression]], Expression]
    ) -> Expression:
        found = []
        for operand in operands:
            reduced = self.reduce(operand)
            if reduced is deciding:
                return deciding
            found.append(reduced)
        return join(found)

    def _part(self, owner: int, reduced: Expression) -> Expression:
        if reduced is not FALSE:
            return Part(owner, reduced)
        return Part(owner, NEVER) if owner in self._kept else FALSE

    def full(self, attribute: str) -> int:
        """The classes of an attribute that are asked about."""
        found = self._universe.get(attribute)
        return (1 << self.finite.width(attribute)) - 1 if found is None else found

    def within(self, attribute: str, mask: int) -> Expression:
        """True iff the class of an attribute is in a mask: `In`, or a constant."""
        key = attribute, mask.bit_length(), mask  # Of 2ⁿ alone there are but 61 hashes.
        found = self._within.get(key)
        if found is None:
            full = self.full(attribute)
            found = self._within[key] = (
                FALSE if not mask & full else TRUE if mask & full == full else In(attribute, mask & full)
            )
        return found

    def _test(self, test: Test) -> Expression:
        key = test.attribute, test.predicate
        found = self._tests.get(key)
        if found is None:
            found = self._tests[key] = self._tested(test.attribute, test.predicate)
        return found

    def _tested(self, name: str, predicate: Predicate) -> Expression:
        lazy = self.finite.lazy.get(name)
        if lazy is not None and predicate in lazy.symbols:
            return Symbol(lazy.symbols[predicate])
        table = self.finite.tables.get(name)
        if table is None or not self._suits(name, predicate):
            return _mixed(name, f"{name}:{predicate}")
        return self.within(name, table.mask(predicate))

    def _suits(self, name: str, predicate: Predicate) -> bool:
        """True iff the table of an attribute can tell where a predicate holds."""
        return fits(self._attributes[name], predicate) and predicate not in self._beyond.get(name, ())

    def _present(self, name: str) -> Expression:
        if name in self.finite.held:
            return disjunction(Symbol(held) for held in self.finite.held[name])
        if name in self.finite.lazy_sets:
            return self._some(Some(name, frozenset(), False))
        lazy = self.finite.lazy.get(name)
        if lazy is not None:
            return TRUE if lazy.present is None else Symbol(lazy.present)
        return self.within(name, (1 << self.finite.tables[name].size) - 1)

    def _some(self, some_: Some) -> Expression:
        name = some_.attribute
        if not all(self._suits(name, predicate) for predicate in some_.predicates):
            return _mixed(name, str(some_))
        if name in self.finite.lazy_sets:
            symbols = self.finite.lazy_sets[name]
            return Symbol(symbols.setdefault(some_, LazyTest(name, f"some:{len(symbols)}")))
        table = self.finite.tables[name]
        mask = reduce(or_, map(table.mask, some_.predicates), 0)
        held = self.finite.held[name]
        return disjunction(Symbol(held[i]) for i in range(table.size) if bool(mask >> i & 1) == some_.inside)

    # -- simplification: masks of one attribute are put together; equal operands are the same object, or a symbol --

    def conjunction(self, operands: Sequence[Expression]) -> Expression:
        """True iff every operand is; tests on one attribute become one."""
        return self._merged(operands, And, TRUE, FALSE)

    def disjunction(self, operands: Sequence[Expression]) -> Expression:
        """True iff some operand is; tests on one attribute become one."""
        return self._merged(operands, Or, FALSE, TRUE)

    def _merged(
        self, operands: Sequence[Expression], kind: type[And] | type[Or], neutral: Expression, decisive: Expression
    ) -> Expression:
        masks: dict[str, int] = {}
        rest: dict[int | str, Expression] = {}
        for operand in _flat(operands, kind):
            if type(operand) is In:
                name, mask = operand.attribute, operand.mask
                masks[name] = masks.get(name, -1) & mask if kind is And else masks.get(name, 0) | mask
            elif type(operand) is Symbol:
                rest[operand.name] = operand
            elif operand is decisive:
                return decisive
            elif operand is not neutral:
                rest[id(operand)] = operand
        parts = [self.within(name, mask) for name, mask in masks.items()]
        if any(part is decisive for part in parts):
            return decisive
        return _joined([part for part in parts if part is not neutral] + list(rest.values()), kind, neutral)

    def complement(self, operand: Expression) -> Expression:
        """True iff the operand is not; of a test it is a test."""
        if isinstance(operand, In):
            return self.within(operand.attribute, self.full(operand.attribute) ^ operand.mask)
        if isinstance(operand, Constant):
            return constant(not operand.value)
        return ~operand


def _mixed(attribute: str, comparison: str) -> Symbol:
    return Symbol(Unsupported(comparison, f"a comparison of `{attribute}` that mixes kinds of values"))


def _flat(operands: Sequence[Expression], kind: type[And] | type[Or]) -> Sequence[Expression]:
    if not any(type(operand) is kind for operand in operands):
        return operands
    flat: list[Expression] = []
    for operand in operands:
        if isinstance(operand, kind):
            flat += operand.operands
        else:
            flat.append(operand)
    return flat


def _joined(parts: list[Expression], kind: type[And] | type[Or], empty: Expression) -> Expression:
    if not parts:
        return empty
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _masks_of(scope: Expression) -> dict[str, int]:
    """The classes that a finite expression confines attributes to."""
    parts = scope.operands if isinstance(scope, And) else (scope,)
    return {part.attribute: part.mask for part in parts if isinstance(part, In)}
