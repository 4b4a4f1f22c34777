"""Finite problems → Z3 terms.

In: expressions over `In`, `Symbol`, `Part`. Out: Z3 Booleans, and what is needed to read a model back.
Guarantee: pure Boolean terms, no theory; a statement's meaning is asserted under an assumption of its own, so that an
unsatisfiable core names the statements that a proof rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import z3
import z3.z3

from verifier.problem.expression import And, Constant, Expression, Not, Or, Part, Symbol
from verifier.problem.finite import Finite, In

# Z3's Python layer checks the sort of every argument of every term in this mode, which takes most of the time of building one.
z3.z3.Z3_DEBUG = False


@dataclass
class Groups:
    """The classes of one attribute, those that no mask in use tells apart put together. `masks[g]` is group g as a class mask."""

    masks: list[int]

    @cached_property
    def full(self) -> int:
        """The mask of all classes."""
        return sum(self.masks)

    @cached_property
    def _group_of(self) -> dict[int, int]:
        return {index: number for number, group in enumerate(self.masks) for index in _members(group)}

    def of(self, mask: int) -> list[int]:
        """The groups that make up a mask. Takes as long as the mask has classes."""
        return sorted({self._group_of[index] for index in _members(mask)})


def group_classes(finite: Finite, expressions: Iterable[Expression]) -> dict[str, Groups]:
    """Splits the classes of each attribute by the masks that occur in the expressions."""
    masks: dict[str, dict[int, None]] = {}
    for attribute, mask in _masks(expressions):
        masks.setdefault(attribute, {})[mask] = None
    return {attribute: Groups(_split(finite.width(attribute), found)) for attribute, found in masks.items()}


def _split(width: int, masks: Iterable[int]) -> list[int]:
    """Refines one group of all classes by each mask in turn. A mask and its complement split alike, so that a step costs no more than
    the fewer of their classes: the masks of many grants have one class each."""
    full = (1 << width) - 1
    groups, group_of = [full], [0] * width
    for mask in masks:
        fewer = mask if 2 * mask.bit_count() <= width else mask ^ full
        inside: dict[int, list[int]] = {}
        for index in _members(fewer):
            inside.setdefault(group_of[index], []).append(index)
        for group, indices in inside.items():
            part = groups[group] & fewer
            if part != groups[group]:
                groups[group] ^= part
                for index in indices:
                    group_of[index] = len(groups)
                groups.append(part)
    return groups


def _members(mask: int) -> Iterator[int]:
    """The classes of a mask."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _masks(expressions: Iterable[Expression]) -> Iterator[tuple[str, int]]:
    seen: set[int] = set()
    todo = list(expressions)
    while todo:
        expression = todo.pop()
        if id(expression) in seen:
            continue
        seen.add(id(expression))
        match expression:
            case In(attribute, mask):
                yield attribute, mask
            case And(operands) | Or(operands):
                todo.extend(operands)
            case Not(operand) | Part(_, operand):
                todo.append(operand)


@dataclass
class Encoder:
    """Builds terms, each distinct expression once. `definitions` are to be asserted before the terms that mention them are."""

    groups: dict[str, Groups]
    definitions: list[z3.BoolRef] = field(default_factory=list)
    bits: dict[str, list[z3.BoolRef]] = field(default_factory=dict)
    symbols: dict[str, z3.BoolRef] = field(default_factory=dict)
    assumptions: dict[int, z3.BoolRef] = field(default_factory=dict)
    terms: int = 0
    _memo: dict[int, tuple[Expression, z3.BoolRef]] = field(default_factory=dict)
    _tests: dict[tuple[str, int], z3.BoolRef] = field(default_factory=dict)
    context: z3.Context = field(default_factory=z3.Context)

    def term(self, expression: Expression) -> z3.BoolRef:
        """The term for an expression."""
        known = self._memo.get(id(expression))
        if known is None:
            known = self._memo[id(expression)] = (expression, self._term(expression))
            self.terms += 1
        return known[1]

    def _term(self, expression: Expression) -> z3.BoolRef:
        match expression:
            case In(attribute, mask):
                return self._test(attribute, mask)
            case And(operands):
                return self._joined(z3.Z3_mk_and, [self.term(operand) for operand in operands])
            case Or(operands):
                return self._joined(z3.Z3_mk_or, [self.term(operand) for operand in operands])
            case Not(operand):
                return z3.Not(self.term(operand))
            case Symbol(name):
                return self.symbol(name)
            case Part(owner, operand):
                return self._part(owner, operand)
            case Constant(value):
                return z3.BoolVal(value, self.context)
        raise TypeError(f"not a finite expression: {expression!r}")

    def _joined(self, make: Callable[..., object], terms: list[z3.BoolRef]) -> z3.BoolRef:
        """`z3.And` or `z3.Or` without their coercions, which take most of the time; the wrapper counts the reference."""
        operands = (z3.Ast * len(terms))(*(term.ast for term in terms))
        return z3.BoolRef(make(self.context.ref(), len(terms), operands), self.context)

    def symbol(self, name: str) -> z3.BoolRef:
        """The variable of a symbol."""
        if name not in self.symbols:
            self.symbols[name] = z3.Bool(name, self.context)
        return self.symbols[name]

    def _part(self, owner: int, operand: Expression) -> z3.BoolRef:
        said = z3.Bool(f"said:{owner}:{len(self._memo)}", self.context)
        if owner not in self.assumptions:
            self.assumptions[owner] = z3.Bool(f"statement:{owner}", self.context)
        self.definitions.append(z3.Implies(self.assumptions[owner], said == self.term(operand)))
        return said

    def _test(self, attribute: str, mask: int) -> z3.BoolRef:
        key = attribute, mask
        if key not in self._tests:
            groups = self.groups[attribute]
            inverted = 2 * mask.bit_count() > groups.full.bit_count()
            chosen = groups.of(mask ^ groups.full if inverted else mask)
            bits = self._bits(attribute)
            if len(groups.masks) == 2:
                self._tests[key] = bits[0] if (chosen == [0]) != inverted else z3.Not(bits[0])
            else:
                some = self._any([bits[number] for number in chosen])
                self._tests[key] = z3.Not(some) if inverted else some
        return self._tests[key]

    def _bits(self, attribute: str) -> list[z3.BoolRef]:
        """A variable for each group, exactly one of which is true; for two groups a single variable."""
        if attribute not in self.bits:
            count = len(self.groups[attribute].masks)
            bits = [z3.Bool(f"{attribute}={number}", self.context) for number in range(1 if count == 2 else count)]
            if count > 2:
                self.definitions += [z3.Or(bits), z3.AtMost(*bits, 1)]
            self.bits[attribute] = bits
        return self.bits[attribute]

    def _any(self, bits: list[z3.BoolRef]) -> z3.BoolRef:
        return bits[0] if len(bits) == 1 else self._joined(z3.Z3_mk_or, bits)
