"""Finite problems → clauses.

In: expressions over `In`, `Symbol`, `Part`. Out: clauses over numbered variables (DIMACS), and what is needed to read a
solution back.
Guarantee: the clauses are satisfiable under assumed literals iff the expressions that these stand for hold together;
the variables of groups and symbols in a solution are a solution. A statement's meaning is bound to an assumption of its
own, so that an unsatisfiable core names the statements that a proof rests on.

An expression becomes a literal that *implies* it, not one that is equivalent to it [Plaisted and Greenbaum 1986]:
clauses for the polarity in which it is used. An attribute has a variable for each group of classes (the direct
encoding), exactly one of which is true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from verifier.model.symbols import SymbolName
from verifier.problem.classes.tables import numbers_in
from verifier.problem.diagrams.finite import Finite, In
from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Symbol, nodes

PAIRWISE = 6
"""Up to so many groups, "at most one" is a clause for each pair; for more, a chain of variables."""
_SHORT = 8
"""Disjunctions of up to so many operands get no variable of their own inside a clause."""


@dataclass
class Groups:
    """The groups of one attribute. `masks[g]` is group g as a class mask."""

    masks: list[int]

    @cached_property
    def full(self) -> int:
        """The mask of all classes."""
        return sum(self.masks)

    @cached_property
    def _group_of(self) -> dict[int, int]:
        return {index: number for number, group in enumerate(self.masks) for index in numbers_in(group)}

    def of(self, mask: int) -> list[int]:
        """The groups that make up a mask. Takes as long as the mask has classes.

        Raises `ValueError` for a mask that cuts a group in two: a test that was not among the expressions.
        """
        found = sorted({self._group_of[index] for index in numbers_in(mask)})
        if sum(self.masks[number].bit_count() for number in found) != mask.bit_count():
            raise ValueError("a test of classes that are not told apart")
        return found

    def fewer(self, mask: int) -> tuple[list[int], bool]:
        """The groups inside a mask, or (and then true) those outside it, whichever the fewer classes are."""
        inverted = 2 * mask.bit_count() > self.full.bit_count()
        return self.of(mask ^ self.full if inverted else mask), inverted


def group_classes(finite: Finite, expressions: Iterable[Expression]) -> dict[str, Groups]:
    """Splits the classes of each attribute by the masks that occur in the expressions."""
    masks: dict[str, dict[tuple[int, int], None]] = {}
    for found in nodes(expressions):
        if isinstance(found, In):
            # Of 2ⁿ alone there are but 61 hashes.
            masks.setdefault(found.attribute, {})[found.mask.bit_length(), found.mask] = None
    listed = {attribute: [mask for _, mask in own] for attribute, own in masks.items()}
    return {attribute: Groups(_split(finite.width(attribute), own)) for attribute, own in listed.items()}


def _split(width: int, masks: Iterable[int]) -> list[int]:
    """Refines one group of all classes by each mask in turn. A mask and its complement split alike, so that a step
    costs no more than the fewer of their classes: the masks of many grants have one class each."""
    full = (1 << width) - 1
    groups, group_of = [full], [0] * width
    for mask in masks:
        fewer = mask if 2 * mask.bit_count() <= width else mask ^ full
        inside: dict[int, list[int]] = {}
        for index in numbers_in(fewer):
            inside.setdefault(group_of[index], []).append(index)
        for group, indices in inside.items():
            part = groups[group] & fewer
            if part != groups[group]:
                groups[group] ^= part
                for index in indices:
                    group_of[index] = len(groups)
                groups.append(part)
    return groups


@dataclass
class ClauseEncoder:
    """Builds clauses, each distinct expression once in a polarity. `clauses` grows; whoever takes some may empty it."""

    groups: dict[str, Groups]
    clauses: list[list[int]] = field(default_factory=list)
    variables: int = 0
    bits: dict[str, list[int]] = field(default_factory=dict)
    """For each attribute in use the literal of each group."""
    symbols: dict[SymbolName, int] = field(default_factory=dict)
    assumptions: dict[int, int] = field(default_factory=dict)
    """For each statement the literal under which its meaning binds."""
    _true: dict[int, tuple[Expression, int]] = field(default_factory=dict)
    _false: dict[int, tuple[Expression, int]] = field(default_factory=dict)
    _said: dict[int, tuple[Expression, int]] = field(default_factory=dict)
    _tests: dict[tuple[str, int, int], int] = field(default_factory=dict)
    _constant: int = 0

    def require(self, expression: Expression, value: bool = True) -> None:
        """Adds clauses by which the expression has this value."""
        match expression:
            case And(operands) if value:
                for operand in operands:
                    self.require(operand)
            case Or(operands) if not value:
                for operand in operands:
                    self.require(operand, False)
            case Or(operands) | And(operands):
                self.clauses.append(self._any(operands, value, []))
            case Not(operand):
                self.require(operand, not value)
            case _:
                self.clauses.append([self.literal(expression, value)])

    def literal(self, expression: Expression, value: bool = True) -> int:
        """A literal that implies that the expression has this value."""
        memo = self._true if value else self._false
        known = memo.get(id(expression))
        if known is None:
            # The expression is kept, so that its id stays its own.
            known = memo[id(expression)] = (expression, self._literal(expression, value))
        return known[1]

    def _literal(self, expression: Expression, value: bool) -> int:
        # By type and not by `match`: every part of every formula passes here.
        if type(expression) is Part:
            return self._part(expression, value)
        if type(expression) is Symbol:
            symbol = self.symbol(expression.name)
            return symbol if value else -symbol
        if type(expression) is And or type(expression) is Or:
            return self._joined(expression.operands, (type(expression) is And) == value, value)
        match expression:
            case In(attribute, mask):
                return self._test(attribute, mask if value else mask ^ self.groups[attribute].full)
            case Not(operand):
                return self.literal(operand, not value)
            case Constant(truth):
                return self._truth() if truth == value else -self._truth()
        raise TypeError(f"not a finite expression: {expression!r}")

    def _joined(self, operands: Sequence[Expression], all_of_them: bool, value: bool) -> int:
        if not all_of_them:
            name = self.variable()
            self.clauses.append(self._any(operands, value, [-name]))
            return name
        literals = [self.literal(operand, value) for operand in operands]
        name = self.variable()
        self.clauses += [[-name, literal] for literal in literals]
        return name

    def _any(self, operands: Iterable[Expression], value: bool, clause: list[int]) -> list[int]:
        """The clause with a literal for each operand; a short disjunction among them (a premise of several parts)
        dissolves in it."""
        for operand in operands:
            inner, wanted = (operand.operand, not value) if isinstance(operand, Not) else (operand, value)
            if type(inner) is (Or if wanted else And) and len(inner.operands) <= _SHORT:
                clause += [self.literal(part, wanted) for part in inner.operands]
            else:
                clause.append(self.literal(inner, wanted))
        return clause

    def variable(self) -> int:
        """A new variable."""
        self.variables += 1
        return self.variables

    def symbol(self, name: SymbolName) -> int:
        """The variable of a symbol."""
        found = self.symbols.get(name)
        if found is None:
            found = self.symbols[name] = self.variable()
        return found

    def _truth(self) -> int:
        if not self._constant:
            self._constant = self.variable()
            self.clauses.append([self._constant])
        return self._constant

    def _part(self, part: Part, value: bool) -> int:
        """The same variable for both values, so that a statement whose assumption is dropped says one thing wherever it
        is asked."""
        owner, operand = part.owner, part.operand
        known = self._said.get(id(part))
        if known is None:
            known = self._said[id(part)] = (part, self.variable())
            if owner not in self.assumptions:
                self.assumptions[owner] = self.variable()
        said = known[1] if value else -known[1]
        self.clauses.append([-self.assumptions[owner], -said, self.literal(operand, value)])
        return said

    # -- attributes --

    def may_matter(self, expression: Expression) -> bool:
        """True iff an expression can matter to what was encoded: one that says no more than that a symbol is false,
        which nothing mentions, cannot."""
        if isinstance(expression, Not) and isinstance(expression.operand, Symbol):
            return expression.operand.name in self.symbols
        return True

    def assigned_classes(self, value: Callable[[int], bool | None]) -> dict[str, int]:
        """The classes that a solution, the value of each variable, chooses for each attribute; a variable that it
        leaves out is false."""
        found = {}
        for attribute, bits in self.bits.items():
            number = next((number for number, bit in enumerate(bits) if bool(value(abs(bit))) == (bit > 0)), None)
            if number is not None:
                found[attribute] = self.groups[attribute].masks[number]
        return found

    def _test(self, attribute: str, mask: int) -> int:
        key = attribute, mask.bit_length(), mask  # Of 2ⁿ alone there are but 61 hashes.
        found = self._tests.get(key)
        if found is None:
            found = self._tests[key] = self._one_group_of(attribute, mask)
        return found

    def _one_group_of(self, attribute: str, mask: int) -> int:
        """One of the groups of a mask is chosen: said as one of them, or as none of the others."""
        positions, inverted = self.groups[attribute].fewer(mask)
        bits = self._bits(attribute)
        literals = [-bits[number] if inverted else bits[number] for number in positions]
        if not literals:
            return self._truth() if inverted else -self._truth()
        if len(literals) == 1:
            return literals[0]
        name = self.variable()
        if inverted:
            self.clauses += [[-name, literal] for literal in literals]
        else:
            self.clauses.append([-name, *literals])
        return name

    def _bits(self, attribute: str) -> list[int]:
        """A literal for each group, exactly one of which is true; of two groups one is the other's negation."""
        found = self.bits.get(attribute)
        if found is None:
            count = len(self.groups[attribute].masks)
            if count == 2:
                one = self.variable()
                found = [one, -one]
            else:
                found = [self.variable() for _ in range(count)]
                self.clauses.append(list(found))
                self._at_most_one(found)
            self.bits[attribute] = found
        return found

    def _at_most_one(self, bits: list[int]) -> None:
        if len(bits) <= PAIRWISE:
            self.clauses += [[-one, -other] for at, one in enumerate(bits) for other in bits[:at]]
            return
        # A chain [Sinz 2005]: `before` says that one of the bits so far is true.
        before = bits[0]
        for bit in bits[1:-1]:
            so_far = self.variable()
            self.clauses += [[-before, so_far], [-bit, so_far], [-before, -bit]]
            before = so_far
        self.clauses.append([-before, -bits[-1]])
